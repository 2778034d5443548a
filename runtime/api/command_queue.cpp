// Command-queues (OpenCL 3.0 API 5.1, 5.15).
#include "runtime/core/command_queue.hpp"

#include <CL/cl_ext.h>

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr cl_command_queue_properties kSupported =
    CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE;
constexpr cl_command_queue_properties kKnown = kSupported | CL_QUEUE_ON_DEVICE | CL_QUEUE_ON_DEVICE_DEFAULT;

Outcome<Device*> device_of(Context& context, cl_device_id handle) {
  auto* device = find<Device>(handle);
  KIESEL_REQUIRE(device && context.has(*device), context, CL_INVALID_DEVICE, "no device of the context");
  return device;
}

Outcome<> check_bits(Context& context, cl_command_queue_properties bits) {
  KIESEL_REQUIRE((bits & ~kKnown) == 0, context, CL_INVALID_VALUE, "unknown command-queue properties");
  KIESEL_REQUIRE((bits & ~kSupported) == 0, context, CL_INVALID_QUEUE_PROPERTIES,
                 "the device has no on-device queues");
  return {};
}

// cl_khr_priority_hints
Outcome<device::Priority> priority_of(Context& context, cl_queue_properties value) {
  constexpr struct {
    cl_queue_properties value;
    device::Priority priority;
  } kRows[] = {{CL_QUEUE_PRIORITY_HIGH_KHR, device::Priority::kHigh},
               {CL_QUEUE_PRIORITY_MED_KHR, device::Priority::kMedium},
               {CL_QUEUE_PRIORITY_LOW_KHR, device::Priority::kLow}};
  for (const auto& row : kRows)
    if (row.value == value) return row.priority;
  return error(context, CL_INVALID_VALUE, fmt::format("there is no queue priority {:#x}", value));
}

// Properties that change nothing: throttle hints (cl_khr_throttle_hints) have no energy to save in a model.
Outcome<> check_other(Context& context, cl_queue_properties name, cl_queue_properties value) {
  KIESEL_REQUIRE(name != CL_QUEUE_SIZE, context, CL_INVALID_QUEUE_PROPERTIES,
                 "CL_QUEUE_SIZE is for on-device queues");
  KIESEL_REQUIRE(name == CL_QUEUE_THROTTLE_KHR, context, CL_INVALID_VALUE,
                 fmt::format("there is no queue property {:#x}", name));
  KIESEL_REQUIRE(value == CL_QUEUE_THROTTLE_HIGH_KHR || value == CL_QUEUE_THROTTLE_MED_KHR ||
                     value == CL_QUEUE_THROTTLE_LOW_KHR,
                 context, CL_INVALID_VALUE, fmt::format("there is no queue throttle {:#x}", value));
  return {};
}

}  // namespace

cl_command_queue clCreateCommandQueue(cl_context handle, cl_device_id device_handle,
                                      cl_command_queue_properties properties, cl_int* errcode_ret) {
  return object<cl_command_queue>(
      [&]() -> Outcome<cl_command_queue> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_TRY(device, device_of(*context, device_handle));
        KIESEL_CHECK(check_bits(*context, properties));
        return hand_out(
            make_ref<CommandQueue>(*context, *device, properties, std::vector<cl_queue_properties>()));
      }(),
      errcode_ret);
}

cl_command_queue clCreateCommandQueueWithProperties(cl_context handle, cl_device_id device_handle,
                                                    const cl_queue_properties* properties,
                                                    cl_int* errcode_ret) {
  return object<cl_command_queue>(
      [&]() -> Outcome<cl_command_queue> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_TRY(device, device_of(*context, device_handle));
        cl_command_queue_properties bits = 0;
        auto priority = device::Priority::kMedium;
        std::vector<cl_queue_properties> given;
        for (const auto* at = properties; at && *at; at += 2) {
          if (at[0] == CL_QUEUE_PROPERTIES) {
            bits = at[1];
          } else if (at[0] == CL_QUEUE_PRIORITY_KHR) {
            KIESEL_TRY(read, priority_of(*context, at[1]));
            priority = read;
          } else {
            KIESEL_CHECK(check_other(*context, at[0], at[1]));
          }
          given.insert(given.end(), {at[0], at[1]});
        }
        if (properties) given.push_back(0);
        KIESEL_CHECK(check_bits(*context, bits));
        return hand_out(make_ref<CommandQueue>(*context, *device, bits, std::move(given), priority));
      }(),
      errcode_ret);
}

cl_command_queue clCreateCommandQueueWithPropertiesKHR(cl_context context, cl_device_id device,
                                                       const cl_queue_properties* properties,
                                                       cl_int* errcode_ret) {
  return api::clCreateCommandQueueWithProperties(context, device, properties, errcode_ret);
}

cl_int clRetainCommandQueue(cl_command_queue queue) { return retain<CommandQueue>(queue); }
cl_int clReleaseCommandQueue(cl_command_queue queue) { return release<CommandQueue>(queue); }

cl_int clGetCommandQueueInfo(cl_command_queue handle, cl_command_queue_info name, size_t size, void* value,
                             size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_QUEUE_CONTEXT:
        return answer.value(cl_handle(queue->context()));
      case CL_QUEUE_DEVICE:
        return answer.value(cl_handle(queue->device()));
      case CL_QUEUE_REFERENCE_COUNT:
        return answer.value(reference_count(*queue));
      case CL_QUEUE_PROPERTIES:
        return answer.value(queue->properties());
      case CL_QUEUE_PROPERTIES_ARRAY:
        return answer.array(queue->given_properties());
      case CL_QUEUE_SIZE:
        return error(CL_INVALID_COMMAND_QUEUE, "CL_QUEUE_SIZE is for on-device queues");
      case CL_QUEUE_DEVICE_DEFAULT:
        return answer.value(cl_command_queue{nullptr});
      default:
        return Answer::unknown(name);
    }
  }());
}

// Deprecated since 1.1: "returns CL_INVALID_OPERATION if no device supports OpenCL 1.0".
cl_int clSetCommandQueueProperty(cl_command_queue handle, cl_command_queue_properties, cl_bool,
                                 cl_command_queue_properties*) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    return error(queue->context(), CL_INVALID_OPERATION,
                 "properties of a command-queue are fixed when it is made");
  }());
}

// Commands start as soon as their dependencies are done: nothing is held back.
cl_int clFlush(cl_command_queue handle) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<CommandQueue>(handle));
    return {};
  }());
}

cl_int clFinish(cl_command_queue handle) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    Ref<CommandQueue> keep(queue);
    if (!queue->finish()) return error(CL_OUT_OF_RESOURCES, "a command failed; the message before says why");
    return {};
  }());
}

}  // namespace kiesel::runtime::api
