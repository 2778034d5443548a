// What all clEnqueue... functions share.
#pragma once

#include <CL/cl.h>

#include <cstddef>
#include <vector>

#include "runtime/api/check.hpp"
#include "runtime/core/buffer.hpp"
#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime::api {

struct Enqueue {
  CommandQueue& queue;
  cl_command_type type;
  std::vector<Ref<Event>> waits;
  bool blocking = false;
  cl_event* event = nullptr;  // where the application wants it
  CommandQueue::Order order = CommandQueue::Order::kCommand;
};

// Enqueues; a blocking command is waited for, its error is the result.
Outcome<> enqueue(Enqueue command, Event::Work work);

// A memory object of the queue's context, a Buffer, Image or any: CL_INVALID_MEM_OBJECT, CL_INVALID_CONTEXT.
template <class T>
Outcome<T*> memory_of(CommandQueue& queue, cl_mem handle) {
  auto* memory = find<T>(handle);
  KIESEL_REQUIRE(memory, queue.context(), CL_INVALID_MEM_OBJECT, "no valid memory object for this command");
  KIESEL_REQUIRE(&memory->context() == &queue.context(), queue.context(), CL_INVALID_CONTEXT,
                 "the memory object is of another context than the command-queue");
  return memory;
}
inline Outcome<Buffer*> buffer_of(CommandQueue& queue, cl_mem handle) {
  return memory_of<Buffer>(queue, handle);
}
// CL_INVALID_VALUE unless [offset, offset + size) lies in the buffer.
Outcome<> check_range(Buffer& buffer, std::size_t offset, std::size_t size);

enum class HostAccess { kRead, kWrite };
// CL_INVALID_OPERATION when the memory object's CL_MEM_HOST_... flags forbid it.
Outcome<> check_host_access(MemoryObject& memory, HostAccess access);

}  // namespace kiesel::runtime::api
