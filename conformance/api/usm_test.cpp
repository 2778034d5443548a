// Unified shared memory (cl_intel_unified_shared_memory).
#include <CL/cl_ext.h>

#include <thread>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

struct Api {
#define FUNCTION(name) const name##_fn name = extension<name##_fn>(#name)
  FUNCTION(clHostMemAllocINTEL);
  FUNCTION(clDeviceMemAllocINTEL);
  FUNCTION(clSharedMemAllocINTEL);
  FUNCTION(clMemFreeINTEL);
  FUNCTION(clMemBlockingFreeINTEL);
  FUNCTION(clGetMemAllocInfoINTEL);
  FUNCTION(clSetKernelArgMemPointerINTEL);
  FUNCTION(clEnqueueMemFillINTEL);
  FUNCTION(clEnqueueMemsetINTEL);
  FUNCTION(clEnqueueMemcpyINTEL);
  FUNCTION(clEnqueueMigrateMemINTEL);
  FUNCTION(clEnqueueMemAdviseINTEL);
};

const Api& api() {
  static const Api& instance = *new Api;
  return instance;
}

int* shared_ints(const Session& session, std::size_t count) {
  cl_int error = 1;
  auto* out = api().clSharedMemAllocINTEL(session.context, device(), nullptr, count * 4, 0, &error);
  REQUIRE(error == CL_SUCCESS);
  return static_cast<int*>(out);
}

template <class T>
T ask(const Session& session, const void* pointer, cl_mem_info_intel name) {
  T out{};
  REQUIRE(api().clGetMemAllocInfoINTEL(session.context, pointer, name, sizeof out, &out, nullptr) ==
          CL_SUCCESS);
  return out;
}

}  // namespace

TEST_CASE("unified shared memory of each type says what it is") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  const cl_mem_properties_intel placed[] = {CL_MEM_ALLOC_FLAGS_INTEL,
                                            CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL, 0};
  cl_int error = 1;
  const struct {
    void* pointer;
    cl_unified_shared_memory_type_intel type;
    cl_device_id device;
    cl_mem_alloc_flags_intel flags;
  } rows[] = {
      {api().clHostMemAllocINTEL(session.context, nullptr, 1000, 0, &error), CL_MEM_TYPE_HOST_INTEL, nullptr,
       0},
      {api().clDeviceMemAllocINTEL(session.context, device(), nullptr, 1000, 64, &error),
       CL_MEM_TYPE_DEVICE_INTEL, device(), 0},
      {api().clSharedMemAllocINTEL(session.context, device(), placed, 1000, 128, &error),
       CL_MEM_TYPE_SHARED_INTEL, device(), CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL},
      {api().clSharedMemAllocINTEL(session.context, nullptr, nullptr, 1000, 0, &error),
       CL_MEM_TYPE_SHARED_INTEL, nullptr, 0},
  };
  for (const auto& row : rows) {
    REQUIRE(row.pointer != nullptr);
    const void* inside = static_cast<char*>(row.pointer) + 999;
    CHECK(ask<cl_unified_shared_memory_type_intel>(session, inside, CL_MEM_ALLOC_TYPE_INTEL) == row.type);
    CHECK(ask<void*>(session, inside, CL_MEM_ALLOC_BASE_PTR_INTEL) == row.pointer);
    CHECK(ask<std::size_t>(session, inside, CL_MEM_ALLOC_SIZE_INTEL) == 1000);
    CHECK(ask<cl_device_id>(session, inside, CL_MEM_ALLOC_DEVICE_INTEL) == row.device);
    CHECK(ask<cl_mem_alloc_flags_intel>(session, inside, CL_MEM_ALLOC_FLAGS_INTEL) == row.flags);
    CHECK(api().clMemFreeINTEL(session.context, const_cast<void*>(inside)) == CL_INVALID_VALUE);
    CHECK(api().clMemFreeINTEL(session.context, row.pointer) == CL_SUCCESS);
    CHECK(api().clMemFreeINTEL(session.context, row.pointer) == CL_INVALID_VALUE);
    CHECK(ask<cl_unified_shared_memory_type_intel>(session, row.pointer, CL_MEM_ALLOC_TYPE_INTEL) ==
          CL_MEM_TYPE_UNKNOWN_INTEL);
    CHECK(ask<std::size_t>(session, row.pointer, CL_MEM_ALLOC_SIZE_INTEL) == 0);
  }
  void* svm = clSVMAlloc(session.context, CL_MEM_READ_WRITE, 64, 0);
  CHECK(ask<cl_unified_shared_memory_type_intel>(session, svm, CL_MEM_ALLOC_TYPE_INTEL) ==
        CL_MEM_TYPE_UNKNOWN_INTEL);
  CHECK(api().clMemFreeINTEL(session.context, svm) == CL_INVALID_VALUE);
  clSVMFree(session.context, svm);
  CHECK(api().clMemFreeINTEL(session.context, nullptr) == CL_SUCCESS);
  const auto capabilities = query<cl_device_unified_shared_memory_capabilities_intel>(
      clGetDeviceInfo, device(), CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL);
  CHECK(capabilities == (has_atomics() ? 15U : 5U));
}

