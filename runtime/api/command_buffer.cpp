// Command-buffers: life, enqueue, queries (OpenCL 3.0 API 5.17, cl_khr_command_buffer).
#include "runtime/core/command_buffer.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/api/info.hpp"

namespace kiesel::runtime::api {
namespace {

struct Properties {
  cl_command_buffer_flags_khr flags = 0;
  cl_bitfield asserts = 0;
};

Outcome<> check_bits(Context& context, cl_bitfield bits, cl_bitfield known, cl_bitfield supported) {
  KIESEL_REQUIRE((bits & ~known) == 0, context, CL_INVALID_VALUE, fmt::format("unknown bits in {:#x}", bits));
  KIESEL_REQUIRE((bits & ~supported) == 0, context, CL_INVALID_PROPERTY,
                 fmt::format("the device does not support all of {:#x}", bits));
  return {};
}

// CL_INVALID_VALUE, CL_INVALID_PROPERTY.
Outcome<Properties> read_properties(Context& context, const cl_command_buffer_properties_khr* list) {
  constexpr cl_bitfield kSupported = CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR | CL_COMMAND_BUFFER_MUTABLE_KHR;
  Properties out;
  std::vector<cl_command_buffer_properties_khr> seen;
  for (const auto* at = list; at && *at; at += 2) {
    KIESEL_REQUIRE(std::find(seen.begin(), seen.end(), at[0]) == seen.end(), context, CL_INVALID_VALUE,
                   fmt::format("property {:#x} is given twice", at[0]));
    seen.push_back(at[0]);
    if (at[0] == CL_COMMAND_BUFFER_FLAGS_KHR) {
      KIESEL_CHECK(check_bits(context, at[1], kSupported | kDeviceSideSync, kSupported));
      out.flags = at[1];
    } else {
      KIESEL_REQUIRE(at[0] == kBufferAsserts, context, CL_INVALID_VALUE,
                     fmt::format("there is no command-buffer property {:#x}", at[0]));
      KIESEL_CHECK(check_bits(context, at[1], kNoAdditionalWorkGroups, kNoAdditionalWorkGroups));
      out.asserts = at[1];
    }
  }
  return out;
}

cl_command_buffer_state_khr state_of(const CommandBuffer& buffer) {
  if (!buffer.finalized()) return CL_COMMAND_BUFFER_STATE_RECORDING_KHR;
  return buffer.executable() ? CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR : kStateFinalized;
}

// The queue that an enqueue names, or the buffer's own.
Outcome<CommandQueue*> queue_for(const CommandBuffer& buffer, cl_uint num_queues, cl_command_queue* queues) {
  Context& context = buffer.context();
  KIESEL_REQUIRE((num_queues == 0) == (queues == nullptr), context, CL_INVALID_VALUE,
                 "number and list of command-queues do not agree");
  if (!queues) return &buffer.queue();
  KIESEL_REQUIRE(num_queues == 1, context, CL_INVALID_VALUE,
                 fmt::format("the command-buffer has one command-queue, not {}", num_queues));
  KIESEL_TRY(queue, valid<CommandQueue>(queues[0]));
  KIESEL_REQUIRE(&queue->context() == &context, context, CL_INVALID_CONTEXT,
                 "the command-queue is of another context than the command-buffer");
  KIESEL_REQUIRE(&queue->device() == &buffer.queue().device(), context, CL_INVALID_DEVICE,
                 "the command-queue is of another device than the command-buffer");
  return queue;
}

}  // namespace

cl_command_buffer_khr clCreateCommandBufferKHR(cl_uint num_queues, const cl_command_queue* queues,
                                               const cl_command_buffer_properties_khr* properties,
                                               cl_int* errcode_ret) {
  return object<cl_command_buffer_khr>(
      [&]() -> Outcome<cl_command_buffer_khr> {
        KIESEL_REQUIRE(queues, CL_INVALID_VALUE, "no command-queues");
        KIESEL_REQUIRE(num_queues == 1, CL_INVALID_VALUE, "a command-buffer has one command-queue");
        KIESEL_TRY(queue, valid<CommandQueue>(queues[0]));
        KIESEL_TRY(read, read_properties(queue->context(), properties));
        return hand_out(
            make_ref<CommandBuffer>(*queue, read.flags, read.asserts != 0, property_list(properties)));
      }(),
      errcode_ret);
}

cl_int clRetainCommandBufferKHR(cl_command_buffer_khr buffer) { return retain<CommandBuffer>(buffer); }
cl_int clReleaseCommandBufferKHR(cl_command_buffer_khr buffer) { return release<CommandBuffer>(buffer); }

cl_int clFinalizeCommandBufferKHR(cl_command_buffer_khr handle) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(buffer, valid<CommandBuffer>(handle));
    return buffer->finalize();
  }());
}

cl_int clEnqueueCommandBufferKHR(cl_uint num_queues, cl_command_queue* queues, cl_command_buffer_khr handle,
                                 cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(buffer, valid<CommandBuffer>(handle));
    KIESEL_REQUIRE(buffer->executable(), buffer->context(), CL_INVALID_OPERATION,
                   "the command-buffer is not finalized, or arguments of a kernel are not set");
    KIESEL_TRY(queue, queue_for(*buffer, num_queues, queues));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_COMMAND_BUFFER_KHR, std::move(waits), false, event}, buffer->work());
  }());
}

cl_int clGetCommandBufferInfoKHR(cl_command_buffer_khr handle, cl_command_buffer_info_khr name, size_t size,
                                 void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(buffer, valid<CommandBuffer>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_COMMAND_BUFFER_NUM_QUEUES_KHR:
        return answer.value(cl_uint{1});
      case CL_COMMAND_BUFFER_QUEUES_KHR:
        return answer.value(cl_handle(buffer->queue()));
      case CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR:
        return answer.value(reference_count(*buffer));
      case CL_COMMAND_BUFFER_STATE_KHR:
        return answer.value(state_of(*buffer));
      case CL_COMMAND_BUFFER_PROPERTIES_ARRAY_KHR:
        return answer.array(buffer->given_properties());
      case kCommandBufferContext:
        return answer.value(cl_handle(buffer->context()));
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
