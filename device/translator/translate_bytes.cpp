#include "device/translation/encoding.hpp"
#include "device/translator/translate.hpp"

namespace kiesel::translator {

std::vector<std::byte> translate_bytes(std::span<const std::byte> bytes) {
  const auto request = translation::decode_request(bytes);
  return request ? encode(translate(*request)) : std::vector<std::byte>();
}

}  // namespace kiesel::translator
