#include "runtime/core/image.hpp"

#include <algorithm>

#include "device/isa/image.hpp"

namespace kiesel::runtime {
namespace {

template <class T>
std::uint32_t at_least_one(T size) {
  return static_cast<std::uint32_t>(std::max<T>(size, 1));
}

isa::ImageDescriptor describe(const Image& image, device::Address pixels) {
  const auto& shape = image.shape();
  const auto& format = image.format();
  const auto grid = image.grid();
  return {.data = pixels,
          .width = at_least_one(shape.width),
          .height = at_least_one(shape.height),
          .depth = at_least_one(shape.depth),
          .array_size = at_least_one(shape.array_size),
          .row_pitch = shape.row_pitch,
          .slice_pitch = shape.has_slice_pitch() ? shape.slice_pitch : grid.slice_pitch,
          .channel_order = format.cl.image_channel_order,
          .channel_data_type = format.cl.image_channel_data_type,
          .pixel_bytes = format.pixel_bytes};
}

// Without what lies between the rows and behind the last one.
device::Box pixels_box(const Image::Grid& grid, std::size_t pixel_bytes) {
  device::Box box;
  box.size = {grid.size[0] * pixel_bytes, grid.size[1], grid.size[2]};
  box.source_row_pitch = box.target_row_pitch = grid.row_pitch;
  box.source_slice_pitch = box.target_slice_pitch = grid.slice_pitch;
  return box;
}

}  // namespace

bool supports_images(const Context& context) {
  return std::any_of(context.devices().begin(), context.devices().end(),
                     [](const Ref<Device>& device) { return device->has("__opencl_c_images"); });
}

bool Image::Shape::has_height() const {
  return type == CL_MEM_OBJECT_IMAGE2D || type == CL_MEM_OBJECT_IMAGE2D_ARRAY ||
         type == CL_MEM_OBJECT_IMAGE3D;
}

bool Image::Shape::has_layers() const {
  return type == CL_MEM_OBJECT_IMAGE1D_ARRAY || type == CL_MEM_OBJECT_IMAGE2D_ARRAY;
}

Image::Grid Image::grid_of(const Shape& shape) {
  switch (shape.type) {
    case CL_MEM_OBJECT_IMAGE1D_ARRAY:
      return {{shape.width, shape.array_size, 1}, shape.slice_pitch, shape.slice_pitch * shape.array_size};
    case CL_MEM_OBJECT_IMAGE2D:
      return {{shape.width, shape.height, 1}, shape.row_pitch, shape.row_pitch * shape.height};
    case CL_MEM_OBJECT_IMAGE2D_ARRAY:
      return {{shape.width, shape.height, shape.array_size}, shape.row_pitch, shape.slice_pitch};
    case CL_MEM_OBJECT_IMAGE3D:
      return {{shape.width, shape.height, shape.depth}, shape.row_pitch, shape.slice_pitch};
    default:
      return {{shape.width, 1, 1}, shape.row_pitch, shape.row_pitch};
  }
}

Image::Image(Context& context, MemoryObject* associated, Description&& description, const ImageFormat& format,
             const Shape& shape)
    : MemoryObject(context, associated, std::move(description)), format_(format), shape_(shape) {}

Image::~Image() {
  for (const auto& descriptor : descriptors_) descriptor.device->implementation().free(descriptor.address);
}

Outcome<Ref<Image>> Image::create(Context& context, MemoryObject* associated,
                                  std::vector<cl_mem_properties> properties, cl_mem_flags flags,
                                  const ImageFormat& format, const Shape& shape, void* host_pointer) {
  const auto grid = grid_of(shape);
  auto image = Ref<Image>::adopt(new Image(context, associated,
                                           {.properties = std::move(properties),
                                            .flags = flags,
                                            .size = grid.slice_pitch * grid.size[2],
                                            .host_pointer = host_pointer},
                                           format, shape));
  if (!associated) KIESEL_CHECK(image->allocate(host_pointer, pixels_box(grid, format.pixel_bytes)));
  return image;
}

Ref<Image> Image::from_external(Context& context, std::vector<cl_mem_properties> properties,
                                cl_mem_flags flags, const ImageFormat& format, const Shape& shape,
                                ExternalMemory external) {
  const auto grid = grid_of(shape);
  return Ref<Image>::adopt(new Image(context, nullptr,
                                     {.properties = std::move(properties),
                                      .flags = flags,
                                      .size = grid.slice_pitch * grid.size[2],
                                      .external = std::move(external)},
                                     format, shape));
}

Outcome<device::Address> Image::argument(Device& device) {
  std::lock_guard lock(descriptors_mutex_);
  for (const auto& descriptor : descriptors_)
    if (descriptor.device.get() == &device.root()) return descriptor.address;
  KIESEL_TRY(pixels, address(device));
  auto& implementation = device.implementation();
  auto place = implementation.allocate(sizeof(isa::ImageDescriptor), alignof(isa::ImageDescriptor),
                                       "image descriptor", context().owner());
  if (!place) return memory_error(place.error());
  const auto descriptor = describe(*this, pixels);
  auto written = run_now(implementation, device::Write{&descriptor, *place, flat_box(sizeof descriptor)});
  if (!written.ok()) {
    implementation.free(*place);
    return memory_error(written.error());
  }
  descriptors_.push_back({Ref<Device>(&device.root()), *place});
  return *place;
}

}  // namespace kiesel::runtime
