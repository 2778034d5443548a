// Semaphores. Each is signalled and waited for in turns: anything else is undefined, or waits for ever.
#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api::calls {
namespace {

constexpr std::size_t kMany = 8;
constexpr cl_semaphore_properties_khr kDeviceList = 0x2053;  // CL_SEMAPHORE_DEVICE_HANDLE_LIST_KHR

struct Command {
  Queue* queue;
  Semaphore* semaphore;
  cl_command_queue handle;
  cl_semaphore_khr list[1];
  bool none;
};
// False when there is no semaphore in this state.
bool plan(Fuzzer& f, Command& out, bool signalled) {
  out.queue = f.pick(f.queues);
  out.semaphore = f.pick(f.semaphores);
  if (!out.semaphore || out.semaphore->signalled != signalled) return false;
  if (out.semaphore->context != out.queue->context) f.wrong({CL_INVALID_CONTEXT});
  out.handle = f.queue(*out.queue);
  out.list[0] = f.semaphore(*out.semaphore);
  out.none = f.spoil();
  if (out.none) f.wrong({CL_INVALID_VALUE});
  return true;
}

// A command of the wait list that has failed already is told at once.
Fuzzer::Waits waits_of(Fuzzer& f, const Queue& queue) {
  const auto waits = f.waits(queue.context);
  if (waits.count) f.maybe({CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST});
  return waits;
}

}  // namespace

void clCreateSemaphoreWithPropertiesKHR(Fuzzer& f) {
  if (f.semaphores.size() > kMany) return;
  const int number = f.context_number();
  const cl_context context = f.context(number);
  cl_semaphore_properties_khr list[8] = {CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_TYPE_BINARY_KHR, 0};
  if (f.one_in(3)) {
    list[2] = kDeviceList;
    list[3] = reinterpret_cast<cl_semaphore_properties_khr>(f.device());
    if (!list[3]) f.wrong({CL_INVALID_DEVICE});
  }
  if (f.spoil()) {
    list[1] = f.one_of<cl_semaphore_properties_khr>({0, 2, 0x7777});
    f.wrong({CL_INVALID_PROPERTY, CL_INVALID_VALUE});
  } else if (f.spoil()) {
    list[0] = f.one_of<cl_semaphore_properties_khr>({0, 0x7777});
    f.wrong({CL_INVALID_PROPERTY, CL_INVALID_VALUE});
  }
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  const auto made = create(f, [&](cl_int* error) {
    return f.cl.clCreateSemaphoreWithPropertiesKHR(context, none ? nullptr : list, error);
  });
  if (made) f.semaphores.push_back(std::make_unique<Semaphore>(Semaphore{made, number}));
}

void clRetainSemaphoreKHR(Fuzzer& f) {
  retain(f, f.semaphores, &Fuzzer::semaphore, f.cl.clRetainSemaphoreKHR);
}

void clReleaseSemaphoreKHR(Fuzzer& f) {
  if (f.semaphores.size() < 3) return;
  Semaphore& semaphore = *f.pick(f.semaphores);
  if (!release(f, semaphore, &Fuzzer::semaphore, f.cl.clReleaseSemaphoreKHR)) return;
  f.retire(Kind::kSemaphore, semaphore.handle);
  f.drop(f.semaphores, &semaphore);
}

void clEnqueueSignalSemaphoresKHR(Fuzzer& f) {
  Command c;
  if (!plan(f, c, false)) return f.forget();
  const auto waits = waits_of(f, *c.queue);
  auto* out = f.event_out();
  const cl_int result = f.cl.clEnqueueSignalSemaphoresKHR(c.handle, c.none ? 0 : 1, c.list, nullptr,
                                                          waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(*c.queue, waits, result, out);
  if (result == CL_SUCCESS) c.semaphore->signalled = true, c.semaphore->may_fail = waits.may_fail;
}

void clEnqueueWaitSemaphoresKHR(Fuzzer& f) {
  // Now and then the signal comes only after the wait.
  const bool early = f.one_in(4);
  Command c;
  if (!plan(f, c, !early)) return f.forget();
  auto waits = waits_of(f, *c.queue);
  auto* out = f.event_out();
  const cl_int result = f.cl.clEnqueueWaitSemaphoresKHR(c.handle, c.none ? 0 : 1, c.list, nullptr,
                                                        waits.count, waits.list, out);
  f.judge(result);
  waits.may_fail |= c.semaphore->may_fail;
  f.keep_event(*c.queue, waits, result, out);
  if (result != CL_SUCCESS) return;
  c.semaphore->signalled = c.semaphore->may_fail = false;
  if (early && f.cl.clEnqueueSignalSemaphoresKHR(f.signal_queues[c.semaphore->context], 1,
                                                 &c.semaphore->handle, nullptr, 0, nullptr, nullptr))
    f.fail("the signal of a semaphore that is waited for");
}

void clGetSemaphoreInfoKHR(Fuzzer& f) {
  const Semaphore* semaphore = f.pick(f.semaphores);
  if (!semaphore) return;
  const cl_semaphore_khr handle = f.semaphore(*semaphore);
  const auto name = query_name<cl_semaphore_info_khr>(
      f, {CL_SEMAPHORE_CONTEXT_KHR, CL_SEMAPHORE_REFERENCE_COUNT_KHR, CL_SEMAPHORE_PROPERTIES_KHR,
          CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_PAYLOAD_KHR, kDeviceList});
  f.query([&](std::size_t size, void* value, std::size_t* told) {
    return f.cl.clGetSemaphoreInfoKHR(handle, name, size, value, told);
  });
}

void clGetSemaphoreHandleForTypeKHR(Fuzzer& f) {
  const Semaphore* semaphore = f.pick(f.semaphores);
  if (!semaphore) return;
  // None was made for export.
  f.wrong({CL_INVALID_VALUE});
  const cl_semaphore_khr handle = f.semaphore(*semaphore);
  const cl_device_id device = f.device();
  int file = -1;
  f.judge(f.cl.clGetSemaphoreHandleForTypeKHR(handle, device, CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR, sizeof file,
                                              &file, nullptr));
}

}  // namespace kiesel::conformance::api::calls
