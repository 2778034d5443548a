// Platform, devices, contexts, queues, samplers, events; what no device supports.
#include <algorithm>

#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api::calls {
namespace {

constexpr std::size_t kMany = 12;

cl_context_properties* context_properties(Fuzzer& f) {
  thread_local cl_context_properties list[5];
  if (f.one_in(2)) return nullptr;
  list[0] = CL_CONTEXT_PLATFORM;
  list[1] = reinterpret_cast<cl_context_properties>(f.platform());
  list[2] = 0;
  if (f.spoil()) {
    list[2] = f.one_of<cl_context_properties>({CL_CONTEXT_PLATFORM, 0x7777, -1});
    list[3] = 1, list[4] = 0;
    f.wrong({CL_INVALID_PROPERTY});
  }
  return list;
}

using Notify = void(CL_CALLBACK*)(const char*, const void*, std::size_t, void*);

struct Notified {
  Notify function;
  void* data;
};
Notified notified(Fuzzer& f) {
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    return {nullptr, &f};
  }
  return f.one_in(4) ? Notified{on_error, &f} : Notified{nullptr, nullptr};
}

// The context goes at once; nothing else may hold on to it.
void give_back(Fuzzer& f, cl_context context) {
  if (!context) return;
  if (f.cl.clReleaseContext(context) != CL_SUCCESS) f.fail("a new context cannot be released");
  f.retire(Kind::kContext, context);
}

void no_context_object(Fuzzer& f, const auto& call) {
  f.wrong({CL_INVALID_OPERATION});
  const cl_context context = f.context(f.context_number());
  cl_int error = 0;
  const auto* object = call(context, &error);
  f.judge_object(object, error);
}

void no_queue_command(Fuzzer& f, const auto& call) {
  const Queue& queue = *f.pick(f.queues);
  f.wrong({CL_INVALID_OPERATION});
  f.judge(call(f.queue(queue)));
}

void keep_queue(Fuzzer& f, cl_command_queue made, int context, cl_command_queue_properties bits) {
  if (made)
    f.queues.push_back(std::make_unique<Queue>(
        Queue{.handle = made, .context = context, .profiling = (bits & CL_QUEUE_PROFILING_ENABLE) != 0}));
}

cl_command_queue_properties queue_bits(Fuzzer& f) {
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    return cl_command_queue_properties{0xF0} << f.below(40);
  }
  if (f.spoil()) {
    f.wrong({CL_INVALID_QUEUE_PROPERTIES, CL_INVALID_VALUE});
    return CL_QUEUE_ON_DEVICE | CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;
  }
  return f.below(4);
}

void create_queue_with_properties(Fuzzer& f, clCreateCommandQueueWithPropertiesKHR_fn function) {
  if (f.queues.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const cl_device_id device = f.device();
  const auto bits = queue_bits(f);
  cl_queue_properties list[5] = {CL_QUEUE_PROPERTIES, bits, 0};
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    list[2] = 0x7777, list[3] = 1, list[4] = 0;
  } else if (f.spoil()) {
    f.wrong({CL_INVALID_QUEUE_PROPERTIES, CL_INVALID_VALUE});
    list[2] = CL_QUEUE_SIZE, list[3] = 1, list[4] = 0;
  }
  keep_queue(f, create(f, [&](cl_int* error) { return function(context, device, list, error); }), number,
             bits);
}

// Of a root device the references are not counted.
void retain_device(Fuzzer& f, cl_int(CL_API_CALL* function)(cl_device_id)) {
  if (f.sub_devices.empty() || f.one_in(3))
    f.judge(function(f.device()));
  else
    retain(f, f.sub_devices, &Fuzzer::sub_device, function);
}

void release_device(Fuzzer& f, cl_int(CL_API_CALL* function)(cl_device_id)) {
  if (f.sub_devices.empty() || f.one_in(3)) return f.judge(function(f.device()));
  SubDevice& device = *f.pick(f.sub_devices);
  if (!release(f, device, &Fuzzer::sub_device, function)) return;
  f.retire(Kind::kDevice, device.handle);
  f.drop(f.sub_devices, &device);
}

