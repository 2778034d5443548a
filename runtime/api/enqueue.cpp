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

Outcome<> check_range(Buffer& buffer, std::size_t offset, std::size_t size) {
  KIESEL_REQUIRE(
      offset <= buffer.size() && size <= buffer.size() - offset, buffer.context(), CL_INVALID_VALUE,
      fmt::format("{} bytes from {} lie outside the buffer of {} bytes", size, offset, buffer.size()));
  return {};
}

Outcome<> check_host_access(MemoryObject& memory, HostAccess access) {
  const cl_mem_flags forbidding =
      CL_MEM_HOST_NO_ACCESS | (access == HostAccess::kRead ? CL_MEM_HOST_WRITE_ONLY : CL_MEM_HOST_READ_ONLY);
  KIESEL_REQUIRE((memory.flags() & forbidding) == 0, memory.context(), CL_INVALID_OPERATION,
                 "the memory object's flags forbid this access by the host");
  return {};
}

}  // namespace kiesel::runtime::api
