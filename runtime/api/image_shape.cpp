#include "runtime/api/image_shape.hpp"

#include <algorithm>

namespace kiesel::runtime::api {
namespace {

using Shape = Image::Shape;
using Limits = ImageLimits;
constexpr ShapeRow kShapes[] = {
    {CL_MEM_OBJECT_IMAGE1D, Limits::k2dWidth, 0, 0, 0},
    {CL_MEM_OBJECT_IMAGE1D_BUFFER, Limits::kBufferWidth, 0, 0, 0},
    {CL_MEM_OBJECT_IMAGE1D_ARRAY, Limits::k2dWidth, 0, 0, Limits::kArraySize},
    {CL_MEM_OBJECT_IMAGE2D, Limits::k2dWidth, Limits::k2dHeight, 0, 0},
    {CL_MEM_OBJECT_IMAGE2D_ARRAY, Limits::k2dWidth, Limits::k2dHeight, 0, Limits::kArraySize},
    {CL_MEM_OBJECT_IMAGE3D, Limits::k3dWidth, Limits::k3dHeight, Limits::k3dDepth, 0}};

Outcome<std::size_t> dimension(Context& context, const char* name, std::size_t value, std::size_t most) {
  if (most == 0) return std::size_t{0};
  KIESEL_REQUIRE(value >= 1 && value <= most, context, CL_INVALID_IMAGE_SIZE,
                 fmt::format("the {} is {}, it must be 1 to {}", name, value, most));
  return value;
}

}  // namespace

std::span<const ShapeRow> shape_rows() { return kShapes; }

const ShapeRow* find_shape(cl_mem_object_type type) {
  const auto* found = std::find_if(std::begin(kShapes), std::end(kShapes),
                                   [&](const ShapeRow& row) { return row.type == type; });
  return found == std::end(kShapes) ? nullptr : found;
}

Outcome<Shape> dimensions_of(Context& context, const cl_image_desc& given) {
  const auto& row = *find_shape(given.image_type);
  Shape shape;
  shape.type = given.image_type;
  KIESEL_TRY(width, dimension(context, "width", given.image_width, row.width));
  KIESEL_TRY(height, dimension(context, "height", given.image_height, row.height));
  KIESEL_TRY(depth, dimension(context, "depth", given.image_depth, row.depth));
  KIESEL_TRY(layers, dimension(context, "array size", given.image_array_size, row.array_size));
  shape.width = width, shape.height = height, shape.depth = depth, shape.array_size = layers;
  return shape;
}

Outcome<> add_pitches(Context& context, Shape& shape, const cl_image_desc& given, std::size_t pixel_bytes,
                      bool may_pad, cl_int code) {
  const std::size_t row = shape.width * pixel_bytes;
  const std::size_t rows = shape.has_height() ? shape.height : 1;
  KIESEL_REQUIRE(given.image_row_pitch == 0 || may_pad, context, code,
                 "a row pitch without memory that has it");
  KIESEL_REQUIRE(
      given.image_row_pitch == 0 ||
          (given.image_row_pitch >= row && given.image_row_pitch % pixel_bytes == 0),
      context, code,
      fmt::format("the row pitch {} is smaller than a row of {} bytes or no whole number of pixels",
                  given.image_row_pitch, row));
  shape.row_pitch = given.image_row_pitch ? given.image_row_pitch : row;
  KIESEL_REQUIRE(given.image_slice_pitch == 0 || may_pad, context, code,
                 "a slice pitch without memory that has it");
  std::size_t slice = 0, all = 0;
  KIESEL_REQUIRE(!__builtin_mul_overflow(shape.row_pitch, rows, &slice), context, code, "too large a pitch");
  const std::size_t pitch = given.image_slice_pitch ? given.image_slice_pitch : slice;
  if (shape.has_slice_pitch()) {
    KIESEL_REQUIRE(
        pitch >= slice && pitch % shape.row_pitch == 0, context, code,
        fmt::format("the slice pitch {} is smaller than a slice of {} bytes or no whole number of rows",
                    pitch, slice));
    shape.slice_pitch = pitch;
  }
  const std::size_t slices = std::max<std::size_t>({shape.depth, shape.array_size, 1});
  KIESEL_REQUIRE(!__builtin_mul_overflow(pitch, slices, &all), context, code, "too large a pitch");
  return {};
}

std::size_t bytes_of(const Shape& shape) {
  const auto grid = Image::grid_of(shape);
  return grid.slice_pitch * grid.size[2];
}

}  // namespace kiesel::runtime::api
