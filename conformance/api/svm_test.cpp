// Shared virtual memory (OpenCL 3.0 API 5.6).
#include <algorithm>
#include <atomic>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

// An allocation of a session's context.
template <class T>
struct Shared {
  Shared(const Session& session, std::size_t count, cl_svm_mem_flags flags = CL_MEM_READ_WRITE)
      : context(session.context), data(static_cast<T*>(clSVMAlloc(context, flags, count * sizeof(T), 0))) {
    REQUIRE(data);
  }
  ~Shared() { clSVMFree(context, data); }
  Shared(const Shared&) = delete;

  cl_context context;
  T* data;
};

constexpr cl_svm_mem_flags kFine = CL_MEM_SVM_FINE_GRAIN_BUFFER;

cl_int run(const Session& session, cl_kernel kernel, std::size_t size, cl_event* event = nullptr) {
  return clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, event);
}

}  // namespace

TEST_CASE("a list that the host linked is walked by a kernel, and the other way round") {
  NEEDS(has_shared_memory());
  const Session session;
  struct Node {
    Node* next;
    cl_long value;
  };
  Program program = session.build(
      "typedef struct Node { global struct Node* next; long value; } Node;\n"
      "kernel void sum(global Node* head, global long* out) {\n"
      "  long s = 0; for (global Node* n = head; n; n = n->next) { s += n->value; n->value = -n->value; } "
      "*out = s; }\n"
      "kernel void link(global Node* nodes, uint count) {\n"
      "  for (uint i = 0; i < count; ++i) { nodes[i].next = i + 1 < count ? nodes + i + 1 : 0; "
      "nodes[i].value = i; } }");
  Shared<Node> head(session, 1), rest(session, 99);
  Shared<cl_long> out(session, 1);
  REQUIRE(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_WRITE, head.data, sizeof(Node), 0, nullptr,
                          nullptr) == CL_SUCCESS);
  *head.data = {rest.data, 1000};
  for (int i = 0; i < 99; ++i) rest.data[i] = {i < 98 ? rest.data + i + 1 : nullptr, i};
  REQUIRE(clEnqueueSVMUnmap(session.queue, head.data, 0, nullptr, nullptr) == CL_SUCCESS);
  Kernel sum = session.kernel(program, "sum");
  REQUIRE(clSetKernelArgSVMPointer(sum, 0, head.data) == CL_SUCCESS);
  REQUIRE(clSetKernelArgSVMPointer(sum, 1, out.data) == CL_SUCCESS);
  const void* more[] = {rest.data + 5};
  REQUIRE(clSetKernelExecInfo(sum, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof more, more) == CL_SUCCESS);
  cl_int code = 0;
  Kernel copy(clCloneKernel(sum, &code));
  REQUIRE(code == CL_SUCCESS);
  REQUIRE(run(session, copy, 1) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(*out.data == 1000 + 98 * 99 / 2);
  CHECK(head.data->value == -1000);

  Kernel link = session.kernel(program, "link");
  const cl_uint count = 99;
  REQUIRE(clSetKernelArgSVMPointer(link, 0, rest.data) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(link, 1, sizeof count, &count) == CL_SUCCESS);
  REQUIRE(run(session, link, 1) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  int seen = 0;
  for (const Node* node = rest.data; node; node = node->next) CHECK(node->value == seen++);
  CHECK(seen == 99);
}

// The two wait for each other 50 times: neither's stores may stay with it until a synchronisation point.
TEST_CASE("host and kernel talk through fine-grain memory while the kernel runs") {
  NEEDS(has_shared_memory());
  NEEDS(has_atomics());
  const Session session;
  Program program = session.build(
      "kernel void echo(volatile global int* mail) {\n"
      "  for (int i = 1; i <= 50; ++i) { while (atomic_add(&mail[0], 0) < i); atomic_xchg(&mail[1], i * 2); "
      "} }");
  Kernel kernel = session.kernel(program, "echo");
  Shared<std::atomic<int>> mail(session, 2, kFine | CL_MEM_SVM_ATOMICS);
  mail.data[0] = mail.data[1] = 0;
  REQUIRE(clSetKernelArgSVMPointer(kernel, 0, mail.data) == CL_SUCCESS);
  Event event;
  REQUIRE(run(session, kernel, 1, event.out()) == CL_SUCCESS);
  REQUIRE(clFlush(session.queue) == CL_SUCCESS);
  for (int i = 1; i <= 50; ++i) {
    mail.data[0] = i;
    REQUIRE(eventually([&] { return mail.data[1] == i * 2; }));
  }
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(status_of(event) == CL_COMPLETE);
}

TEST_CASE("copies between host memory and shared memory") {
  NEEDS(has_shared_memory());
  const Session session;
  std::vector<int> host(1000), back(1000);
  std::iota(host.begin(), host.end(), 0);
  Shared<int> a(session, 1000), b(session, 1000);
  const auto copy = [&](void* to, const void* from) {
    return clEnqueueSVMMemcpy(session.queue, CL_TRUE, to, from, 4000, 0, nullptr, nullptr);
  };
  REQUIRE(copy(a.data, host.data()) == CL_SUCCESS);
  REQUIRE(copy(b.data, a.data) == CL_SUCCESS);
  REQUIRE(copy(back.data(), b.data) == CL_SUCCESS);
  CHECK(back == host);
  std::vector<int> other(1000);
  REQUIRE(copy(other.data(), back.data()) == CL_SUCCESS);
  CHECK(other == host);
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, a.data, a.data + 1, 4, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(a.data[0] == 1);
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, a.data, a.data + 1, 5, 0, nullptr, nullptr) ==
        CL_MEM_COPY_OVERLAP);
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, nullptr, a.data, 4, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, a.data, nullptr, 4, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, a.data, b.data, 0, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(clEnqueueSVMMemcpy(nullptr, CL_TRUE, a.data, b.data, 4, 0, nullptr, nullptr) ==
        CL_INVALID_COMMAND_QUEUE);
  // More than the allocation has fails its command, and nothing is touched behind it.
  CHECK(clEnqueueSVMMemcpy(session.queue, CL_TRUE, a.data + 999, host.data(), 8, 0, nullptr, nullptr) < 0);
}

