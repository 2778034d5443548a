// Recording commands to command-buffers (OpenCL 3.0 API 5.17.4): the checks of the commands are those of
// enqueuing them.
#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/core/command_buffer.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

// The arguments that all recording functions share.
struct Recorded {
  cl_command_buffer_khr buffer;
  cl_command_queue queue;
  const cl_command_properties_khr* properties;
  cl_uint num_sync_points;
  const cl_sync_point_khr* sync_points;
  cl_sync_point_khr* sync_point;
  cl_mutable_command_khr* mutable_handle;
};

// Sync points are the numbers of the steps, from 1 on.
Outcome<std::vector<std::uint32_t>> steps_of(Context& context, const Recorded& command) {
  KIESEL_REQUIRE((command.num_sync_points == 0) == (command.sync_points == nullptr), context,
                 CL_INVALID_SYNC_POINT_WAIT_LIST_KHR, "number and list of sync points do not agree");
  std::vector<std::uint32_t> out;
  for (cl_uint i = 0; i < command.num_sync_points; ++i) {
    KIESEL_REQUIRE(command.sync_points[i] != 0, context, CL_INVALID_SYNC_POINT_WAIT_LIST_KHR,
                   "0 is no sync point");
    out.push_back(command.sync_points[i] - 1);
  }
  return out;
}

Outcome<CommandBuffer*> recording_buffer(const Recorded& command) {
  KIESEL_TRY(buffer, valid<CommandBuffer>(command.buffer));
  Context& context = buffer->context();
  KIESEL_REQUIRE(!command.queue, context, CL_INVALID_COMMAND_QUEUE,
                 "commands are recorded to the command-buffer's own queue: command_queue must be NULL");
  KIESEL_REQUIRE(!buffer->finalized(), context, CL_INVALID_OPERATION, "the command-buffer is finalized");
  return buffer;
}

// `make` checks a command for the buffer's queue and returns its work.
template <class Make>
cl_int record(cl_command_type type, const Recorded& command, Make make,
              CommandBuffer::Order order = CommandBuffer::Order::kCommand) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(buffer, recording_buffer(command));
    Context& context = buffer->context();
    KIESEL_REQUIRE(!command.properties || !*command.properties, context, CL_INVALID_VALUE,
                   "this command has no properties");
    KIESEL_REQUIRE(!command.mutable_handle, context, CL_INVALID_VALUE, "this command cannot be changed");
    KIESEL_TRY(waits, steps_of(context, command));
    Outcome<Event::Work> work = make(buffer->queue());
    if (!work) return work.error();
    KIESEL_TRY(step, buffer->record(type, std::make_shared<const Event::Work>(*std::move(work)),
                                    std::move(waits), order));
    if (command.sync_point) *command.sync_point = step + 1;
    return {};
  }());
}

struct DispatchProperties {
  cl_mutable_dispatch_fields_khr fields = kAllDispatchFields;
  bool arguments_later = false;  // asked for: they need not be set yet
  bool fixed_work_groups = false;
};

Outcome<DispatchProperties> read_properties(const CommandBuffer& buffer,
                                            const cl_command_properties_khr* list) {
  Context& context = buffer.context();
  DispatchProperties out{.fixed_work_groups = buffer.fixed_work_groups()};
  std::vector<cl_command_properties_khr> seen;
  for (const auto* at = list; at && *at; at += 2) {
    KIESEL_REQUIRE(std::find(seen.begin(), seen.end(), at[0]) == seen.end(), context, CL_INVALID_VALUE,
                   fmt::format("property {:#x} is given twice", at[0]));
    seen.push_back(at[0]);
    if (at[0] == CL_MUTABLE_DISPATCH_UPDATABLE_FIELDS_KHR) {
      KIESEL_REQUIRE((at[1] & ~kAllDispatchFields) == 0, context, CL_INVALID_VALUE,
                     fmt::format("unknown fields in {:#x}", at[1]));
      out.fields = at[1];
      out.arguments_later = at[1] & CL_MUTABLE_DISPATCH_ARGUMENTS_KHR;
    } else {
      KIESEL_REQUIRE(at[0] == kDispatchAsserts && (at[1] & ~kNoAdditionalWorkGroups) == 0, context,
                     CL_INVALID_VALUE, fmt::format("there is no command property {:#x}", at[0]));
      out.fixed_work_groups = out.fixed_work_groups || at[1];
    }
  }
  return out;
}

