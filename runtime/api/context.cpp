// Contexts (OpenCL 3.0 API 4.4).
#include "runtime/core/context.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/platform.hpp"

namespace kiesel::runtime::api {
namespace {

// The list with its final zero; CL_INVALID_PROPERTY, CL_INVALID_PLATFORM.
Outcome<std::vector<cl_context_properties>> read_properties(const cl_context_properties* properties) {
  std::vector<cl_context_properties> out;
  if (!properties) return out;
  for (; *properties; properties += 2) {
    const auto name = properties[0], value = properties[1];
    for (std::size_t i = 0; i < out.size(); i += 2)
      KIESEL_REQUIRE(out[i] != name, CL_INVALID_PROPERTY,
                     fmt::format("context property {:#x} is given twice", name));
    if (name == CL_CONTEXT_PLATFORM) {
      KIESEL_REQUIRE(find<Platform>(reinterpret_cast<cl_platform_id>(value)), CL_INVALID_PLATFORM,
                     "CL_CONTEXT_PLATFORM is no valid platform");
    } else if (name == CL_CONTEXT_INTEROP_USER_SYNC) {
      KIESEL_REQUIRE(value == CL_TRUE || value == CL_FALSE, CL_INVALID_PROPERTY,
                     "CL_CONTEXT_INTEROP_USER_SYNC is no bool");
    } else {
      return error(CL_INVALID_PROPERTY, fmt::format("there is no context property {:#x}", name));
    }
    out.insert(out.end(), {name, value});
  }
  out.push_back(0);
  return out;
}

Outcome<cl_context> make_context(std::vector<Ref<Device>> devices,
                                 std::vector<cl_context_properties> properties, Context::Notify notify,
                                 void* user_data) {
  KIESEL_CHECK(Platform::get().renew_devices());
  auto context = make_ref<Context>(std::move(devices), std::move(properties), notify, user_data);
  return hand_out(std::move(context));
}

}  // namespace

cl_context clCreateContext(const cl_context_properties* properties, cl_uint num_devices,
                           const cl_device_id* devices, Context::Notify notify, void* user_data,
                           cl_int* errcode_ret) {
  return object<cl_context>(
      [&]() -> Outcome<cl_context> {
        KIESEL_TRY(list, read_properties(properties));
        KIESEL_REQUIRE(devices && num_devices > 0, CL_INVALID_VALUE, "a context needs devices");
        KIESEL_REQUIRE(notify || !user_data, CL_INVALID_VALUE, "user_data without pfn_notify");
        std::vector<Ref<Device>> members;
        for (cl_uint i = 0; i < num_devices; ++i) {
          KIESEL_TRY(device, valid<Device>(devices[i]));
          const Ref<Device> member(device);
          if (std::find(members.begin(), members.end(), member) == members.end()) members.push_back(member);
        }
        return make_context(std::move(members), std::move(list), notify, user_data);
      }(),
      errcode_ret);
}

cl_context clCreateContextFromType(const cl_context_properties* properties, cl_device_type type,
                                   Context::Notify notify, void* user_data, cl_int* errcode_ret) {
  return object<cl_context>(
      [&]() -> Outcome<cl_context> {
        KIESEL_TRY(list, read_properties(properties));
        KIESEL_REQUIRE(notify || !user_data, CL_INVALID_VALUE, "user_data without pfn_notify");
        KIESEL_REQUIRE(valid_device_type(type), CL_INVALID_DEVICE_TYPE, "not a device type");
        auto members = devices_of_type(Platform::get(), type);
        KIESEL_REQUIRE(!members.empty(), CL_DEVICE_NOT_FOUND, "no device of this type");
        return make_context(std::move(members), std::move(list), notify, user_data);
      }(),
      errcode_ret);
}

cl_int clRetainContext(cl_context context) { return retain<Context>(context); }
cl_int clReleaseContext(cl_context context) { return release<Context>(context); }

cl_int clGetContextInfo(cl_context handle, cl_context_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_CONTEXT_REFERENCE_COUNT:
        return answer.value(reference_count(*context));
      case CL_CONTEXT_NUM_DEVICES:
        return answer.value(static_cast<cl_uint>(context->devices().size()));
      case CL_CONTEXT_DEVICES:
        return answer.array(cl_handles(context->devices()));
      case CL_CONTEXT_PROPERTIES:
        return answer.array(context->properties());
      default:
        return Answer::unknown(name);
    }
  }());
}

cl_int clSetContextDestructorCallback(cl_context handle, Context::DestructorCallback callback,
                                      void* user_data) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    KIESEL_REQUIRE(callback, *context, CL_INVALID_VALUE, "no callback");
    context->add_destructor_callback(callback, user_data);
    return {};
  }());
}

}  // namespace kiesel::runtime::api
