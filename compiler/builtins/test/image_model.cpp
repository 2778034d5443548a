#include "compiler/builtins/test/image_model.hpp"

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include <cmath>
#include <cstring>
#include <map>

#include "compiler/builtins/test/half_number.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

// For red, green, blue and alpha: the channel that it comes from, or _ for 0 and + for 1.
struct Order {
  std::uint32_t order;
  const char* rgba;
  unsigned channels;
  double border_alpha;
};
constexpr Order kOrders[] = {
    {CL_R, "0__+", 1, 1},         {CL_A, "___0", 1, 0},         {CL_RG, "01_+", 2, 1},
    {CL_RA, "0__1", 2, 0},        {CL_RGB, "012+", 3, 1},       {CL_RGBA, "0123", 4, 0},
    {CL_BGRA, "2103", 4, 0},      {CL_ARGB, "1230", 4, 0},      {CL_ABGR, "3210", 4, 0},
    {CL_INTENSITY, "0000", 1, 0}, {CL_LUMINANCE, "000+", 1, 1}, {CL_sRGBA, "0123", 4, 0},
    {CL_sBGRA, "2103", 4, 0},     {CL_DEPTH, "0__+", 1, 0},
};
const Order& row_of(const Format& format) {
  for (const Order& row : kOrders)
    if (row.order == format.order) return row;
  throw std::logic_error("an order without a row");
}

bool is_srgb(const Format& format) { return format.order == CL_sRGBA || format.order == CL_sBGRA; }

struct Packed {
  std::uint32_t type, bytes;
  std::array<unsigned, 4> bits;  // from the highest
};
constexpr Packed kPacked[] = {{CL_UNORM_SHORT_565, 2, {5, 6, 5, 0}},
                              {CL_UNORM_SHORT_555, 2, {5, 5, 5, 0}},
                              {CL_UNORM_INT_101010, 4, {10, 10, 10, 0}},
                              {0x10E0, 4, {10, 10, 10, 2}}};
const Packed* packed(const Format& format) {
  for (const Packed& row : kPacked)
    if (row.type == format.type) return &row;
  return nullptr;
}

std::uint32_t channel_bytes(std::uint32_t type) {
  switch (type) {
    case CL_SNORM_INT8:
    case CL_UNORM_INT8:
    case CL_SIGNED_INT8:
    case CL_UNSIGNED_INT8:
      return 1;
    case CL_SIGNED_INT32:
    case CL_UNSIGNED_INT32:
    case CL_FLOAT:
      return 4;
    default:
      return 2;
  }
}

template <class T>
T load(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// The channel as the number that it stores.
double raw_channel(std::uint32_t type, const std::uint8_t* at) {
  switch (type) {
    case CL_SNORM_INT8:
    case CL_SIGNED_INT8:
      return load<std::int8_t>(at);
    case CL_SNORM_INT16:
    case CL_SIGNED_INT16:
      return load<std::int16_t>(at);
    case CL_SIGNED_INT32:
      return load<std::int32_t>(at);
    case CL_UNORM_INT8:
    case CL_UNSIGNED_INT8:
      return *at;
    case CL_UNORM_INT16:
    case CL_UNSIGNED_INT16:
      return load<std::uint16_t>(at);
    case CL_UNSIGNED_INT32:
      return load<std::uint32_t>(at);
    case CL_HALF_FLOAT:
      return half_value(load<std::uint16_t>(at));
    default:
      return load<float>(at);
  }
}

bool is_integer(const Format& format) { return kind_of(format) != Values::kFloat; }

// The largest and smallest number that a channel stores; 0 for floats.
double largest_of(std::uint32_t type) {
  switch (type) {
    case CL_SNORM_INT8:
    case CL_SIGNED_INT8:
      return 127;
    case CL_SNORM_INT16:
    case CL_SIGNED_INT16:
      return 32767;
    case CL_SIGNED_INT32:
      return 2147483647;
    case CL_UNORM_INT8:
    case CL_UNSIGNED_INT8:
      return 255;
    case CL_UNORM_INT16:
    case CL_UNSIGNED_INT16:
      return 65535;
    case CL_UNSIGNED_INT32:
      return 4294967295;
    default:
      return 0;
  }
}
double smallest_of(std::uint32_t type) {
  const bool has_sign =
      type == CL_SNORM_INT8 || type == CL_SNORM_INT16 || (type >= CL_SIGNED_INT8 && type <= CL_SIGNED_INT32);
  return has_sign ? -largest_of(type) - 1 : 0;
}

double gamma(double c) { return c < 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055; }
double linear(double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); }

