// The translator: RISC-V machine code in, code of this host out. Links LLVM; runs in the compiler's process.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/translation/translation.hpp"

namespace kiesel::translator {

using translation::Translation, translation::TranslationRequest;

// `refusal` says why there is no code. May abort, run out of memory or never end: the caller is a process of
// its own.
Translation translate(const TranslationRequest& request);

// The same with both in bytes (encoding.hpp). No bytes for a request that is damaged.
std::vector<std::byte> translate_bytes(std::span<const std::byte> request);

}  // namespace kiesel::translator
