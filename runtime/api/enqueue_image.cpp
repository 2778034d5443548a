// Read, write, fill, copy images (OpenCL 3.0 API 5.3.3 to 5.3.5).
#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"
#include "support/checked.hpp"

namespace kiesel::runtime::api {
namespace {

// The memory of a region: without gaps, or with the given pitches. The rows of a 1D array are its layers, so
// that its slice pitch counts for them. CL_INVALID_VALUE.
Outcome<Side> host_side(const Image& image, const ImageRegion& region, size_t row_pitch, size_t slice_pitch) {
  Context& context = image.context();
  const bool layers_are_rows = image.type() == CL_MEM_OBJECT_IMAGE1D_ARRAY;
  KIESEL_REQUIRE(slice_pitch == 0 || image.shape().has_slice_pitch(), context, CL_INVALID_VALUE,
                 "the image has no slices, so the slice pitch must be 0");
  KIESEL_REQUIRE(row_pitch == 0 || row_pitch >= region.size[0], context, CL_INVALID_VALUE,
                 "the row pitch is smaller than a row");
  Side side;
  side.row_pitch = row_pitch ? row_pitch : region.size[0];
  std::size_t slice = 0;
  const bool overflow = __builtin_mul_overflow(side.row_pitch, layers_are_rows ? 1 : region.size[1], &slice);
  KIESEL_REQUIRE(!overflow && (slice_pitch == 0 || slice_pitch >= slice), context, CL_INVALID_VALUE,
                 "the slice pitch is smaller than a slice");
  side.slice_pitch = slice_pitch ? slice_pitch : slice;
  if (layers_are_rows) side.row_pitch = side.slice_pitch;
  const auto rows = checked_product(region.size[1], side.row_pitch);
  const auto slices = checked_product(region.size[2], side.slice_pitch);
  KIESEL_REQUIRE(rows && slices && checked_sum(*rows, *slices), context, CL_INVALID_VALUE,
                 "the region is larger than any memory");
  return side;
}

Outcome<> check_not_made_from(const Image& image, const Buffer& buffer) {
  KIESEL_REQUIRE(image.type() != CL_MEM_OBJECT_IMAGE1D_BUFFER || image.associated() != &buffer,
                 image.context(), CL_INVALID_MEM_OBJECT, "the image is made from this buffer");
  return {};
}

// Where the bytes of a region lie in a buffer from an offset on.
Outcome<Side> buffer_side(Buffer& buffer, size_t offset, const ImageRegion& region) {
  KIESEL_CHECK(check_range(buffer, offset, region.size[0] * region.size[1] * region.size[2]));
  Side side;
  side.offset = offset;
  side.row_pitch = region.size[0];
  side.slice_pitch = region.size[0] * region.size[1];
  return side;
}

bool overlap(const size_t* source, const size_t* target, const size_t* region) {
  for (int i = 0; i < 3; ++i)
    if (source[i] + region[i] <= target[i] || target[i] + region[i] <= source[i]) return false;
  return true;
}

}  // namespace

cl_int clEnqueueReadImage(cl_command_queue handle, cl_mem memory, cl_bool blocking, const size_t* origin,
                          const size_t* region, size_t row_pitch, size_t slice_pitch, void* target,
                          cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(image, image_of(*queue, memory));
    KIESEL_TRY(from, region_of(*image, origin, region));
    KIESEL_TRY(to, host_side(*image, from, row_pitch, slice_pitch));
    KIESEL_REQUIRE(target, queue->context(), CL_INVALID_VALUE, "no memory to read to");
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    KIESEL_CHECK(check_host_access(*image, HostAccess::kRead));
    return enqueue({*queue, CL_COMMAND_READ_IMAGE, std::move(waits), blocking != CL_FALSE, event},
                   read_work(*image, from.side.offset, target, box_of(from.size.data(), from.side, to)));
  }());
}

cl_int clEnqueueWriteImage(cl_command_queue handle, cl_mem memory, cl_bool blocking, const size_t* origin,
                           const size_t* region, size_t row_pitch, size_t slice_pitch, const void* source,
                           cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(image, image_of(*queue, memory));
    KIESEL_TRY(to, region_of(*image, origin, region));
    KIESEL_TRY(from, host_side(*image, to, row_pitch, slice_pitch));
    KIESEL_REQUIRE(source, queue->context(), CL_INVALID_VALUE, "no memory to write from");
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    KIESEL_CHECK(check_host_access(*image, HostAccess::kWrite));
    return enqueue({*queue, CL_COMMAND_WRITE_IMAGE, std::move(waits), blocking != CL_FALSE, event},
                   write_work(*image, to.side.offset, source, box_of(to.size.data(), from, to.side)));
  }());
}

