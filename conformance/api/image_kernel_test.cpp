// Kernels with images, samplers: what clSetKernelArg takes, and that the kernel gets it.
#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr const char* kSource = R"(
kernel void look(read_only image2d_t from, sampler_t how, float2 place, global float4* out) {
  *out = read_imagef(from, how, place);
}
kernel void both(read_only image2d_array_t from, write_only image3d_t to) {
  const int4 at = (int4)(get_global_id(0), get_global_id(1), get_global_id(2), 0);
  write_imageui(to, at, read_imageui(from, at) + 1);
}
kernel void deep(read_only image2d_depth_t from, global float* out) { *out = read_imagef(from, (int2)(0)); }
kernel void line(read_only image1d_buffer_t from, global uint4* out) {
  out[get_global_id(0)] = read_imageui(from, (int)get_global_id(0));
}
)";

cl_int set(cl_kernel kernel, cl_uint index, cl_mem memory) {
  return clSetKernelArg(kernel, index, sizeof memory, &memory);
}

void launch(const Session& session, cl_kernel kernel, Triple size) {
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 3, nullptr, size.data(), nullptr, 0, nullptr,
                                 nullptr) == CL_SUCCESS);
}

}  // namespace

TEST_CASE("a kernel reads an image through a sampler object") {
  NEEDS(has_images());
  const Session session;
  Program program = session.build(kSource, "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "look");
  const cl_image_format format{CL_R, CL_FLOAT};
  std::vector<float> data{1, 2, 3, 4};
  Memory image =
      image_of(session, format, shape(CL_MEM_OBJECT_IMAGE2D, 2, 2), CL_MEM_COPY_HOST_PTR, data.data());
  Memory out = session.buffer(16);
  struct Row {
    cl_bool normalized;
    cl_addressing_mode addressing;
    cl_filter_mode filter;
    cl_float2 place;
    float expected;
  };
  for (const Row& row : {Row{CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, {{1.5f, 0.5f}}, 2},
                         Row{CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, {{2.5f, 0.5f}}, 0},
                         Row{CL_FALSE, CL_ADDRESS_CLAMP_TO_EDGE, CL_FILTER_NEAREST, {{2.5f, 9}}, 4},
                         Row{CL_FALSE, CL_ADDRESS_CLAMP_TO_EDGE, CL_FILTER_LINEAR, {{1, 1}}, 2.5f},
                         Row{CL_TRUE, CL_ADDRESS_REPEAT, CL_FILTER_NEAREST, {{1.25f, 0.75f}}, 3},
                         Row{CL_TRUE, CL_ADDRESS_MIRRORED_REPEAT, CL_FILTER_NEAREST, {{1.25f, 0.75f}}, 4}}) {
    const cl_sampler_properties list[] = {CL_SAMPLER_NORMALIZED_COORDS,
                                          row.normalized,
                                          CL_SAMPLER_ADDRESSING_MODE,
                                          row.addressing,
                                          CL_SAMPLER_FILTER_MODE,
                                          row.filter,
                                          0};
    Sampler sampler(clCreateSamplerWithProperties(session.context, list, nullptr));
    const cl_sampler raw = sampler;
    REQUIRE(set(kernel, 0, image) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 1, sizeof raw, &raw) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 2, sizeof row.place, &row.place) == CL_SUCCESS);
    REQUIRE(set(kernel, 3, out) == CL_SUCCESS);
    launch(session, kernel, {1, 1, 1});
    CHECK(session.read<float>(out, 4)[0] == row.expected);
  }
}

TEST_CASE("a kernel reads one shape and writes another, of its own pitches") {
  NEEDS(has_images());
  const Session session;
  Program program = session.build(kSource, "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "both");
  auto data = counted_bytes(64 * 8 * 3);
  auto description = shape(CL_MEM_OBJECT_IMAGE2D_ARRAY, 13, 7, 3);
  description.image_row_pitch = 64;
  description.image_slice_pitch = 512;
  Memory from = image_of(session, kRgba8, description, CL_MEM_USE_HOST_PTR, data.data());
  Memory to = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE3D, 13, 7, 3));
  REQUIRE(set(kernel, 0, from) == CL_SUCCESS);
  REQUIRE(set(kernel, 1, to) == CL_SUCCESS);
  launch(session, kernel, {13, 7, 3});
  auto expected = pixels(session, from, {0, 0, 0}, {13, 7, 3});
  for (auto& byte : expected) byte = static_cast<unsigned char>(byte == 255 ? 255 : byte + 1);
  CHECK(pixels(session, to, {0, 0, 0}, {13, 7, 3}) == expected);
}

