// What the tests of images share: descriptors, images, their bytes.
#pragma once

#include "conformance/api/fixture.hpp"

namespace kiesel::api_test {

using Sampler = Owner<cl_sampler, clReleaseSampler>;
using Triple = std::array<std::size_t, 3>;

constexpr cl_image_format kRgba8{CL_RGBA, CL_UNSIGNED_INT8};

// Depth is the array size for 2D arrays, height for 1D arrays.
inline cl_image_desc shape(cl_mem_object_type type, std::size_t width, std::size_t height = 0,
                           std::size_t depth = 0) {
  cl_image_desc out{};
  out.image_type = type;
  out.image_width = width;
  out.image_height = height;
  if (type == CL_MEM_OBJECT_IMAGE3D)
    out.image_depth = depth;
  else
    out.image_array_size = type == CL_MEM_OBJECT_IMAGE1D_ARRAY ? height : depth;
  return out;
}

inline Memory image_of(const Session& session, const cl_image_format& format,
                       const cl_image_desc& description, cl_mem_flags flags = CL_MEM_READ_WRITE,
                       void* host = nullptr) {
  cl_int error = 1;
  Memory out(clCreateImage(session.context, flags, &format, &description, host, &error));
  REQUIRE(error == CL_SUCCESS);
  REQUIRE(out != nullptr);
  return out;
}

inline cl_int image_error(const Session& session, const cl_image_format* format,
                          const cl_image_desc* description, cl_mem_flags flags = CL_MEM_READ_WRITE,
                          void* host = nullptr) {
  cl_int error = 1;
  Memory out(clCreateImage(session.context, flags, format, description, host, &error));
  CHECK((out == nullptr) == (error != CL_SUCCESS));
  return error;
}

// The bytes of a region, without gaps.
inline std::vector<unsigned char> pixels(const Session& session, cl_mem image, Triple origin, Triple region) {
  const auto size = query<std::size_t>(clGetImageInfo, image, CL_IMAGE_ELEMENT_SIZE);
  std::vector<unsigned char> out(size * region[0] * region[1] * region[2]);
  REQUIRE(clEnqueueReadImage(session.queue, image, CL_TRUE, origin.data(), region.data(), 0, 0, out.data(), 0,
                             nullptr, nullptr) == CL_SUCCESS);
  return out;
}

inline std::vector<unsigned char> counted_bytes(std::size_t count) {
  std::vector<unsigned char> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<unsigned char>(i * 7 + i / 251);
  return out;
}

// One of each shape, all with some rows and slices where the shape has them.
struct ShapeCase {
  const char* name;
  cl_image_desc description;
  Triple region;  // all of it
};
inline std::vector<ShapeCase> all_shapes() {
  return {{"1D", shape(CL_MEM_OBJECT_IMAGE1D, 13), {13, 1, 1}},
          {"1D array", shape(CL_MEM_OBJECT_IMAGE1D_ARRAY, 13, 5), {13, 5, 1}},
          {"2D", shape(CL_MEM_OBJECT_IMAGE2D, 13, 7), {13, 7, 1}},
          {"2D array", shape(CL_MEM_OBJECT_IMAGE2D_ARRAY, 13, 7, 3), {13, 7, 3}},
          {"3D", shape(CL_MEM_OBJECT_IMAGE3D, 13, 7, 3), {13, 7, 3}}};
}

}  // namespace kiesel::api_test