TEST_CASE("kernels reach unified shared memory by arguments and by pointers in memory") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  Program program = session.build(R"(
    struct Node { global struct Node* next; int value; };
    kernel void walk(global struct Node* node, global int* sum) {
      int all = 0;
      for (; node; node = node->next) all += node->value;
      *sum = all;
    })");
  Kernel kernel = session.kernel(program, "walk");
  struct Node {
    Node* next;
    int value;
  };
  Node* list = nullptr;
  for (int i = 1; i <= 10; ++i) {
    auto* node = static_cast<Node*>(
        api().clSharedMemAllocINTEL(session.context, device(), nullptr, sizeof(Node), 0, nullptr));
    REQUIRE(node != nullptr);
    *node = {list, i};
    list = node;
  }
  int* sum = shared_ints(session, 4);
  const cl_bool yes = CL_TRUE;
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL, sizeof yes, &yes) ==
        CL_SUCCESS);
  const void* pointers[] = {list, sum};
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, sizeof pointers, pointers) ==
        CL_SUCCESS);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL, 1, &yes) ==
        CL_INVALID_VALUE);
  REQUIRE(api().clSetKernelArgMemPointerINTEL(kernel, 0, list) == CL_SUCCESS);
  REQUIRE(api().clSetKernelArgMemPointerINTEL(kernel, 1, sum + 2) == CL_SUCCESS);
  CHECK(api().clSetKernelArgMemPointerINTEL(kernel, 2, sum) == CL_INVALID_ARG_INDEX);
  CHECK(api().clSetKernelArgMemPointerINTEL(nullptr, 0, sum) == CL_INVALID_KERNEL);
  const std::size_t one = 1;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(sum[2] == 55);
  // Any pointer may be set, though this one is nobody's.
  int outside = 0;
  CHECK(api().clSetKernelArgMemPointerINTEL(kernel, 1, &outside) == CL_SUCCESS);
  while (list) {
    Node* next = list->next;
    CHECK(api().clMemBlockingFreeINTEL(session.context, list) == CL_SUCCESS);
    list = next;
  }
  CHECK(api().clMemBlockingFreeINTEL(session.context, sum) == CL_SUCCESS);
}

