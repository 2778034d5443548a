// Sizes that are fine one by one and whose product, sum or distance is not.
#include <chrono>
#include <cstdint>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr std::size_t kMost = SIZE_MAX;
constexpr std::size_t kHalf = std::size_t{1} << 63;

constexpr cl_image_format kPixels{CL_RGBA, CL_UNSIGNED_INT8};

Memory image(const Session& session, std::size_t width, std::size_t height, std::size_t depth = 0) {
  cl_image_desc shape{};
  shape.image_type = depth ? CL_MEM_OBJECT_IMAGE3D : CL_MEM_OBJECT_IMAGE2D;
  shape.image_width = width, shape.image_height = height, shape.image_depth = depth;
  return Memory(clCreateImage(session.context, CL_MEM_READ_WRITE, &kPixels, &shape, nullptr, nullptr));
}

}  // namespace

TEST_CASE("a range of more work-items than 64 bits can number is refused, with and without a local size") {
  const Session session;
  auto program = session.build("kernel void k() {}");
  auto kernel = session.kernel(program, "k");
  using Sizes = std::vector<std::size_t>;
  const auto run = [&](const Sizes& global, const std::size_t* local = nullptr) {
    return clEnqueueNDRangeKernel(session.queue, kernel, static_cast<cl_uint>(global.size()), nullptr,
                                  global.data(), local, 0, nullptr, nullptr);
  };
  const std::size_t ones[] = {1, 1, 1}, full[] = {64, 1, 1};
  for (const Sizes& global :
       {Sizes{std::size_t{1} << 32, std::size_t{1} << 32}, Sizes{std::size_t{1} << 58, 64}, Sizes{kMost, 2},
        Sizes{kMost, kMost, kMost}, Sizes{kHalf, 1, 2}, Sizes{3, kMost / 2, 1}}) {
    CHECK(run(global) == CL_INVALID_GLOBAL_WORK_SIZE);
    CHECK(run(global, ones) == CL_INVALID_GLOBAL_WORK_SIZE);
  }
  // Numbers that fit, in more work-groups than there can be.
  for (const Sizes& global : {Sizes{kMost}, Sizes{kHalf}, Sizes{kHalf, 1, 1}, Sizes{1, kMost}}) {
    CHECK(run(global) == CL_OUT_OF_RESOURCES);
    CHECK(run(global, ones) == CL_OUT_OF_RESOURCES);
    CHECK(run(global, full) < 0);
  }
  CHECK(run({kMost, kMost, 0}) == CL_SUCCESS);  // nothing to do
  CHECK(clFinish(session.queue) == CL_SUCCESS);

  using Suggest = cl_int (*)(cl_command_queue, cl_kernel, cl_uint, const size_t*, const size_t*, size_t*);
  const auto suggest = extension<Suggest>("clGetKernelSuggestedLocalWorkSizeKHR");
  std::size_t local[3] = {};
  const std::size_t huge[] = {kMost, kMost, 2}, large[] = {kHalf};
  CHECK(suggest(session.queue, kernel, 3, nullptr, huge, local) == CL_INVALID_GLOBAL_WORK_SIZE);
  CHECK(suggest(session.queue, kernel, 1, nullptr, large, local) == CL_OUT_OF_RESOURCES);
}

TEST_CASE("local sizes whose product wraps are too large") {
  const Session session;
  auto program = session.build("kernel void k(local char* a, local char* b) {}");
  auto kernel = session.kernel(program, "k");
  REQUIRE(clSetKernelArg(kernel, 0, 64, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 1, 64, nullptr) == CL_SUCCESS);
  const std::size_t global[] = {64, 64, 64};
  for (const std::array<std::size_t, 3> local :
       {std::array<std::size_t, 3>{kHalf, 2, 1},
        std::array<std::size_t, 3>{std::size_t{1} << 32, std::size_t{1} << 32, 1},
        std::array<std::size_t, 3>{64, 64, 64}, std::array<std::size_t, 3>{1, kMost, kMost}})
    CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 3, nullptr, global, local.data(), 0, nullptr,
                                 nullptr) < 0);

  const std::size_t one = 1;
  REQUIRE(clSetKernelArg(kernel, 0, kMost, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 1, kMost - 63, nullptr) == CL_SUCCESS);
  CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
        CL_OUT_OF_RESOURCES);
  cl_ulong bytes = 0;
  REQUIRE(clGetKernelWorkGroupInfo(kernel, device(), CL_KERNEL_LOCAL_MEM_SIZE, sizeof bytes, &bytes,
                                   nullptr) == CL_SUCCESS);
  CHECK(bytes == UINT64_MAX);
}

