// What all clEnqueue... functions share.
#pragma once

#include <CL/cl.h>

#include <array>
#include <cstddef>
#include <vector>

#include "runtime/api/check.hpp"
#include "runtime/core/buffer.hpp"
#include "runtime/core/command_queue.hpp"
#include "runtime/core/image.hpp"

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

// A memory object of the queue's context, of one kind or any: CL_INVALID_MEM_OBJECT, CL_INVALID_CONTEXT.
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
// CL_INVALID_OPERATION when the queue's device has no images, though another one of the context has.
Outcome<Image*> image_of(CommandQueue& queue, cl_mem handle);
// CL_INVALID_VALUE unless [offset, offset + size) lies in the buffer.
Outcome<> check_range(Buffer& buffer, std::size_t offset, std::size_t size);

// Where one side of a transfer of rows and slices lies, in bytes.
struct Side {
  std::size_t offset = 0;  // of the first byte
  std::size_t row_pitch = 0, slice_pitch = 0;
  std::size_t end = 0;  // behind the last byte
};
// "if row_pitch is 0 it is computed as region[0], if slice_pitch is 0 as region[1] * row_pitch"; origin and
// region in bytes, rows, slices. CL_INVALID_VALUE.
Outcome<Side> side_of(Context& context, const std::size_t* origin, const std::size_t* region,
                      std::size_t row_pitch, std::size_t slice_pitch);
device::Box box_of(const std::size_t* region, const Side& source, const Side& target);

// A region of an image: `size` is bytes in a row, rows, slices.
struct ImageRegion {
  std::array<std::size_t, 3> size;
  Side side;
};
// CL_INVALID_VALUE unless origin and region (pixels, rows, slices) lie in the image.
Outcome<ImageRegion> region_of(const Image& image, const std::size_t* origin, const std::size_t* region);

enum class HostAccess { kRead, kWrite };
// CL_INVALID_OPERATION when the memory object's CL_MEM_HOST_... flags forbid it.
Outcome<> check_host_access(MemoryObject& memory, HostAccess access);
// Whether the flags of a mapping go together.
bool valid_map_flags(cl_map_flags flags);
// Of a mapping: CL_INVALID_VALUE for flags that do not go together, CL_INVALID_OPERATION as above.
Outcome<> check_map_flags(MemoryObject& memory, cl_map_flags flags);

}  // namespace kiesel::runtime::api
