// Who makes code of this computer for a device model: somebody else, since it takes a compiler.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::translation {

// What request and answer mean only the device and that somebody know.
struct TranslationService {
  // May take seconds; called by one thread of each device at a time, perhaps still when that is gone.
  std::function<Result<std::vector<std::byte>>(std::span<const std::byte> request)> translate;
  // Another one gives other answers: part of the key of answers kept on disk; empty: none are.
  std::string identity;
};

}  // namespace kiesel::translation
