// Colours to pixels (OpenCL C 8.3).
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include "runtime/core/image_format.hpp"

namespace kiesel::runtime {
namespace {

// convert_..._sat_rte: a NaN becomes 0.
std::uint32_t saturate(float value, float low, float high) {
  if (std::isnan(value)) return 0;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(std::nearbyint(std::clamp(value, low, high))));
}

std::uint32_t to_unorm(float value, unsigned bits) {
  const auto largest = static_cast<float>((1u << bits) - 1);
  return saturate(value * largest, 0, largest);
}

std::uint32_t to_snorm(float value, unsigned bits) {
  const auto largest = static_cast<float>((1u << (bits - 1)) - 1);
  return saturate(value * largest, -largest - 1, largest);
}

std::uint32_t to_half(float value) {
  const std::uint32_t sign = std::bit_cast<std::uint32_t>(value) >> 16 & 0x8000;
  const float size = std::fabs(value);
  if (std::isnan(value)) return sign | 0x7E00;
  if (size >= 65520.0f) return sign | 0x7C00;
  // Below 2^-14 a half is a multiple of 2^-24; above, its last bit is 2^-10 of its power of two.
  if (size < 0x1p-14f) return sign | static_cast<std::uint32_t>(std::nearbyint(size * 0x1p24f));
  int exponent = std::ilogb(size);
  const auto digits = static_cast<std::uint32_t>(std::nearbyint(std::scalbn(size, 10 - exponent)));
  return sign | ((static_cast<std::uint32_t>(exponent + 15) << 10) + (digits - 1024));
}

float srgb_of_linear(float value) {
  if (std::isnan(value)) return 0;
  if (value < 0.0031308f) return std::max(value, 0.0f) * 12.92f;
  return 1.055f * std::pow(std::min(value, 1.0f), 1.0f / 2.4f) - 0.055f;
}

// The bits of a packed type's channels, from the highest down.
struct PackedBits {
  cl_channel_type type;
  std::uint8_t bits[4];
};
constexpr PackedBits kPacked[] = {{CL_UNORM_SHORT_565, {5, 6, 5, 0}},
                                  {CL_UNORM_SHORT_555, {5, 5, 5, 0}},
                                  {CL_UNORM_INT_101010, {10, 10, 10, 0}},
                                  {CL_UNORM_INT_101010_2, {10, 10, 10, 2}}};

std::uint32_t packed_pixel(cl_channel_type type, const float* rgba) {
  std::uint32_t pixel = 0;
  for (const auto& row : kPacked)
    for (unsigned i = 0; row.type == type && i < 4 && row.bits[i]; ++i)
      pixel = pixel << row.bits[i] | to_unorm(rgba[i], row.bits[i]);
  return pixel;
}

// One channel; `component` 0..3 of the colour.
std::uint32_t channel_of(const ImageFormat& format, const std::byte* colour, std::size_t component) {
  const unsigned bits = format.channel_bytes * 8;
  std::uint32_t raw = 0;
  std::memcpy(&raw, colour + component * 4, 4);
  float value = std::bit_cast<float>(raw);
  switch (format.kind) {
    case ChannelKind::kUnorm:
      if (format.is_srgb() && component < 3) value = srgb_of_linear(value);
      return to_unorm(value, bits);
    case ChannelKind::kSnorm:
      return to_snorm(value, bits);
    case ChannelKind::kHalf:
      return to_half(value);
    case ChannelKind::kSigned: {
      const std::int64_t largest = (std::int64_t{1} << (bits - 1)) - 1;
      return static_cast<std::uint32_t>(
          std::clamp<std::int64_t>(static_cast<std::int32_t>(raw), -largest - 1, largest));
    }
    case ChannelKind::kUnsigned:
      return std::min(raw, static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1));
    case ChannelKind::kFloat:
    case ChannelKind::kPacked:
      break;
  }
  return raw;
}

}  // namespace

std::vector<std::byte> pixel_of(const ImageFormat& format, const void* colour) {
  std::vector<std::byte> pixel(format.pixel_bytes);
  const auto* from = static_cast<const std::byte*>(colour);
  const auto put = [&](std::size_t channel, std::uint32_t value) {
    std::memcpy(pixel.data() + channel * format.channel_bytes, &value, format.channel_bytes);
  };
  if (format.kind == ChannelKind::kPacked) {
    float rgba[4];
    std::memcpy(rgba, colour, sizeof rgba);
    put(0, packed_pixel(format.cl.image_channel_data_type, rgba));
    return pixel;
  }
  const std::string_view components = format.components;
  for (std::size_t channel = 0; channel < components.size(); ++channel)
    put(channel, channel_of(format, from, std::string_view("RGBA").find(components[channel])));
  return pixel;
}

}  // namespace kiesel::runtime
