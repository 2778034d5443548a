#include "device/translation/encoding.hpp"

#include "device/isa/target_fields.hpp"
#include "support/archive.hpp"

namespace kiesel {

template <>
struct Fields<translation::StateLayout> {
  static auto of(auto& v) {
    return std::tie(v.mask, v.depth, v.divergence, v.single, v.form, v.base, v.slope, v.x, v.f,
                    v.divergence_stride, v.divergence_before, v.divergence_second_side,
                    v.divergence_second_start, v.divergence_in_second, v.width, v.insn_bytes, v.form_varies,
                    v.form_uniform, v.form_sloped);
  }
};
template <>
struct Fields<translation::Shape> {
  static auto of(auto& v) { return std::tie(v.row, v.partial, v.single, v.alone, v.tail); }
};
template <>
struct Fields<translation::TranslationRequest> {
  static auto of(auto& v) {
    return std::tie(v.target, v.host_level, v.layout, v.shape, v.image_begin, v.image, v.relocated,
                    v.code_begin, v.code_end, v.startup, v.entry);
  }
};
template <>
struct Fields<translation::Translation::Site> {
  static auto of(auto& v) { return std::tie(v.span, v.shift, v.is_offset, v.writes); }
};
template <>
struct Fields<translation::Translation::Segment> {
  static auto of(auto& v) { return std::tie(v.code_offset, v.first, v.barrier); }
};
template <>
struct Fields<translation::Translation> {
  static auto of(auto& v) {
    return std::tie(v.refusal, v.code, v.segments, v.sites, v.frame_bytes, v.instructions);
  }
};

namespace translation {

std::vector<std::byte> encode(const TranslationRequest& request) { return encode_value(request); }
std::vector<std::byte> encode(const Translation& translation) { return encode_value(translation); }
std::optional<TranslationRequest> decode_request(std::span<const std::byte> bytes) {
  return decode_value<TranslationRequest>(bytes);
}
std::optional<Translation> decode_translation(std::span<const std::byte> bytes) {
  return decode_value<Translation>(bytes);
}

}  // namespace translation
}  // namespace kiesel