Colour raw_channels(const Format& format, const std::uint8_t* pixel) {
  Colour found{};
  if (const Packed* row = packed(format)) {
    std::uint32_t rest = row->bytes == 2 ? load<std::uint16_t>(pixel) : load<std::uint32_t>(pixel);
    for (unsigned i = 4; i-- > 0; rest >>= row->bits[i]) found[i] = rest & ((1u << row->bits[i]) - 1);
    return found;
  }
  for (unsigned i = 0; i < row_of(format).channels; ++i)
    found[i] = raw_channel(format.type, pixel + i * channel_bytes(format.type));
  return found;
}

Colour channels(const Format& format, const std::uint8_t* pixel) {
  Colour found = raw_channels(format, pixel);
  const Packed* bits = packed(format);
  for (unsigned i = 0; i < 4; ++i) {
    const double largest = bits ? (1u << bits->bits[i]) - 1 : largest_of(format.type);
    if (largest && !is_integer(format)) found[i] = std::max(-1.0, found[i] / largest);
    if (is_srgb(format) && i < 3) found[i] = linear(found[i]);
  }
  return found;
}

}  // namespace

std::string name_of(const Format& format) {
  char text[64];
  std::snprintf(text, sizeof text, "order %x, type %x", format.order, format.type);
  return text;
}

Values kind_of(const Format& format) {
  if (format.type >= CL_SIGNED_INT8 && format.type <= CL_SIGNED_INT32) return Values::kInt;
  return format.type >= CL_UNSIGNED_INT8 && format.type <= CL_UNSIGNED_INT32 ? Values::kUint : Values::kFloat;
}

std::uint32_t pixel_bytes(const Format& format) {
  if (const Packed* row = packed(format)) return row->bytes;
  return row_of(format).channels * channel_bytes(format.type);
}

const std::vector<Format>& all_formats() {
  static const std::vector<Format> list = [] {
    std::vector<Format> formats{{CL_RGB, CL_UNORM_SHORT_565},  {CL_RGB, CL_UNORM_SHORT_555},
                                {CL_RGB, CL_UNORM_INT_101010}, {CL_RGBA, 0x10E0},
                                {CL_sRGBA, CL_UNORM_INT8},     {CL_sBGRA, CL_UNORM_INT8}};
    const std::uint32_t fractions[] = {CL_SNORM_INT8,  CL_SNORM_INT16, CL_UNORM_INT8,
                                       CL_UNORM_INT16, CL_HALF_FLOAT,  CL_FLOAT};
    const std::uint32_t integers[] = {CL_SIGNED_INT8,   CL_SIGNED_INT16,   CL_SIGNED_INT32,
                                      CL_UNSIGNED_INT8, CL_UNSIGNED_INT16, CL_UNSIGNED_INT32};
    for (const std::uint32_t order : {CL_R, CL_A, CL_RG, CL_RA, CL_RGBA}) {
      for (const auto type : fractions) formats.push_back({order, type});
      for (const auto type : integers) formats.push_back({order, type});
    }
    for (const std::uint32_t order : {CL_BGRA, CL_ARGB, CL_ABGR})
      for (const std::uint32_t type : {CL_SNORM_INT8, CL_UNORM_INT8, CL_SIGNED_INT8, CL_UNSIGNED_INT8})
        formats.push_back({order, type});
    for (const std::uint32_t order : {CL_INTENSITY, CL_LUMINANCE})
      for (const auto type : fractions) formats.push_back({order, type});
    return formats;
  }();
  return list;
}