TEST_CASE("sub-groups of sizes that come round are counted") {
  NEEDS(has_extension("cl_khr_subgroups"));
  const Session session;
  auto program = session.build("kernel void k(local char* a, local char* b) {}");
  auto kernel = session.kernel(program, "k");
  const std::size_t wide[] = {kHalf, 2, 1};
  std::size_t answer = 0;
  std::size_t lanes = 0;
  REQUIRE(clGetKernelWorkGroupInfo(kernel, device(), CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
                                   sizeof lanes, &lanes, nullptr) == CL_SUCCESS);
  REQUIRE(clGetKernelSubGroupInfo(kernel, device(), CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, sizeof wide,
                                  wide, sizeof answer, &answer, nullptr) == CL_SUCCESS);
  CHECK(answer == lanes);
  REQUIRE(clGetKernelSubGroupInfo(kernel, device(), CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, sizeof wide, wide,
                                  sizeof answer, &answer, nullptr) == CL_SUCCESS);
  CHECK(answer == kMost / lanes + (kMost % lanes != 0));
  std::size_t local = 1;
  REQUIRE(clGetKernelSubGroupInfo(kernel, device(), CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, sizeof kHalf,
                                  &kHalf, sizeof local, &local, nullptr) == CL_SUCCESS);
  CHECK(local == 0);
}

