// Rectangular regions of buffers (OpenCL 3.0 API 5.2.2, 5.2.3).
#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

// One side of a rectangular transfer, in bytes, with pitches filled in.
struct Side {
  std::size_t offset = 0;  // of the region's first byte
  std::size_t row_pitch = 0, slice_pitch = 0;
  std::size_t end = 0;  // behind the region's last byte
};

// a * b + c; false when it does not fit.
bool multiply_add(std::size_t a, std::size_t b, std::size_t c, std::size_t& out) {
  return !__builtin_mul_overflow(a, b, &out) && !__builtin_add_overflow(out, c, &out);
}

// "if row_pitch is 0 it is computed as region[0], if slice_pitch is 0 as region[1] * row_pitch"
Outcome<Side> side_of(Context& context, const size_t* origin, const size_t* region, size_t row_pitch,
                      size_t slice_pitch) {
  KIESEL_REQUIRE(origin && region, context, CL_INVALID_VALUE, "no origin or region");
  KIESEL_REQUIRE(region[0] && region[1] && region[2], context, CL_INVALID_VALUE, "an empty region");
  KIESEL_REQUIRE(row_pitch == 0 || row_pitch >= region[0], context, CL_INVALID_VALUE,
                 "the row pitch is smaller than a row");
  Side side;
  side.row_pitch = row_pitch ? row_pitch : region[0];
  std::size_t slice = 0;
  bool fits = multiply_add(region[1], side.row_pitch, 0, slice);
  KIESEL_REQUIRE(slice_pitch == 0 || (fits && slice_pitch >= slice && slice_pitch % side.row_pitch == 0),
                 context, CL_INVALID_VALUE,
                 "the slice pitch is smaller than a slice or no multiple of the row pitch");
  side.slice_pitch = slice_pitch ? slice_pitch : slice;
  fits = fits && multiply_add(origin[2], side.slice_pitch, origin[0], side.offset) &&
         multiply_add(origin[1], side.row_pitch, side.offset, side.offset) &&
         multiply_add(region[2] - 1, side.slice_pitch, side.offset, side.end) &&
         multiply_add(region[1] - 1, side.row_pitch, side.end, side.end) &&
         multiply_add(region[0], 1, side.end, side.end);
  KIESEL_REQUIRE(fits, context, CL_INVALID_VALUE, "the region is larger than any memory");
  return side;
}

Outcome<> check_inside(Buffer& buffer, const Side& side) {
  KIESEL_REQUIRE(side.end <= buffer.size(), buffer.context(), CL_INVALID_VALUE,
                 fmt::format("the region ends at byte {}, the buffer has {}", side.end, buffer.size()));
  return {};
}

device::Box box_of(const size_t* region, const Side& source, const Side& target) {
  device::Box box;
  box.size = {region[0], region[1], region[2]};
  box.source_row_pitch = source.row_pitch;
  box.source_slice_pitch = source.slice_pitch;
  box.target_row_pitch = target.row_pitch;
  box.target_slice_pitch = target.slice_pitch;
  return box;
}

// Whether two regions of one buffer, with the same pitches, share a byte: some row of one and some row of the
// other lie less than a row's length apart. Rows are dz slices and dy rows apart, so for each dz only the
// nearest dy count.
bool overlap(const Side& source, const Side& target, const size_t* region) {
  const auto width = static_cast<__int128>(region[0]), pitch = static_cast<__int128>(source.row_pitch);
  const auto rows = static_cast<__int128>(region[1]), slices = static_cast<__int128>(region[2]);
  const __int128 apart = static_cast<__int128>(target.offset) - static_cast<__int128>(source.offset);
  for (__int128 dz = 1 - slices; dz < slices; ++dz) {
    const __int128 base = apart + dz * static_cast<__int128>(source.slice_pitch);
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

cl_int clEnqueueCopyBufferRect(cl_command_queue handle, cl_mem source_handle, cl_mem target_handle,
                               const size_t* source_origin, const size_t* target_origin, const size_t* region,
                               size_t source_row_pitch, size_t source_slice_pitch, size_t target_row_pitch,
                               size_t target_slice_pitch, cl_uint num_events, const cl_event* events,
                               cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(source, buffer_of(*queue, source_handle));
    KIESEL_TRY(target, buffer_of(*queue, target_handle));
    Context& context = queue->context();
    KIESEL_TRY(waits, wait_list(context, num_events, events));
    KIESEL_TRY(from, side_of(context, source_origin, region, source_row_pitch, source_slice_pitch));
    KIESEL_TRY(to, side_of(context, target_origin, region, target_row_pitch, target_slice_pitch));
    KIESEL_CHECK(check_inside(*source, from));
    KIESEL_CHECK(check_inside(*target, to));
    if (source == target) {
      KIESEL_REQUIRE(from.row_pitch == to.row_pitch && from.slice_pitch == to.slice_pitch, context,
                     CL_INVALID_VALUE, "within one buffer both sides must have the same pitches");
      KIESEL_REQUIRE(!overlap(from, to, region), context, CL_MEM_COPY_OVERLAP, "source and target overlap");
    }
    return enqueue({*queue, CL_COMMAND_COPY_BUFFER_RECT, std::move(waits), false, event},
                   copy_work(*source, from.offset, *target, to.offset, box_of(region, from, to)));
  }());
}

}  // namespace kiesel::runtime::api
