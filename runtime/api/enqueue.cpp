#include "runtime/api/enqueue.hpp"

namespace kiesel::runtime::api {

Outcome<> enqueue(Enqueue command, Event::Work work) {
  auto event = command.queue.enqueue(command.type, command.waits, std::move(work), command.order);
  KIESEL_CHECK(give_event(*event, command.event));
  if (!command.blocking) return {};
  const cl_int result = event->wait();
  // The command itself has told the context why.
  if (result < 0) return error(result, "the blocking command failed");
  return {};
}

Outcome<Buffer*> buffer_of(CommandQueue& queue, cl_mem handle) {
  auto* buffer = find<Buffer>(handle);
  KIESEL_REQUIRE(buffer, queue.context(), CL_INVALID_MEM_OBJECT, "no valid buffer");
  KIESEL_REQUIRE(&buffer->context() == &queue.context(), queue.context(), CL_INVALID_CONTEXT,
                 "the buffer is of another context than the command-queue");
  return buffer;
}

Outcome<> check_range(Buffer& buffer, std::size_t offset, std::size_t size) {
  KIESEL_REQUIRE(
      offset <= buffer.size() && size <= buffer.size() - offset, buffer.context(), CL_INVALID_VALUE,
      fmt::format("{} bytes from {} lie outside the buffer of {} bytes", size, offset, buffer.size()));
  return {};
}

Outcome<> check_host_access(Buffer& buffer, HostAccess access) {
  const cl_mem_flags forbidding =
      CL_MEM_HOST_NO_ACCESS | (access == HostAccess::kRead ? CL_MEM_HOST_WRITE_ONLY : CL_MEM_HOST_READ_ONLY);
  KIESEL_REQUIRE((buffer.flags() & forbidding) == 0, buffer.context(), CL_INVALID_OPERATION,
                 "the buffer's flags forbid this access by the host");
  return {};
}

}  // namespace kiesel::runtime::api
