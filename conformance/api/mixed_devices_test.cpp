// Devices of different kinds in one context: one whose memory the host sees, a discrete one, and a discrete
// one of few resources.
#include <CL/cl_ext.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

const bool kShapesSet =
    ::setenv("KIESEL_DEVICE", "kiesel-4," KIESEL_TEST_DISCRETE "," KIESEL_TEST_TINY, 1) == 0;
constexpr std::size_t kDevices = 3, kSeen = 0, kDiscrete = 1, kTiny = 2;

struct Group {
  explicit Group(cl_command_queue_properties properties = 0) {
    REQUIRE(kShapesSet);
    devices.resize(kDevices);
    cl_uint count = 0;
    REQUIRE(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_GPU, kDevices, devices.data(), &count) == CL_SUCCESS);
    REQUIRE(count == kDevices);
    context = Context(clCreateContext(nullptr, kDevices, devices.data(), nullptr, nullptr, nullptr));
    REQUIRE(context != nullptr);
    const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
    for (cl_device_id device : devices)
      queues.emplace_back(clCreateCommandQueueWithProperties(context, device, list, nullptr));
  }

  Program source(const char* text) const {
    return Program(clCreateProgramWithSource(context, 1, &text, nullptr, nullptr));
  }
  Program build(const char* text) const {
    Program out = source(text);
    REQUIRE(clBuildProgram(out, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
    return out;
  }
  Memory buffer(std::vector<int>& data, cl_mem_flags flags = CL_MEM_COPY_HOST_PTR) const {
    return Memory(clCreateBuffer(context, flags, data.size() * 4, data.data(), nullptr));
  }
  std::vector<int> read(std::size_t device, cl_mem memory, std::size_t count) const {
    std::vector<int> out(count);
    REQUIRE(clEnqueueReadBuffer(queues[device], memory, CL_TRUE, 0, count * 4, out.data(), 0, nullptr,
                                nullptr) == CL_SUCCESS);
    return out;
  }

  std::vector<cl_device_id> devices;
  Context context;
  std::vector<Queue> queues;
};

constexpr const char* kAdd =
    "kernel void add(global int* data, int value) { data[get_global_id(0)] = data[get_global_id(0)] * 2 + "
    "value; }";

cl_int launch(cl_command_queue queue, cl_kernel kernel, cl_mem memory, int value, std::size_t size,
              const std::vector<cl_event>& waits = {}, cl_event* event = nullptr) {
  REQUIRE(clSetKernelArg(kernel, 0, sizeof memory, &memory) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 1, sizeof value, &value) == CL_SUCCESS);
  return clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, static_cast<cl_uint>(waits.size()),
                                waits.empty() ? nullptr : waits.data(), event);
}

void add_to(std::vector<int>& data, int value) {
  for (int& each : data) each = each * 2 + value;
}

template <class T>
T ask(cl_device_id device, cl_device_info name) {
  return query<T>(clGetDeviceInfo, device, name);
}

}  // namespace