TEST_CASE("fills of shared memory are checked as the specification says") {
  NEEDS(has_shared_memory());
  const Session session;
  Shared<cl_int> a(session, 64);
  const cl_int4 pattern{{1, 2, 3, 4}};
  const auto fill = [&](void* at, const void* what, std::size_t pattern_size, std::size_t size) {
    return clEnqueueSVMMemFill(session.queue, at, what, pattern_size, size, 0, nullptr, nullptr);
  };
  REQUIRE(fill(a.data + 4, &pattern, 16, 64) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  for (int i = 0; i < 16; ++i) CHECK(a.data[4 + i] == i % 4 + 1);
  CHECK(fill(nullptr, &pattern, 16, 64) == CL_INVALID_VALUE);
  CHECK(fill(a.data + 1, &pattern, 16, 64) == CL_INVALID_VALUE);
  CHECK(fill(a.data, nullptr, 16, 64) == CL_INVALID_VALUE);
  CHECK(fill(a.data, &pattern, 0, 64) == CL_INVALID_VALUE);
  CHECK(fill(a.data, &pattern, 12, 48) == CL_INVALID_VALUE);
  CHECK(fill(a.data, &pattern, 256, 256) == CL_INVALID_VALUE);
  CHECK(fill(a.data, &pattern, 16, 40) == CL_INVALID_VALUE);
  CHECK(fill(a.data, &pattern, 16, 1024) == CL_INVALID_VALUE);
}

TEST_CASE("allocations: flags, sizes, alignments") {
  NEEDS(has_shared_memory());
  const Session session;
  const auto limit = query<cl_ulong>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_MEM_ALLOC_SIZE});
  CHECK(query<cl_device_svm_capabilities>(clGetDeviceInfo, device(),
                                          cl_device_info{CL_DEVICE_SVM_CAPABILITIES}) ==
        (CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_BUFFER |
         (has_atomics() ? cl_device_svm_capabilities{CL_DEVICE_SVM_ATOMICS} : 0)));
  const auto refused = [&](cl_context context, cl_svm_mem_flags flags, std::size_t size, cl_uint alignment) {
    void* pointer = clSVMAlloc(context, flags, size, alignment);
    clSVMFree(context, pointer);
    return pointer == nullptr;
  };
  for (const cl_svm_mem_flags flags :
       {cl_svm_mem_flags{0}, cl_svm_mem_flags{CL_MEM_READ_ONLY}, cl_svm_mem_flags{CL_MEM_WRITE_ONLY}, kFine})
    CHECK_FALSE(refused(session.context, flags, 100, 0));
  CHECK(refused(session.context, kFine | CL_MEM_SVM_ATOMICS | CL_MEM_READ_WRITE, 100, 0) != has_atomics());
  CHECK(refused(session.context, CL_MEM_SVM_ATOMICS, 100, 0));
  CHECK(refused(session.context, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, 100, 0));
  CHECK(refused(session.context, CL_MEM_USE_HOST_PTR, 100, 0));
  CHECK(refused(session.context, 0, 0, 0));
  CHECK(refused(session.context, 0, limit + 1, 0));
  CHECK(refused(session.context, 0, 100, 3));
  CHECK(refused(session.context, 0, 100, 256));
  CHECK(session.heard("alignment 256"));
  CHECK(refused(nullptr, 0, 100, 0));
  for (cl_uint alignment = 1; alignment <= 128; alignment *= 2) {
    void* pointer = clSVMAlloc(session.context, 0, 3, alignment);
    CHECK(reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0);
    clSVMFree(session.context, pointer);
  }
  clSVMFree(session.context, nullptr);
}