cl_sampler sampler_argument(Fuzzer& f, const Sampler& sampler) {
  return f.handle(sampler.handle, Kind::kSampler, CL_INVALID_SAMPLER);
}

}  // namespace

void clGetPlatformIDs(Fuzzer& f) {
  cl_platform_id id = nullptr;
  cl_uint count = 0;
  const bool list = f.one_in(2), number = f.one_in(2), none = f.spoil();
  if ((!list && !number) || (list && none)) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clGetPlatformIDs(none ? 0 : 1, list ? &id : nullptr, number ? &count : nullptr));
}

void clGetPlatformInfo(Fuzzer& f) {
  const cl_platform_id platform = f.platform();
  const auto name = query_name<cl_platform_info>(
      f,
      {CL_PLATFORM_PROFILE, CL_PLATFORM_VERSION, CL_PLATFORM_NAME, CL_PLATFORM_VENDOR, CL_PLATFORM_EXTENSIONS,
       CL_PLATFORM_NUMERIC_VERSION, CL_PLATFORM_EXTENSIONS_WITH_VERSION, CL_PLATFORM_HOST_TIMER_RESOLUTION});
  if (!platform) return f.forget();  // implementation-defined
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetPlatformInfo(platform, name, size, value, told);
  });
}

void clGetDeviceIDs(Fuzzer& f) {
  const cl_platform_id platform = f.platform();
  cl_device_id devices[4] = {};
  cl_uint count = 0;
  cl_device_type type = f.one_of<cl_device_type>(
      {CL_DEVICE_TYPE_ALL, CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_DEFAULT, CL_DEVICE_TYPE_CPU});
  if (type == CL_DEVICE_TYPE_CPU) f.wrong({CL_DEVICE_NOT_FOUND});
  if (f.spoil()) {
    f.wrong({CL_INVALID_DEVICE_TYPE});
    type = f.one_of<cl_device_type>({0, 1 << 20, cl_device_type{1} << 40});
  }
  const bool list = f.one_in(2), number = f.one_in(2), none = f.spoil();
  if ((!list && !number) || (list && none)) f.wrong({CL_INVALID_VALUE});
  if (!platform) return f.forget();  // implementation-defined
  f.judge(
      f.cl.clGetDeviceIDs(platform, type, none ? 0 : 4, list ? devices : nullptr, number ? &count : nullptr));
}

void clGetDeviceInfo(Fuzzer& f) {
  const cl_device_id device =
      f.sub_devices.empty() || f.one_in(2) ? f.device() : f.sub_device(*f.pick(f.sub_devices));
  const auto name = query_name<cl_device_info>(
      f, {CL_DEVICE_TYPE, CL_DEVICE_NAME, CL_DEVICE_MAX_WORK_ITEM_SIZES, CL_DEVICE_EXTENSIONS,
          CL_DEVICE_PLATFORM, CL_DEVICE_OPENCL_C_FEATURES, CL_DEVICE_ILS_WITH_VERSION,
          CL_DEVICE_PARTITION_PROPERTIES, CL_DEVICE_VERSION, CL_DEVICE_BUILT_IN_KERNELS,
          CL_DEVICE_REFERENCE_COUNT, CL_DEVICE_SVM_CAPABILITIES, CL_DEVICE_PARENT_DEVICE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetDeviceInfo(device, name, size, value, told);
  });
}

void clCreateContext(Fuzzer& f) {
  const auto* properties = context_properties(f);
  const cl_device_id devices[2] = {f.device(), f.shared.device};
  cl_uint count = 1 + static_cast<cl_uint>(f.below(2));
  const cl_device_id* list = devices;
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    if (f.one_in(2))
      count = 0;
    else
      list = nullptr;
  }
  const auto notify = notified(f);
  give_back(f, create(f, [&](cl_int* error) {
              return f.cl.clCreateContext(properties, count, list, notify.function, notify.data, error);
            }));
}

