// Memory objects of file descriptors.
#include "conformance/fuzz/api/calls.hpp"

namespace kiesel::conformance::api::calls {
namespace {

// A command of the wait list that has failed already is told at once.
void command(Fuzzer& f, const auto& function) {
  const Queue& queue = *f.pick(f.queues);
  const Memory* memory = f.pick(f.memories);
  const cl_command_queue handle = f.queue(queue);
  const cl_mem objects[1] = {f.memory(*memory)};
  if (!memory->imported) f.wrong({CL_INVALID_MEM_OBJECT});
  const bool none = f.spoil();
  if (none) f.wrong({CL_INVALID_VALUE});
  const auto waits = f.waits(queue.context);
  if (waits.count) f.maybe({CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST});
  auto* out = f.event_out();
  const cl_int result = function(handle, none ? 0 : 1, objects, waits.count, waits.list, out);
  f.judge(result);
  f.keep_event(queue, waits, result, out);
}

}  // namespace

void clEnqueueAcquireExternalMemObjectsKHR(Fuzzer& f) {
  command(f, f.cl.clEnqueueAcquireExternalMemObjectsKHR);
}

void clEnqueueReleaseExternalMemObjectsKHR(Fuzzer& f) {
  command(f, f.cl.clEnqueueReleaseExternalMemObjectsKHR);
}

}  // namespace kiesel::conformance::api::calls
