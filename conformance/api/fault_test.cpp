// Kernels that do what they must not: the command fails, the application and the queue go on.
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

void set(cl_kernel kernel, cl_uint index, cl_mem memory) {
  REQUIRE(clSetKernelArg(kernel, index, sizeof memory, &memory) == CL_SUCCESS);
}

Event launch(const Session& session, cl_kernel kernel, std::size_t size) {
  Event out;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, out.out()) ==
          CL_SUCCESS);
  return out;
}

}  // namespace

TEST_CASE("a store outside every buffer fails its command only") {
  const Session session;
  Program program =
      session.build("kernel void wild(global int* out, ulong far) { out[get_global_id(0) + far] = 1; }");
  Kernel kernel = session.kernel(program, "wild");
  Memory memory = session.buffer(256);
  set(kernel, 0, memory);
  const cl_ulong far = cl_ulong{1} << 33;
  REQUIRE(clSetKernelArg(kernel, 1, sizeof far, &far) == CL_SUCCESS);
  Event event = launch(session, kernel, 64);
  const cl_event list[] = {event};
  CHECK(clWaitForEvents(1, list) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(status_of(event) < 0);
  CHECK(session.heard("wild"));
  cl_ulong time = 0;
  CHECK(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr) ==
        CL_PROFILING_INFO_NOT_AVAILABLE);

  const cl_ulong near = 0;
  REQUIRE(clSetKernelArg(kernel, 1, sizeof near, &near) == CL_SUCCESS);
  Event good = launch(session, kernel, 64);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
  CHECK(status_of(good) == CL_COMPLETE);
  CHECK(session.read<int>(memory, 64) == std::vector<int>(64, 1));
}

TEST_CASE("a null buffer argument that is used is a fault, not a crash") {
  const Session session;
  Program program = session.build("kernel void f(global int* out) { out[get_global_id(0)] = 1; }");
  Kernel kernel = session.kernel(program, "f");
  REQUIRE(clSetKernelArg(kernel, 0, sizeof(cl_mem), nullptr) == CL_SUCCESS);
  Event event = launch(session, kernel, 1);
  CHECK(clFinish(session.queue) == CL_OUT_OF_RESOURCES);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
  CHECK(status_of(event) < 0);
}

TEST_CASE("what waits for a faulting kernel fails too") {
  const Session session;
  Program program = session.build("kernel void f(global int* out) { out[get_global_id(0)] = 1; }");
  Kernel kernel = session.kernel(program, "f");
  REQUIRE(clSetKernelArg(kernel, 0, sizeof(cl_mem), nullptr) == CL_SUCCESS);
  Event fault = launch(session, kernel, 1);
  const cl_event list[] = {fault};
  Event after;
  REQUIRE(clEnqueueMarkerWithWaitList(session.queue, 1, list, after.out()) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_OUT_OF_RESOURCES);
  CHECK(status_of(after) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
}

TEST_CASE("too much local memory is an error of the enqueue") {
  const Session session;
  Program program =
      session.build("kernel void f(global int* out, local int* big) { big[0] = 1; out[0] = big[0]; }");
  Kernel kernel = session.kernel(program, "f");
  Memory memory = session.buffer(256);
  set(kernel, 0, memory);
  const auto available = query<cl_ulong>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_LOCAL_MEM_SIZE});
  const std::size_t size = 1;
  const auto run = [&](std::size_t bytes) {
    REQUIRE(clSetKernelArg(kernel, 1, bytes, nullptr) == CL_SUCCESS);
    return clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr);
  };
  CHECK(run(available + 1) == CL_OUT_OF_RESOURCES);
  CHECK(session.heard("local memory"));
  CHECK(run(~std::size_t{0} - 7) == CL_OUT_OF_RESOURCES);
  CHECK(run(available) == CL_SUCCESS);
  CHECK(session.read<int>(memory, 1).front() == 1);
}

TEST_CASE("local variables of more than 4 GiB are counted in full") {
  const Session session;
  Program program = session.build(
      "kernel void f(global int* out) { local char big[5000000000]; big[get_local_id(0)] = out[0];"
      "  barrier(CLK_LOCAL_MEM_FENCE); out[0] = big[out[1]]; }");
  Kernel kernel = session.kernel(program, "f");
  Memory memory = session.buffer(256);
  set(kernel, 0, memory);
  const std::size_t one = 1;
  CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
        CL_OUT_OF_RESOURCES);
  CHECK(session.heard("5000000000 bytes of local memory"));
}

TEST_CASE("too much private memory and too many work-groups are errors of the enqueue") {
  const Session session;
  Program program = session.build(
      "kernel void f(global int* out, int n) { int big[1 << 20]; for (int i = 0; i < n; ++i) big[i * 7 % n] "
      "= i;"
      "  out[0] = big[n / 2]; }\n"
      "kernel void g(global int* out) { out[0] = 1; }");
  Kernel kernel = session.kernel(program, "f");
  Memory memory = session.buffer(256);
  set(kernel, 0, memory);
  const int n = 100;
  REQUIRE(clSetKernelArg(kernel, 1, sizeof n, &n) == CL_SUCCESS);
  const std::size_t one = 1, far_too_many = std::size_t{1} << 40;
  CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
        CL_OUT_OF_RESOURCES);
  CHECK(session.heard("bytes of private memory in a work-item, there are 262144"));
  Kernel other = session.kernel(program, "g");
  set(other, 0, memory);
  CHECK(clEnqueueNDRangeKernel(session.queue, other, 1, nullptr, &far_too_many, &one, 0, nullptr, nullptr) ==
        CL_OUT_OF_RESOURCES);
  CHECK(session.heard("1099511627776 work-groups"));
}

TEST_CASE("a released buffer in an argument is noticed") {
  const Session session;
  Program program = session.build("kernel void f(global int* out) { out[0] = 1; }");
  Kernel kernel = session.kernel(program, "f");
  Memory memory = session.buffer(256);
  set(kernel, 0, memory);
  memory.reset();
  const std::size_t size = 1;
  CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_KERNEL_ARGS);
}