void clCreateContextFromType(Fuzzer& f) {
  const auto* properties = context_properties(f);
  const auto notify = notified(f);
  cl_device_type type = CL_DEVICE_TYPE_GPU;
  if (f.one_in(8)) type = CL_DEVICE_TYPE_CPU, f.wrong({CL_DEVICE_NOT_FOUND});
  if (f.spoil()) type = 1 << 20, f.wrong({CL_INVALID_DEVICE_TYPE});
  give_back(f, create(f, [&](cl_int* error) {
              return f.cl.clCreateContextFromType(properties, type, notify.function, notify.data, error);
            }));
}

void clRetainContext(Fuzzer& f) {
  const cl_context context = f.context(f.context_number());
  const bool right = f.right();
  const cl_int result = f.cl.clRetainContext(context);
  f.judge(result);
  if (right && result == CL_SUCCESS) f.cl.clReleaseContext(context);
}

void clReleaseContext(Fuzzer& f) {
  // The shared contexts stay.
  f.wrong({CL_INVALID_CONTEXT});
  f.judge(f.cl.clReleaseContext(static_cast<cl_context>(f.bad(Kind::kContext, f.shared.contexts[0]))));
}

void clGetContextInfo(Fuzzer& f) {
  const cl_context context = f.context(f.context_number());
  const auto name = query_name<cl_context_info>(
      f, {CL_CONTEXT_REFERENCE_COUNT, CL_CONTEXT_NUM_DEVICES, CL_CONTEXT_DEVICES, CL_CONTEXT_PROPERTIES});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetContextInfo(context, name, size, value, told);
  });
}

void clSetContextDestructorCallback(Fuzzer& f) {
  cl_int error = 0;
  const cl_context own = f.cl.clCreateContext(nullptr, 1, &f.shared.device, nullptr, nullptr, &error);
  const cl_context context = f.handle(own, Kind::kContext, CL_INVALID_CONTEXT);
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clSetContextDestructorCallback(context, none ? nullptr : on_context, nullptr));
  give_back(f, own);
}

