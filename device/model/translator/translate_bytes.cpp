#include "device/model/translator/encoding.hpp"
#include "device/model/translator/translate.hpp"

namespace kiesel::model::translator {

std::vector<std::byte> translate_bytes(std::span<const std::byte> bytes) {
  const auto request = decode_request(bytes);
  return request ? encode(translate(*request)) : std::vector<std::byte>();
}

}  // namespace kiesel::model::translator
