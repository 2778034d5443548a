#include "runtime/api/enqueue.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr cl_map_flags kMapWrites = CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION;

// a * b + c; false when it does not fit.
bool multiply_add(std::size_t a, std::size_t b, std::size_t c, std::size_t& out) {
  return !__builtin_mul_overflow(a, b, &out) && !__builtin_add_overflow(out, c, &out);
}

}  // namespace

Outcome<> enqueue(Enqueue command, Event::Work work) {
  using Use = CommandQueue::Use;
  const Use use = command.blocking ? Use::kWait : command.event ? Use::kKeep : Use::kNone;
  const auto event = command.queue.enqueue(command.type, command.waits, std::move(work), command.order, use);
  if (!event) return {};
  auto given = give_event(*event, command.event);
  if (!command.blocking) return given;
  const cl_int result = event->wait();
  // The command itself has told the context why.
  if (result < 0) return error(result, "the blocking command failed");
  return given;
}

Outcome<Image*> image_of(CommandQueue& queue, cl_mem handle) {
  KIESEL_TRY(image, memory_of<Image>(queue, handle));
  KIESEL_REQUIRE(queue.device().has("__opencl_c_images"), queue.context(), CL_INVALID_OPERATION,
                 "the device of the command-queue does not support images");
  return image;
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

bool valid_map_flags(cl_map_flags flags) {
  return (flags & ~(CL_MAP_READ | kMapWrites)) == 0 &&
         !((flags & CL_MAP_WRITE_INVALIDATE_REGION) && (flags & (CL_MAP_READ | CL_MAP_WRITE)));
}

Outcome<> check_map_flags(MemoryObject& memory, cl_map_flags flags) {
  KIESEL_REQUIRE(valid_map_flags(flags), memory.context(), CL_INVALID_VALUE,
                 "map flags that do not go together");
  if (flags & CL_MAP_READ) KIESEL_CHECK(check_host_access(memory, HostAccess::kRead));
  if (flags & kMapWrites) KIESEL_CHECK(check_host_access(memory, HostAccess::kWrite));
  return {};
}

Outcome<Side> side_of(Context& context, const std::size_t* origin, const std::size_t* region,
                      std::size_t row_pitch, std::size_t slice_pitch) {
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

Outcome<ImageRegion> region_of(const Image& image, const std::size_t* origin, const std::size_t* region) {
  Context& context = image.context();
  KIESEL_REQUIRE(origin && region, context, CL_INVALID_VALUE, "no origin or region");
  const auto grid = image.grid();
  for (int i = 0; i < 3; ++i)
    KIESEL_REQUIRE(region[i] > 0 && origin[i] < grid.size[i] && region[i] <= grid.size[i] - origin[i],
                   context, CL_INVALID_VALUE,
                   fmt::format("dimension {}: {} from {} lie outside of the image, which has {}", i,
                               region[i], origin[i], grid.size[i]));
  const std::size_t pixel = image.format().pixel_bytes;
  ImageRegion out{{region[0] * pixel, region[1], region[2]}, {}};
  out.side.offset = origin[0] * pixel + origin[1] * grid.row_pitch + origin[2] * grid.slice_pitch;
  out.side.row_pitch = grid.row_pitch;
  out.side.slice_pitch = grid.slice_pitch;
  return out;
}

device::Box box_of(const std::size_t* region, const Side& source, const Side& target) {
  device::Box box;
  box.size = {region[0], region[1], region[2]};
  box.source_row_pitch = source.row_pitch;
  box.source_slice_pitch = source.slice_pitch;
  box.target_row_pitch = target.row_pitch;
  box.target_slice_pitch = target.slice_pitch;
  return box;
}

}  // namespace kiesel::runtime::api