TEST_CASE("each device says what it is, and the platform what all are") {
  const Group group;
  const cl_device_id seen = group.devices[kSeen];
  for (const std::size_t number : {kDiscrete, kTiny}) {
    const cl_device_id device = group.devices[number];
    CHECK(ask<cl_bool>(device, CL_DEVICE_HOST_UNIFIED_MEMORY) == CL_FALSE);
    CHECK(ask<cl_device_svm_capabilities>(device, CL_DEVICE_SVM_CAPABILITIES) == 0);
    const auto extensions = query_text(clGetDeviceInfo, device, cl_device_info{CL_DEVICE_EXTENSIONS});
    CHECK(extensions.find("external_memory") == std::string::npos);
    CHECK(extensions.find("unified_shared_memory") == std::string::npos);
    CHECK(ask<cl_uint>(device, CL_DEVICE_PARTITION_MAX_SUB_DEVICES) == 0);
    CHECK(ask<cl_device_partition_property>(device, CL_DEVICE_PARTITION_PROPERTIES) == 0);
    const cl_device_partition_property halves[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    CHECK(clCreateSubDevices(device, halves, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  }
  CHECK(ask<cl_bool>(seen, CL_DEVICE_HOST_UNIFIED_MEMORY) == CL_TRUE);
  CHECK(ask<cl_device_svm_capabilities>(seen, CL_DEVICE_SVM_CAPABILITIES) != 0);
  const auto common = query_text(clGetPlatformInfo, platform(), cl_platform_info{CL_PLATFORM_EXTENSIONS});
  CHECK(common.find("external_memory") == std::string::npos);
  std::size_t bytes = 1;
  CHECK(clGetPlatformInfo(platform(), CL_PLATFORM_EXTERNAL_MEMORY_IMPORT_HANDLE_TYPES_KHR, 0, nullptr,
                          &bytes) == CL_SUCCESS);
  CHECK(bytes == 0);
  const cl_mem_properties properties[] = {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR, 0, 0};
  cl_int error = 0;
  CHECK(clCreateBufferWithProperties(group.context, properties, 0, 4096, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_DEVICE);
}

TEST_CASE("two devices write their sub-buffers of one buffer at the same time") {
  const Group group;
  Program program = group.build(kAdd);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  constexpr std::size_t kPart = 3000;
  std::vector<int> data(kPart * kDevices);
  std::iota(data.begin(), data.end(), 0);
  Memory whole = group.buffer(data);
  std::vector<Memory> parts;
  for (std::size_t i = 0; i < kDevices; ++i) {
    const cl_buffer_region region{i * kPart * 4 / 128 * 128, (kPart - 128) * 4};
    parts.emplace_back(clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, nullptr));
    REQUIRE(parts.back() != nullptr);
  }
  for (int round = 0; round < 20; ++round) {
    Event gate(clCreateUserEvent(group.context, nullptr));
    for (std::size_t i = 0; i < kDevices; ++i) {
      const std::size_t part = (i + static_cast<std::size_t>(round)) % kDevices;
      REQUIRE(launch(group.queues[i], kernel, parts[part], round, kPart - 128, {gate}) == CL_SUCCESS);
      const std::size_t first = part * kPart * 4 / 128 * 32;
      for (std::size_t at = first; at < first + kPart - 128; ++at) data[at] = data[at] * 2 + round;
    }
    REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
    for (const auto& queue : group.queues) REQUIRE(clFinish(queue) == CL_SUCCESS);
    if (round % 5 == 0) CHECK(group.read(static_cast<std::size_t>(round) % 3, whole, data.size()) == data);
  }
  CHECK(group.read(kTiny, whole, data.size()) == data);
}

TEST_CASE("all devices read one buffer at the same time") {
  const Group group;
  Program program = group.build(
      "kernel void sum(global const int* from, global int* to) { const int i = get_global_id(0);"
      " to[i] = from[i] + from[(i + 1) % 1000]; }");
  std::vector<int> data(1000), expected(1000);
  std::iota(data.begin(), data.end(), 5);
  for (std::size_t i = 0; i < 1000; ++i) expected[i] = data[i] + data[(i + 1) % 1000];
  for (const cl_mem_flags access : {cl_mem_flags{CL_MEM_READ_WRITE}, cl_mem_flags{CL_MEM_READ_ONLY}}) {
    Memory from = group.buffer(data, access | CL_MEM_COPY_HOST_PTR);
    for (int round = 0; round < 10; ++round) {
      std::vector<Memory> results;
      Event gate(clCreateUserEvent(group.context, nullptr));
      const cl_event waits[] = {gate};
      for (const auto& queue : group.queues) {
        Kernel kernel(clCreateKernel(program, "sum", nullptr));
        results.emplace_back(clCreateBuffer(group.context, 0, 4000, nullptr, nullptr));
        const cl_mem arguments[] = {from, results.back()};
        for (cl_uint i = 0; i < 2; ++i)
          REQUIRE(clSetKernelArg(kernel, i, sizeof(cl_mem), &arguments[i]) == CL_SUCCESS);
        const std::size_t size = 1000;
        REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 1, waits, nullptr) ==
                CL_SUCCESS);
      }
      REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
      for (std::size_t i = 0; i < kDevices; ++i) CHECK(group.read(i, results[i], 1000) == expected);
    }
  }
}

TEST_CASE("a large buffer goes from device to device") {
  const Group group;
  Program program = group.build(kAdd);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  std::vector<int> data((std::size_t{36} << 20) / 4 + 5);
  std::iota(data.begin(), data.end(), 0);
  Memory memory = group.buffer(data);
  for (const std::size_t device : {kDiscrete, kTiny, kSeen, kTiny}) {
    REQUIRE(launch(group.queues[device], kernel, memory, 1, 64) == CL_SUCCESS);
    REQUIRE(clFinish(group.queues[device]) == CL_SUCCESS);
    for (std::size_t i = 0; i < 64; ++i) data[i] = data[i] * 2 + 1;
  }
  CHECK(group.read(kDiscrete, memory, data.size()) == data);
}

// Random commands, each behind the one before by its event, on random devices; the host does the same to
// vectors.
TEST_CASE("contents are those of the last writer, whichever device that was") {
  const Group group(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  Program program = group.build(kAdd);
  std::mt19937 random(11);
  const auto up_to = [&](std::size_t most) { return std::size_t{random()} % (most + 1); };
  constexpr std::size_t kCount = 700, kBuffers = 3;
  std::vector<int> kept(kCount, 3);
  std::vector<std::vector<int>> models(kBuffers, std::vector<int>(kCount, 3));
  std::vector<Memory> buffers;
  buffers.push_back(group.buffer(models[0]));
  buffers.push_back(group.buffer(kept, CL_MEM_USE_HOST_PTR));
  buffers.push_back(group.buffer(models[2], CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR));
  std::vector<Kernel> kernels;
  std::vector<std::vector<int>> sources;  // of writes that have not ended
  Event last(clCreateUserEvent(group.context, nullptr));
  REQUIRE(clSetUserEventStatus(last, CL_COMPLETE) == CL_SUCCESS);
  for (int command = 0; command < 1500; ++command) {
    const std::size_t b = up_to(kBuffers - 1), first = up_to(kCount - 1),
                      count = 1 + up_to(kCount - first - 1);
    cl_command_queue queue = group.queues[up_to(kDevices - 1)];
    auto& model = models[b];
    const auto begin = model.begin() + static_cast<std::ptrdiff_t>(first);
    const int value = command;
    const cl_event waits[] = {last};
    Event next;
    cl_int error = CL_SUCCESS;
    switch (up_to(6)) {
      case 0:
        sources.emplace_back(count, value);
        error = clEnqueueWriteBuffer(queue, buffers[b], CL_FALSE, first * 4, count * 4, sources.back().data(),
                                     1, waits, next.out());
        std::fill_n(begin, count, value);
        break;
      case 1:
        error = clEnqueueFillBuffer(queue, buffers[b], &value, 4, first * 4, count * 4, 1, waits, next.out());
        std::fill_n(begin, count, value);
        break;
      case 2: {
        const std::size_t other = (b + 1) % kBuffers;
        error = clEnqueueCopyBuffer(queue, buffers[other], buffers[b], first * 4, first * 4, count * 4, 1,
                                    waits, next.out());
        std::copy_n(models[other].begin() + static_cast<std::ptrdiff_t>(first), count, begin);
        break;
      }
      case 3: {
        const std::size_t aligned = first / 32 * 32;
        const cl_buffer_region region{aligned * 4, (kCount - aligned) * 4};
        Memory part(clCreateSubBuffer(buffers[b], 0, CL_BUFFER_CREATE_TYPE_REGION, &region, nullptr));
        kernels.emplace_back(clCreateKernel(program, "add", nullptr));
        error = launch(queue, kernels.back(), part, value, kCount - aligned, {last}, next.out());
        for (std::size_t i = aligned; i < kCount; ++i) model[i] = model[i] * 2 + value;
        break;
      }
      case 4: {
        auto* mapped =
            static_cast<int*>(clEnqueueMapBuffer(queue, buffers[b], CL_TRUE, CL_MAP_READ | CL_MAP_WRITE,
                                                 first * 4, count * 4, 1, waits, nullptr, &error));
        REQUIRE(error == CL_SUCCESS);
        REQUIRE(std::equal(mapped, mapped + count, begin));
        mapped[count / 2] = *(begin + static_cast<std::ptrdiff_t>(count / 2)) = value;
        error = clEnqueueUnmapMemObject(queue, buffers[b], mapped, 0, nullptr, next.out());
        break;
      }
      case 5: {
        std::vector<int> seen(count);
        error = clEnqueueReadBuffer(queue, buffers[b], CL_TRUE, first * 4, count * 4, seen.data(), 1, waits,
                                    next.out());
        REQUIRE(std::equal(seen.begin(), seen.end(), begin));
        sources.clear(), kernels.clear();
        break;
      }
      default: {
        const cl_mem moved[] = {buffers[b]};
        error = clEnqueueMigrateMemObjects(queue, 1, moved, 0, 1, waits, next.out());
      }
    }
    REQUIRE(error == CL_SUCCESS);
    last = std::move(next);
  }
  for (std::size_t b = 0; b < kBuffers; ++b) {
    const cl_event waits[] = {last};
    REQUIRE(clWaitForEvents(1, waits) == CL_SUCCESS);
    for (std::size_t device = 0; device < kDevices; ++device)
      CHECK(group.read(device, buffers[b], kCount) == models[b]);
  }
}

TEST_CASE("programs are built for each device, and their binaries go back to it") {
  const Group group;
  Program program = group.build(kAdd);
  std::size_t sizes[kDevices] = {};
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof sizes, sizes, nullptr) == CL_SUCCESS);
  std::vector<std::vector<unsigned char>> binaries;
  std::vector<unsigned char*> pointers;
  for (const std::size_t size : sizes) binaries.emplace_back(size);
  for (auto& binary : binaries) pointers.push_back(binary.data());
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(void*) * kDevices, pointers.data(),
                           nullptr) == CL_SUCCESS);
  CHECK(binaries[kSeen] != binaries[kTiny]);
  std::vector<const unsigned char*> given(pointers.begin(), pointers.end());
  cl_int error = 1;
  Program loaded(clCreateProgramWithBinary(group.context, kDevices, group.devices.data(), sizes, given.data(),
                                           nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  REQUIRE(clBuildProgram(loaded, 0, nullptr, "", nullptr, nullptr) == CL_SUCCESS);
  for (const auto& each : {cl_program{program}, cl_program{loaded}}) {
    Kernel kernel(clCreateKernel(each, "add", nullptr));
    std::vector<int> data(100, 1);
    Memory memory = group.buffer(data);
    for (std::size_t i = 0; i < kDevices; ++i) {
      const auto about = [&](cl_kernel_work_group_info name) {
        std::size_t out = 0;
        REQUIRE(clGetKernelWorkGroupInfo(kernel, group.devices[i], name, sizeof out, &out, nullptr) ==
                CL_SUCCESS);
        return out;
      };
      CHECK(about(CL_KERNEL_WORK_GROUP_SIZE) ==
            ask<std::size_t>(group.devices[i], CL_DEVICE_MAX_WORK_GROUP_SIZE));
      CHECK(about(CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE) ==
            ask<std::size_t>(group.devices[i], CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE));
      REQUIRE(launch(group.queues[i], kernel, memory, 3, 100) == CL_SUCCESS);
      REQUIRE(clFinish(group.queues[i]) == CL_SUCCESS);
      add_to(data, 3);
    }
    CHECK(group.read(kSeen, memory, 100) == data);
  }
}

TEST_CASE("a build that fails for one device is told of that one, and the others have it") {
  const Group group;
  Program program = group.source(
      "#ifndef cl_khr_fp16\n#error this needs halves\n#endif\n"
      "kernel void add(global int* data, int value) { data[get_global_id(0)] += value; }");
  CHECK(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_BUILD_PROGRAM_FAILURE);
  for (std::size_t i = 0; i < kDevices; ++i) {
    cl_build_status status = CL_BUILD_NONE;
    REQUIRE(clGetProgramBuildInfo(program, group.devices[i], CL_PROGRAM_BUILD_STATUS, sizeof status, &status,
                                  nullptr) == CL_SUCCESS);
    CHECK(status == (i == kTiny ? CL_BUILD_ERROR : CL_BUILD_SUCCESS));
    char log[1000] = "";
    REQUIRE(clGetProgramBuildInfo(program, group.devices[i], CL_PROGRAM_BUILD_LOG, sizeof log, log,
                                  nullptr) == CL_SUCCESS);
    CHECK((std::string(log).find("this needs halves") != std::string::npos) == (i == kTiny));
  }
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  REQUIRE(kernel != nullptr);
  std::vector<int> data(10, 1);
  Memory memory = group.buffer(data);
  CHECK(launch(group.queues[kTiny], kernel, memory, 1, 10) == CL_INVALID_PROGRAM_EXECUTABLE);
  CHECK(launch(group.queues[kDiscrete], kernel, memory, 1, 10) == CL_SUCCESS);
  CHECK(clFinish(group.queues[kDiscrete]) == CL_SUCCESS);
  CHECK(group.read(kTiny, memory, 10) == std::vector<int>(10, 2));
}

TEST_CASE("an image and a sub-buffer are used by two devices in turn") {
  const Group group;
  const char* text =
      "kernel void step(read_only image2d_t from, write_only image2d_t to, global int* row) {"
      "  const int2 at = (int2)(get_global_id(0), get_global_id(1));"
      "  write_imagei(to, at, read_imagei(from, at) * 2 + row[at.x]); if (at.y == 0) row[at.x] += 1; }";
  Program program = group.source(text);
  REQUIRE(clBuildProgram(program, 2, group.devices.data(), "", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "step", nullptr));
  const cl_image_format format{CL_R, CL_SIGNED_INT32};
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = 17, description.image_height = 1;
  std::vector<int> data(17, 1), numbers(256, 2);
  Memory images[2];
  for (auto& image : images)
    image = Memory(
        clCreateImage(group.context, CL_MEM_COPY_HOST_PTR, &format, &description, data.data(), nullptr));
  Memory all = group.buffer(numbers);
  const cl_buffer_region region{512, 256};
  Memory row(clCreateSubBuffer(all, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, nullptr));
  const std::size_t size[] = {17, 1}, zero[3] = {}, box[] = {17, 1, 1};
  for (unsigned round = 0; round < 8; ++round) {
    const cl_mem arguments[] = {images[round % 2], images[(round + 1) % 2], row};
    for (cl_uint i = 0; i < 3; ++i)
      REQUIRE(clSetKernelArg(kernel, i, sizeof(cl_mem), &arguments[i]) == CL_SUCCESS);
    cl_command_queue queue = group.queues[round % 2];
    REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 2, nullptr, size, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    REQUIRE(clFinish(queue) == CL_SUCCESS);
    for (std::size_t i = 0; i < 17; ++i) data[i] = data[i] * 2 + numbers[128 + i]++;
    std::vector<int> seen(17);
    REQUIRE(clEnqueueReadImage(group.queues[(round + 1) % 2], arguments[1], CL_TRUE, zero, box, 0, 0,
                               seen.data(), 0, nullptr, nullptr) == CL_SUCCESS);
    CHECK(seen == data);
  }
  CHECK(group.read(kTiny, all, 256) == numbers);
}

TEST_CASE("shared memory is of the devices that see it") {
  const Group group;
  Program program = group.build(kAdd);
  Kernel kernel(clCreateKernel(program, "add", nullptr));
  auto* data = static_cast<int*>(clSVMAlloc(group.context, CL_MEM_READ_WRITE, 4 * 50, 0));
  REQUIRE(data != nullptr);
  CHECK(clSVMAlloc(group.context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 4 * 50, 0) == nullptr);
  std::fill(data, data + 50, 1);
  const int value = 1;
  const std::size_t size = 50;
  REQUIRE(clSetKernelArgSVMPointer(kernel, 0, data) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 1, sizeof value, &value) == CL_SUCCESS);
  for (std::size_t i = 0; i < kDevices; ++i)
    CHECK(clEnqueueNDRangeKernel(group.queues[i], kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
          (i == kSeen ? CL_SUCCESS : CL_INVALID_OPERATION));
  REQUIRE(clFinish(group.queues[kSeen]) == CL_SUCCESS);
  CHECK(std::vector<int>(data, data + 50) == std::vector<int>(50, 3));

  // A buffer on it is a buffer for all.
  Memory buffer(clCreateBuffer(group.context, CL_MEM_USE_HOST_PTR, 4 * 50, data, nullptr));
  REQUIRE(buffer != nullptr);
  CHECK(info<cl_bool>(clGetMemObjectInfo, buffer, CL_MEM_USES_SVM_POINTER) == CL_TRUE);
  int expected = 3;
  for (const auto& queue : group.queues) {
    REQUIRE(launch(queue, kernel, buffer, 1, 50) == CL_SUCCESS);
    REQUIRE(clFinish(queue) == CL_SUCCESS);
    expected = expected * 2 + 1;
  }
  cl_int error = 1;
  auto* mapped = static_cast<int*>(clEnqueueMapBuffer(group.queues[kSeen], buffer, CL_TRUE, CL_MAP_READ, 0,
                                                      200, 0, nullptr, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  CHECK(mapped == data);
  CHECK(std::vector<int>(mapped, mapped + 50) == std::vector<int>(50, expected));
  CHECK(clEnqueueUnmapMemObject(group.queues[kSeen], buffer, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(clFinish(group.queues[kSeen]) == CL_SUCCESS);
  buffer.reset();
  clSVMFree(group.context, data);
}