Colour decode(const Format& format, const std::uint8_t* pixel) {
  const Colour found = channels(format, pixel);
  const Order& row = row_of(format);
  Colour rgba{};
  for (unsigned i = 0; i < 4; ++i) {
    const char from = row.rgba[i];
    rgba[i] = from == '_' ? 0 : from == '+' ? 1 : found[static_cast<unsigned>(from - '0')];
  }
  return rgba;
}

Colour border(const Format& format) { return {0, 0, 0, row_of(format).border_alpha}; }

bool is_encoding(const Format& format, const std::uint8_t* pixel, const Colour& colour) {
  const Order& row = row_of(format);
  const Packed* bits = packed(format);
  const Colour found = raw_channels(format, pixel);
  for (unsigned i = 0; i < row.channels; ++i) {
    // The component that a channel comes from; of several, the first.
    const auto source = std::string_view(row.rgba).find(static_cast<char>('0' + i));
    double value = colour[source];
    const double largest = bits ? (1u << bits->bits[i]) - 1 : largest_of(format.type);
    if (largest && is_integer(format)) {
      value = std::clamp(value, smallest_of(format.type), largest);
      if (found[i] != value) return false;
    } else if (largest) {
      if (std::isnan(value)) value = 0;
      if (is_srgb(format) && i < 3) value = gamma(std::clamp(value, 0.0, 1.0));
      const double exact = std::clamp(value * largest, smallest_of(format.type), largest);
      if (std::fabs(found[i] - exact) > 0.51) return false;
    } else if (std::fabs(found[i] - value) >
               (format.type == CL_FLOAT ? 0 : 0x1p-11 * std::fabs(value) + 0x1p-25)) {
      return false;
    }
  }
  return true;
}

ModelImage::ModelImage(const Format& its_format, const Size& its_size, std::uint32_t seed)
    : format(its_format), size(its_size) {
  const std::size_t bytes = pixel_bytes(format);
  row_pitch_ = bytes * (size.width + 3);
  slice_pitch_ = row_pitch_ * (size.height + 1);
  bytes_.resize(slice_pitch_ * size.depth * size.layers);
  std::mt19937 random(seed);
  for (auto& byte : bytes_) byte = static_cast<std::uint8_t>(random());
  const unsigned step = format.type == CL_FLOAT ? 4 : 2;
  if (format.type == CL_FLOAT || format.type == CL_HALF_FLOAT)
    for (std::size_t i = step - 1; i < bytes_.size(); i += step) bytes_[i] &= 0xbb;
  pixels_ = std::make_unique<compiler::test::Buffer<std::uint8_t>>(bytes_);
  isa::ImageDescriptor descriptor;
  descriptor.data = pixels_->address();
  descriptor.width = size.width;
  descriptor.height = size.height;
  descriptor.depth = size.depth;
  descriptor.array_size = size.layers;
  descriptor.row_pitch = row_pitch_;
  descriptor.slice_pitch = slice_pitch_;
  descriptor.channel_order = format.order;
  descriptor.channel_data_type = format.type;
  descriptor.pixel_bytes = static_cast<std::uint32_t>(bytes);
  descriptor_ = std::make_unique<compiler::test::Buffer<isa::ImageDescriptor>>(std::vector{descriptor});
}

std::size_t ModelImage::offset(std::uint32_t x, std::uint32_t y, std::uint32_t z) const {
  return z * slice_pitch_ + y * row_pitch_ + x * pixel_bytes(format);
}

Colour ModelImage::texel(std::int64_t x, std::int64_t y, std::int64_t z) const {
  const auto outside = [](std::int64_t i, std::uint32_t count) { return i < 0 || i >= count; };
  if (outside(x, size.width) || outside(y, size.height) || outside(z, size.depth * size.layers))
    return border(format);
  return decode(format, bytes_.data() + offset(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                                               static_cast<std::uint32_t>(z)));
}

}  // namespace kiesel::compiler::builtins::test
