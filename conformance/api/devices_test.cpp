// Several devices in one context: contents follow the commands, programs are built for each, binaries move
// between.
#include <CL/cl_ext.h>

#include <algorithm>
#include <cstdlib>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

// The last one has no images.
const bool kShapesSet = ::setenv("KIESEL_DEVICE", "kiesel,kiesel-4,kiesel-1," KIESEL_TEST_NO_IMAGES, 1) == 0;

struct Group {
  explicit Group(const std::vector<std::size_t>& numbers = {0, 1, 2}) {
    REQUIRE(kShapesSet);
    cl_device_id all[4] = {};
    cl_uint count = 0;
    REQUIRE(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_GPU, 4, all, &count) == CL_SUCCESS);
    REQUIRE(count == 4);
    for (const std::size_t number : numbers) devices.push_back(all[number]);
    context = Context(clCreateContext(nullptr, static_cast<cl_uint>(devices.size()), devices.data(), nullptr,
                                      nullptr, nullptr));
    REQUIRE(context != nullptr);
    for (cl_device_id device : devices)
      queues.emplace_back(clCreateCommandQueueWithProperties(context, device, nullptr, nullptr));
  }

  Program source(const char* text) const {
    return Program(clCreateProgramWithSource(context, 1, &text, nullptr, nullptr));
  }

  std::vector<cl_device_id> devices;
  Context context;
  std::vector<Queue> queues;
};

constexpr const char* kAdd =
    "kernel void add(global int* data, int value) { data[get_global_id(0)] = data[get_global_id(0)] * 2 + "
    "value; }";

void launch(cl_command_queue queue, cl_kernel kernel, cl_mem memory, int value, std::size_t size) {
  REQUIRE(clSetKernelArg(kernel, 0, sizeof memory, &memory) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 1, sizeof value, &value) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
}

std::vector<std::vector<unsigned char>> binaries_of(cl_program program, std::size_t devices) {
  std::vector<std::size_t> sizes(devices);
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, devices * sizeof(std::size_t), sizes.data(),
                           nullptr) == CL_SUCCESS);
  std::vector<std::vector<unsigned char>> out;
  std::vector<unsigned char*> pointers;
  for (auto size : sizes) out.emplace_back(size);
  for (auto& binary : out) pointers.push_back(binary.data());
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARIES, devices * sizeof(void*), pointers.data(), nullptr) ==
          CL_SUCCESS);
  return out;
}

}  // namespace

TEST_CASE("an image's contents and its descriptor follow the commands from device to device") {
  const Group group;
  Program program = group.source(
      "kernel void step(read_only image2d_t from, write_only image2d_t to) {"
      "  const int2 at = (int2)(get_global_id(0), get_global_id(1));"
      "  write_imagei(to, at, read_imagei(from, at) * 2 + at.y); }");
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "step", nullptr));
  const cl_image_format format{CL_R, CL_SIGNED_INT32};
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = 17, description.image_height = 5;
  std::vector<int> data(17 * 5);
  std::iota(data.begin(), data.end(), 0);
  Memory images[2];
  images[0] =
      Memory(clCreateImage(group.context, CL_MEM_COPY_HOST_PTR, &format, &description, data.data(), nullptr));
  images[1] = Memory(clCreateImage(group.context, 0, &format, &description, nullptr, nullptr));
  const std::size_t size[] = {17, 5};
  for (unsigned round = 0; round < 6; ++round) {
    const cl_mem from = images[round % 2], to = images[(round + 1) % 2];
    cl_command_queue queue = group.queues[round % 3];
    REQUIRE(clSetKernelArg(kernel, 0, sizeof from, &from) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 1, sizeof to, &to) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 2, nullptr, size, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    REQUIRE(clFinish(queue) == CL_SUCCESS);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = data[i] * 2 + static_cast<int>(i / 17);
  }
  const std::size_t zero[3] = {}, all[] = {17, 5, 1};
  std::vector<int> result(17 * 5);
  REQUIRE(clEnqueueReadImage(group.queues[1], images[0], CL_TRUE, zero, all, 0, 0, result.data(), 0, nullptr,
                             nullptr) == CL_SUCCESS);
  CHECK(result == data);
}