void clCreateCommandQueue(Fuzzer& f) {
  if (f.queues.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const cl_device_id device = f.device();
  const auto bits = queue_bits(f);
  keep_queue(
      f, create(f, [&](cl_int* error) { return f.cl.clCreateCommandQueue(context, device, bits, error); }),
      number, bits);
}
void clCreateCommandQueueWithProperties(Fuzzer& f) {
  create_queue_with_properties(f, f.cl.clCreateCommandQueueWithProperties);
}
void clCreateCommandQueueWithPropertiesKHR(Fuzzer& f) {
  create_queue_with_properties(f, f.cl.clCreateCommandQueueWithPropertiesKHR);
}

void clRetainCommandQueue(Fuzzer& f) { retain(f, f.queues, &Fuzzer::queue, f.cl.clRetainCommandQueue); }

void clReleaseCommandQueue(Fuzzer& f) {
  Queue& queue = *f.pick(f.queues);
  if (queue.shared || f.queues.size() < 5) return;
  if (!release(f, queue, &Fuzzer::queue, f.cl.clReleaseCommandQueue)) return;
  const auto names_it = [&](const auto& item) { return item->queue == queue.handle; };
  if (std::none_of(f.events.begin(), f.events.end(), names_it) &&
      std::none_of(f.command_buffers.begin(), f.command_buffers.end(), names_it))
    f.retire(Kind::kQueue, queue.handle);
  f.drop(f.queues, &queue);
}

void clGetCommandQueueInfo(Fuzzer& f) {
  const cl_command_queue queue = f.queue(*f.pick(f.queues));
  const auto name = query_name<cl_command_queue_info>(
      f, {CL_QUEUE_CONTEXT, CL_QUEUE_DEVICE, CL_QUEUE_REFERENCE_COUNT, CL_QUEUE_PROPERTIES,
          CL_QUEUE_PROPERTIES_ARRAY, CL_QUEUE_DEVICE_DEFAULT, CL_QUEUE_SIZE});
  if (name == CL_QUEUE_SIZE) f.wrong({CL_INVALID_COMMAND_QUEUE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetCommandQueueInfo(queue, name, size, value, told);
  });
}

void clSetCommandQueueProperty(Fuzzer& f) {
  f.wrong({CL_INVALID_OPERATION});
  const cl_command_queue queue = f.queue(*f.pick(f.queues));
  f.judge(f.cl.clSetCommandQueueProperty(queue, f.below(4), CL_TRUE, nullptr));
}

void clFlush(Fuzzer& f) { f.judge(f.cl.clFlush(f.queue(*f.pick(f.queues)))); }

void clFinish(Fuzzer& f) {
  Queue& queue = *f.pick(f.queues);
  f.open_gates();
  if (queue.may_have_failed || queue.shared) f.maybe({CL_OUT_OF_RESOURCES});
  f.judge(f.cl.clFinish(f.queue(queue)));
}

void clCreateSubDevices(Fuzzer& f) {
  constexpr cl_uint kRoom = 64;
  const cl_uint units = f.shared.compute_units;
  if (units < 2 || units > kRoom) f.wrong({CL_DEVICE_PARTITION_FAILED, CL_INVALID_VALUE});
  cl_device_partition_property list[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1, 0, 0, 0};
  cl_uint count = 1;
  if (f.one_in(2)) list[0] = CL_DEVICE_PARTITION_EQUALLY, count = units;
  const cl_device_id device = f.device();
  const bool no_properties = f.spoil(), little_room = f.spoil();
  if (no_properties) f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) {
    list[0] = f.one_of<cl_device_partition_property>({CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, 0x7777});
    f.wrong({CL_INVALID_VALUE});
  } else if (f.spoil()) {
    list[1] = units + 1 + static_cast<cl_uint>(f.below(100));
    f.wrong({CL_INVALID_VALUE, CL_DEVICE_PARTITION_FAILED, CL_INVALID_DEVICE_PARTITION_COUNT});
  }
  if (little_room) f.wrong({CL_INVALID_VALUE});
  cl_device_id out[kRoom] = {};
  cl_uint told = 0;
  const bool keep = little_room || f.one_in(2);
  const cl_int result = f.cl.clCreateSubDevices(device, no_properties ? nullptr : list,
                                                little_room ? 0 : kRoom, keep ? out : nullptr, &told);
  if (result == CL_SUCCESS && told != count) f.fail("another number of sub-devices");
  f.judge(result);
  if (result != CL_SUCCESS || !keep) return;
  for (cl_uint i = 0; i < std::min(told, kRoom); ++i)
    if (f.sub_devices.size() < 4)
      f.sub_devices.push_back(std::make_unique<SubDevice>(SubDevice{out[i]}));
    else if (f.cl.clReleaseDevice(out[i]) != CL_SUCCESS)
      f.fail("a new sub-device cannot be released");
}
void clCreateSubDevicesEXT(Fuzzer& f) {
  f.wrong({CL_INVALID_VALUE});
  const cl_device_id device = f.device();
  f.judge(f.cl.clCreateSubDevicesEXT(device, nullptr, 0, nullptr, nullptr));
}
void clRetainDevice(Fuzzer& f) { retain_device(f, f.cl.clRetainDevice); }
void clReleaseDevice(Fuzzer& f) { release_device(f, f.cl.clReleaseDevice); }
void clRetainDeviceEXT(Fuzzer& f) { retain_device(f, f.cl.clRetainDeviceEXT); }
void clReleaseDeviceEXT(Fuzzer& f) { release_device(f, f.cl.clReleaseDeviceEXT); }

void clSetDefaultDeviceCommandQueue(Fuzzer& f) {
  f.wrong({CL_INVALID_OPERATION});
  const cl_context context = f.context(f.context_number());
  const cl_device_id device = f.device();
  f.judge(f.cl.clSetDefaultDeviceCommandQueue(context, device, f.pick(f.queues)->handle));
}

