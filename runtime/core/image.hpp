// Images of all shapes. The pixels lie in rows and slices as in host memory, with the pitches that the
// application gave or without gaps; beside them each device has a descriptor, whose address is what a kernel
// gets (device/isa/image.hpp).
#pragma once

#include <array>

#include "runtime/core/image_format.hpp"
#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

// Pixels. Most of each query's minimum, so that tests and applications that try the largest stay affordable.
struct ImageLimits {
  static constexpr std::size_t k2dWidth = 16384, k2dHeight = 16384;
  static constexpr std::size_t k3dWidth = 2048, k3dHeight = 2048, k3dDepth = 2048;
  static constexpr std::size_t kArraySize = 2048;
  static constexpr std::size_t kBufferWidth = std::size_t{1} << 27;
  // Of images made from buffers: any pitch and address that is a whole number of pixels.
  static constexpr cl_uint kPitchAlignment = 1, kBaseAddressAlignment = 1;
  static constexpr cl_uint kReadArguments = 128, kWriteArguments = 64, kReadWriteArguments = 64;
  static constexpr cl_uint kSamplers = 16;
};

class Image final : public MemoryObject {
 public:
  static constexpr Kind kKind = Kind::kImage;

  // As clGetImageInfo returns it: dimensions that the image has not are 0.
  struct Shape {
    cl_mem_object_type type = CL_MEM_OBJECT_IMAGE2D;
    std::size_t width = 0, height = 0, depth = 0, array_size = 0;
    std::size_t row_pitch = 0, slice_pitch = 0;  // bytes

    bool has_height() const;
    bool has_depth() const { return type == CL_MEM_OBJECT_IMAGE3D; }
    bool has_layers() const;
    bool has_slice_pitch() const { return has_depth() || has_layers(); }
  };
  // What origins and regions count: pixels, rows, slices. The rows of a 1D array are its layers.
  struct Grid {
    std::array<std::size_t, 3> size;
    std::size_t row_pitch, slice_pitch;  // bytes
  };

  // Arguments are valid by then. `associated`: the buffer or image whose bytes it shows, or null.
  static Outcome<Ref<Image>> create(Context& context, MemoryObject* associated,
                                    std::vector<cl_mem_properties> properties, cl_mem_flags flags,
                                    const ImageFormat& format, const Shape& shape, void* host_pointer);

  static Ref<Image> from_external(Context& context, std::vector<cl_mem_properties> properties,
                                  cl_mem_flags flags, const ImageFormat& format, const Shape& shape,
                                  ExternalMemory external);

  cl_mem_object_type type() const override { return shape_.type; }
  const char* label() const override { return "image"; }
  const ImageFormat& format() const { return format_; }
  const Shape& shape() const { return shape_; }
  Grid grid() const { return grid_of(shape_); }
  static Grid grid_of(const Shape& shape);

  // The address of the device's descriptor.
  Outcome<device::Address> argument(Device& device) override;

 private:
  struct Descriptor {
    Ref<Device> device;
    device::Address address;
  };

  Image(Context& context, MemoryObject* associated, Description&& description, const ImageFormat& format,
        const Shape& shape);
  ~Image() override;

  const ImageFormat& format_;
  const Shape shape_;
  std::mutex descriptors_mutex_;  // guards descriptors_; taken before the mutex of MemoryObject
  std::vector<Descriptor> descriptors_;
};

bool supports_images(const Context& context);

}  // namespace kiesel::runtime
