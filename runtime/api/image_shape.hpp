// From an image descriptor to a shape: limits, pitches.
#pragma once

#include <span>

#include "runtime/api/check.hpp"
#include "runtime/core/image.hpp"

namespace kiesel::runtime::api {

// The largest dimensions of a type of image; 0 stands for one that it has not.
struct ShapeRow {
  cl_mem_object_type type;
  std::size_t width, height, depth, array_size;
};
std::span<const ShapeRow> shape_rows();
const ShapeRow* find_shape(cl_mem_object_type type);  // or null

// The shape without its pitches; the type is a known one. CL_INVALID_IMAGE_SIZE.
Outcome<Image::Shape> dimensions_of(Context& context, const cl_image_desc& given);
// Fills in the pitches. Without memory that has them (`may_pad`) they must be 0; `code` is the error for
// those that do not follow the rules.
Outcome<> add_pitches(Context& context, Image::Shape& shape, const cl_image_desc& given,
                      std::size_t pixel_bytes, bool may_pad, cl_int code);
std::size_t bytes_of(const Image::Shape& shape);

}  // namespace kiesel::runtime::api
