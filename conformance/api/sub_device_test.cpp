// Sub-devices (OpenCL 3.0 API 4.3): partitions, their queries and lifetimes, and that work stays on their
// cores.
#include <algorithm>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

using Property = cl_device_partition_property;
using Device = Owner<cl_device_id, clReleaseDevice>;

std::vector<Device> partition(cl_device_id parent, const std::vector<Property>& properties) {
  cl_uint count = 0;
  REQUIRE(clCreateSubDevices(parent, properties.data(), 0, nullptr, &count) == CL_SUCCESS);
  std::vector<cl_device_id> handles(count);
  cl_uint made = 0;
  REQUIRE(clCreateSubDevices(parent, properties.data(), count, handles.data(), &made) == CL_SUCCESS);
  REQUIRE(made == count);
  return {handles.begin(), handles.end()};
}

template <class T>
T ask(cl_device_id device, cl_device_info name) {
  return query<T>(clGetDeviceInfo, device, name);
}

std::vector<Property> list(cl_device_id device, cl_device_info name) {
  std::size_t size = 0;
  REQUIRE(clGetDeviceInfo(device, name, 0, nullptr, &size) == CL_SUCCESS);
  std::vector<Property> out(size / sizeof(Property));
  REQUIRE(clGetDeviceInfo(device, name, size, out.data(), nullptr) == CL_SUCCESS);
  return out;
}

cl_uint cores(cl_device_id device) { return ask<cl_uint>(device, CL_DEVICE_MAX_COMPUTE_UNITS); }

struct Group {
  explicit Group(std::vector<cl_device_id> members) {
    cl_int error = 1;
    context = Context(clCreateContext(nullptr, static_cast<cl_uint>(members.size()), members.data(), nullptr,
                                      nullptr, &error));
    REQUIRE(error == CL_SUCCESS);
    for (cl_device_id device : members)
      queues.emplace_back(clCreateCommandQueueWithProperties(context, device, nullptr, &error));
  }
  Context context;
  std::vector<Queue> queues;
};

}  // namespace

TEST_CASE("a device is split into equal parts or by counts, and the parts say so") {
  NEEDS(has_parts());
  const cl_device_id root = device();
  REQUIRE(cores(root) == 8);
  CHECK(ask<cl_uint>(root, CL_DEVICE_PARTITION_MAX_SUB_DEVICES) == 8);
  CHECK(list(root, CL_DEVICE_PARTITION_PROPERTIES) ==
        std::vector<Property>{CL_DEVICE_PARTITION_EQUALLY, CL_DEVICE_PARTITION_BY_COUNTS});
  CHECK(list(root, CL_DEVICE_PARTITION_TYPE).empty());
  CHECK(ask<cl_device_affinity_domain>(root, CL_DEVICE_PARTITION_AFFINITY_DOMAIN) == 0);
  CHECK(ask<cl_device_id>(root, CL_DEVICE_PARENT_DEVICE) == nullptr);

  const std::vector<Property> by_three{CL_DEVICE_PARTITION_EQUALLY, 3, 0};
  const auto equal = partition(root, by_three);
  REQUIRE(equal.size() == 2);
  for (const auto& part : equal) {
    CHECK(cores(part) == 3);
    CHECK(ask<cl_device_id>(part, CL_DEVICE_PARENT_DEVICE) == root);
    CHECK(list(part, CL_DEVICE_PARTITION_TYPE) == by_three);
    CHECK(ask<cl_uint>(part, CL_DEVICE_PARTITION_MAX_SUB_DEVICES) == 3);
    CHECK(ask<cl_uint>(part, CL_DEVICE_REFERENCE_COUNT) == 1);
    CHECK(query_text(clGetDeviceInfo, cl_device_id(part), cl_device_info{CL_DEVICE_NAME}) ==
          query_text(clGetDeviceInfo, root, cl_device_info{CL_DEVICE_NAME}));
  }
  const std::vector<Property> counts{CL_DEVICE_PARTITION_BY_COUNTS,          5, 1, 2,
                                     CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
  const auto counted = partition(root, counts);
  REQUIRE(counted.size() == 3);
  CHECK(cores(counted[0]) == 5);
  CHECK(cores(counted[1]) == 1);
  CHECK(cores(counted[2]) == 2);
  CHECK(list(counted[0], CL_DEVICE_PARTITION_TYPE) == counts);
  CHECK(list(counted[1], CL_DEVICE_PARTITION_PROPERTIES) == std::vector<Property>{0});
  CHECK(ask<cl_uint>(counted[1], CL_DEVICE_PARTITION_MAX_SUB_DEVICES) == 0);

  const auto nested = partition(counted[0], {CL_DEVICE_PARTITION_EQUALLY, 2, 0});
  REQUIRE(nested.size() == 2);
  CHECK(ask<cl_device_id>(nested[1], CL_DEVICE_PARENT_DEVICE) == counted[0]);
  // Sub-devices are not the platform's.
  cl_uint count = 0;
  CHECK(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_ALL, 0, nullptr, &count) == CL_SUCCESS);
  CHECK(count == 1);
}