Outcome<> record_dispatch(const Recorded& command, cl_kernel handle, MutableCommand::Dispatch dispatch) {
  KIESEL_TRY(buffer, recording_buffer(command));
  Context& context = buffer->context();
  CommandQueue& queue = buffer->queue();
  KIESEL_TRY(properties, read_properties(*buffer, command.properties));
  KIESEL_REQUIRE(!properties.fixed_work_groups || dispatch.local_given, context, CL_INVALID_VALUE,
                 "a fixed number of work-groups needs a local size");
  KIESEL_TRY(kernel, kernel_for(queue, handle));
  KIESEL_TRY(waits, steps_of(context, command));
  dispatch.kernel = kernel->clone();
  KIESEL_TRY(work, dispatch_work(queue, dispatch, properties.arguments_later && buffer->is_mutable()));
  KIESEL_TRY(step, buffer->record(CL_COMMAND_NDRANGE_KERNEL, std::move(work), std::move(waits)));
  if (command.sync_point) *command.sync_point = step + 1;
  if (!command.mutable_handle) return {};
  auto made = make_ref<MutableCommand>(*buffer, step, *kernel, properties.fields,
                                       property_list(command.properties), std::move(dispatch));
  KIESEL_TRY(made_handle, hand_out(made));
  buffer->add(std::move(made));
  *command.mutable_handle = made_handle;
  return {};
}

}  // namespace

Outcome<std::shared_ptr<const Event::Work>> dispatch_work(CommandQueue& queue,
                                                          const MutableCommand::Dispatch& dispatch,
                                                          bool arguments_later) {
  KIESEL_TRY(range,
             checked_range(queue, *dispatch.kernel, dispatch.dimensions, dispatch.offset.data(),
                           dispatch.global.data(), dispatch.local_given ? dispatch.local.data() : nullptr));
  if (arguments_later && !dispatch.kernel->has_all_arguments()) return std::shared_ptr<const Event::Work>();
  KIESEL_TRY(work, launch_work(queue.device(), *dispatch.kernel, range, Launches::kMany));
  return std::make_shared<const Event::Work>(is_empty(range) ? no_work() : std::move(work));
}

cl_int clCommandNDRangeKernelKHR(cl_command_buffer_khr buffer, cl_command_queue queue,
                                 const cl_command_properties_khr* properties, cl_kernel kernel,
                                 cl_uint dimensions, const size_t* offset, const size_t* global,
                                 const size_t* local, cl_uint num_sync_points,
                                 const cl_sync_point_khr* sync_points, cl_sync_point_khr* sync_point,
                                 cl_mutable_command_khr* mutable_handle) {
  MutableCommand::Dispatch dispatch{.dimensions = dimensions, .local_given = local != nullptr};
  for (cl_uint i = 0; i < std::min(dimensions, cl_uint{3}); ++i) {
    if (offset) dispatch.offset[i] = offset[i];
    if (global) dispatch.global[i] = global[i];
    if (local) dispatch.local[i] = local[i];
  }
  return status(
      record_dispatch({buffer, queue, properties, num_sync_points, sync_points, sync_point, mutable_handle},
                      kernel, std::move(dispatch)));
}

// The parameters and arguments that all others share.
#define RECORDING_HEAD \
  cl_command_buffer_khr buffer, cl_command_queue queue, const cl_command_properties_khr *properties
#define RECORDING_TAIL                                                                          \
  cl_uint num_sync_points, const cl_sync_point_khr *sync_points, cl_sync_point_khr *sync_point, \
      cl_mutable_command_khr *mutable_handle
#define RECORDED \
  Recorded { buffer, queue, properties, num_sync_points, sync_points, sync_point, mutable_handle }