void clGetDeviceAndHostTimer(Fuzzer& f) {
  cl_ulong times[2] = {};
  const cl_device_id device = f.device();
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clGetDeviceAndHostTimer(device, none ? nullptr : &times[0], &times[1]));
}
void clGetHostTimer(Fuzzer& f) {
  cl_ulong time = 0;
  const cl_device_id device = f.device();
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  f.judge(f.cl.clGetHostTimer(device, none ? nullptr : &time));
}

void clCreateSampler(Fuzzer& f) {
  if (f.samplers.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  auto addressing = f.one_of<cl_addressing_mode>({CL_ADDRESS_NONE, CL_ADDRESS_CLAMP, CL_ADDRESS_REPEAT});
  auto filter = f.one_of<cl_filter_mode>({CL_FILTER_NEAREST, CL_FILTER_LINEAR});
  if (f.spoil()) addressing = 0xFFFF, f.wrong({CL_INVALID_VALUE});
  if (f.spoil()) filter = 7, f.wrong({CL_INVALID_VALUE});
  const auto made = create(f, [&](cl_int* error) {
    return f.cl.clCreateSampler(context, f.one_in(2), addressing, filter, error);
  });
  if (made) f.samplers.push_back(std::make_unique<Sampler>(Sampler{made, number}));
}

void clCreateSamplerWithProperties(Fuzzer& f) {
  if (f.samplers.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  cl_sampler_properties list[5] = {CL_SAMPLER_ADDRESSING_MODE, CL_ADDRESS_CLAMP, 0};
  if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    list[2] = f.one_of<cl_sampler_properties>({CL_SAMPLER_ADDRESSING_MODE, 0x7777}),
    list[3] = CL_ADDRESS_CLAMP;
  } else if (f.spoil()) {
    f.wrong({CL_INVALID_VALUE});
    list[1] = f.random();
    if (list[1] >= CL_ADDRESS_NONE && list[1] <= CL_ADDRESS_MIRRORED_REPEAT) list[1] = 0;
  }
  const auto made =
      create(f, [&](cl_int* error) { return f.cl.clCreateSamplerWithProperties(context, list, error); });
  if (made) f.samplers.push_back(std::make_unique<Sampler>(Sampler{made, number}));
}

void clRetainSampler(Fuzzer& f) {
  Sampler* sampler = f.pick(f.samplers);
  if (!sampler || sampler->references > 3) return;
  const cl_sampler handle = sampler_argument(f, *sampler);
  const bool right = f.right();
  f.judge(f.cl.clRetainSampler(handle));
  if (right) ++sampler->references;
}

void clReleaseSampler(Fuzzer& f) {
  if (f.samplers.size() < 4) return;
  Sampler* sampler = f.pick(f.samplers);
  const cl_sampler handle = sampler_argument(f, *sampler);
  const bool right = f.right();
  f.judge(f.cl.clReleaseSampler(handle));
  if (!right || --sampler->references) return;
  f.retire(Kind::kSampler, sampler->handle);
  f.drop(f.samplers, sampler);
}

void clGetSamplerInfo(Fuzzer& f) {
  const Sampler* sampler = f.pick(f.samplers);
  if (!sampler) return;
  const cl_sampler handle = sampler_argument(f, *sampler);
  const auto name = query_name<cl_sampler_info>(
      f, {CL_SAMPLER_REFERENCE_COUNT, CL_SAMPLER_CONTEXT, CL_SAMPLER_NORMALIZED_COORDS,
          CL_SAMPLER_ADDRESSING_MODE, CL_SAMPLER_FILTER_MODE, CL_SAMPLER_PROPERTIES});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetSamplerInfo(handle, name, size, value, told);
  });
}

