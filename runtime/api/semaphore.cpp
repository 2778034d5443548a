// Semaphores (OpenCL 3.0 API 5.13, cl_khr_semaphore).
#include "runtime/core/semaphore.hpp"

#include <cstring>
#include <optional>

#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/api/info.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr cl_semaphore_properties_khr kListEnd = 0;  // CL_SEMAPHORE_DEVICE_HANDLE_LIST_END_KHR

struct Properties {
  bool has_type = false, has_devices = false, has_exports = false;
  std::vector<cl_semaphore_properties_khr> exports;  // types of handles
  std::optional<int> file;                           // imported
  std::vector<Ref<Device>> devices;
  std::vector<cl_semaphore_properties_khr> list;  // with the final zero
};

// `at` is behind the property's name; it is put behind the list's end.
Outcome<std::vector<Ref<Device>>> read_devices(Context& context, const cl_semaphore_properties_khr*& at) {
  std::vector<Ref<Device>> out;
  for (; *at != kListEnd; ++at) {
    auto* device = find<Device>(reinterpret_cast<cl_device_id>(*at));
    KIESEL_REQUIRE(device && context.has(*device), context, CL_INVALID_DEVICE, "no device of the context");
    out.emplace_back(device);
  }
  ++at;
  KIESEL_REQUIRE(out.size() == 1, context, CL_INVALID_DEVICE,
                 fmt::format("a semaphore is for one device, not {}", out.size()));
  return out;
}

// The same with types of handles.
Outcome<std::vector<cl_semaphore_properties_khr>> read_exports(Context& context,
                                                               const cl_semaphore_properties_khr*& at) {
  std::vector<cl_semaphore_properties_khr> out;
  for (; *at != kListEnd; ++at) {
    KIESEL_REQUIRE(*at == CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR, context, CL_INVALID_PROPERTY,
                   fmt::format("semaphores are not exported as {:#x}", *at));
    out.push_back(*at);
  }
  ++at;
  KIESEL_REQUIRE(out.size() <= 1, context, CL_INVALID_VALUE, "several types of handles to export");
  return out;
}

// CL_INVALID_PROPERTY, CL_INVALID_DEVICE, CL_INVALID_VALUE, CL_INVALID_OPERATION.
Outcome<Properties> read_properties(Context& context, const cl_semaphore_properties_khr* properties) {
  KIESEL_REQUIRE(properties, context, CL_INVALID_VALUE, "no properties");
  Properties out;
  const auto* at = properties;
  while (*at) {
    const auto name = *at++;
    if (name == CL_SEMAPHORE_TYPE_KHR) {
      KIESEL_REQUIRE(!out.has_type && *at == CL_SEMAPHORE_TYPE_BINARY_KHR, context, CL_INVALID_PROPERTY,
                     "CL_SEMAPHORE_TYPE_KHR twice, or not CL_SEMAPHORE_TYPE_BINARY_KHR");
      out.has_type = true;
      ++at;
    } else if (name == CL_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR && !out.has_exports) {
      KIESEL_TRY(exports, read_exports(context, at));
      out.exports = std::move(exports);
      out.has_exports = true;
    } else if (name == CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR && !out.file) {
      out.file = static_cast<int>(*at++);
    } else {
      KIESEL_REQUIRE(name == kSemaphoreDeviceList && !out.has_devices, context, CL_INVALID_PROPERTY,
                     fmt::format("there is no semaphore property {:#x}, or it is given twice", name));
      KIESEL_TRY(devices, read_devices(context, at));
      out.devices = std::move(devices);
      out.has_devices = true;
    }
  }
  KIESEL_REQUIRE(out.has_type, context, CL_INVALID_VALUE, "CL_SEMAPHORE_TYPE_KHR is missing");
  KIESEL_REQUIRE(out.has_devices || context.devices().size() == 1, context, CL_INVALID_PROPERTY,
                 "the context has several devices: CL_SEMAPHORE_DEVICE_HANDLE_LIST_KHR is missing");
  KIESEL_REQUIRE(!out.file || !out.has_exports, context, CL_INVALID_OPERATION,
                 "an imported semaphore cannot be exported");
  if (!out.has_devices) out.devices = context.devices();
  out.list.assign(properties, at + 1);
  return out;
}

// What is shared with others, if anything. CL_INVALID_PROPERTY, CL_OUT_OF_RESOURCES.
Outcome<std::optional<SharedPayload>> payload_for(Context& context, const Properties& properties) {
  if (!properties.file && properties.exports.empty()) return std::optional<SharedPayload>();
  auto payload = properties.file ? SharedPayload::import(*properties.file) : SharedPayload::create();
  if (!payload.ok()) return error(context, payload.error().code, payload.error().reason);
  return std::optional<SharedPayload>(*std::move(payload));
}

struct Command {
  CommandQueue& queue;
  std::vector<Ref<Semaphore>> semaphores;
  std::vector<Ref<Event>> waits;
};

