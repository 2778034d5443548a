// What a kernel sees of an image and a sampler. An image argument is the device address (8 bytes) of an
// ImageDescriptor, which the runtime keeps in device memory beside the pixels; the builtins
// (compiler/builtins) read it. A sampler argument is 8 bytes: the sampler's bits, the same that a sampler
// literal of a program has.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kiesel::isa {

struct ImageDescriptor {
  std::uint64_t data;       // device address of the first pixel
  std::uint32_t width = 1;  // pixels; dimensions that the image has not are 1
  std::uint32_t height = 1;
  std::uint32_t depth = 1;
  std::uint32_t array_size = 1;   // layers
  std::uint64_t row_pitch = 0;    // bytes from row to row
  std::uint64_t slice_pitch = 0;  // bytes from slice to slice, or from layer to layer (1D arrays too)
  std::uint32_t channel_order =
      0;  // cl_channel_order, CL_R = 0x10B0 ...; the CLK_ constants are the same numbers
  std::uint32_t channel_data_type = 0;  // cl_channel_type, CL_SNORM_INT8 = 0x10D0 ...
  std::uint32_t pixel_bytes = 0;
  std::uint32_t num_mip_levels = 1;
};
static_assert(sizeof(ImageDescriptor) == 56);
static_assert(offsetof(ImageDescriptor, width) == 8);
static_assert(offsetof(ImageDescriptor, array_size) == 20);
static_assert(offsetof(ImageDescriptor, row_pitch) == 24);
static_assert(offsetof(ImageDescriptor, slice_pitch) == 32);
static_assert(offsetof(ImageDescriptor, channel_order) == 40);

// Sampler bits, as Clang encodes CLK_ constants.
inline constexpr std::uint32_t kSamplerNormalized = 0x1;
inline constexpr std::uint32_t kSamplerAddressNone = 0x0, kSamplerAddressClampToEdge = 0x2,
                               kSamplerAddressClamp = 0x4, kSamplerAddressRepeat = 0x6,
                               kSamplerAddressMirroredRepeat = 0x8, kSamplerAddressMask = 0xE;
inline constexpr std::uint32_t kSamplerFilterNearest = 0x10, kSamplerFilterLinear = 0x20;

}  // namespace kiesel::isa
