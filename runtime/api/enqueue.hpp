// What all clEnqueue... functions share.
#pragma once

#include <CL/cl.h>

#include <cstddef>
#include <vector>

#include "runtime/api/check.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/memory.hpp"

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

// A buffer of the queue's context: CL_INVALID_MEM_OBJECT, CL_INVALID_CONTEXT.
Outcome<Buffer*> buffer_of(CommandQueue& queue, cl_mem handle);
// CL_INVALID_VALUE unless [offset, offset + size) lies in the buffer.
Outcome<> check_range(Buffer& buffer, std::size_t offset, std::size_t size);

enum class HostAccess { kRead, kWrite };
// CL_INVALID_OPERATION when the buffer's CL_MEM_HOST_... flags forbid it.
Outcome<> check_host_access(Buffer& buffer, HostAccess access);

}  // namespace kiesel::runtime::api
