#include <cstring>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

cl_int create_error(const Session& session, cl_mem_flags flags, std::size_t size, void* host) {
  cl_int error = 1;
  const cl_mem memory = clCreateBuffer(session.context, flags, size, host, &error);
  CHECK((memory == nullptr) == (error != CL_SUCCESS));
  if (memory) clReleaseMemObject(memory);
  return error;
}

std::vector<int> counted(std::size_t count) {
  std::vector<int> out(count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

}  // namespace

TEST_CASE("clCreateBuffer checks in the order of the specification") {
  const Session session;
  int host = 0;
  CHECK(create_error(session, CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, 4, nullptr) == CL_INVALID_VALUE);
  CHECK(create_error(session, CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS, 4, nullptr) == CL_INVALID_VALUE);
  CHECK(create_error(session, CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, 4, &host) == CL_INVALID_VALUE);
  CHECK(create_error(session, CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR, 4, &host) == CL_INVALID_VALUE);
  CHECK(create_error(session, cl_mem_flags{1} << 40, 4, nullptr) == CL_INVALID_VALUE);
  CHECK(create_error(session, CL_MEM_READ_WRITE, 0, nullptr) == CL_INVALID_BUFFER_SIZE);
  CHECK(create_error(session, CL_MEM_READ_WRITE, ~std::size_t{0}, nullptr) == CL_INVALID_BUFFER_SIZE);
  CHECK(create_error(session, CL_MEM_READ_WRITE, 4, &host) == CL_INVALID_HOST_PTR);
  CHECK(create_error(session, CL_MEM_COPY_HOST_PTR, 4, nullptr) == CL_INVALID_HOST_PTR);
  CHECK(create_error(session, CL_MEM_USE_HOST_PTR, 4, nullptr) == CL_INVALID_HOST_PTR);
  CHECK(create_error(session, CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR, 4, &host) == CL_SUCCESS);
  cl_int error = 0;
  CHECK(clCreateBuffer(nullptr, CL_MEM_READ_WRITE, 4, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
  const cl_mem_properties unknown[] = {0x4242, 1, 0};
  CHECK(clCreateBufferWithProperties(session.context, unknown, CL_MEM_READ_WRITE, 4, nullptr, &error) ==
        nullptr);
  CHECK(error == CL_INVALID_PROPERTY);
}

TEST_CASE("a buffer answers its queries") {
  const Session session;
  std::vector<int> data(16, 3);
  Memory memory = session.buffer_of(data, CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY);
  CHECK(info<cl_mem_object_type>(clGetMemObjectInfo, memory, CL_MEM_TYPE) == CL_MEM_OBJECT_BUFFER);
  CHECK(info<cl_mem_flags>(clGetMemObjectInfo, memory, CL_MEM_FLAGS) ==
        (CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY));
  CHECK(info<std::size_t>(clGetMemObjectInfo, memory, CL_MEM_SIZE) == 64);
  CHECK(info<void*>(clGetMemObjectInfo, memory, CL_MEM_HOST_PTR) == data.data());
  CHECK(info<cl_uint>(clGetMemObjectInfo, memory, CL_MEM_MAP_COUNT) == 0);
  CHECK(info<cl_uint>(clGetMemObjectInfo, memory, CL_MEM_REFERENCE_COUNT) == 1);
  CHECK(info<cl_context>(clGetMemObjectInfo, memory, CL_MEM_CONTEXT) == session.context);
  CHECK(info<cl_mem>(clGetMemObjectInfo, memory, CL_MEM_ASSOCIATED_MEMOBJECT) == nullptr);
  CHECK(info<cl_bool>(clGetMemObjectInfo, memory, CL_MEM_USES_SVM_POINTER) == CL_FALSE);
  CHECK(session.read<int>(memory, 16) == data);
}

TEST_CASE("what is written is read back, in pieces too") {
  const Session session;
  Memory memory = session.buffer(4000);
  auto data = counted(1000);
  REQUIRE(clEnqueueWriteBuffer(session.queue, memory, CL_FALSE, 0, 4000, data.data(), 0, nullptr, nullptr) ==
          CL_SUCCESS);
  const int nine = 9;
  REQUIRE(clEnqueueWriteBuffer(session.queue, memory, CL_TRUE, 40, 4, &nine, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  data[10] = 9;
  CHECK(session.read<int>(memory, 1000) == data);
  int piece = 0;
  REQUIRE(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 3996, 4, &piece, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(piece == 999);
}

TEST_CASE("reads and writes check their range, pointer and flags") {
  const Session session;
  Memory memory = session.buffer(64);
  int host[32] = {};
  const auto read = [&](cl_mem object, std::size_t offset, std::size_t size, void* to) {
    return clEnqueueReadBuffer(session.queue, object, CL_TRUE, offset, size, to, 0, nullptr, nullptr);
  };
  CHECK(read(memory, 0, 65, host) == CL_INVALID_VALUE);
  CHECK(read(memory, 64, 1, host) == CL_INVALID_VALUE);
  CHECK(read(memory, ~std::size_t{0}, 2, host) == CL_INVALID_VALUE);
  CHECK(read(memory, 0, 4, nullptr) == CL_INVALID_VALUE);
  CHECK(read(nullptr, 0, 4, host) == CL_INVALID_MEM_OBJECT);
  const Session other;
  Memory foreign = other.buffer(64);
  CHECK(read(foreign, 0, 4, host) == CL_INVALID_CONTEXT);
  Memory hidden = session.buffer(64, CL_MEM_HOST_NO_ACCESS);
  CHECK(read(hidden, 0, 4, host) == CL_INVALID_OPERATION);
  Memory write_only = session.buffer(64, CL_MEM_HOST_WRITE_ONLY);
  CHECK(read(write_only, 0, 4, host) == CL_INVALID_OPERATION);
  Memory read_only = session.buffer(64, CL_MEM_HOST_READ_ONLY);
  CHECK(clEnqueueWriteBuffer(session.queue, read_only, CL_TRUE, 0, 4, host, 0, nullptr, nullptr) ==
        CL_INVALID_OPERATION);
  CHECK(clEnqueueReadBuffer(nullptr, memory, CL_TRUE, 0, 4, host, 0, nullptr, nullptr) ==
        CL_INVALID_COMMAND_QUEUE);
  cl_event none = nullptr;
  CHECK(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, 4, host, 1, nullptr, nullptr) ==
        CL_INVALID_EVENT_WAIT_LIST);
  CHECK(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, 4, host, 0, &none, nullptr) ==
        CL_INVALID_EVENT_WAIT_LIST);
  CHECK(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, 4, host, 1, &none, nullptr) ==
        CL_INVALID_EVENT_WAIT_LIST);
}

TEST_CASE("copy and fill") {
  const Session session;
  auto data = counted(64);
  Memory source = session.buffer_of(data), target = session.buffer(256);
  const int pattern = 7;
  REQUIRE(clEnqueueFillBuffer(session.queue, target, &pattern, 4, 0, 256, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clEnqueueCopyBuffer(session.queue, source, target, 16, 32, 64, 0, nullptr, nullptr) == CL_SUCCESS);
  std::vector<int> expected(64, 7);
  std::copy_n(data.begin() + 4, 16, expected.begin() + 8);
  CHECK(session.read<int>(target, 64) == expected);

  const auto copy = [&](std::size_t from, std::size_t to, std::size_t size) {
    return clEnqueueCopyBuffer(session.queue, source, source, from, to, size, 0, nullptr, nullptr);
  };
  CHECK(copy(0, 32, 64) == CL_MEM_COPY_OVERLAP);
  CHECK(copy(32, 0, 64) == CL_MEM_COPY_OVERLAP);
  CHECK(copy(0, 64, 64) == CL_SUCCESS);
  CHECK(copy(0, 200, 64) == CL_INVALID_VALUE);
  const auto fill = [&](const void* what, std::size_t size, std::size_t offset, std::size_t bytes) {
    return clEnqueueFillBuffer(session.queue, target, what, size, offset, bytes, 0, nullptr, nullptr);
  };
  CHECK(fill(&pattern, 3, 0, 12) == CL_INVALID_VALUE);
  CHECK(fill(&pattern, 4, 2, 4) == CL_INVALID_VALUE);
  CHECK(fill(&pattern, 4, 0, 6) == CL_INVALID_VALUE);
  CHECK(fill(nullptr, 4, 0, 4) == CL_INVALID_VALUE);
  CHECK(fill(&pattern, 4, 0, 260) == CL_INVALID_VALUE);
}

TEST_CASE("every pattern size fills") {
  const Session session;
  for (std::size_t size = 1; size <= 128; size *= 2) {
    Memory memory = session.buffer(1024);
    std::vector<unsigned char> pattern(size), zero(1024);
    std::iota(pattern.begin(), pattern.end(), 1);
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, zero.data(), 1, 0, 1024, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, pattern.data(), size, size, 1024 - 2 * size, 0,
                                nullptr, nullptr) == CL_SUCCESS);
    for (std::size_t i = size; i < 1024 - size; ++i) zero[i] = pattern[i % size];
    CHECK(session.read<unsigned char>(memory, 1024) == zero);
  }
}

TEST_CASE("sub-buffers are windows of their buffer") {
  const Session session;
  auto data = counted(256);
  Memory memory = session.buffer_of(data);
  const auto create = [&](cl_mem of, std::size_t origin, std::size_t size, cl_mem_flags flags,
                          cl_int& error) {
    const cl_buffer_region region{origin, size};
    return clCreateSubBuffer(of, flags, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
  };
  cl_int error = 1;
  Memory part(create(memory, 256, 128, 0, error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(session.read<int>(part, 32) == std::vector<int>(data.begin() + 64, data.begin() + 96));
  CHECK(info<std::size_t>(clGetMemObjectInfo, part, CL_MEM_OFFSET) == 256);
  CHECK(info<cl_mem>(clGetMemObjectInfo, part, CL_MEM_ASSOCIATED_MEMOBJECT) == memory);
  const int pattern = 5;
  REQUIRE(clEnqueueFillBuffer(session.queue, part, &pattern, 4, 0, 128, 0, nullptr, nullptr) == CL_SUCCESS);
  std::fill_n(data.begin() + 64, 32, 5);
  CHECK(session.read<int>(memory, 256) == data);

  CHECK(create(part, 0, 64, 0, error) == nullptr);
  CHECK(error == CL_INVALID_MEM_OBJECT);
  CHECK(create(memory, 4, 64, 0, error) == nullptr);
  CHECK(error == CL_MISALIGNED_SUB_BUFFER_OFFSET);
  CHECK(create(memory, 0, 0, 0, error) == nullptr);
  CHECK(error == CL_INVALID_BUFFER_SIZE);
  CHECK(create(memory, 1024, 4, 0, error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(create(memory, 0, 64, CL_MEM_USE_HOST_PTR, error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  // Two windows of one buffer overlap like one buffer.
  Memory again(create(memory, 256, 256, 0, error));
  CHECK(clEnqueueCopyBuffer(session.queue, part, again, 0, 64, 128, 0, nullptr, nullptr) ==
        CL_MEM_COPY_OVERLAP);
  // The window keeps its buffer.
  memory.reset();
  CHECK(session.read<int>(part, 1).front() == 5);
}

TEST_CASE("migration moves nothing that can be seen") {
  const Session session;
  auto data = counted(16);
  Memory memory = session.buffer_of(data);
  const cl_mem list[] = {memory};
  CHECK(clEnqueueMigrateMemObjects(session.queue, 1, list, CL_MIGRATE_MEM_OBJECT_HOST, 0, nullptr, nullptr) ==
        CL_SUCCESS);
  CHECK(clEnqueueMigrateMemObjects(session.queue, 0, nullptr, 0, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueMigrateMemObjects(session.queue, 1, list, 1 << 9, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(session.read<int>(memory, 16) == data);
}