TEST_CASE("unified shared memory is filled and copied by commands") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  int* a = shared_ints(session, 100);
  auto* b =
      static_cast<int*>(api().clDeviceMemAllocINTEL(session.context, device(), nullptr, 400, 0, nullptr));
  std::vector<int> host(100, 3);
  const int value = 42;
  Event filled, copied, advised, migrated;
  REQUIRE(api().clEnqueueMemFillINTEL(session.queue, a, &value, 4, 400, 0, nullptr, filled.out()) ==
          CL_SUCCESS);
  REQUIRE(api().clEnqueueMemcpyINTEL(session.queue, CL_FALSE, b, a, 400, 0, nullptr, copied.out()) ==
          CL_SUCCESS);
  REQUIRE(api().clEnqueueMigrateMemINTEL(session.queue, a, 400, 0, 0, nullptr, migrated.out()) == CL_SUCCESS);
  REQUIRE(api().clEnqueueMemAdviseINTEL(session.queue, a, 400, 0, 0, nullptr, advised.out()) == CL_SUCCESS);
  REQUIRE(api().clEnqueueMemcpyINTEL(session.queue, CL_TRUE, host.data(), b, 400, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(host == std::vector<int>(100, 42));
  REQUIRE(api().clEnqueueMemsetINTEL(session.queue, a, 1, 400, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(a[99] == 0x01010101);
  const auto type = [](cl_event event) {
    return query<cl_command_type>(clGetEventInfo, event, CL_EVENT_COMMAND_TYPE);
  };
  CHECK(type(filled) == CL_COMMAND_MEMFILL_INTEL);
  CHECK(type(copied) == CL_COMMAND_MEMCPY_INTEL);
  CHECK(type(migrated) == CL_COMMAND_MIGRATEMEM_INTEL);
  CHECK(type(advised) == CL_COMMAND_MEMADVISE_INTEL);
  CHECK(api().clEnqueueMemcpyINTEL(session.queue, CL_TRUE, a + 1, a, 400, 0, nullptr, nullptr) ==
        CL_MEM_COPY_OVERLAP);
  CHECK(api().clEnqueueMemcpyINTEL(session.queue, CL_TRUE, nullptr, a, 4, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(api().clEnqueueMemFillINTEL(session.queue, a, &value, 3, 300, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(api().clEnqueueMemFillINTEL(session.queue, a, nullptr, 4, 400, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(api().clEnqueueMemFillINTEL(nullptr, a, &value, 4, 400, 0, nullptr, nullptr) ==
        CL_INVALID_COMMAND_QUEUE);
  CHECK(api().clEnqueueMigrateMemINTEL(session.queue, a, 4, 1 << 7, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(api().clMemFreeINTEL(session.context, a) == CL_SUCCESS);
  CHECK(api().clMemFreeINTEL(session.context, b) == CL_SUCCESS);
}

TEST_CASE("a blocking free waits for the commands that may use the memory") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  int* memory = shared_ints(session, 1000);
  Event gate(clCreateUserEvent(session.context, nullptr)), filled;
  const cl_event waits[] = {gate};
  const int value = 5;
  REQUIRE(api().clEnqueueMemFillINTEL(session.queue, memory, &value, 4, 4000, 1, waits, filled.out()) ==
          CL_SUCCESS);
  std::thread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    clSetUserEventStatus(gate, CL_COMPLETE);
  });
  CHECK(api().clMemBlockingFreeINTEL(session.context, memory) == CL_SUCCESS);
  CHECK(eventually([&] { return status_of(filled) == CL_COMPLETE; }));
  CHECK(status_of(gate) == CL_COMPLETE);
  opener.join();
}

TEST_CASE("a blocking free ends after the command's last status is set") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  Program program = session.build("kernel void count(global int* out) { out[get_global_id(0)]++; }");
  std::atomic<int> early{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const Kernel kernel(clCreateKernel(program, "count", nullptr));
      for (int i = 0; i < 500; ++i) {
        void* memory = api().clSharedMemAllocINTEL(session.context, nullptr, nullptr, 4096, 0, nullptr);
        Event done;
        const std::size_t size = 1024;
        cl_int status = CL_QUEUED;
        api().clSetKernelArgMemPointerINTEL(kernel, 0, memory);
        clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, done.out());
        api().clMemBlockingFreeINTEL(session.context, memory);
        clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr);
        if (status != CL_COMPLETE) ++early;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(early == 0);
}

TEST_CASE("a blocking free waits for kernels that say they use all memory of a type, and for nothing else") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  Program program = session.build("kernel void set(global int* out) { *out = 1; }");
  Kernel kernel = session.kernel(program, "set");
  int* argument = shared_ints(session, 1);
  REQUIRE(api().clSetKernelArgMemPointerINTEL(kernel, 0, argument) == CL_SUCCESS);
  const auto enqueue_behind = [&](cl_event gate) {
    const std::size_t one = 1;
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 1, &gate, nullptr) ==
            CL_SUCCESS);
  };
  Event gate(clCreateUserEvent(session.context, nullptr));
  enqueue_behind(gate);
  // Would wait for ever: only this thread could open the gate.
  CHECK(api().clMemBlockingFreeINTEL(session.context, shared_ints(session, 10)) == CL_SUCCESS);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);

  const cl_bool yes = CL_TRUE, no = CL_FALSE;
  for (const auto name :
       {CL_KERNEL_EXEC_INFO_INDIRECT_DEVICE_ACCESS_INTEL, CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL})
    REQUIRE(clSetKernelExecInfo(kernel, name, sizeof yes, &yes) == CL_SUCCESS);
  int* shared = shared_ints(session, 10);
  Event second(clCreateUserEvent(session.context, nullptr));
  enqueue_behind(second);
  CHECK(api().clMemBlockingFreeINTEL(session.context, shared) == CL_SUCCESS);  // of another type
  REQUIRE(clSetUserEventStatus(second, CL_COMPLETE) == CL_SUCCESS);

  REQUIRE(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL, sizeof yes, &yes) ==
          CL_SUCCESS);
  shared = shared_ints(session, 10);
  Event third(clCreateUserEvent(session.context, nullptr));
  enqueue_behind(third);
  std::atomic<bool> opened{false};
  std::thread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    opened = true;
    clSetUserEventStatus(third, CL_COMPLETE);
  });
  CHECK(api().clMemBlockingFreeINTEL(session.context, shared) == CL_SUCCESS);
  CHECK(opened);
  opener.join();
  REQUIRE(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL, sizeof no, &no) ==
          CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(api().clMemBlockingFreeINTEL(session.context, argument) == CL_SUCCESS);
}