// The checks that waiting and signalling share.
Outcome<Command> check(cl_command_queue handle, cl_uint count, const cl_semaphore_khr* semaphores,
                       cl_uint num_events, const cl_event* events) {
  KIESEL_TRY(queue, valid<CommandQueue>(handle));
  Context& context = queue->context();
  KIESEL_REQUIRE(count > 0 && semaphores, context, CL_INVALID_VALUE, "no semaphores");
  Command out{*queue, {}, {}};
  for (cl_uint i = 0; i < count; ++i) {
    KIESEL_TRY(semaphore, valid<Semaphore>(semaphores[i]));
    KIESEL_REQUIRE(&semaphore->context() == &context, context, CL_INVALID_CONTEXT,
                   "a semaphore of another context than the command-queue");
    KIESEL_REQUIRE(semaphore->is_for(queue->device()), context, CL_INVALID_COMMAND_QUEUE,
                   "a semaphore for another device than the command-queue's");
    out.semaphores.emplace_back(semaphore);
  }
  KIESEL_TRY(waits, wait_list(context, num_events, events));
  for (const auto& event : waits)
    KIESEL_REQUIRE(event->status() >= 0, context, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
                   "a command of the wait list has failed");
  out.waits = std::move(waits);
  return out;
}

}  // namespace

cl_semaphore_khr clCreateSemaphoreWithPropertiesKHR(cl_context handle,
                                                    const cl_semaphore_properties_khr* properties,
                                                    cl_int* errcode_ret) {
  return object<cl_semaphore_khr>(
      [&]() -> Outcome<cl_semaphore_khr> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_TRY(read, read_properties(*context, properties));
        KIESEL_TRY(payload, payload_for(*context, read));
        return hand_out(make_ref<Semaphore>(*context, std::move(read.devices), std::move(read.list),
                                            std::move(payload), !read.exports.empty()));
      }(),
      errcode_ret);
}

cl_int clRetainSemaphoreKHR(cl_semaphore_khr semaphore) { return retain<Semaphore>(semaphore); }
cl_int clReleaseSemaphoreKHR(cl_semaphore_khr semaphore) { return release<Semaphore>(semaphore); }

cl_int clEnqueueWaitSemaphoresKHR(cl_command_queue handle, cl_uint count, const cl_semaphore_khr* semaphores,
                                  const cl_semaphore_payload_khr*, cl_uint num_events, const cl_event* events,
                                  cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(command, check(handle, count, semaphores, num_events, events));
    for (const auto& semaphore : command.semaphores) command.waits.push_back(semaphore->next_signal());
    return enqueue({command.queue, CL_COMMAND_SEMAPHORE_WAIT_KHR, std::move(command.waits), false, event},
                   [waited = std::move(command.semaphores)](Event& self) mutable {
                     for (const auto& semaphore : waited) semaphore->wait_done();
                     waited.clear();  // before anybody learns of the end
                     self.finish_now();
                   });
  }());
}

cl_int clEnqueueSignalSemaphoresKHR(cl_command_queue handle, cl_uint count,
                                    const cl_semaphore_khr* semaphores, const cl_semaphore_payload_khr*,
                                    cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(command, check(handle, count, semaphores, num_events, events));
    const auto signal = command.queue.enqueue(CL_COMMAND_SEMAPHORE_SIGNAL_KHR, command.waits,
                                              [signalled = command.semaphores](Event& self) mutable {
                                                for (const auto& semaphore : signalled)
                                                  semaphore->signal_done();
                                                signalled.clear();
                                                self.finish_now();
                                              });
    for (const auto& semaphore : command.semaphores) semaphore->add_signal(*signal);
    return give_event(*signal, event);
  }());
}

cl_int clGetSemaphoreHandleForTypeKHR(cl_semaphore_khr handle, cl_device_id device,
                                      cl_external_semaphore_handle_type_khr type, size_t size, void* value,
                                      size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(semaphore, valid<Semaphore>(handle));
    Context& context = semaphore->context();
    const auto* found = find<Device>(device);
    KIESEL_REQUIRE(found && semaphore->is_for(*found), context, CL_INVALID_DEVICE,
                   "the semaphore is not for this device");
    KIESEL_REQUIRE(semaphore->exportable() && type == CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR, context,
                   CL_INVALID_VALUE, fmt::format("the semaphore was not created for export as {:#x}", type));
    KIESEL_REQUIRE(!value || size >= sizeof(int), context, CL_INVALID_VALUE,
                   fmt::format("a file descriptor does not fit into {} bytes", size));
    if (size_ret) *size_ret = sizeof(int);
    if (!value) return {};
    KIESEL_TRY(file, semaphore->export_payload());
    std::memcpy(value, &file, sizeof file);
    return {};
  }());
}

cl_int clGetSemaphoreInfoKHR(cl_semaphore_khr handle, cl_semaphore_info_khr name, size_t size, void* value,
                             size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(semaphore, valid<Semaphore>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_SEMAPHORE_CONTEXT_KHR:
        return answer.value(cl_handle(semaphore->context()));
      case CL_SEMAPHORE_REFERENCE_COUNT_KHR:
        return answer.value(reference_count(*semaphore));
      case CL_SEMAPHORE_PROPERTIES_KHR:
        return answer.array(semaphore->given_properties());
      case CL_SEMAPHORE_TYPE_KHR:
        return answer.value(cl_semaphore_type_khr{CL_SEMAPHORE_TYPE_BINARY_KHR});
      case CL_SEMAPHORE_PAYLOAD_KHR:
        return answer.value(cl_semaphore_payload_khr{semaphore->signalled()});
      case CL_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR:
        return answer.array(
            semaphore->exportable()
                ? std::vector<cl_external_semaphore_handle_type_khr>{CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR}
                : std::vector<cl_external_semaphore_handle_type_khr>{});
      case kSemaphoreExportable:
        return answer.value(cl_bool{semaphore->exportable()});
      case kSemaphoreDeviceList:
        return answer.array(cl_handles(semaphore->devices()));
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