Outcome<Event::Work> fill_image(CommandQueue& queue, cl_mem memory, const void* colour, const size_t* origin,
                                const size_t* region) {
  KIESEL_TRY(image, image_of(queue, memory));
  KIESEL_REQUIRE(colour, queue.context(), CL_INVALID_VALUE, "no colour");
  KIESEL_TRY(to, region_of(*image, origin, region));
  // Both sides alike: the pixel is written once for each place.
  return fill_box_work(*image, to.side.offset, box_of(to.size.data(), to.side, to.side),
                       pixel_of(image->format(), colour));
}

Outcome<Event::Work> copy_image(CommandQueue& queue, cl_mem source_handle, cl_mem target_handle,
                                const size_t* source_origin, const size_t* target_origin,
                                const size_t* region) {
  KIESEL_TRY(source, image_of(queue, source_handle));
  KIESEL_TRY(target, image_of(queue, target_handle));
  KIESEL_REQUIRE(&source->format() == &target->format(), queue.context(), CL_IMAGE_FORMAT_MISMATCH,
                 "the images have different formats");
  KIESEL_TRY(from, region_of(*source, source_origin, region));
  KIESEL_TRY(to, region_of(*target, target_origin, region));
  KIESEL_REQUIRE(source != target || !overlap(source_origin, target_origin, region), queue.context(),
                 CL_MEM_COPY_OVERLAP, "source and target overlap");
  return copy_work(*source, from.side.offset, *target, to.side.offset,
                   box_of(from.size.data(), from.side, to.side));
}

Outcome<Event::Work> copy_image_to_buffer(CommandQueue& queue, cl_mem source_handle, cl_mem target_handle,
                                          const size_t* origin, const size_t* region, size_t offset) {
  KIESEL_TRY(source, image_of(queue, source_handle));
  KIESEL_TRY(target, buffer_of(queue, target_handle));
  KIESEL_CHECK(check_not_made_from(*source, *target));
  KIESEL_TRY(from, region_of(*source, origin, region));
  KIESEL_TRY(to, buffer_side(*target, offset, from));
  return copy_work(*source, from.side.offset, *target, offset, box_of(from.size.data(), from.side, to));
}

Outcome<Event::Work> copy_buffer_to_image(CommandQueue& queue, cl_mem source_handle, cl_mem target_handle,
                                          size_t offset, const size_t* origin, const size_t* region) {
  KIESEL_TRY(source, buffer_of(queue, source_handle));
  KIESEL_TRY(target, image_of(queue, target_handle));
  KIESEL_CHECK(check_not_made_from(*target, *source));
  KIESEL_TRY(to, region_of(*target, origin, region));
  KIESEL_TRY(from, buffer_side(*source, offset, to));
  return copy_work(*source, offset, *target, to.side.offset, box_of(to.size.data(), from, to.side));
}

cl_int clEnqueueFillImage(cl_command_queue handle, cl_mem memory, const void* colour, const size_t* origin,
                          const size_t* region, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, fill_image(*queue, memory, colour, origin, region));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_FILL_IMAGE, std::move(waits), false, event}, std::move(work));
  }());
}

cl_int clEnqueueCopyImage(cl_command_queue handle, cl_mem source, cl_mem target, const size_t* source_origin,
                          const size_t* target_origin, const size_t* region, cl_uint num_events,
                          const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, copy_image(*queue, source, target, source_origin, target_origin, region));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_COPY_IMAGE, std::move(waits), false, event}, std::move(work));
  }());
}

cl_int clEnqueueCopyImageToBuffer(cl_command_queue handle, cl_mem source, cl_mem target, const size_t* origin,
                                  const size_t* region, size_t offset, cl_uint num_events,
                                  const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, copy_image_to_buffer(*queue, source, target, origin, region, offset));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_COPY_IMAGE_TO_BUFFER, std::move(waits), false, event},
                   std::move(work));
  }());
}

cl_int clEnqueueCopyBufferToImage(cl_command_queue handle, cl_mem source, cl_mem target, size_t offset,
                                  const size_t* origin, const size_t* region, cl_uint num_events,
                                  const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, copy_buffer_to_image(*queue, source, target, offset, origin, region));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_COPY_BUFFER_TO_IMAGE, std::move(waits), false, event},
                   std::move(work));
  }());
}

}  // namespace kiesel::runtime::api