TEST_CASE("arguments and execution information are checked") {
  NEEDS(has_shared_memory());
  const Session session;
  Program program = session.build("kernel void f(global int* out, int x, local int* y) { *out = 7; }");
  Kernel kernel = session.kernel(program, "f");
  Shared<int> a(session, 16);
  int outside = 0;
  CHECK(clSetKernelArgSVMPointer(kernel, 0, a.data + 15) == CL_SUCCESS);
  CHECK(clSetKernelArgSVMPointer(kernel, 0, nullptr) == CL_SUCCESS);
  CHECK(clSetKernelArgSVMPointer(kernel, 0, &outside) == CL_INVALID_ARG_VALUE);
  CHECK(clSetKernelArgSVMPointer(kernel, 1, a.data) == CL_INVALID_ARG_VALUE);
  CHECK(clSetKernelArgSVMPointer(kernel, 2, a.data) == CL_INVALID_ARG_VALUE);
  CHECK(clSetKernelArgSVMPointer(kernel, 3, a.data) == CL_INVALID_ARG_INDEX);
  CHECK(clSetKernelArgSVMPointer(nullptr, 0, a.data) == CL_INVALID_KERNEL);
  const void* pointers[] = {a.data, &outside};
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 8, pointers) == CL_SUCCESS);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 0, nullptr) == CL_SUCCESS);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 16, pointers) == CL_INVALID_VALUE);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 7, pointers) == CL_INVALID_VALUE);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 8, nullptr) == CL_INVALID_VALUE);
  const cl_bool yes = CL_TRUE, no = CL_FALSE;
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof yes, &yes) ==
        CL_INVALID_OPERATION);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof no, &no) == CL_SUCCESS);
  CHECK(clSetKernelExecInfo(kernel, 0x1234, sizeof no, &no) == CL_INVALID_VALUE);
  CHECK(clSetKernelExecInfo(nullptr, CL_KERNEL_EXEC_INFO_SVM_PTRS, 0, nullptr) == CL_INVALID_KERNEL);
}