TEST_CASE("image commands belong on queues of devices that have images") {
  const Group group({0, 3});
  CHECK(query<cl_bool>(clGetDeviceInfo, group.devices[1], cl_device_info{CL_DEVICE_IMAGE_SUPPORT}) ==
        CL_FALSE);
  const cl_image_format format{CL_RGBA, CL_UNSIGNED_INT8};
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = description.image_height = 2;
  cl_int error = 1;
  Memory image(clCreateImage(group.context, 0, &format, &description, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  Memory buffer(clCreateBuffer(group.context, 0, 16, nullptr, nullptr));
  const std::size_t zero[3] = {}, one[] = {1, 1, 1};
  cl_uint4 pixel{};
  for (std::size_t i = 0; i < 2; ++i) {
    const cl_int expected = i == 0 ? CL_SUCCESS : CL_INVALID_OPERATION;
    cl_command_queue queue = group.queues[i];
    CHECK(clEnqueueFillImage(queue, image, &pixel, zero, one, 0, nullptr, nullptr) == expected);
    CHECK(clEnqueueReadImage(queue, image, CL_TRUE, zero, one, 0, 0, &pixel, 0, nullptr, nullptr) ==
          expected);
    CHECK(clEnqueueCopyImageToBuffer(queue, image, buffer, zero, one, 0, 0, nullptr, nullptr) == expected);
    std::size_t pitch = 0;
    void* mapped = clEnqueueMapImage(queue, image, CL_TRUE, CL_MAP_READ, zero, one, &pitch, nullptr, 0,
                                     nullptr, nullptr, &error);
    CHECK(error == expected);
    CHECK((mapped != nullptr) == (expected == CL_SUCCESS));
    if (mapped) CHECK(clEnqueueUnmapMemObject(queue, image, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
    CHECK(clFinish(queue) == CL_SUCCESS);
  }
}

TEST_CASE("a buffer's contents follow the commands from device to device") {
  const Group group;
  Program program = group.source(kAdd);
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  std::vector<int> data(1000);
  std::iota(data.begin(), data.end(), 0);
  Memory memory(clCreateBuffer(group.context, CL_MEM_COPY_HOST_PTR, 4000, data.data(), nullptr));
  for (int round = 0; round < 9; ++round) {
    cl_command_queue queue = group.queues[static_cast<std::size_t>(round) % 3];
    launch(queue, kernel, memory, round, 1000);
    REQUIRE(clFinish(queue) == CL_SUCCESS);
    for (int& value : data) value = value * 2 + round;
  }
  std::vector<int> result(1000);
  REQUIRE(clEnqueueReadBuffer(group.queues[1], memory, CL_TRUE, 0, 4000, result.data(), 0, nullptr,
                              nullptr) == CL_SUCCESS);
  CHECK(result == data);

  // A mapping through one device sees what another wrote, and is seen by it.
  cl_int error = 1;
  auto* mapped = static_cast<int*>(clEnqueueMapBuffer(
      group.queues[2], memory, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, 4000, 0, nullptr, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(std::vector<int>(mapped, mapped + 1000) == data);
  mapped[5] = data[5] = -1;
  REQUIRE(clEnqueueUnmapMemObject(group.queues[2], memory, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clFinish(group.queues[2]) == CL_SUCCESS);
  REQUIRE(clEnqueueReadBuffer(group.queues[0], memory, CL_TRUE, 0, 4000, result.data(), 0, nullptr,
                              nullptr) == CL_SUCCESS);
  CHECK(result == data);
}

TEST_CASE("a binary of another shape is made anew from what it holds") {
  const Group group;
  Program program = group.source(kAdd);
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  const auto binaries = binaries_of(program, 3);
  // Every device gets its neighbour's binary.
  std::vector<std::size_t> sizes;
  std::vector<const unsigned char*> pointers;
  for (std::size_t i = 0; i < 3; ++i) {
    sizes.push_back(binaries[(i + 1) % 3].size());
    pointers.push_back(binaries[(i + 1) % 3].data());
  }
  cl_int error = 1;
  Program moved(clCreateProgramWithBinary(group.context, 3, group.devices.data(), sizes.data(),
                                          pointers.data(), nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  REQUIRE(clBuildProgram(moved, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(moved, "add", &error));
  REQUIRE(error == CL_SUCCESS);
  for (const auto& queue : group.queues) {
    std::vector<int> data(77, 4);
    Memory memory(clCreateBuffer(group.context, CL_MEM_COPY_HOST_PTR, 77 * 4, data.data(), nullptr));
    launch(queue, kernel, memory, 3, 77);
    REQUIRE(clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, 77 * 4, data.data(), 0, nullptr, nullptr) ==
            CL_SUCCESS);
    CHECK(data == std::vector<int>(77, 11));
  }
}

TEST_CASE("queries about a kernel of several devices name the device") {
  const Group group;
  Program program = group.source(kAdd);
  REQUIRE(clBuildProgram(program, 1, group.devices.data() + 1, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  std::size_t size = 0;
  CHECK(clGetKernelWorkGroupInfo(kernel, group.devices[1], CL_KERNEL_WORK_GROUP_SIZE, sizeof size, &size,
                                 nullptr) == CL_SUCCESS);
  CHECK(size == 64);
  CHECK(clGetKernelWorkGroupInfo(kernel, group.devices[0], CL_KERNEL_WORK_GROUP_SIZE, sizeof size, &size,
                                 nullptr) == CL_INVALID_DEVICE);
  const std::size_t one = 1;
  CHECK(clEnqueueNDRangeKernel(group.queues[0], kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_PROGRAM_EXECUTABLE);
}

TEST_CASE("shared virtual memory has one address on all devices") {
  const Group group;
  auto* data = static_cast<int*>(clSVMAlloc(group.context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 4 * 77, 0));
  REQUIRE(data);
  std::fill(data, data + 77, 1);
  Program program = group.source(kAdd);
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  Memory buffer(clCreateBuffer(group.context, CL_MEM_USE_HOST_PTR, 4 * 77, data, nullptr));
  int expected = 1;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto& queue = group.queues[i % 3];
    if (i < 3) {
      REQUIRE(clSetKernelArgSVMPointer(kernel, 0, data) == CL_SUCCESS);
      const int value = 1;
      const std::size_t size = 77;
      REQUIRE(clSetKernelArg(kernel, 1, sizeof value, &value) == CL_SUCCESS);
      REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
              CL_SUCCESS);
    } else {
      launch(queue, kernel, buffer, 1, 77);
    }
    REQUIRE(clFinish(queue) == CL_SUCCESS);
    expected = expected * 2 + 1;
    CHECK(std::vector<int>(data, data + 77) == std::vector<int>(77, expected));
  }
  buffer.reset();
  clSVMFree(group.context, data);
}

TEST_CASE("each device has a number of its own") {
  const Group group;
  using Uuid = std::array<cl_uchar, CL_UUID_SIZE_KHR>;
  std::vector<Uuid> uuids;
  for (const cl_device_id device : group.devices)
    uuids.push_back(query<Uuid>(clGetDeviceInfo, device, cl_device_info{CL_DEVICE_UUID_KHR}));
  std::sort(uuids.begin(), uuids.end());
  CHECK(std::unique(uuids.begin(), uuids.end()) == uuids.end());
}

TEST_CASE("a buffer that kernels get by its address follows the commands from device to device") {
  const Group group;
  const cl_mem_properties properties[] = {0x5000, CL_TRUE, 0};  // CL_MEM_DEVICE_PRIVATE_ADDRESS_EXT
  std::vector<int> data(77, 1);
  Memory memory(clCreateBufferWithProperties(group.context, properties, CL_MEM_COPY_HOST_PTR, 77 * 4,
                                             data.data(), nullptr));
  REQUIRE(memory != nullptr);
  cl_ulong addresses[3] = {};
  REQUIRE(clGetMemObjectInfo(memory, 0x5001, sizeof addresses, addresses, nullptr) == CL_SUCCESS);
  CHECK(addresses[0] != addresses[1]);
  Program program = group.source(kAdd);
  REQUIRE(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  using SetPointer = cl_int (*)(cl_kernel kernel, cl_uint index, cl_ulong address);
  const auto set = extension<SetPointer>("clSetKernelArgDevicePointerEXT");
  const std::size_t size = 77;
  for (int round = 0; round < 6; ++round) {
    const auto number = static_cast<std::size_t>(round) % 3;
    REQUIRE(set(kernel, 0, addresses[number]) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 1, sizeof round, &round) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(group.queues[number], kernel, 1, nullptr, &size, nullptr, 0, nullptr,
                                   nullptr) == CL_SUCCESS);
    REQUIRE(clFinish(group.queues[number]) == CL_SUCCESS);
    for (int& value : data) value = value * 2 + round;
  }
  std::vector<int> result(77);
  REQUIRE(clEnqueueReadBuffer(group.queues[1], memory, CL_TRUE, 0, 77 * 4, result.data(), 0, nullptr,
                              nullptr) == CL_SUCCESS);
  CHECK(result == data);
}