TEST_CASE("a kernel sees a sub-buffer and a filled depth image") {
  NEEDS(has_images());
  const Session session;
  Program program = session.build(kSource, "-cl-std=CL3.0");
  auto data = counted_bytes(1024);
  Memory buffer = session.buffer_of(data);
  const cl_buffer_region part{512, 64};
  Memory sub(clCreateSubBuffer(buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &part, nullptr));
  auto description = shape(CL_MEM_OBJECT_IMAGE1D_BUFFER, 16);
  description.mem_object = sub;
  Memory line = image_of(session, kRgba8, description), out = session.buffer(16 * 16);
  Kernel kernel = session.kernel(program, "line");
  REQUIRE(set(kernel, 0, line) == CL_SUCCESS);
  REQUIRE(set(kernel, 1, out) == CL_SUCCESS);
  launch(session, kernel, {16, 1, 1});
  const auto read = session.read<cl_uint>(out, 64);
  for (std::size_t i = 0; i < 64; ++i) CHECK(read[i] == data[512 + i]);

  const cl_image_format format{CL_DEPTH, CL_FLOAT};
  Memory depth = image_of(session, format, shape(CL_MEM_OBJECT_IMAGE2D, 2, 2));
  const float colour = 0.25f;
  const Triple zero{}, all{2, 2, 1};
  REQUIRE(clEnqueueFillImage(session.queue, depth, &colour, zero.data(), all.data(), 0, nullptr, nullptr) ==
          CL_SUCCESS);
  Kernel deep = session.kernel(program, "deep");
  REQUIRE(set(deep, 0, depth) == CL_SUCCESS);
  REQUIRE(set(deep, 1, out) == CL_SUCCESS);
  launch(session, deep, {1, 1, 1});
  CHECK(session.read<float>(out, 1)[0] == 0.25f);
}

TEST_CASE("arguments of opaque types are checked") {
  NEEDS(has_images());
  const Session session, elsewhere;
  Program program = session.build(kSource, "-cl-std=CL3.0");
  Kernel look = session.kernel(program, "look"), both = session.kernel(program, "both"),
         deep = session.kernel(program, "deep");
  const auto flat = shape(CL_MEM_OBJECT_IMAGE2D, 4, 4);
  Memory image = image_of(session, kRgba8, flat), buffer = session.buffer(64);
  Memory foreign = image_of(elsewhere, kRgba8, flat);
  Memory written = image_of(session, kRgba8, flat, CL_MEM_WRITE_ONLY);
  Memory volume = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE3D, 4, 4, 4), CL_MEM_READ_ONLY);
  Sampler sampler(clCreateSamplerWithProperties(session.context, nullptr, nullptr));
  Sampler stranger(clCreateSamplerWithProperties(elsewhere.context, nullptr, nullptr));
  const cl_mem raw = image;
  const cl_sampler raw_sampler = sampler, raw_stranger = stranger, none = nullptr;
  CHECK(set(look, 0, image) == CL_SUCCESS);
  CHECK(set(look, 0, buffer) == CL_INVALID_MEM_OBJECT);
  CHECK(set(look, 0, volume) == CL_INVALID_MEM_OBJECT);
  CHECK(set(look, 0, nullptr) == CL_INVALID_MEM_OBJECT);
  CHECK(set(look, 0, foreign) == CL_INVALID_MEM_OBJECT);
  CHECK(set(look, 0, written) == CL_INVALID_ARG_VALUE);
  CHECK(clSetKernelArg(look, 0, sizeof raw, nullptr) == CL_INVALID_MEM_OBJECT);
  CHECK(clSetKernelArg(look, 0, 4, &raw) == CL_INVALID_ARG_SIZE);
  CHECK(set(look, 3, image) == CL_INVALID_MEM_OBJECT);
  CHECK(clSetKernelArg(look, 1, sizeof raw_sampler, &raw_sampler) == CL_SUCCESS);
  CHECK(clSetKernelArg(look, 1, sizeof raw, &raw) == CL_INVALID_SAMPLER);
  CHECK(clSetKernelArg(look, 1, sizeof none, &none) == CL_INVALID_SAMPLER);
  CHECK(clSetKernelArg(look, 1, sizeof none, nullptr) == CL_INVALID_SAMPLER);
  CHECK(clSetKernelArg(look, 1, 4, &raw_sampler) == CL_INVALID_ARG_SIZE);
  CHECK(clSetKernelArg(look, 1, sizeof raw_stranger, &raw_stranger) == CL_INVALID_SAMPLER);
  CHECK(set(both, 1, volume) == CL_INVALID_ARG_VALUE);
  CHECK(set(both, 0, image) == CL_INVALID_MEM_OBJECT);
  CHECK(set(deep, 0, image) == CL_INVALID_MEM_OBJECT);
}