TEST_CASE("a buffer on shared memory is that memory") {
  NEEDS(has_shared_memory());
  const Session session;
  Shared<int> a(session, 4096, kFine);
  Memory buffer = session.buffer(1024 * 4, CL_MEM_USE_HOST_PTR, a.data + 1024);
  CHECK(info<cl_bool>(clGetMemObjectInfo, buffer, CL_MEM_USES_SVM_POINTER) == CL_TRUE);
  CHECK(info<void*>(clGetMemObjectInfo, buffer, CL_MEM_HOST_PTR) == a.data + 1024);
  cl_int code = 0;
  const cl_buffer_region region{512, 128};
  Memory part(clCreateSubBuffer(buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code));
  REQUIRE(code == CL_SUCCESS);
  CHECK(info<cl_bool>(clGetMemObjectInfo, part, CL_MEM_USES_SVM_POINTER) == CL_TRUE);
  Program program = session.build("kernel void f(global int* out) { out[get_global_id(0)] = 5; }");
  Kernel kernel = session.kernel(program, "f");
  const cl_mem argument = part;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  REQUIRE(run(session, kernel, 32) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  for (int i = 0; i < 32; ++i) CHECK(a.data[1024 + 128 + i] == 5);
  auto* mapped = static_cast<int*>(
      clEnqueueMapBuffer(session.queue, buffer, CL_TRUE, CL_MAP_READ, 0, 4096, 0, nullptr, nullptr, &code));
  CHECK(mapped == a.data + 1024);
  REQUIRE(clEnqueueUnmapMemObject(session.queue, buffer, mapped, 0, nullptr, nullptr) == CL_SUCCESS);
  (void)clCreateBuffer(session.context, CL_MEM_USE_HOST_PTR, 4096 * 4, a.data + 1, &code);
  CHECK(code == CL_INVALID_BUFFER_SIZE);
  Memory plain = session.buffer(64);
  CHECK(info<cl_bool>(clGetMemObjectInfo, plain, CL_MEM_USES_SVM_POINTER) == CL_FALSE);
}

TEST_CASE("freed memory lives until the commands that use it are done") {
  NEEDS(has_shared_memory());
  const Session session;
  Program program = session.build(
      "kernel void f(global int* out, global int* seen) { "
      "int i = get_global_id(0); out[i] = 1; seen[i] = out[i]; }");
  Kernel kernel = session.kernel(program, "f");
  auto* data = static_cast<int*>(clSVMAlloc(session.context, 0, 1 << 20, 0));
  const std::size_t size = 1 << 18;
  Shared<int> seen(session, size);
  std::fill_n(seen.data, size, 0);
  REQUIRE(clSetKernelArgSVMPointer(kernel, 0, data) == CL_SUCCESS);
  REQUIRE(clSetKernelArgSVMPointer(kernel, 1, seen.data) == CL_SUCCESS);
  cl_int code = 0;
  Event gate(clCreateUserEvent(session.context, &code));
  const cl_event list[] = {gate};
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 1, list, nullptr) ==
          CL_SUCCESS);
  clSVMFree(session.context, data);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
  CHECK(std::count(seen.data, seen.data + size, 1) == 1 << 18);
  CHECK(run(session, kernel, 1) == CL_INVALID_KERNEL_ARGS);
  CHECK(clSetKernelArgSVMPointer(kernel, 0, data) == CL_INVALID_ARG_VALUE);
}