TEST_CASE("ranges of buffers that come round to their beginning lie outside") {
  const Session session;
  auto memory = session.buffer(4096), other = session.buffer(4096);
  std::vector<char> host(4096);
  for (const auto& [offset, size] : {std::pair{kMost, std::size_t{1}}, std::pair{std::size_t{1}, kMost},
                                     std::pair{kMost - 15, std::size_t{16}},
                                     std::pair{std::size_t{4096}, kMost}, std::pair{kHalf, kHalf}}) {
    cl_int error = 0;
    CHECK(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, offset, size, host.data(), 0, nullptr,
                              nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueWriteBuffer(session.queue, memory, CL_TRUE, offset, size, host.data(), 0, nullptr,
                               nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueFillBuffer(session.queue, memory, host.data(), 1, offset, size, 0, nullptr, nullptr) ==
          CL_INVALID_VALUE);
    CHECK(clEnqueueCopyBuffer(session.queue, memory, other, offset, 0, size, 0, nullptr, nullptr) ==
          CL_INVALID_VALUE);
    CHECK(clEnqueueCopyBuffer(session.queue, memory, other, 0, offset, size, 0, nullptr, nullptr) ==
          CL_INVALID_VALUE);
    CHECK(clEnqueueMapBuffer(session.queue, memory, CL_TRUE, CL_MAP_READ, offset, size, 0, nullptr, nullptr,
                             &error) == nullptr);
    CHECK(error == CL_INVALID_VALUE);
    const cl_buffer_region region{offset, size};
    CHECK(clCreateSubBuffer(memory, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error) == nullptr);
    CHECK(error == CL_INVALID_VALUE);
  }
  CHECK(clEnqueueFillBuffer(session.queue, memory, host.data(), kMost, 0, 0, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueFillBuffer(session.queue, memory, host.data(), 0, 0, 64, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
}

TEST_CASE("regions whose pitches or origins come round lie outside") {
  const Session session;
  auto memory = session.buffer(4096), other = session.buffer(4096);
  std::vector<char> host(4096);
  struct Case {
    std::array<std::size_t, 3> origin, region;
    std::size_t row_pitch, slice_pitch;
  };
  for (const auto& c :
       {Case{{0, 0, 0}, {16, 2, 1}, kMost, 0}, Case{{0, 0, 0}, {1, 3, 1}, kHalf, 0},
        Case{{0, 0, 0}, {1, 1, 3}, 1, kHalf}, Case{{0, 2, 0}, {1, 1, 1}, kHalf, 0},
        Case{{0, 0, 2}, {1, 1, 1}, 1, kHalf}, Case{{kMost, 0, 0}, {2, 1, 1}, 0, 0},
        Case{{0, 0, 0}, {kMost, kMost, kMost}, 0, 0}, Case{{0, 0, 0}, {16, std::size_t{1} << 60, 1}, 0, 0},
        Case{{0, kMost, kMost}, {1, 1, 1}, 1, 1}}) {
    const std::array<std::size_t, 3> zero{};
    CHECK(clEnqueueReadBufferRect(session.queue, memory, CL_TRUE, c.origin.data(), zero.data(),
                                  c.region.data(), c.row_pitch, c.slice_pitch, 0, 0, host.data(), 0, nullptr,
                                  nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueReadBufferRect(session.queue, memory, CL_TRUE, zero.data(), c.origin.data(),
                                  c.region.data(), 0, 0, c.row_pitch, c.slice_pitch, host.data(), 0, nullptr,
                                  nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueWriteBufferRect(session.queue, memory, CL_TRUE, zero.data(), c.origin.data(),
                                   c.region.data(), 0, 0, c.row_pitch, c.slice_pitch, host.data(), 0, nullptr,
                                   nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueCopyBufferRect(session.queue, memory, other, c.origin.data(), zero.data(), c.region.data(),
                                  c.row_pitch, c.slice_pitch, 0, 0, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  }
}

TEST_CASE("whether regions of very many slices overlap is told at once") {
  const Session session;
  const std::size_t slices = std::size_t{1} << 27;
  auto memory = session.buffer(2 * slices);
  const std::size_t from[] = {0, 0, 0}, to[] = {0, 0, slices - 1}, behind[] = {0, 0, slices},
                    region[] = {1, 1, slices};
  cl_int error = 1;
  Event gate(clCreateUserEvent(session.context, &error));
  const cl_event list[] = {gate};
  const auto start = std::chrono::steady_clock::now();
  const auto enqueue = [&](const std::size_t* target) {
    return clEnqueueCopyBufferRect(session.queue, memory, memory, from, target, region, 1, 1, 1, 1, 1, list,
                                   nullptr);
  };
  CHECK(enqueue(to) == CL_MEM_COPY_OVERLAP);
  CHECK(enqueue(behind) == CL_SUCCESS);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));
  REQUIRE(clSetUserEventStatus(gate, -1) == CL_SUCCESS);  // so that nothing is copied
  clFinish(session.queue);
  // The last slice of one and the first of the other, and their neighbours that do not touch.
  const std::size_t few[] = {2, 3, 4}, near[] = {0, 0, 3}, beside[] = {2, 0, 3}, beyond[] = {0, 0, 4};
  const auto copy = [&](const std::size_t* target) {
    return clEnqueueCopyBufferRect(session.queue, memory, memory, from, target, few, 8, 64, 8, 64, 0, nullptr,
                                   nullptr);
  };
  CHECK(copy(near) == CL_MEM_COPY_OVERLAP);
  CHECK(copy(beside) == CL_SUCCESS);
  CHECK(copy(beyond) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
}

TEST_CASE("images and the memory that they are copied to have sizes that fit") {
  NEEDS(has_images());
  const Session session;
  cl_int error = 0;
  const auto create = [&](cl_image_desc shape, cl_mem_flags flags = CL_MEM_READ_WRITE, void* host = nullptr) {
    const Memory made(clCreateImage(session.context, flags, &kPixels, &shape, host, &error));
    return made ? CL_SUCCESS : error;
  };
  std::vector<char> host(4096);
  cl_image_desc shape{};
  shape.image_type = CL_MEM_OBJECT_IMAGE2D;
  shape.image_width = std::size_t{1} << 62, shape.image_height = 4;
  CHECK(create(shape) == CL_INVALID_IMAGE_SIZE);
  shape.image_width = 4, shape.image_row_pitch = kHalf;
  CHECK(create(shape, CL_MEM_USE_HOST_PTR, host.data()) == CL_INVALID_IMAGE_DESCRIPTOR);
  shape.image_type = CL_MEM_OBJECT_IMAGE3D, shape.image_depth = 4;
  shape.image_row_pitch = 16, shape.image_slice_pitch = kHalf;
  CHECK(create(shape, CL_MEM_COPY_HOST_PTR, host.data()) == CL_INVALID_IMAGE_DESCRIPTOR);
  auto buffer = session.buffer(4096);
  shape.image_type = CL_MEM_OBJECT_IMAGE2D, shape.image_depth = 0, shape.image_slice_pitch = 0;
  shape.image_row_pitch = kHalf, shape.mem_object = buffer;
  CHECK(create(shape) < 0);

  auto cube = image(session, 4, 4, 4);
  REQUIRE(cube);
  const std::size_t zero[3] = {}, all[] = {4, 4, 4}, far[] = {kMost, 0, 0}, wide[] = {kMost, 1, 1};
  for (const auto& [row, slice] :
       {std::pair{kHalf, std::size_t{0}}, std::pair{std::size_t{16}, kHalf},
        std::pair{kMost / 4, std::size_t{0}}, std::pair{std::size_t{1} << 62, kMost}}) {
    CHECK(clEnqueueReadImage(session.queue, cube, CL_TRUE, zero, all, row, slice, host.data(), 0, nullptr,
                             nullptr) == CL_INVALID_VALUE);
    CHECK(clEnqueueWriteImage(session.queue, cube, CL_TRUE, zero, all, row, slice, host.data(), 0, nullptr,
                              nullptr) == CL_INVALID_VALUE);
  }
  CHECK(clEnqueueReadImage(session.queue, cube, CL_TRUE, far, all, 0, 0, host.data(), 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueReadImage(session.queue, cube, CL_TRUE, zero, wide, 0, 0, host.data(), 0, nullptr,
                           nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueCopyImageToBuffer(session.queue, cube, buffer, zero, all, kMost, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueCopyBufferToImage(session.queue, buffer, cube, kMost - 8, zero, all, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
}

TEST_CASE("memory of more bytes than there are is refused") {
  const Session session;
  cl_int error = 0;
  for (const std::size_t size : {kMost, kHalf, kMost - 4095}) {
    CHECK(clCreateBuffer(session.context, CL_MEM_READ_WRITE, size, nullptr, &error) == nullptr);
    CHECK(error == CL_INVALID_BUFFER_SIZE);
    CHECK(clSVMAlloc(session.context, CL_MEM_READ_WRITE, size, 0) == nullptr);
  }
  CHECK(clSVMAlloc(session.context, CL_MEM_READ_WRITE, 64, UINT32_MAX) == nullptr);
  CHECK(clSVMAlloc(session.context, CL_MEM_READ_WRITE, 64, 1U << 31) == nullptr);
}

TEST_CASE("pipes of more bytes than there are are refused") {
  NEEDS(query<cl_bool>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_PIPE_SUPPORT}));
  const Session session;
  cl_int error = 0;
  CHECK(clCreatePipe(session.context, 0, UINT32_MAX, UINT32_MAX, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_PIPE_SIZE);
  CHECK(clCreatePipe(session.context, 0, 1024, UINT32_MAX, nullptr, &error) == nullptr);
  CHECK(error < 0);
}

TEST_CASE("ranges of shared memory that come round are refused") {
  NEEDS(has_shared_memory());
  const Session session;
  auto* shared = static_cast<char*>(clSVMAlloc(session.context, CL_MEM_READ_WRITE, 4096, 0));
  REQUIRE(shared != nullptr);
  const char pattern = 1;
  CHECK(clEnqueueSVMMemFill(session.queue, shared + 64, &pattern, 1, kMost, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_READ, shared + 1, kMost, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, shared, shared + 64, kMost, 0, nullptr, nullptr) ==
        CL_MEM_COPY_OVERLAP);
  clSVMFree(session.context, shared);
}

TEST_CASE("partitions into counts that come round are refused") {
  NEEDS(has_parts());
  using Property = cl_device_partition_property;
  cl_uint count = 0;
  for (const Property each : {Property{INTPTR_MIN}, Property{INTPTR_MAX}, Property{-1}, Property{1} << 32}) {
    const Property equally[] = {CL_DEVICE_PARTITION_EQUALLY, each, 0};
    CHECK(clCreateSubDevices(device(), equally, 0, nullptr, &count) < 0);
    const Property counts[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1, each, CL_DEVICE_PARTITION_BY_COUNTS_LIST_END,
                               0};
    CHECK(clCreateSubDevices(device(), counts, 0, nullptr, &count) == CL_INVALID_DEVICE_PARTITION_COUNT);
  }
}