TEST_CASE("partitions that cannot be are refused") {
  NEEDS(has_parts());
  const cl_device_id root = device();
  const auto one = partition(root, {CL_DEVICE_PARTITION_BY_COUNTS, 1, 0, 0});
  const struct {
    cl_device_id device;
    std::vector<Property> properties;
    cl_int error;
  } rows[] = {
      {root, {0}, CL_INVALID_VALUE},
      {root, {0x4242, 1, 0}, CL_INVALID_VALUE},
      {root, {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, CL_DEVICE_AFFINITY_DOMAIN_NUMA, 0}, CL_INVALID_VALUE},
      {root,
       {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE, 0},
       CL_INVALID_VALUE},
      {root, {CL_DEVICE_PARTITION_EQUALLY, 0, 0}, CL_INVALID_VALUE},
      {root, {CL_DEVICE_PARTITION_EQUALLY, 2, CL_DEVICE_PARTITION_EQUALLY, 2, 0}, CL_INVALID_VALUE},
      {root, {CL_DEVICE_PARTITION_EQUALLY, 8, 0}, CL_DEVICE_PARTITION_FAILED},
      {root, {CL_DEVICE_PARTITION_EQUALLY, 9, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
      {root, {CL_DEVICE_PARTITION_BY_COUNTS, 0, 0}, CL_INVALID_VALUE},
      {root, {CL_DEVICE_PARTITION_BY_COUNTS, 9, 0, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
      {root, {CL_DEVICE_PARTITION_BY_COUNTS, 4, -1, 0, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
      {root, {CL_DEVICE_PARTITION_BY_COUNTS, 4, 5, 0, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
      {root,
       {CL_DEVICE_PARTITION_BY_COUNTS, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0},
       CL_INVALID_DEVICE_PARTITION_COUNT},
      {one[0], {CL_DEVICE_PARTITION_EQUALLY, 1, 0}, CL_DEVICE_PARTITION_FAILED},
      {one[0], {CL_DEVICE_PARTITION_BY_COUNTS, 1, 0, 0}, CL_DEVICE_PARTITION_FAILED},
      {nullptr, {CL_DEVICE_PARTITION_EQUALLY, 1, 0}, CL_INVALID_DEVICE},
  };
  for (const auto& row : rows) {
    cl_device_id out[16] = {};
    cl_uint count = 77;
    CHECK(clCreateSubDevices(row.device, row.properties.data(), 16, out, &count) == row.error);
    CHECK(count == 77);
    CHECK(out[0] == nullptr);
  }
  const Property halves[] = {CL_DEVICE_PARTITION_EQUALLY, 4, 0};
  cl_device_id out[2] = {};
  CHECK(clCreateSubDevices(root, nullptr, 2, out, nullptr) == CL_INVALID_VALUE);
  CHECK(clCreateSubDevices(root, halves, 1, out, nullptr) == CL_INVALID_VALUE);
  CHECK(out[0] == nullptr);
  CHECK(clCreateSubDevices(root, halves, 0, nullptr, nullptr) == CL_SUCCESS);
}

TEST_CASE("a sub-device is valid while the application, a part of it or a context names it") {
  NEEDS(has_parts());
  const cl_device_id root = device();
  cl_device_id half = partition(root, {CL_DEVICE_PARTITION_EQUALLY, 4, 0})[0].give_up();
  CHECK(clRetainDevice(half) == CL_SUCCESS);
  CHECK(ask<cl_uint>(half, CL_DEVICE_REFERENCE_COUNT) == 2);
  CHECK(clReleaseDevice(half) == CL_SUCCESS);
  cl_device_id quarter = partition(half, {CL_DEVICE_PARTITION_EQUALLY, 2, 0})[1].give_up();
  Group group({quarter});
  CHECK(clReleaseDevice(half) == CL_SUCCESS);
  CHECK(clReleaseDevice(quarter) == CL_SUCCESS);
  CHECK(ask<cl_device_id>(quarter, CL_DEVICE_PARENT_DEVICE) == half);
  CHECK(cores(half) == 4);
  CHECK(query<cl_device_id>(clGetContextInfo, group.context, CL_CONTEXT_DEVICES) == quarter);
  CHECK(query<cl_device_id>(clGetCommandQueueInfo, group.queues[0], CL_QUEUE_DEVICE) == quarter);
  CHECK(clReleaseDevice(quarter) == CL_INVALID_DEVICE);  // the application holds none
  group.queues.clear();
  group.context.reset();
  cl_uint count = 0;
  CHECK(clGetDeviceInfo(quarter, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof count, &count, nullptr) ==
        CL_INVALID_DEVICE);
  CHECK(clGetDeviceInfo(half, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof count, &count, nullptr) ==
        CL_INVALID_DEVICE);
  // Root devices are not counted.
  CHECK(clReleaseDevice(root) == CL_SUCCESS);
  CHECK(clReleaseDevice(root) == CL_SUCCESS);
  CHECK(ask<cl_uint>(root, CL_DEVICE_REFERENCE_COUNT) == 1);
}

TEST_CASE("a device and its parts share memory objects, and what is built for it runs on them") {
  NEEDS(has_parts());
  const cl_device_id root = device();
  const auto halves = partition(root, {CL_DEVICE_PARTITION_EQUALLY, 4, 0});
  const auto singles = partition(halves[0], {CL_DEVICE_PARTITION_BY_COUNTS, 1, 3, 0, 0});
  const std::vector<cl_device_id> members{root, halves[1], singles[0], singles[1]};
  const Group group(members);
  const char* text = "kernel void add(global int* data, int value) { data[get_global_id(0)] += value; }";
  Program program(clCreateProgramWithSource(group.context, 1, &text, nullptr, nullptr));
  // Once for the whole device; once more for a part alone.
  REQUIRE(clBuildProgram(program, 1, &root, "", nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clBuildProgram(program, 1, &members[2], "", nullptr, nullptr) == CL_SUCCESS);
  for (const cl_device_id member : members) {
    cl_build_status status = CL_BUILD_NONE;
    CHECK(clGetProgramBuildInfo(program, member, CL_PROGRAM_BUILD_STATUS, sizeof status, &status, nullptr) ==
          CL_SUCCESS);
    CHECK(status == CL_BUILD_SUCCESS);
  }
  cl_int error = 1;
  Kernel kernel(clCreateKernel(program, "add", &error));
  REQUIRE(error == CL_SUCCESS);
  std::vector<int> data(1000);
  std::iota(data.begin(), data.end(), 0);
  Memory memory(clCreateBuffer(group.context, CL_MEM_COPY_HOST_PTR, 4000, data.data(), &error));
  REQUIRE(clSetKernelArg(kernel, 0, sizeof(cl_mem), &static_cast<const cl_mem&>(cl_mem(memory))) ==
          CL_SUCCESS);
  for (int round = 0; round < 8; ++round) {
    REQUIRE(clSetKernelArg(kernel, 1, sizeof round, &round) == CL_SUCCESS);
    const std::size_t size = 1000;
    cl_command_queue queue = group.queues[static_cast<std::size_t>(round) % 4];
    REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    REQUIRE(clFinish(queue) == CL_SUCCESS);
    for (int& value : data) value += round;
  }
  std::vector<int> result(1000);
  REQUIRE(clEnqueueReadBuffer(group.queues[3], memory, CL_TRUE, 0, 4000, result.data(), 0, nullptr,
                              nullptr) == CL_SUCCESS);
  CHECK(result == data);
  // One memory: a mapping is the same bytes through each of them.
  void* first =
      clEnqueueMapBuffer(group.queues[0], memory, CL_TRUE, CL_MAP_READ, 0, 4, 0, nullptr, nullptr, &error);
  void* second =
      clEnqueueMapBuffer(group.queues[2], memory, CL_TRUE, CL_MAP_READ, 0, 4, 0, nullptr, nullptr, &error);
  CHECK(first == second);
  for (void* mapped : {first, second})
    CHECK(clEnqueueUnmapMemObject(group.queues[0], memory, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(clFinish(group.queues[0]) == CL_SUCCESS);
  std::size_t most = 0;
  CHECK(clGetKernelWorkGroupInfo(kernel, members[1], CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most,
                                 nullptr) == CL_SUCCESS);
  CHECK(most == 1024);
  void* shared = clSVMAlloc(group.context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 64, 0);
  CHECK((shared != nullptr) == has_shared_memory());
  clSVMFree(group.context, shared);
}

TEST_CASE("no more work-groups run at a time than the sub-device has cores") {
  NEEDS(has_parts());
  const auto parts = partition(device(), {CL_DEVICE_PARTITION_BY_COUNTS, 1, 7, 0, 0});
  const Group group({parts[0], parts[1]});
  const char* text = R"(
    kernel void watch(global atomic_int* running, global atomic_int* most) {
      const int now = atomic_fetch_add(running, 1) + 1;
      atomic_fetch_max(most, now);
      for (volatile int i = 0; i < 3000; ++i) ;
      atomic_fetch_sub(running, 1);
    })";
  Program program(clCreateProgramWithSource(group.context, 1, &text, nullptr, nullptr));
  REQUIRE(clBuildProgram(program, 0, nullptr, "-cl-std=CL3.0", nullptr, nullptr) == CL_SUCCESS);
  Kernel kernel(clCreateKernel(program, "watch", nullptr));
  const std::size_t size = 64, local = 1;
  for (std::size_t i = 0; i < 2; ++i) {
    Memory counters[2];
    for (cl_uint n = 0; n < 2; ++n) {
      int zero = 0;
      counters[n] = Memory(clCreateBuffer(group.context, CL_MEM_COPY_HOST_PTR, 4, &zero, nullptr));
      const cl_mem memory = counters[n];
      REQUIRE(clSetKernelArg(kernel, n, sizeof memory, &memory) == CL_SUCCESS);
    }
    // Two queues of the one device share its cores.
    Queue other(clCreateCommandQueueWithProperties(group.context, parts[i], nullptr, nullptr));
    for (cl_command_queue queue : {cl_command_queue(group.queues[i]), cl_command_queue(other)})
      REQUIRE(clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, &local, 0, nullptr, nullptr) ==
              CL_SUCCESS);
    REQUIRE(clFinish(group.queues[i]) == CL_SUCCESS);
    REQUIRE(clFinish(other) == CL_SUCCESS);
    int most = 0;
    REQUIRE(clEnqueueReadBuffer(group.queues[i], counters[1], CL_TRUE, 0, 4, &most, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    CHECK(most >= 1);
    CHECK(most <= static_cast<int>(cores(parts[i])));
  }
}