TEST_CASE("freeing in a queue: by us or by the application's function") {
  NEEDS(has_shared_memory());
  const Session session;
  void* pointers[2] = {clSVMAlloc(session.context, 0, 64, 0), clSVMAlloc(session.context, 0, 64, 0)};
  struct Call {
    cl_command_queue queue;
    cl_context context;
    std::atomic<cl_uint> count{0};
    std::atomic<void*> first{nullptr};
  } call{session.queue, session.context, {}, {}};
  Event event;
  REQUIRE(clEnqueueSVMFree(
              session.queue, 2, pointers,
              [](cl_command_queue queue, cl_uint count, void* freed[], void* data) {
                auto& seen = *static_cast<Call*>(data);
                if (queue != seen.queue) return;
                seen.first = freed[0];
                for (cl_uint i = 0; i < count; ++i) clSVMFree(seen.context, freed[i]);
                seen.count = count;
              },
              &call, 0, nullptr, event.out()) == CL_SUCCESS);
  void* const first = pointers[0];
  pointers[0] = nullptr;  // the list is ours again
  const cl_event list[] = {event};
  REQUIRE(clWaitForEvents(1, list) == CL_SUCCESS);
  CHECK(call.count == 2);
  CHECK(call.first == first);
  CHECK(query<cl_command_type>(clGetEventInfo, cl_event{event}, cl_event_info{CL_EVENT_COMMAND_TYPE}) ==
        CL_COMMAND_SVM_FREE);

  void* one[] = {clSVMAlloc(session.context, 0, 64, 0)};
  REQUIRE(clEnqueueSVMFree(session.queue, 1, one, nullptr, nullptr, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(clEnqueueSVMMap(session.queue, CL_TRUE, CL_MAP_READ, one[0], 64, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
  CHECK(clEnqueueSVMFree(session.queue, 0, one, nullptr, nullptr, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(clEnqueueSVMFree(session.queue, 1, nullptr, nullptr, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_VALUE);
}

TEST_CASE("mapping and migration of shared memory are checked") {
  NEEDS(has_shared_memory());
  const Session session;
  Shared<int> a(session, 64);
  const auto map = [&](void* at, std::size_t size, cl_map_flags flags) {
    return clEnqueueSVMMap(session.queue, CL_TRUE, flags, at, size, 0, nullptr, nullptr);
  };
  CHECK(map(a.data, 256, CL_MAP_READ | CL_MAP_WRITE) == CL_SUCCESS);
  CHECK(map(a.data, 256, CL_MAP_WRITE_INVALIDATE_REGION) == CL_SUCCESS);
  CHECK(map(nullptr, 256, CL_MAP_READ) == CL_INVALID_VALUE);
  CHECK(map(a.data, 0, CL_MAP_READ) == CL_INVALID_VALUE);
  CHECK(map(a.data, 257, CL_MAP_READ) == CL_INVALID_VALUE);
  CHECK(map(a.data, 256, 1 << 10) == CL_INVALID_VALUE);
  CHECK(map(a.data, 256, CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION) == CL_INVALID_VALUE);
  CHECK(clEnqueueSVMUnmap(session.queue, a.data, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(clEnqueueSVMUnmap(session.queue, nullptr, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  const void* list[] = {a.data, a.data + 32};
  const std::size_t sizes[] = {0, 128};
  const std::size_t too_large[] = {0, 129};
  const auto migrate = [&](cl_uint count, const void** pointers, const std::size_t* bytes,
                           cl_mem_migration_flags flags) {
    return clEnqueueSVMMigrateMem(session.queue, count, pointers, bytes, flags, 0, nullptr, nullptr);
  };
  CHECK(migrate(2, list, nullptr, 0) == CL_SUCCESS);
  CHECK(migrate(2, list, sizes, CL_MIGRATE_MEM_OBJECT_HOST) == CL_SUCCESS);
  CHECK(migrate(2, list, too_large, 0) == CL_INVALID_VALUE);
  CHECK(migrate(0, list, nullptr, 0) == CL_INVALID_VALUE);
  CHECK(migrate(2, nullptr, nullptr, 0) == CL_INVALID_VALUE);
  CHECK(migrate(2, list, nullptr, 1 << 7) == CL_INVALID_VALUE);
}
