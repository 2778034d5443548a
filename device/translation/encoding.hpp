// Requests and translations as bytes, between processes and in the cache.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "device/translation/translation.hpp"

namespace kiesel::translation {

std::vector<std::byte> encode(const TranslationRequest& request);
std::vector<std::byte> encode(const Translation& translation);
// None when damaged: other lengths than they say. What they mean is for the reader to check.
std::optional<TranslationRequest> decode_request(std::span<const std::byte> bytes);
std::optional<Translation> decode_translation(std::span<const std::byte> bytes);

}  // namespace kiesel::translation
