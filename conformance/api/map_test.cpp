#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

struct Mapped {
  int* pointer;
  cl_int error;
};

Mapped map(const Session& session, cl_mem memory, cl_map_flags flags, std::size_t offset, std::size_t size) {
  cl_int error = 1;
  auto* pointer =
      clEnqueueMapBuffer(session.queue, memory, CL_TRUE, flags, offset, size, 0, nullptr, nullptr, &error);
  return {static_cast<int*>(pointer), error};
}

cl_int unmap(const Session& session, cl_mem memory, void* pointer) {
  return clEnqueueUnmapMemObject(session.queue, memory, pointer, 0, nullptr, nullptr);
}

cl_uint map_count(cl_mem memory) { return info<cl_uint>(clGetMemObjectInfo, memory, CL_MEM_MAP_COUNT); }

}  // namespace

TEST_CASE("a mapping shows the buffer and takes changes back") {
  const Session session;
  for (const cl_mem_flags flags : {cl_mem_flags{CL_MEM_COPY_HOST_PTR}, cl_mem_flags{CL_MEM_USE_HOST_PTR},
                                   cl_mem_flags{CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR}}) {
    std::vector<int> data(64, 1);
    Memory memory = session.buffer_of(data, flags);
    const int two = 2;
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, &two, 4, 0, 256, 0, nullptr, nullptr) == CL_SUCCESS);
    const auto mapped = map(session, memory, CL_MAP_READ | CL_MAP_WRITE, 32, 128);
    REQUIRE(mapped.error == CL_SUCCESS);
    CHECK(mapped.pointer[0] == 2);
    CHECK(mapped.pointer[31] == 2);
    if (flags & CL_MEM_USE_HOST_PTR) CHECK(mapped.pointer == data.data() + 8);
    CHECK(map_count(memory) == 1);
    mapped.pointer[0] = 77;
    REQUIRE(unmap(session, memory, mapped.pointer) == CL_SUCCESS);
    const auto now = session.read<int>(memory, 64);
    CHECK(now[7] == 2);
    CHECK(now[8] == 77);
    CHECK(now[9] == 2);
    CHECK(map_count(memory) == 0);
  }
}

TEST_CASE("an invalidating mapping writes what the host wrote") {
  const Session session;
  std::vector<int> data(16, 1);
  for (const cl_mem_flags flags : {cl_mem_flags{CL_MEM_COPY_HOST_PTR}, cl_mem_flags{CL_MEM_USE_HOST_PTR}}) {
    Memory memory = session.buffer_of(data, flags);
    const auto mapped = map(session, memory, CL_MAP_WRITE_INVALIDATE_REGION, 0, 64);
    REQUIRE(mapped.error == CL_SUCCESS);
    std::fill_n(mapped.pointer, 16, 6);
    REQUIRE(unmap(session, memory, mapped.pointer) == CL_SUCCESS);
    CHECK(session.read<int>(memory, 16) == std::vector<int>(16, 6));
  }
}

TEST_CASE("mappings are counted, and sub-buffers map their own window") {
  const Session session;
  std::vector<int> data(256);
  std::iota(data.begin(), data.end(), 0);
  Memory memory = session.buffer_of(data);
  const cl_buffer_region region{512, 256};
  Memory part(clCreateSubBuffer(memory, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, nullptr));
  const auto first = map(session, memory, CL_MAP_READ, 0, 64),
             second = map(session, memory, CL_MAP_READ, 128, 64);
  const auto window = map(session, part, CL_MAP_READ, 4, 16);
  CHECK(window.pointer[0] == 129);
  CHECK(map_count(memory) == 2);
  CHECK(map_count(part) == 1);
  CHECK(unmap(session, memory, window.pointer) == CL_INVALID_VALUE);
  CHECK(unmap(session, part, window.pointer) == CL_SUCCESS);
  CHECK(unmap(session, memory, second.pointer) == CL_SUCCESS);
  CHECK(unmap(session, memory, first.pointer) == CL_SUCCESS);
  CHECK(unmap(session, memory, first.pointer) == CL_INVALID_VALUE);
  CHECK(unmap(session, memory, nullptr) == CL_INVALID_VALUE);
}

