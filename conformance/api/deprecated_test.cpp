// Entry points that newer versions of OpenCL deprecate or make optional: they exist and answer.
#define CL_USE_DEPRECATED_OPENCL_1_0_APIS
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_2_2_APIS
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

TEST_CASE("markers and barriers of OpenCL 1.1 order an out-of-order queue") {
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  constexpr std::size_t kCount = 100000;
  Memory a = session.buffer(kCount * 4), b = session.buffer(kCount * 4);
  for (int round = 0; round < 20; ++round) {
    Event marker;
    REQUIRE(clEnqueueFillBuffer(session.queue, a, &round, 4, 0, kCount * 4, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    if (round % 2) {
      REQUIRE(clEnqueueBarrier(session.queue) == CL_SUCCESS);
    } else {
      REQUIRE(clEnqueueMarker(session.queue, marker.out()) == CL_SUCCESS);
      const cl_event list[] = {marker};
      REQUIRE(clEnqueueWaitForEvents(session.queue, 1, list) == CL_SUCCESS);
      CHECK(query<cl_command_type>(clGetEventInfo, marker, CL_EVENT_COMMAND_TYPE) == CL_COMMAND_MARKER);
    }
    REQUIRE(clEnqueueCopyBuffer(session.queue, a, b, 0, 0, kCount * 4, 0, nullptr, nullptr) == CL_SUCCESS);
    REQUIRE(clFinish(session.queue) == CL_SUCCESS);
    CHECK(session.read<int>(b, kCount) == std::vector<int>(kCount, round));
  }
  CHECK(clEnqueueMarker(session.queue, nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueMarker(nullptr, nullptr) == CL_INVALID_COMMAND_QUEUE);
  CHECK(clEnqueueBarrier(nullptr) == CL_INVALID_COMMAND_QUEUE);
  const cl_event none[] = {nullptr};
  CHECK(clEnqueueWaitForEvents(session.queue, 0, nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueWaitForEvents(session.queue, 1, none) == CL_INVALID_EVENT);
}

TEST_CASE("what no device has is refused by the functions that ask for it") {
  const Session session;
  Program program = session.build("kernel void f() {}");
  const cl_device_id own = device();
  cl_int error = 1;
  CHECK(clCreateProgramWithBuiltInKernels(session.context, 1, &own, "nothing", &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clCreateProgramWithBuiltInKernels(session.context, 1, &own, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clCreateProgramWithBuiltInKernels(session.context, 0, nullptr, "nothing", &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clSetCommandQueueProperty(session.queue, CL_QUEUE_PROFILING_ENABLE, CL_FALSE, nullptr) ==
        CL_INVALID_OPERATION);
  CHECK(clSetCommandQueueProperty(nullptr, CL_QUEUE_PROFILING_ENABLE, CL_FALSE, nullptr) ==
        CL_INVALID_COMMAND_QUEUE);
  CHECK(clSetDefaultDeviceCommandQueue(session.context, own, session.queue) == CL_INVALID_OPERATION);
  CHECK(clSetDefaultDeviceCommandQueue(nullptr, own, session.queue) == CL_INVALID_CONTEXT);
  const auto ignore = [](cl_program, void*) {};
  CHECK(clSetProgramReleaseCallback(program, ignore, nullptr) == CL_INVALID_OPERATION);
  CHECK(clSetProgramReleaseCallback(nullptr, ignore, nullptr) == CL_INVALID_PROGRAM);
  CHECK(clUnloadPlatformCompiler(platform()) == CL_SUCCESS);
  CHECK(clUnloadCompiler() == CL_SUCCESS);
  session.build("kernel void g() {}");  // the compiler is there again
}
