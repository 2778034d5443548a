// What images would need: cl_ext_image_requirements_info.
#include <algorithm>

#include "runtime/api/api.hpp"
#include "runtime/api/image_shape.hpp"
#include "runtime/api/info.hpp"
#include "runtime/api/memory_flags.hpp"

namespace kiesel::runtime::api {
namespace {

// Queries for the largest dimension of images of a type, or of all types that have it.
struct DimensionQuery {
  cl_image_requirements_info_ext name;
  std::size_t ShapeRow::*dimension;
};
constexpr DimensionQuery kDimensions[] = {{CL_IMAGE_REQUIREMENTS_MAX_WIDTH_EXT, &ShapeRow::width},
                                          {CL_IMAGE_REQUIREMENTS_MAX_HEIGHT_EXT, &ShapeRow::height},
                                          {CL_IMAGE_REQUIREMENTS_MAX_DEPTH_EXT, &ShapeRow::depth},
                                          {CL_IMAGE_REQUIREMENTS_MAX_ARRAY_SIZE_EXT, &ShapeRow::array_size}};

Outcome<cl_uint> largest(Context& context, std::size_t ShapeRow::*dimension, cl_mem_object_type type) {
  std::size_t least = 0;
  for (const auto& row : shape_rows())
    if (row.*dimension && (type == 0 || row.type == type))
      least = least ? std::min(least, row.*dimension) : row.*dimension;
  KIESEL_REQUIRE(least, context, CL_INVALID_IMAGE_DESCRIPTOR, "images of this type have no such dimension");
  return static_cast<cl_uint>(least);
}

std::size_t largest_pixel() {
  const auto& list = image_formats();
  return std::max_element(
             list.begin(), list.end(),
             [](const ImageFormat& a, const ImageFormat& b) { return a.pixel_bytes < b.pixel_bytes; })
      ->pixel_bytes;
}

// Of an image that could be created; queries for the largest dimension take less.
Outcome<Image::Shape> whole_shape(Context& context, const cl_image_desc& given) {
  KIESEL_REQUIRE(find_shape(given.image_type), context, CL_INVALID_IMAGE_DESCRIPTOR, "no type of image");
  auto shape = dimensions_of(context, given);
  KIESEL_REQUIRE(shape.ok(), context, CL_INVALID_IMAGE_DESCRIPTOR, shape.error().reason);
  return shape;
}

Outcome<std::size_t> alignment_of(Context& context, const ImageFormat* format, const cl_image_desc* given) {
  if (given) KIESEL_CHECK(whole_shape(context, *given));
  return format ? std::size_t{format->pixel_bytes} : largest_pixel();
}

Outcome<std::size_t> size_of(Context& context, const ImageFormat* format, const cl_image_desc* given) {
  KIESEL_REQUIRE(format && given, context, CL_INVALID_VALUE, "the size needs a format and a descriptor");
  KIESEL_TRY(shape, whole_shape(context, *given));
  KIESEL_CHECK(add_pitches(context, shape, *given, format->pixel_bytes, true, CL_INVALID_IMAGE_DESCRIPTOR));
  return bytes_of(shape);
}

}  // namespace

cl_int clGetImageRequirementsInfoEXT(cl_context handle, const cl_mem_properties* properties,
                                     cl_mem_flags flags, const cl_image_format* given_format,
                                     const cl_image_desc* given, cl_image_requirements_info_ext name,
                                     size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    KIESEL_REQUIRE(supports_images(*context), *context, CL_INVALID_OPERATION,
                   "no device of the context supports images");
    KIESEL_REQUIRE(!properties || !*properties, *context, CL_INVALID_PROPERTY,
                   "no properties for images are supported");
    KIESEL_REQUIRE(valid_usage_flags(flags), *context, CL_INVALID_VALUE,
                   fmt::format("flags {:#x} are not valid", flags));
    const auto* format = given_format ? find_image_format(*given_format) : nullptr;
    KIESEL_REQUIRE(!given_format || format, *context, CL_INVALID_IMAGE_FORMAT_DESCRIPTOR,
                   "no supported image format");
    KIESEL_REQUIRE(!given || given->image_type == 0 || find_shape(given->image_type), *context,
                   CL_INVALID_IMAGE_DESCRIPTOR, "no type of image");
    const Answer answer(size, value, size_ret);
    for (const auto& query : kDimensions) {
      if (query.name != name) continue;
      KIESEL_TRY(most, largest(*context, query.dimension, given ? given->image_type : 0));
      return answer.value(most);
    }
    switch (name) {
      case CL_IMAGE_REQUIREMENTS_BASE_ADDRESS_ALIGNMENT_EXT:
      case CL_IMAGE_REQUIREMENTS_ROW_PITCH_ALIGNMENT_EXT:
      case CL_IMAGE_REQUIREMENTS_SLICE_PITCH_ALIGNMENT_EXT: {
        KIESEL_TRY(alignment, alignment_of(*context, format, given));
        return answer.value(alignment);
      }
      case CL_IMAGE_REQUIREMENTS_SIZE_EXT: {
        KIESEL_TRY(bytes, size_of(*context, format, given));
        return answer.value(bytes);
      }
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
