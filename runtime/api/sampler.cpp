// Sampler objects (OpenCL 3.0 API 5.7).
#include "runtime/core/sampler.hpp"

#include <algorithm>

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/image.hpp"

namespace kiesel::runtime::api {
namespace {

Outcome<cl_sampler> create_sampler(Context& context, const Sampler::Modes& modes,
                                   std::vector<cl_sampler_properties> properties) {
  KIESEL_REQUIRE(modes.valid(), context, CL_INVALID_VALUE, "modes that a sampler does not have");
  KIESEL_REQUIRE(supports_images(context), context, CL_INVALID_OPERATION,
                 "no device of the context supports images");
  return hand_out(make_ref<Sampler>(context, modes, std::move(properties)));
}

// Name and value pairs and the final zero. CL_INVALID_VALUE.
Outcome<Sampler::Modes> modes_of(Context& context, const std::vector<cl_sampler_properties>& list) {
  Sampler::Modes modes;
  std::vector<cl_sampler_properties> seen;
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) {
    const auto name = list[i], value = list[i + 1];
    KIESEL_REQUIRE(std::find(seen.begin(), seen.end(), name) == seen.end(), context, CL_INVALID_VALUE,
                   fmt::format("property {:#x} twice", name));
    KIESEL_REQUIRE(value <= CL_UINT_MAX, context, CL_INVALID_VALUE,
                   fmt::format("property {:#x} cannot be {:#x}", name, value));
    seen.push_back(name);
    if (name == CL_SAMPLER_NORMALIZED_COORDS)
      modes.normalized = static_cast<cl_bool>(value);
    else if (name == CL_SAMPLER_ADDRESSING_MODE)
      modes.addressing = static_cast<cl_addressing_mode>(value);
    else if (name == CL_SAMPLER_FILTER_MODE)
      modes.filter = static_cast<cl_filter_mode>(value);
    else
      return error(context, CL_INVALID_VALUE, fmt::format("no property {:#x}", name));
  }
  return modes;
}

}  // namespace

cl_sampler clCreateSampler(cl_context handle, cl_bool normalized, cl_addressing_mode addressing,
                           cl_filter_mode filter, cl_int* errcode_ret) {
  return object<cl_sampler>(
      [&]() -> Outcome<cl_sampler> {
        KIESEL_TRY(context, valid<Context>(handle));
        return create_sampler(*context, {normalized, addressing, filter}, {});
      }(),
      errcode_ret);
}

cl_sampler clCreateSamplerWithProperties(cl_context handle, const cl_sampler_properties* properties,
                                         cl_int* errcode_ret) {
  return object<cl_sampler>(
      [&]() -> Outcome<cl_sampler> {
        KIESEL_TRY(context, valid<Context>(handle));
        auto list = property_list(properties);
        KIESEL_TRY(modes, modes_of(*context, list));
        return create_sampler(*context, modes, std::move(list));
      }(),
      errcode_ret);
}

cl_int clRetainSampler(cl_sampler sampler) { return retain<Sampler>(sampler); }
cl_int clReleaseSampler(cl_sampler sampler) { return release<Sampler>(sampler); }

cl_int clGetSamplerInfo(cl_sampler handle, cl_sampler_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(sampler, valid<Sampler>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_SAMPLER_REFERENCE_COUNT:
        return answer.value(reference_count(*sampler));
      case CL_SAMPLER_CONTEXT:
        return answer.value(cl_handle(sampler->context()));
      case CL_SAMPLER_NORMALIZED_COORDS:
        return answer.value(sampler->modes().normalized);
      case CL_SAMPLER_ADDRESSING_MODE:
        return answer.value(sampler->modes().addressing);
      case CL_SAMPLER_FILTER_MODE:
        return answer.value(sampler->modes().filter);
      case CL_SAMPLER_PROPERTIES:
        return answer.array(sampler->properties());
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