void clCreateUserEvent(Fuzzer& f) {
  if (f.events.size() > 4 * kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  const auto made = create(f, [&](cl_int* error) { return f.cl.clCreateUserEvent(context, error); });
  if (made)
    f.events.push_back(
        std::make_unique<Event>(Event{.handle = made, .context = number, .user = true, .may_fail = true}));
}

void clSetUserEventStatus(Fuzzer& f) {
  Event* event = f.pick(f.events);
  if (!event) return;
  if (!event->user) f.wrong({CL_INVALID_EVENT});
  if (event->user && event->set) f.wrong({CL_INVALID_OPERATION});
  const cl_event handle = f.event(*event);
  cl_int status = f.one_of<cl_int>({CL_COMPLETE, -1, -5000});
  if (f.spoil()) status = f.one_of<cl_int>({CL_QUEUED, CL_RUNNING, 7}), f.wrong({CL_INVALID_VALUE});
  const bool right = f.right();
  f.judge(f.cl.clSetUserEventStatus(handle, status));
  if (right) event->set = true;
}

void clWaitForEvents(Fuzzer& f) {
  if (f.events.empty()) return;
  f.open_gates();
  cl_event list[3];
  cl_uint count = 1 + static_cast<cl_uint>(f.below(3));
  int context = 0;
  for (cl_uint i = 0; i < count; ++i) {
    const Event& event = *f.pick(f.events);
    if (i == 0) context = event.context;
    if (event.context != context) f.wrong({CL_INVALID_CONTEXT});
    if (event.may_fail) f.maybe({CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST});
    list[i] = f.event(event);
  }
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  const bool no_list = none && f.one_in(2);
  f.judge(f.cl.clWaitForEvents(none && !no_list ? 0 : count, no_list ? nullptr : list));
}

void clRetainEvent(Fuzzer& f) { retain(f, f.events, &Fuzzer::event, f.cl.clRetainEvent); }

void clReleaseEvent(Fuzzer& f) {
  if (f.events.size() < 8) return;
  Event& event = *f.pick(f.events);
  // Mostly its status is set before; else it is abandoned with the commands that wait for it.
  if (event.user && !event.set && !f.one_in(4)) return;
  if (!release(f, event, &Fuzzer::event, f.cl.clReleaseEvent)) return;
  if (!event.callback) f.retire(Kind::kEvent, event.handle);
  f.drop(f.events, &event);
}

void clGetEventInfo(Fuzzer& f) {
  const Event* event = f.pick(f.events);
  if (!event) return;
  const cl_event handle = f.event(*event);
  const auto name = query_name<cl_event_info>(
      f, {CL_EVENT_COMMAND_QUEUE, CL_EVENT_COMMAND_TYPE, CL_EVENT_COMMAND_EXECUTION_STATUS,
          CL_EVENT_REFERENCE_COUNT, CL_EVENT_CONTEXT});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetEventInfo(handle, name, size, value, told);
  });
}

void clGetEventProfilingInfo(Fuzzer& f) {
  const Event* event = f.pick(f.events);
  if (!event) return;
  if (event->profiling)
    f.maybe({CL_PROFILING_INFO_NOT_AVAILABLE});  // unless it is complete
  else
    f.wrong({CL_PROFILING_INFO_NOT_AVAILABLE});
  const cl_event handle = f.event(*event);
  const auto name = query_name<cl_profiling_info>(
      f, {CL_PROFILING_COMMAND_QUEUED, CL_PROFILING_COMMAND_SUBMIT, CL_PROFILING_COMMAND_START,
          CL_PROFILING_COMMAND_END, CL_PROFILING_COMMAND_COMPLETE});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetEventProfilingInfo(handle, name, size, value, told);
  });
}

void clSetEventCallback(Fuzzer& f) {
  Event* event = f.pick(f.events);
  if (!event) return;
  const cl_event handle = f.event(*event);
  cl_int type = f.one_of<cl_int>({CL_SUBMITTED, CL_RUNNING, CL_COMPLETE});
  if (f.spoil()) type = f.one_of<cl_int>({CL_QUEUED, -1, 99}), f.wrong({CL_INVALID_VALUE});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  event->callback |= f.right();
  f.judge(f.cl.clSetEventCallback(handle, type, none ? nullptr : on_event, nullptr));
}

