// Pipe objects (OpenCL 3.0 API 5.4).
#include "runtime/core/pipe.hpp"

#include "device/isa/pipe.hpp"
#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"

namespace kiesel::runtime::api {

cl_mem clCreatePipe(cl_context handle, cl_mem_flags flags, cl_uint packet_bytes, cl_uint capacity,
                    const cl_pipe_properties* properties, cl_int* errcode_ret) {
  return object<cl_mem>(
      [&]() -> Outcome<cl_mem> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_REQUIRE(supports_pipes(*context), *context, CL_INVALID_OPERATION,
                       "no device of the context supports pipes");
        constexpr cl_mem_flags kDefault = CL_MEM_READ_WRITE | CL_MEM_HOST_NO_ACCESS;
        KIESEL_REQUIRE((flags & ~kDefault) == 0, *context, CL_INVALID_VALUE,
                       fmt::format("flags {:#x} are not valid for a pipe", flags));
        KIESEL_REQUIRE(!properties, *context, CL_INVALID_VALUE, "pipes have no properties");
        KIESEL_REQUIRE(packet_bytes > 0 && packet_bytes <= PipeLimits::kPacketBytes, *context,
                       CL_INVALID_PIPE_SIZE,
                       fmt::format("packets of {} bytes; 1 to {}", packet_bytes, PipeLimits::kPacketBytes));
        KIESEL_REQUIRE(capacity > 0, *context, CL_INVALID_PIPE_SIZE, "a pipe for no packets");
        for (const auto& device : context->devices())
          KIESEL_REQUIRE(
              isa::pipe_bytes(packet_bytes, capacity) <= device->description().max_allocation_bytes, *context,
              CL_MEM_OBJECT_ALLOCATION_FAILURE, "the pipe is larger than CL_DEVICE_MAX_MEM_ALLOC_SIZE");
        KIESEL_TRY(pipe, Pipe::create(*context, flags ? flags : kDefault, packet_bytes, capacity));
        return hand_out(std::move(pipe));
      }(),
      errcode_ret);
}

cl_int clGetPipeInfo(cl_mem handle, cl_pipe_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(pipe, valid<Pipe>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_PIPE_PACKET_SIZE:
        return answer.value(pipe->packet_bytes());
      case CL_PIPE_MAX_PACKETS:
        return answer.value(pipe->capacity());
      case CL_PIPE_PROPERTIES:
        return answer.array(std::vector<cl_pipe_properties>{});
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