TEST_CASE("mapping checks range and flags") {
  const Session session;
  Memory memory = session.buffer(64);
  CHECK(map(session, memory, CL_MAP_READ, 0, 65).error == CL_INVALID_VALUE);
  CHECK(map(session, memory, CL_MAP_READ, 0, 0).error == CL_INVALID_VALUE);
  CHECK(map(session, memory, CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 0, 4).error == CL_INVALID_VALUE);
  CHECK(map(session, memory, 1 << 8, 0, 4).error == CL_INVALID_VALUE);
  CHECK(map(session, nullptr, CL_MAP_READ, 0, 4).error == CL_INVALID_MEM_OBJECT);
  Memory hidden = session.buffer(64, CL_MEM_HOST_NO_ACCESS);
  CHECK(map(session, hidden, CL_MAP_READ, 0, 4).error == CL_INVALID_OPERATION);
  Memory read_only = session.buffer(64, CL_MEM_HOST_READ_ONLY);
  CHECK(map(session, read_only, CL_MAP_WRITE, 0, 4).error == CL_INVALID_OPERATION);
}

TEST_CASE("regions of a buffer are mapped for writing only once at a time") {
  const Session session;
  Memory memory = session.buffer(256);
  const auto first = map(session, memory, CL_MAP_WRITE, 0, 128);
  REQUIRE(first.error == CL_SUCCESS);
  CHECK(map(session, memory, CL_MAP_WRITE, 124, 8).error == CL_INVALID_OPERATION);
  CHECK(map(session, memory, CL_MAP_WRITE_INVALIDATE_REGION, 0, 256).error == CL_INVALID_OPERATION);
  const auto second = map(session, memory, CL_MAP_WRITE, 128, 128);
  REQUIRE(second.error == CL_SUCCESS);
  REQUIRE(unmap(session, memory, first.pointer) == CL_SUCCESS);
  const auto again = map(session, memory, CL_MAP_WRITE, 64, 64);
  REQUIRE(again.error == CL_SUCCESS);
  for (const auto& mapped : {second, again}) CHECK(unmap(session, memory, mapped.pointer) == CL_SUCCESS);
}

TEST_CASE("mappings begin at a whole number of the largest type and may overlap for reading") {
  const Session session;
  std::vector<int> data(1024);
  std::iota(data.begin(), data.end(), 0);
  for (int round = 0; round < 4; ++round) {
    Memory memory = session.buffer_of(data);
    const auto first = map(session, memory, CL_MAP_READ, 0, 256),
               second = map(session, memory, CL_MAP_READ, 128, 1024),
               third = map(session, memory, CL_MAP_READ, 128, 4);
    CHECK(reinterpret_cast<std::uintptr_t>(first.pointer) % 128 == 0);
    CHECK(std::vector<int>(first.pointer, first.pointer + 64) ==
          std::vector<int>(data.begin(), data.begin() + 64));
    CHECK(std::vector<int>(second.pointer, second.pointer + 256) ==
          std::vector<int>(data.begin() + 32, data.begin() + 288));
    CHECK(*third.pointer == 32);
    CHECK(map_count(memory) == 3);
    for (const auto& mapped : {second, first, third})
      CHECK(unmap(session, memory, mapped.pointer) == CL_SUCCESS);
    CHECK(map_count(memory) == 0);
  }
}

TEST_CASE("unmapping changes nothing outside of the region, and mapping again shows what is new") {
  const Session session;
  std::vector<int> data(64, 1);
  for (const cl_mem_flags flags : {cl_mem_flags{CL_MEM_COPY_HOST_PTR}, cl_mem_flags{CL_MEM_USE_HOST_PTR}}) {
    Memory memory = session.buffer_of(data, flags);
    const auto written = map(session, memory, CL_MAP_WRITE, 0, 128);
    written.pointer[3] = 33;
    const int outside = 7;
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, &outside, 4, 128, 128, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    REQUIRE(unmap(session, memory, written.pointer) == CL_SUCCESS);
    std::vector<int> expected(64, 1);
    expected[3] = 33;
    std::fill(expected.begin() + 32, expected.end(), 7);
    CHECK(session.read<int>(memory, 64) == expected);

    const int later = 9;
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, &later, 4, 0, 8, 0, nullptr, nullptr) == CL_SUCCESS);
    const auto seen = map(session, memory, CL_MAP_READ, 0, 256);
    expected[0] = expected[1] = 9;
    CHECK(std::vector<int>(seen.pointer, seen.pointer + 64) == expected);
    CHECK(unmap(session, memory, seen.pointer) == CL_SUCCESS);
    data.assign(64, 1);
  }
}