TEST_CASE("allocations of unified shared memory that cannot be are refused") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  const cl_mem_properties_intel unknown[] = {0x4242, 0, 0},
                                twice[] = {CL_MEM_ALLOC_FLAGS_INTEL, 0, CL_MEM_ALLOC_FLAGS_INTEL, 0, 0},
                                both[] = {CL_MEM_ALLOC_FLAGS_INTEL,
                                          CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL |
                                              CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL,
                                          0},
                                placed[] = {CL_MEM_ALLOC_FLAGS_INTEL,
                                            CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL, 0};
  const auto shared = [&](const cl_mem_properties_intel* properties, std::size_t size, cl_uint alignment) {
    cl_int error = 1;
    CHECK(api().clSharedMemAllocINTEL(session.context, device(), properties, size, alignment, &error) ==
          nullptr);
    return error;
  };
  CHECK(shared(unknown, 64, 0) == CL_INVALID_PROPERTY);
  CHECK(shared(twice, 64, 0) == CL_INVALID_PROPERTY);
  CHECK(shared(both, 64, 0) == CL_INVALID_PROPERTY);
  CHECK(shared(nullptr, 0, 0) == CL_INVALID_BUFFER_SIZE);
  CHECK(shared(nullptr, ~std::size_t{0}, 0) == CL_INVALID_BUFFER_SIZE);
  CHECK(shared(nullptr, 64, 3) == CL_INVALID_VALUE);
  CHECK(shared(nullptr, 64, 8192) == CL_INVALID_VALUE);
  cl_int error = 1;
  CHECK(api().clHostMemAllocINTEL(session.context, placed, 64, 0, &error) == nullptr);
  CHECK(error == CL_INVALID_PROPERTY);
  CHECK(api().clHostMemAllocINTEL(nullptr, nullptr, 64, 0, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
  CHECK(api().clDeviceMemAllocINTEL(session.context, nullptr, nullptr, 64, 0, &error) == nullptr);
  CHECK(error == CL_INVALID_DEVICE);
}

TEST_CASE("memory is aligned as it was asked for, up to a page") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  std::vector<void*> all;
  const auto is_aligned = [&](void* pointer, cl_uint alignment) {
    all.push_back(pointer);
    return pointer && reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
  };
  for (cl_uint alignment = 1; alignment <= 4096; alignment *= 2) {
    INFO(alignment);
    cl_int errors[3] = {1, 1, 1};
    CHECK(is_aligned(api().clHostMemAllocINTEL(session.context, nullptr, 100, alignment, &errors[0]),
                     alignment));
    CHECK(is_aligned(
        api().clDeviceMemAllocINTEL(session.context, device(), nullptr, 100, alignment, &errors[1]),
        alignment));
    CHECK(is_aligned(
        api().clSharedMemAllocINTEL(session.context, device(), nullptr, 100, alignment, &errors[2]),
        alignment));
    for (const cl_int error : errors) CHECK(error == CL_SUCCESS);
  }
  for (void* pointer : all) CHECK(api().clMemFreeINTEL(session.context, pointer) == CL_SUCCESS);
}

TEST_CASE("a command-queue takes hints of priority and throttle") {
  NEEDS(has_extension("cl_intel_unified_shared_memory"));
  const Session session;
  const auto make = [&](std::vector<cl_queue_properties> properties) {
    cl_int error = 1;
    Queue queue(clCreateCommandQueueWithProperties(session.context, device(), properties.data(), &error));
    if (!queue) return error;
    std::vector<cl_queue_properties> given(properties.size());
    CHECK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, given.size() * sizeof given[0],
                                given.data(), nullptr) == CL_SUCCESS);
    CHECK(given == properties);
    Memory memory = session.buffer(64);
    const int value = 1;
    CHECK(clEnqueueFillBuffer(queue, memory, &value, 4, 0, 64, 0, nullptr, nullptr) == CL_SUCCESS);
    CHECK(clFinish(queue) == CL_SUCCESS);
    return error;
  };
  for (const cl_queue_properties hint : {1, 2, 4}) {
    CHECK(make({CL_QUEUE_PRIORITY_KHR, hint, CL_QUEUE_THROTTLE_KHR, hint, 0}) == CL_SUCCESS);
    CHECK(make({CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, CL_QUEUE_PRIORITY_KHR, hint, 0}) ==
          CL_SUCCESS);
  }
  CHECK(make({CL_QUEUE_PRIORITY_KHR, 3, 0}) == CL_INVALID_VALUE);
  CHECK(make({CL_QUEUE_THROTTLE_KHR, 0, 0}) == CL_INVALID_VALUE);
  CHECK(make({CL_QUEUE_SIZE, 1024, 0}) == CL_INVALID_QUEUE_PROPERTIES);
  CHECK(make({0x4242, 1024, 0}) == CL_INVALID_VALUE);
}
