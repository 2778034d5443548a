#define CL_USE_DEPRECATED_OPENCL_1_2_APIS  // clCreateSampler
#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

TEST_CASE("samplers tell how they were made") {
  NEEDS(has_images());
  const Session session;
  cl_int error = 1;
  Sampler plain(clCreateSamplerWithProperties(session.context, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  const cl_sampler raw = plain;
  CHECK(query<cl_bool>(clGetSamplerInfo, raw, CL_SAMPLER_NORMALIZED_COORDS) == CL_TRUE);
  CHECK(query<cl_uint>(clGetSamplerInfo, raw, CL_SAMPLER_ADDRESSING_MODE) == CL_ADDRESS_CLAMP);
  CHECK(query<cl_uint>(clGetSamplerInfo, raw, CL_SAMPLER_FILTER_MODE) == CL_FILTER_NEAREST);
  CHECK(query<cl_context>(clGetSamplerInfo, raw, CL_SAMPLER_CONTEXT) == session.context);
  std::size_t size = 7;
  CHECK(clGetSamplerInfo(raw, CL_SAMPLER_PROPERTIES, 0, nullptr, &size) == CL_SUCCESS);
  CHECK(size == 0);

  const cl_sampler_properties list[] = {CL_SAMPLER_FILTER_MODE, CL_FILTER_LINEAR,
                                        CL_SAMPLER_NORMALIZED_COORDS, CL_FALSE, 0};
  Sampler other(clCreateSamplerWithProperties(session.context, list, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(query<cl_bool>(clGetSamplerInfo, other, CL_SAMPLER_NORMALIZED_COORDS) == CL_FALSE);
  CHECK(query<cl_uint>(clGetSamplerInfo, other, CL_SAMPLER_FILTER_MODE) == CL_FILTER_LINEAR);
  std::array<cl_sampler_properties, 5> told{};
  CHECK(clGetSamplerInfo(other, CL_SAMPLER_PROPERTIES, sizeof told, told.data(), &size) == CL_SUCCESS);
  CHECK(size == sizeof told);
  CHECK(std::equal(told.begin(), told.end(), list));

  Sampler old(clCreateSampler(session.context, CL_FALSE, CL_ADDRESS_CLAMP_TO_EDGE, CL_FILTER_LINEAR, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(query<cl_uint>(clGetSamplerInfo, old, CL_SAMPLER_ADDRESSING_MODE) == CL_ADDRESS_CLAMP_TO_EDGE);
}

TEST_CASE("samplers are counted") {
  NEEDS(has_images());
  const Session session;
  Sampler sampler(clCreateSamplerWithProperties(session.context, nullptr, nullptr));
  const cl_sampler raw = sampler;
  const auto references = [&] { return query<cl_uint>(clGetSamplerInfo, raw, CL_SAMPLER_REFERENCE_COUNT); };
  CHECK(references() == 1);
  CHECK(clRetainSampler(raw) == CL_SUCCESS);
  CHECK(references() == 2);
  CHECK(clReleaseSampler(raw) == CL_SUCCESS);
  CHECK(references() == 1);
  CHECK(clReleaseSampler(sampler.give_up()) == CL_SUCCESS);
  CHECK(clReleaseSampler(raw) == CL_INVALID_SAMPLER);
  CHECK(clRetainSampler(raw) == CL_INVALID_SAMPLER);
  Memory buffer = session.buffer(4);
  CHECK(clRetainSampler(reinterpret_cast<cl_sampler>(cl_mem(buffer))) == CL_INVALID_SAMPLER);
}

TEST_CASE("samplers are checked") {
  NEEDS(has_images());
  const Session session;
  cl_int error = 0;
  const auto refused = [&](std::vector<cl_sampler_properties> list) {
    CHECK(clCreateSamplerWithProperties(session.context, list.data(), &error) == nullptr);
    return error;
  };
  CHECK(refused({CL_SAMPLER_FILTER_MODE, CL_ADDRESS_CLAMP, 0}) == CL_INVALID_VALUE);
  CHECK(refused({CL_SAMPLER_ADDRESSING_MODE, CL_FILTER_LINEAR, 0}) == CL_INVALID_VALUE);
  CHECK(refused({CL_SAMPLER_NORMALIZED_COORDS, 2, 0}) == CL_INVALID_VALUE);
  CHECK(refused({CL_SAMPLER_NORMALIZED_COORDS, cl_sampler_properties{1} << 32, 0}) == CL_INVALID_VALUE);
  CHECK(refused({0x1234, 1, 0}) == CL_INVALID_VALUE);
  CHECK(refused({CL_SAMPLER_FILTER_MODE, CL_FILTER_LINEAR, CL_SAMPLER_FILTER_MODE, CL_FILTER_LINEAR, 0}) ==
        CL_INVALID_VALUE);
  CHECK(clCreateSampler(session.context, CL_TRUE, CL_FILTER_LINEAR, CL_FILTER_LINEAR, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clCreateSampler(nullptr, CL_TRUE, CL_ADDRESS_CLAMP, CL_FILTER_LINEAR, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
  Sampler sampler(clCreateSamplerWithProperties(session.context, nullptr, nullptr));
  cl_uint value = 0;
  CHECK(clGetSamplerInfo(sampler, CL_SAMPLER_FILTER_MODE, 1, &value, nullptr) == CL_INVALID_VALUE);
  CHECK(clGetSamplerInfo(sampler, 0x1234, 4, &value, nullptr) == CL_INVALID_VALUE);
  CHECK(clGetSamplerInfo(nullptr, CL_SAMPLER_FILTER_MODE, 4, &value, nullptr) == CL_INVALID_SAMPLER);
}