void clUnloadCompiler(Fuzzer& f) { f.judge(f.cl.clUnloadCompiler()); }
void clUnloadPlatformCompiler(Fuzzer& f) { f.judge(f.cl.clUnloadPlatformCompiler(f.platform())); }

void clGetExtensionFunctionAddress(Fuzzer& f) {
  const bool known = f.one_in(2);
  const void* found = f.cl.clGetExtensionFunctionAddress(known ? "clCreateProgramWithILKHR" : "clNothing");
  if (known != (found != nullptr)) f.fail("found what there is not, or the other way round");
  f.judge(CL_SUCCESS);
}
void clGetExtensionFunctionAddressForPlatform(Fuzzer& f) {
  const cl_platform_id platform = f.platform();
  const bool right = f.right();
  f.forget();
  const void* found = f.cl.clGetExtensionFunctionAddressForPlatform(platform, "clCreateProgramWithILKHR");
  if (right != (found != nullptr)) f.fail("a function of no platform, or none of ours");
  f.judge(CL_SUCCESS);
}

#define NO_OBJECT(name, ...)                                                                           \
  void name(Fuzzer& f) {                                                                               \
    no_context_object(                                                                                 \
        f, [&](cl_context context, cl_int* error) { return f.cl.name(context, __VA_ARGS__, error); }); \
  }
NO_OBJECT(clCreateFromGLBuffer, CL_MEM_READ_WRITE, 1)
NO_OBJECT(clCreateFromGLTexture, CL_MEM_READ_WRITE, 1, 0, 1)
NO_OBJECT(clCreateFromGLTexture2D, CL_MEM_READ_WRITE, 1, 0, 1)
NO_OBJECT(clCreateFromGLTexture3D, CL_MEM_READ_WRITE, 1, 0, 1)
NO_OBJECT(clCreateFromGLRenderbuffer, CL_MEM_READ_WRITE, 1)
NO_OBJECT(clCreateEventFromGLsyncKHR, nullptr)
NO_OBJECT(clCreateFromEGLImageKHR, nullptr, nullptr, CL_MEM_READ_WRITE, nullptr)
NO_OBJECT(clCreateEventFromEGLSyncKHR, nullptr, nullptr)
#undef NO_OBJECT

#define NO_COMMAND(name)                                                                               \
  void name(Fuzzer& f) {                                                                               \
    no_queue_command(                                                                                  \
        f, [&](cl_command_queue queue) { return f.cl.name(queue, 0, nullptr, 0, nullptr, nullptr); }); \
  }
NO_COMMAND(clEnqueueAcquireGLObjects)
NO_COMMAND(clEnqueueReleaseGLObjects)
NO_COMMAND(clEnqueueAcquireEGLObjectsKHR)
NO_COMMAND(clEnqueueReleaseEGLObjectsKHR)
#undef NO_COMMAND

void clGetGLObjectInfo(Fuzzer& f) {
  f.wrong({CL_INVALID_GL_OBJECT, CL_INVALID_MEM_OBJECT});
  f.judge(f.cl.clGetGLObjectInfo(f.pick(f.memories)->handle, nullptr, nullptr));
}
void clGetGLTextureInfo(Fuzzer& f) {
  f.wrong({CL_INVALID_GL_OBJECT, CL_INVALID_MEM_OBJECT});
  f.judge(f.cl.clGetGLTextureInfo(f.pick(f.memories)->handle, 0, 0, nullptr, nullptr));
}
void clGetGLContextInfoKHR(Fuzzer& f) {
  f.wrong({CL_INVALID_OPERATION});
  f.judge(f.cl.clGetGLContextInfoKHR(nullptr, 0, 0, nullptr, nullptr));
}

}  // namespace kiesel::conformance::api::calls
