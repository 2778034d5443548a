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
