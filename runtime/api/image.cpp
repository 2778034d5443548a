// Image objects: making and asking (OpenCL 3.0 API 5.3.1, 5.3.2, 5.3.7).
#include "runtime/core/image.hpp"

#include <algorithm>

#include "runtime/api/api.hpp"
#include "runtime/api/image_shape.hpp"
#include "runtime/api/info.hpp"
#include "runtime/api/memory_flags.hpp"
#include "runtime/api/memory_properties.hpp"
#include "runtime/core/buffer.hpp"

namespace kiesel::runtime::api {
namespace {

using Shape = Image::Shape;

// Whether the type may show the bytes of this memory object; of a buffer every type
// (cl_ext_image_from_buffer).
bool may_view(cl_mem_object_type type, const MemoryObject& whole) {
  return whole.type() == CL_MEM_OBJECT_BUFFER ||
         (type == CL_MEM_OBJECT_IMAGE2D && whole.type() == CL_MEM_OBJECT_IMAGE2D);
}

Outcome<> check_descriptor(Context& context, const cl_image_desc& given, const MemoryObject* whole) {
  const auto require = [&](bool condition, const char* reason) -> Outcome<> {
    KIESEL_REQUIRE(condition, context, CL_INVALID_IMAGE_DESCRIPTOR, reason);
    return {};
  };
  KIESEL_CHECK(require(find_shape(given.image_type), "no type of image"));
  KIESEL_CHECK(require(given.num_mip_levels == 0 && given.num_samples == 0,
                       "num_mip_levels and num_samples must be 0"));
  KIESEL_CHECK(require(!given.mem_object || whole, "mem_object is no memory object"));
  KIESEL_CHECK(require(!whole || &whole->context() == &context, "mem_object is of another context"));
  KIESEL_CHECK(require(whole || given.image_type != CL_MEM_OBJECT_IMAGE1D_BUFFER,
                       "a 1D image buffer needs a buffer in mem_object"));
  return require(!whole || may_view(given.image_type, *whole),
                 "an image of this type cannot show the memory of mem_object");
}

Outcome<> check_view_of_buffer(const Buffer& buffer, const Shape& shape, const ImageFormat& format) {
  Context& context = buffer.context();
  const std::size_t alignment = format.pixel_bytes * std::size_t{ImageLimits::kBaseAddressAlignment};
  KIESEL_REQUIRE(reinterpret_cast<std::uintptr_t>(buffer.host_pointer()) % alignment == 0, context,
                 CL_INVALID_IMAGE_FORMAT_DESCRIPTOR, "the buffer's memory is not aligned for this format");
  KIESEL_REQUIRE(bytes_of(shape) <= buffer.size(), context, CL_INVALID_IMAGE_SIZE,
                 fmt::format("the image has {} bytes, the buffer {}", bytes_of(shape), buffer.size()));
  return {};
}

// "Compatible Image Channel Orders": what views of an image may make of its order.
bool compatible(cl_channel_order view, cl_channel_order whole) {
  constexpr cl_channel_order kPairs[][2] = {
      {CL_sBGRA, CL_BGRA}, {CL_sRGBA, CL_RGBA}, {CL_sRGB, CL_RGB}, {CL_sRGBx, CL_RGBx}};
  for (const auto& pair : kPairs)
    if ((view == pair[0] && whole == pair[1]) || (view == pair[1] && whole == pair[0])) return true;
  return view == CL_DEPTH && whole == CL_R;
}

Outcome<> check_view_of_image(const Image& whole, Shape& shape, const cl_image_desc& given,
                              const cl_image_format& format) {
  const auto& there = whole.shape();
  const auto& known = whole.format().cl;
  KIESEL_REQUIRE(format.image_channel_data_type == known.image_channel_data_type &&
                     compatible(format.image_channel_order, known.image_channel_order),
                 whole.context(), CL_INVALID_IMAGE_FORMAT_DESCRIPTOR,
                 "the image in mem_object cannot be seen in this format");
  KIESEL_REQUIRE(shape.width == there.width && shape.height == there.height &&
                     (given.image_row_pitch == 0 || given.image_row_pitch == there.row_pitch),
                 whole.context(), CL_INVALID_IMAGE_DESCRIPTOR,
                 "the image in mem_object has another size or row pitch");
  shape.row_pitch = there.row_pitch;
  return {};
}

Outcome<const ImageFormat*> supported_format(Context& context, const cl_image_format& given,
                                             cl_mem_object_type type, cl_mem_flags flags) {
  const auto* format = find_image_format(given);
  const auto usable = [&](const Ref<Device>& device) {
    return flags & CL_MEM_WRITE_ONLY ? can_be_used(*format, type, flags, *device)
                                     : can_be_image(*format, type, *device);
  };
  KIESEL_REQUIRE(format && std::any_of(context.devices().begin(), context.devices().end(), usable), context,
                 CL_IMAGE_FORMAT_NOT_SUPPORTED,
                 fmt::format("channel order {:#x} with type {:#x} is not supported for this image",
                             given.image_channel_order, given.image_channel_data_type));
  return format;
}

Outcome<cl_mem> create_image(cl_context handle, const cl_mem_properties* list, cl_mem_flags given_flags,
                             const cl_image_format* given_format, const cl_image_desc* given,
                             void* host_pointer, cl_int pitch_error = CL_INVALID_IMAGE_DESCRIPTOR) {
  KIESEL_TRY(context, valid<Context>(handle));
  KIESEL_REQUIRE(supports_images(*context), *context, CL_INVALID_OPERATION,
                 "no device of the context supports images");
  KIESEL_TRY(properties, read_memory_properties(*context, list, false));
  auto* whole = given ? find<MemoryObject>(given->mem_object) : nullptr;
  KIESEL_REQUIRE(valid_flags(given_flags), *context, CL_INVALID_VALUE,
                 fmt::format("flags {:#x} are not valid", given_flags));
  KIESEL_CHECK(properties.check_flags(*context, given_flags));
  KIESEL_REQUIRE(!whole || !properties.file, *context, CL_INVALID_PROPERTY,
                 "an external handle for an image of another memory object");
  cl_mem_flags flags = with_default_access(given_flags);
  if (whole) {
    KIESEL_TRY(inherited, flags_of_view(*whole, given_flags));
    flags = inherited;
  }
  KIESEL_REQUIRE(given_format && is_valid_image_format(*given_format), *context,
                 CL_INVALID_IMAGE_FORMAT_DESCRIPTOR, "no valid image format");
  KIESEL_REQUIRE(given, *context, CL_INVALID_IMAGE_DESCRIPTOR, "no image descriptor");
  KIESEL_CHECK(check_descriptor(*context, *given, whole));
  KIESEL_TRY(shape, dimensions_of(*context, *given));
  KIESEL_CHECK(check_host_pointer(*context, whole ? 0 : flags, host_pointer));
  KIESEL_TRY(format, supported_format(*context, *given_format, shape.type, flags));
  const auto* image = find<Image>(given->mem_object);
  const auto* buffer = find<Buffer>(given->mem_object);
  if (image) {
    KIESEL_CHECK(check_view_of_image(*image, shape, *given, *given_format));
  } else {
    // Wrong pitches of images of buffers have an error of their own.
    KIESEL_CHECK(add_pitches(*context, shape, *given, format->pixel_bytes,
                             host_pointer || buffer || properties.file,
                             buffer ? CL_INVALID_IMAGE_FORMAT_DESCRIPTOR : pitch_error));
  }
  if (buffer) KIESEL_CHECK(check_view_of_buffer(*buffer, shape, *format));
  for (const auto& device : context->devices())
    KIESEL_REQUIRE(bytes_of(shape) <= device->description().max_allocation_bytes, *context,
                   CL_MEM_OBJECT_ALLOCATION_FAILURE,
                   fmt::format("{} bytes are more than CL_DEVICE_MAX_MEM_ALLOC_SIZE, {}", bytes_of(shape),
                               device->description().max_allocation_bytes));
  if (properties.file) {
    KIESEL_TRY(external,
               import_memory(*context, *properties.file, bytes_of(shape), std::move(properties.devices)));
    return hand_out(Image::from_external(*context, std::move(properties.list), flags, *format, shape,
                                         std::move(external)));
  }
  KIESEL_TRY(made,
             Image::create(*context, whole, std::move(properties.list), flags, *format, shape, host_pointer));
  return hand_out(std::move(made));
}

}  // namespace

cl_mem clCreateImage(cl_context context, cl_mem_flags flags, const cl_image_format* format,
                     const cl_image_desc* descriptor, void* host_pointer, cl_int* errcode_ret) {
  return object<cl_mem>(create_image(context, nullptr, flags, format, descriptor, host_pointer), errcode_ret);
}

cl_mem clCreateImageWithProperties(cl_context context, const cl_mem_properties* properties,
                                   cl_mem_flags flags, const cl_image_format* format,
                                   const cl_image_desc* descriptor, void* host_pointer, cl_int* errcode_ret) {
  return object<cl_mem>(create_image(context, properties, flags, format, descriptor, host_pointer),
                        errcode_ret);
}

// Deprecated since 1.2.
cl_mem clCreateImage2D(cl_context context, cl_mem_flags flags, const cl_image_format* format, size_t width,
                       size_t height, size_t row_pitch, void* host_pointer, cl_int* errcode_ret) {
  cl_image_desc descriptor{};
  descriptor.image_type = CL_MEM_OBJECT_IMAGE2D;
  descriptor.image_width = width;
  descriptor.image_height = height;
  descriptor.image_row_pitch = row_pitch;
  return object<cl_mem>(
      create_image(context, nullptr, flags, format, &descriptor, host_pointer, CL_INVALID_IMAGE_SIZE),
      errcode_ret);
}

cl_mem clCreateImage3D(cl_context context, cl_mem_flags flags, const cl_image_format* format, size_t width,
                       size_t height, size_t depth, size_t row_pitch, size_t slice_pitch, void* host_pointer,
                       cl_int* errcode_ret) {
  cl_image_desc descriptor{};
  descriptor.image_type = CL_MEM_OBJECT_IMAGE3D;
  descriptor.image_width = width;
  descriptor.image_height = height;
  descriptor.image_depth = depth > 1 ? depth : 0;  // this function wants more than one slice
  descriptor.image_row_pitch = row_pitch;
  descriptor.image_slice_pitch = slice_pitch;
  return object<cl_mem>(
      create_image(context, nullptr, flags, format, &descriptor, host_pointer, CL_INVALID_IMAGE_SIZE),
      errcode_ret);
}

cl_int clGetSupportedImageFormats(cl_context handle, cl_mem_flags flags, cl_mem_object_type type,
                                  cl_uint num_entries, cl_image_format* formats, cl_uint* num_formats) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    KIESEL_REQUIRE(valid_usage_flags(flags), *context, CL_INVALID_VALUE,
                   fmt::format("flags {:#x} are not valid", flags));
    KIESEL_REQUIRE(find_shape(type), *context, CL_INVALID_VALUE, "no type of image");
    KIESEL_REQUIRE(!formats || num_entries > 0, *context, CL_INVALID_VALUE, "formats without num_entries");
    std::vector<cl_image_format> list;
    for (const auto& format : image_formats())
      if (std::any_of(context->devices().begin(), context->devices().end(), [&](const Ref<Device>& device) {
            return device->has("__opencl_c_images") && can_be_used(format, type, flags, *device);
          }))
        list.push_back(format.cl);
    if (formats) std::copy_n(list.begin(), std::min<std::size_t>(num_entries, list.size()), formats);
    if (num_formats) *num_formats = static_cast<cl_uint>(list.size());
    return {};
  }());
}

cl_int clGetImageInfo(cl_mem handle, cl_image_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(image, valid<Image>(handle));
    const auto& shape = image->shape();
    const auto* whole = image->associated();
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_IMAGE_FORMAT:
        return answer.value(image->format().cl);
      case CL_IMAGE_ELEMENT_SIZE:
        return answer.value(std::size_t{image->format().pixel_bytes});
      case CL_IMAGE_ROW_PITCH:
        return answer.value(shape.row_pitch);
      case CL_IMAGE_SLICE_PITCH:
        return answer.value(shape.slice_pitch);
      case CL_IMAGE_WIDTH:
        return answer.value(shape.width);
      case CL_IMAGE_HEIGHT:
        return answer.value(shape.height);
      case CL_IMAGE_DEPTH:
        return answer.value(shape.depth);
      case CL_IMAGE_ARRAY_SIZE:
        return answer.value(shape.array_size);
      case CL_IMAGE_BUFFER:
        return answer.value(whole && whole->type() == CL_MEM_OBJECT_BUFFER ? cl_handle(*whole) : cl_mem{});
      case CL_IMAGE_NUM_MIP_LEVELS:
      case CL_IMAGE_NUM_SAMPLES:
        return answer.value(cl_uint{0});
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
