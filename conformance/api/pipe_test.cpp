// Pipes as objects; what kernels do with them: compiler/builtins/test.
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

bool has_pipes() { return query<cl_bool>(clGetDeviceInfo, device(), CL_DEVICE_PIPE_SUPPORT) == CL_TRUE; }

cl_int pipe_error(const Session& session, cl_mem_flags flags, cl_uint bytes, cl_uint packets,
                  const cl_pipe_properties* properties = nullptr) {
  cl_int error = 1;
  Memory pipe(clCreatePipe(session.context, flags, bytes, packets, properties, &error));
  CHECK((pipe == nullptr) == (error != CL_SUCCESS));
  return error;
}

}  // namespace

TEST_CASE("a device without pipes has no limits and makes none") {
  if (has_pipes()) return;
  const Session session;
  CHECK(pipe_error(session, 0, 4, 4) == CL_INVALID_OPERATION);
  CHECK(query<cl_uint>(clGetDeviceInfo, device(), CL_DEVICE_PIPE_MAX_PACKET_SIZE) == 0);
}

TEST_CASE("pipes tell how they were made and are checked") {
  if (!has_pipes()) return;
  const Session session;
  const auto most = query<cl_uint>(clGetDeviceInfo, device(), CL_DEVICE_PIPE_MAX_PACKET_SIZE);
  CHECK(most >= 1024);
  cl_int error = 1;
  Memory pipe(clCreatePipe(session.context, 0, 12, 100, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  const cl_mem raw = pipe;
  CHECK(query<cl_uint>(clGetPipeInfo, raw, CL_PIPE_PACKET_SIZE) == 12);
  CHECK(query<cl_uint>(clGetPipeInfo, raw, CL_PIPE_MAX_PACKETS) == 100);
  std::size_t size = 7;
  CHECK(clGetPipeInfo(raw, CL_PIPE_PROPERTIES, 0, nullptr, &size) == CL_SUCCESS);
  CHECK(size == 0);
  CHECK(info<cl_mem_object_type>(clGetMemObjectInfo, raw, CL_MEM_TYPE) == CL_MEM_OBJECT_PIPE);
  CHECK(info<cl_mem_flags>(clGetMemObjectInfo, raw, CL_MEM_FLAGS) ==
        (CL_MEM_READ_WRITE | CL_MEM_HOST_NO_ACCESS));
  cl_uint value = 0;
  CHECK(clGetPipeInfo(raw, 0x1234, 4, &value, nullptr) == CL_INVALID_VALUE);
  CHECK(clGetPipeInfo(raw, CL_PIPE_PACKET_SIZE, 2, &value, nullptr) == CL_INVALID_VALUE);
  Memory buffer = session.buffer(64);
  CHECK(clGetPipeInfo(buffer, CL_PIPE_PACKET_SIZE, 4, &value, nullptr) == CL_INVALID_MEM_OBJECT);

  const cl_pipe_properties properties[] = {0};
  CHECK(pipe_error(session, CL_MEM_READ_WRITE, 4, 4) == CL_SUCCESS);
  CHECK(pipe_error(session, CL_MEM_HOST_NO_ACCESS, 4, 4) == CL_SUCCESS);
  CHECK(pipe_error(session, CL_MEM_READ_ONLY, 4, 4) == CL_INVALID_VALUE);
  CHECK(pipe_error(session, CL_MEM_USE_HOST_PTR, 4, 4) == CL_INVALID_VALUE);
  CHECK(pipe_error(session, 0, 4, 4, properties) == CL_INVALID_VALUE);
  CHECK(pipe_error(session, 0, 0, 4) == CL_INVALID_PIPE_SIZE);
  CHECK(pipe_error(session, 0, most, 4) == CL_SUCCESS);
  CHECK(pipe_error(session, 0, most + 1, 4) == CL_INVALID_PIPE_SIZE);
  CHECK(pipe_error(session, 0, 4, 0) == CL_INVALID_PIPE_SIZE);
  CHECK(pipe_error(session, 0, most, ~cl_uint{0}) == CL_MEM_OBJECT_ALLOCATION_FAILURE);
  CHECK(clCreatePipe(nullptr, 0, 4, 4, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
  int byte = 0;
  CHECK(clEnqueueReadBuffer(session.queue, pipe, CL_TRUE, 0, 1, &byte, 0, nullptr, nullptr) ==
        CL_INVALID_MEM_OBJECT);
}

TEST_CASE("packets go from kernel to kernel through a pipe") {
  if (!has_pipes()) return;
  const Session session;
  Program program = session.build(
      "kernel void put(write_only pipe int2 to) { int2 v = (int2)(get_global_id(0), 7); write_pipe(to, &v); }"
      "kernel void get(read_only pipe int2 from, global int* sum) {"
      "  int2 v; if (read_pipe(from, &v) == 0) atomic_add(sum, v.x * v.y); else atomic_add(sum + 1, 1); }",
      "-cl-std=CL3.0 -cl-kernel-arg-info");
  Kernel put = session.kernel(program, "put"), get = session.kernel(program, "get");
  cl_kernel_arg_type_qualifier qualifier = 0;
  CHECK(clGetKernelArgInfo(put, 0, CL_KERNEL_ARG_TYPE_QUALIFIER, sizeof qualifier, &qualifier, nullptr) ==
        CL_SUCCESS);
  CHECK(qualifier == CL_KERNEL_ARG_TYPE_PIPE);
  Memory pipe(clCreatePipe(session.context, 0, 8, 100, nullptr, nullptr));
  std::vector<int> none{0, 0};
  Memory sum = session.buffer_of(none);
  const cl_mem raw = pipe, raw_sum = sum;
  CHECK(clSetKernelArg(put, 0, sizeof raw_sum, &raw_sum) == CL_INVALID_MEM_OBJECT);
  REQUIRE(clSetKernelArg(put, 0, sizeof raw, &raw) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(get, 0, sizeof raw, &raw) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(get, 1, sizeof raw_sum, &raw_sum) == CL_SUCCESS);
  const std::size_t writers = 60, readers = 64;
  for (int round = 0; round < 4; ++round) {
    REQUIRE(clEnqueueNDRangeKernel(session.queue, put, 1, nullptr, &writers, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(session.queue, get, 1, nullptr, &readers, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
  }
  CHECK(session.read<int>(sum, 2) == std::vector<int>{4 * 7 * 59 * 60 / 2, 4 * 4});
}

TEST_CASE("a kernel asks pipes that it reads and pipes that it writes") {
  if (!has_pipes()) return;
  const Session session;
  Program program = session.build(
      "kernel void ask(read_only pipe int from, write_only pipe int2 to, global uint* n) {"
      "  n[0] = get_pipe_max_packets(from); n[1] = get_pipe_max_packets(to); int2 v = 1; write_pipe(to, &v);"
      "  n[2] = get_pipe_num_packets(from); n[3] = get_pipe_num_packets(to); }",
      "-cl-std=CL3.0");
  Kernel ask = session.kernel(program, "ask");
  Memory from(clCreatePipe(session.context, 0, 4, 10, nullptr, nullptr));
  Memory to(clCreatePipe(session.context, 0, 8, 20, nullptr, nullptr));
  std::vector<cl_uint> none(4);
  Memory answers = session.buffer_of(none);
  const cl_mem arguments[] = {from, to, answers};
  for (cl_uint i = 0; i < 3; ++i)
    REQUIRE(clSetKernelArg(ask, i, sizeof(cl_mem), &arguments[i]) == CL_SUCCESS);
  const std::size_t one = 1;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, ask, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(session.read<cl_uint>(answers, 4) == std::vector<cl_uint>{10, 20, 0, 1});
}
