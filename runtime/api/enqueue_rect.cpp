// Rectangular regions of buffers (OpenCL 3.0 API 5.2.2, 5.2.3).
#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

Outcome<> check_inside(Buffer& buffer, const Side& side) {
  KIESEL_REQUIRE(side.end <= buffer.size(), buffer.context(), CL_INVALID_VALUE,
                 fmt::format("the region ends at byte {}, the buffer has {}", side.end, buffer.size()));
  return {};
}

// Whether two regions of one buffer, with the same pitches, share a byte: some row of one and some row of the
// other lie less than a row's length apart. Rows are dz slices and dy rows apart. A slice's pitch is no less
// than its rows take, so only the nearest dz count, and for each of them the nearest dy.
bool overlap(const Side& source, const Side& target, const size_t* region) {
  const auto width = static_cast<__int128>(region[0]), pitch = static_cast<__int128>(source.row_pitch);
  const auto rows = static_cast<__int128>(region[1]), slices = static_cast<__int128>(region[2]);
  const __int128 apart = static_cast<__int128>(target.offset) - static_cast<__int128>(source.offset);
  const auto slice_pitch = static_cast<__int128>(source.slice_pitch);
  const __int128 nearest_slice = -apart / slice_pitch;
  for (__int128 dz = nearest_slice - 1; dz <= nearest_slice + 1; ++dz) {
    if (dz <= -slices || dz >= slices) continue;
    const __int128 base = apart + dz * slice_pitch;
    const __int128 nearest = -base / pitch;
    for (__int128 dy = nearest - 1; dy <= nearest + 1; ++dy) {
      const __int128 distance = base + dy * pitch;
      if (dy > -rows && dy < rows && distance > -width && distance < width) return true;
    }
  }
  return false;
}

}  // namespace

cl_int clEnqueueReadBufferRect(cl_command_queue handle, cl_mem memory, cl_bool blocking,
                               const size_t* buffer_origin, const size_t* host_origin, const size_t* region,
                               size_t buffer_row_pitch, size_t buffer_slice_pitch, size_t host_row_pitch,
                               size_t host_slice_pitch, void* target, cl_uint num_events,
                               const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(buffer, buffer_of(*queue, memory));
    Context& context = queue->context();
    KIESEL_TRY(device, side_of(context, buffer_origin, region, buffer_row_pitch, buffer_slice_pitch));
    KIESEL_TRY(host, side_of(context, host_origin, region, host_row_pitch, host_slice_pitch));
    KIESEL_CHECK(check_inside(*buffer, device));
    KIESEL_REQUIRE(target, context, CL_INVALID_VALUE, "no memory to read to");
    KIESEL_TRY(waits, wait_list(context, num_events, events));
    KIESEL_CHECK(check_host_access(*buffer, HostAccess::kRead));
    return enqueue({*queue, CL_COMMAND_READ_BUFFER_RECT, std::move(waits), blocking != CL_FALSE, event},
                   read_work(*buffer, device.offset, static_cast<std::byte*>(target) + host.offset,
                             box_of(region, device, host)));
  }());
}

cl_int clEnqueueWriteBufferRect(cl_command_queue handle, cl_mem memory, cl_bool blocking,
                                const size_t* buffer_origin, const size_t* host_origin, const size_t* region,
                                size_t buffer_row_pitch, size_t buffer_slice_pitch, size_t host_row_pitch,
                                size_t host_slice_pitch, const void* source, cl_uint num_events,
                                const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(buffer, buffer_of(*queue, memory));
    Context& context = queue->context();
    KIESEL_TRY(device, side_of(context, buffer_origin, region, buffer_row_pitch, buffer_slice_pitch));
    KIESEL_TRY(host, side_of(context, host_origin, region, host_row_pitch, host_slice_pitch));
    KIESEL_CHECK(check_inside(*buffer, device));
    KIESEL_REQUIRE(source, context, CL_INVALID_VALUE, "no memory to write from");
    KIESEL_TRY(waits, wait_list(context, num_events, events));
    KIESEL_CHECK(check_host_access(*buffer, HostAccess::kWrite));
    return enqueue({*queue, CL_COMMAND_WRITE_BUFFER_RECT, std::move(waits), blocking != CL_FALSE, event},
                   write_work(*buffer, device.offset, static_cast<const std::byte*>(source) + host.offset,
                              box_of(region, host, device)));
  }());
}

Outcome<Event::Work> copy_buffer_rect(CommandQueue& queue, cl_mem source_handle, cl_mem target_handle,
                                      const size_t* source_origin, const size_t* target_origin,
                                      const size_t* region, size_t source_row_pitch,
                                      size_t source_slice_pitch, size_t target_row_pitch,
                                      size_t target_slice_pitch) {
  KIESEL_TRY(source, buffer_of(queue, source_handle));
  KIESEL_TRY(target, buffer_of(queue, target_handle));
  Context& context = queue.context();
  KIESEL_TRY(from, side_of(context, source_origin, region, source_row_pitch, source_slice_pitch));
  KIESEL_TRY(to, side_of(context, target_origin, region, target_row_pitch, target_slice_pitch));
  KIESEL_CHECK(check_inside(*source, from));
  KIESEL_CHECK(check_inside(*target, to));
  if (source != target && &source->root() == &target->root()) {
    // Sub-buffers of one buffer: what matters is the bytes of the buffer.
    const std::size_t a = source->root_origin(), b = target->root_origin();
    KIESEL_REQUIRE(a + from.end <= b + to.offset || b + to.end <= a + from.offset, context,
                   CL_MEM_COPY_OVERLAP, "source and target overlap in the buffer that both are of");
  }
  if (source == target) {
    KIESEL_REQUIRE(from.row_pitch == to.row_pitch && from.slice_pitch == to.slice_pitch, context,
                   CL_INVALID_VALUE, "within one buffer both sides must have the same pitches");
    KIESEL_REQUIRE(!overlap(from, to, region), context, CL_MEM_COPY_OVERLAP, "source and target overlap");
  }
  return copy_work(*source, from.offset, *target, to.offset, box_of(region, from, to));
}

cl_int clEnqueueCopyBufferRect(cl_command_queue handle, cl_mem source, cl_mem target,
                               const size_t* source_origin, const size_t* target_origin, const size_t* region,
                               size_t source_row_pitch, size_t source_slice_pitch, size_t target_row_pitch,
                               size_t target_slice_pitch, cl_uint num_events, const cl_event* events,
                               cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(
        work, copy_buffer_rect(*queue, source, target, source_origin, target_origin, region, source_row_pitch,
                               source_slice_pitch, target_row_pitch, target_slice_pitch));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_COPY_BUFFER_RECT, std::move(waits), false, event}, std::move(work));
  }());
}

}  // namespace kiesel::runtime::api
