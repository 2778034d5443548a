// Image formats: what image_formats.def lists, and pixels made from colours.
#pragma once

#include <CL/cl.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/core/device.hpp"

namespace kiesel::runtime {

enum class ChannelKind : std::uint8_t { kSnorm, kUnorm, kSigned, kUnsigned, kHalf, kFloat, kPacked };

struct ImageFormat {
  cl_image_format cl{};
  ChannelKind kind = ChannelKind::kUnorm;
  std::uint32_t channel_bytes = 0;  // of a packed pixel: all of it
  std::uint32_t pixel_bytes = 0;
  const char* components = nullptr;  // "RGBA" as they lie in memory
  const char* needs = nullptr;       // a language feature

  bool is_srgb() const { return cl.image_channel_order >= CL_sRGB && cl.image_channel_order <= CL_sBGRA; }
  bool is_depth() const { return cl.image_channel_order == CL_DEPTH; }
};

const std::vector<ImageFormat>& image_formats();
// Null: not in the list.
const ImageFormat* find_image_format(const cl_image_format& format);
// The numbers stand for an order and a type that go together, whether in the list or not.
bool is_valid_image_format(const cl_image_format& format);

// What a kernel does with an image; as flags of clGetSupportedImageFormats.
bool can_be_image(const ImageFormat& format, cl_mem_object_type type, const Device& device);
bool can_be_used(const ImageFormat& format, cl_mem_object_type type, cl_mem_flags flags,
                 const Device& device);

// The pixel that a fill colour becomes (four floats, ints or unsigned ints; one float for depth), converted
// as the write_image functions convert (OpenCL C 8.3).
std::vector<std::byte> pixel_of(const ImageFormat& format, const void* colour);

}  // namespace kiesel::runtime