cl_int clCommandBarrierWithWaitListKHR(RECORDING_HEAD, RECORDING_TAIL) {
  return record(
      CL_COMMAND_BARRIER, RECORDED, [](CommandQueue&) { return no_work(); }, CommandBuffer::Order::kBarrier);
}

cl_int clCommandCopyBufferKHR(RECORDING_HEAD, cl_mem source, cl_mem target, size_t source_offset,
                              size_t target_offset, size_t size, RECORDING_TAIL) {
  return record(CL_COMMAND_COPY_BUFFER, RECORDED, [&](CommandQueue& own) {
    return copy_buffer(own, source, target, source_offset, target_offset, size);
  });
}

cl_int clCommandCopyBufferRectKHR(RECORDING_HEAD, cl_mem source, cl_mem target, const size_t* source_origin,
                                  const size_t* target_origin, const size_t* region, size_t source_row_pitch,
                                  size_t source_slice_pitch, size_t target_row_pitch,
                                  size_t target_slice_pitch, RECORDING_TAIL) {
  return record(CL_COMMAND_COPY_BUFFER_RECT, RECORDED, [&](CommandQueue& own) {
    return copy_buffer_rect(own, source, target, source_origin, target_origin, region, source_row_pitch,
                            source_slice_pitch, target_row_pitch, target_slice_pitch);
  });
}

cl_int clCommandCopyBufferToImageKHR(RECORDING_HEAD, cl_mem source, cl_mem target, size_t offset,
                                     const size_t* origin, const size_t* region, RECORDING_TAIL) {
  return record(CL_COMMAND_COPY_BUFFER_TO_IMAGE, RECORDED, [&](CommandQueue& own) {
    return copy_buffer_to_image(own, source, target, offset, origin, region);
  });
}

cl_int clCommandCopyImageKHR(RECORDING_HEAD, cl_mem source, cl_mem target, const size_t* source_origin,
                             const size_t* target_origin, const size_t* region, RECORDING_TAIL) {
  return record(CL_COMMAND_COPY_IMAGE, RECORDED, [&](CommandQueue& own) {
    return copy_image(own, source, target, source_origin, target_origin, region);
  });
}

cl_int clCommandCopyImageToBufferKHR(RECORDING_HEAD, cl_mem source, cl_mem target, const size_t* origin,
                                     const size_t* region, size_t offset, RECORDING_TAIL) {
  return record(CL_COMMAND_COPY_IMAGE_TO_BUFFER, RECORDED, [&](CommandQueue& own) {
    return copy_image_to_buffer(own, source, target, origin, region, offset);
  });
}

cl_int clCommandFillBufferKHR(RECORDING_HEAD, cl_mem memory, const void* pattern, size_t pattern_size,
                              size_t offset, size_t size, RECORDING_TAIL) {
  return record(CL_COMMAND_FILL_BUFFER, RECORDED, [&](CommandQueue& own) {
    return fill_buffer(own, memory, pattern, pattern_size, offset, size);
  });
}

cl_int clCommandFillImageKHR(RECORDING_HEAD, cl_mem memory, const void* colour, const size_t* origin,
                             const size_t* region, RECORDING_TAIL) {
  return record(CL_COMMAND_FILL_IMAGE, RECORDED,
                [&](CommandQueue& own) { return fill_image(own, memory, colour, origin, region); });
}

cl_int clCommandSVMMemcpyKHR(RECORDING_HEAD, void* target, const void* source, size_t size, RECORDING_TAIL) {
  return record(CL_COMMAND_SVM_MEMCPY, RECORDED,
                [&](CommandQueue& own) { return svm_memcpy(own, target, source, size); });
}

cl_int clCommandSVMMemFillKHR(RECORDING_HEAD, void* target, const void* pattern, size_t pattern_size,
                              size_t size, RECORDING_TAIL) {
  return record(CL_COMMAND_SVM_MEMFILL, RECORDED,
                [&](CommandQueue& own) { return svm_memfill(own, target, pattern, pattern_size, size); });
}

}  // namespace kiesel::runtime::api
