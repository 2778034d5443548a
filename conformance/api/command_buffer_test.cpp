// Command-buffers and their mutable dispatches (cl_khr_command_buffer,
// cl_khr_command_buffer_mutable_dispatch).
#include "conformance/api/fixture.hpp"
#include "runtime/api/command_buffer_types.hpp"

using namespace kiesel::api_test;
namespace types = kiesel::runtime::api;

namespace {

#define OLD_TYPE(name) const name##_fn name = extension<name##_fn>(#name)
#define NEW_TYPE(name) const types::name##_fn name = extension<types::name##_fn>(#name)

struct Api {
  OLD_TYPE(clCreateCommandBufferKHR);
  OLD_TYPE(clRetainCommandBufferKHR);
  OLD_TYPE(clReleaseCommandBufferKHR);
  OLD_TYPE(clFinalizeCommandBufferKHR);
  OLD_TYPE(clEnqueueCommandBufferKHR);
  OLD_TYPE(clGetCommandBufferInfoKHR);
  OLD_TYPE(clGetMutableCommandInfoKHR);
  NEW_TYPE(clCommandBarrierWithWaitListKHR);
  NEW_TYPE(clCommandCopyBufferKHR);
  NEW_TYPE(clCommandFillBufferKHR);
  NEW_TYPE(clCommandNDRangeKernelKHR);
  NEW_TYPE(clCommandSVMMemcpyKHR);
  NEW_TYPE(clCommandSVMMemFillKHR);
  NEW_TYPE(clUpdateMutableCommandsKHR);
};

const Api& api() {
  static const Api& instance = *new Api;
  return instance;
}

// Owns one reference; REQUIREs what has no reason to fail.
class Buffer {
 public:
  explicit Buffer(cl_command_queue queue, std::vector<cl_command_buffer_properties_khr> properties = {}) {
    cl_int error = 1;
    buffer_ =
        api().clCreateCommandBufferKHR(1, &queue, properties.empty() ? nullptr : properties.data(), &error);
    REQUIRE(error == CL_SUCCESS);
    REQUIRE(buffer_ != nullptr);
  }
  Buffer(const Buffer&) = delete;
  ~Buffer() {
    if (buffer_) api().clReleaseCommandBufferKHR(buffer_);
  }
  operator cl_command_buffer_khr() const { return buffer_; }
  cl_command_buffer_khr give_up() { return std::exchange(buffer_, nullptr); }

  cl_sync_point_khr fill(cl_mem memory, int value, std::size_t count,
                         const std::vector<cl_sync_point_khr>& after = {}) const {
    cl_sync_point_khr point = 0;
    REQUIRE(api().clCommandFillBufferKHR(buffer_, nullptr, nullptr, memory, &value, 4, 0, count * 4,
                                         static_cast<cl_uint>(after.size()),
                                         after.empty() ? nullptr : after.data(), &point,
                                         nullptr) == CL_SUCCESS);
    return point;
  }
  cl_sync_point_khr copy(cl_mem from, cl_mem to, std::size_t count,
                         const std::vector<cl_sync_point_khr>& after = {}) const {
    cl_sync_point_khr point = 0;
    REQUIRE(api().clCommandCopyBufferKHR(
                buffer_, nullptr, nullptr, from, to, 0, 0, count * 4, static_cast<cl_uint>(after.size()),
                after.empty() ? nullptr : after.data(), &point, nullptr) == CL_SUCCESS);
    return point;
  }
  cl_mutable_command_khr launch(cl_kernel kernel, std::size_t size,
                                const std::vector<types::cl_command_properties_khr>& properties = {}) const {
    cl_mutable_command_khr handle = nullptr;
    REQUIRE(api().clCommandNDRangeKernelKHR(
                buffer_, nullptr, properties.empty() ? nullptr : properties.data(), kernel, 1, nullptr, &size,
                nullptr, 0, nullptr, nullptr, &handle) == CL_SUCCESS);
    return handle;
  }
  void finalize() const { REQUIRE(api().clFinalizeCommandBufferKHR(buffer_) == CL_SUCCESS); }
  cl_int enqueue(cl_event* event = nullptr) const {
    return api().clEnqueueCommandBufferKHR(0, nullptr, buffer_, 0, nullptr, event);
  }
  template <class T>
  T info(cl_command_buffer_info_khr name) const {
    T out{};
    REQUIRE(api().clGetCommandBufferInfoKHR(buffer_, name, sizeof out, &out, nullptr) == CL_SUCCESS);
    return out;
  }

 private:
  cl_command_buffer_khr buffer_ = nullptr;
};

constexpr const char* kAdd =
    "kernel void add(global int* data, int value) { data[get_global_id(0)] += value * (1 + "
    "(int)(get_global_offset(0))); }";

void set(cl_kernel kernel, cl_uint index, cl_mem memory) {
  REQUIRE(clSetKernelArg(kernel, index, sizeof memory, &memory) == CL_SUCCESS);
}
void set(cl_kernel kernel, cl_uint index, int value) {
  REQUIRE(clSetKernelArg(kernel, index, sizeof value, &value) == CL_SUCCESS);
}

cl_int update(cl_command_buffer_khr buffer, const std::vector<types::MutableDispatchConfig>& configs) {
  std::vector<types::cl_command_buffer_update_type_khr> kinds(configs.size(), 0);
  std::vector<const void*> pointers;
  for (const auto& config : configs) pointers.push_back(&config);
  return api().clUpdateMutableCommandsKHR(buffer, static_cast<cl_uint>(configs.size()), kinds.data(),
                                          pointers.data());
}

const std::vector<cl_command_buffer_properties_khr> kMutable{
    CL_COMMAND_BUFFER_FLAGS_KHR, CL_COMMAND_BUFFER_MUTABLE_KHR | CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR, 0};

}  // namespace

TEST_CASE("a command-buffer does its commands again at each enqueue, with the arguments of their recording") {
  const Session session;
  Program program = session.build(kAdd);
  Kernel kernel = session.kernel(program, "add");
  Memory a = session.buffer(400), b = session.buffer(400);
  const int zero = 0;
  REQUIRE(clEnqueueFillBuffer(session.queue, a, &zero, 4, 0, 400, 0, nullptr, nullptr) == CL_SUCCESS);
  const Buffer buffer(session.queue);
  CHECK(buffer.info<cl_command_buffer_state_khr>(CL_COMMAND_BUFFER_STATE_KHR) ==
        CL_COMMAND_BUFFER_STATE_RECORDING_KHR);
  CHECK(buffer.info<cl_uint>(CL_COMMAND_BUFFER_NUM_QUEUES_KHR) == 1);
  CHECK(buffer.info<cl_command_queue>(CL_COMMAND_BUFFER_QUEUES_KHR) == session.queue);
  CHECK(buffer.info<cl_uint>(CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR) == 1);
  CHECK(buffer.info<cl_context>(0x1299) == session.context);
  set(kernel, 0, a);
  set(kernel, 1, 3);
  buffer.launch(kernel, 100);
  set(kernel, 1, 1000);  // has no effect on what is recorded
  buffer.copy(a, b, 100);
  CHECK(buffer.enqueue() == CL_INVALID_OPERATION);
  buffer.finalize();
  CHECK(buffer.info<cl_command_buffer_state_khr>(CL_COMMAND_BUFFER_STATE_KHR) ==
        CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR);
  CHECK(api().clFinalizeCommandBufferKHR(buffer) == CL_INVALID_OPERATION);
  CHECK(api().clCommandBarrierWithWaitListKHR(buffer, nullptr, nullptr, 0, nullptr, nullptr, nullptr) ==
        CL_INVALID_OPERATION);
  for (int round = 1; round <= 5; ++round) {
    REQUIRE(buffer.enqueue() == CL_SUCCESS);
    CHECK(session.read<int>(b, 100) == std::vector<int>(100, 3 * round));
  }
  CHECK(clReleaseKernel(kernel.give_up()) == CL_SUCCESS);
  CHECK(buffer.enqueue() == CL_SUCCESS);
  CHECK(session.read<int>(b, 100) == std::vector<int>(100, 18));
}

TEST_CASE("the commands of an out-of-order command-buffer wait for their sync points and barriers") {
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  constexpr std::size_t kCount = 100000;
  Memory memory[3];
  for (auto& one : memory) one = session.buffer(kCount * 4);
  const Buffer buffer(session.queue);
  const auto first = buffer.fill(memory[0], 7, kCount);
  const auto second = buffer.copy(memory[0], memory[1], kCount, {first});
  CHECK(first != second);
  const auto third = buffer.fill(memory[0], 8, kCount, {second});
  REQUIRE(api().clCommandBarrierWithWaitListKHR(buffer, nullptr, nullptr, 0, nullptr, nullptr, nullptr) ==
          CL_SUCCESS);
  buffer.copy(memory[0], memory[2], kCount);  // behind the barrier
  cl_int value = 0;
  const cl_sync_point_khr wrong[] = {third + 100};
  CHECK(api().clCommandFillBufferKHR(buffer, nullptr, nullptr, memory[0], &value, 4, 0, 4, 1, wrong, nullptr,
                                     nullptr) == CL_INVALID_SYNC_POINT_WAIT_LIST_KHR);
  CHECK(api().clCommandFillBufferKHR(buffer, nullptr, nullptr, memory[0], &value, 4, 0, 4, 0, wrong, nullptr,
                                     nullptr) == CL_INVALID_SYNC_POINT_WAIT_LIST_KHR);
  buffer.finalize();
  for (int round = 0; round < 20; ++round) {
    Event done;
    REQUIRE(buffer.enqueue(done.out()) == CL_SUCCESS);
    const cl_event list[] = {done};
    REQUIRE(clWaitForEvents(1, list) == CL_SUCCESS);
    CHECK(session.read<int>(memory[1], kCount) == std::vector<int>(kCount, 7));
    CHECK(session.read<int>(memory[2], kCount) == std::vector<int>(kCount, 8));
  }
}

TEST_CASE("the event of a command-buffer tells its type, its times and the failure of a command") {
  const Session session;
  Program program = session.build("kernel void poke(global int* p, long by) { p[by] = 1; }");
  Kernel kernel = session.kernel(program, "poke");
  Memory memory = session.buffer(4096);
  set(kernel, 0, memory);
  const cl_long here = 0, nowhere = cl_long{1} << 40;
  REQUIRE(clSetKernelArg(kernel, 1, 8, &here) == CL_SUCCESS);
  {
    const Buffer buffer(session.queue);
    buffer.launch(kernel, 1);
    buffer.fill(memory, 1, 8);
    buffer.finalize();
    Event done;
    REQUIRE(buffer.enqueue(done.out()) == CL_SUCCESS);
    REQUIRE(clFinish(session.queue) == CL_SUCCESS);
    CHECK(query<cl_command_type>(clGetEventInfo, done, CL_EVENT_COMMAND_TYPE) ==
          CL_COMMAND_COMMAND_BUFFER_KHR);
    CHECK(query<cl_command_queue>(clGetEventInfo, done, CL_EVENT_COMMAND_QUEUE) == session.queue);
    std::vector<cl_ulong> times;
    for (cl_profiling_info name = CL_PROFILING_COMMAND_QUEUED; name <= CL_PROFILING_COMMAND_COMPLETE; ++name)
      times.push_back(query<cl_ulong>(clGetEventProfilingInfo, done, name));
    CHECK(std::is_sorted(times.begin(), times.end()));
    CHECK(times[3] > times[2]);
  }
  REQUIRE(clSetKernelArg(kernel, 1, 8, &nowhere) == CL_SUCCESS);
  const Buffer buffer(session.queue);
  buffer.launch(kernel, 1);
  buffer.fill(memory, 1, 8);
  buffer.finalize();
  Event done;
  REQUIRE(buffer.enqueue(done.out()) == CL_SUCCESS);
  const cl_event list[] = {done};
  CHECK(clWaitForEvents(1, list) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(status_of(done) == CL_OUT_OF_RESOURCES);
  CHECK(session.heard("bad address"));
  CHECK(clFinish(session.queue) == CL_SUCCESS);  // it was told
}

TEST_CASE("a command-buffer waits for events and runs on other queues of its device") {
  const Session session, stranger;
  Memory memory = session.buffer(64);
  const Buffer buffer(session.queue);
  buffer.fill(memory, 5, 16);
  buffer.finalize();
  Queue other(clCreateCommandQueueWithProperties(session.context, device(), nullptr, nullptr));
  Event gate(clCreateUserEvent(session.context, nullptr)), done;
  const cl_event waits[] = {gate};
  cl_command_queue queues[] = {other, other};
  REQUIRE(api().clEnqueueCommandBufferKHR(1, queues, buffer, 1, waits, done.out()) == CL_SUCCESS);
  CHECK(query<cl_command_queue>(clGetEventInfo, done, CL_EVENT_COMMAND_QUEUE) == other);
  CHECK(status_of(done) > CL_RUNNING);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(clFinish(other) == CL_SUCCESS);
  CHECK(session.read<int>(memory, 16) == std::vector<int>(16, 5));
  CHECK(api().clEnqueueCommandBufferKHR(2, queues, buffer, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(api().clEnqueueCommandBufferKHR(0, queues, buffer, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  CHECK(api().clEnqueueCommandBufferKHR(1, nullptr, buffer, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  queues[0] = stranger.queue;
  CHECK(api().clEnqueueCommandBufferKHR(1, queues, buffer, 0, nullptr, nullptr) == CL_INVALID_CONTEXT);
  queues[0] = nullptr;
  CHECK(api().clEnqueueCommandBufferKHR(1, queues, buffer, 0, nullptr, nullptr) == CL_INVALID_COMMAND_QUEUE);
  CHECK(api().clEnqueueCommandBufferKHR(0, nullptr, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_COMMAND_BUFFER_KHR);
  CHECK(api().clEnqueueCommandBufferKHR(0, nullptr, buffer, 1, nullptr, nullptr) ==
        CL_INVALID_EVENT_WAIT_LIST);
}

TEST_CASE("a command-buffer may be released while it runs, and its handle is found out afterwards") {
  const Session session;
  Memory memory = session.buffer(64);
  Buffer buffer(session.queue);
  buffer.fill(memory, 9, 16);
  buffer.finalize();
  Event gate(clCreateUserEvent(session.context, nullptr));
  const cl_event waits[] = {gate};
  REQUIRE(api().clEnqueueCommandBufferKHR(0, nullptr, buffer, 1, waits, nullptr) == CL_SUCCESS);
  const auto handle = buffer.give_up();
  CHECK(api().clRetainCommandBufferKHR(handle) == CL_SUCCESS);
  CHECK(api().clReleaseCommandBufferKHR(handle) == CL_SUCCESS);
  CHECK(api().clReleaseCommandBufferKHR(handle) == CL_SUCCESS);
  CHECK(api().clReleaseCommandBufferKHR(handle) == CL_INVALID_COMMAND_BUFFER_KHR);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(session.read<int>(memory, 16) == std::vector<int>(16, 9));
}

TEST_CASE("command-buffers and commands that cannot be are refused") {
  const Session session;
  cl_command_queue queues[] = {session.queue, session.queue};
  const struct {
    cl_uint count;
    std::vector<cl_command_buffer_properties_khr> properties;
    cl_int error;
  } rows[] = {
      {0, {0}, CL_INVALID_VALUE},
      {2, {0}, CL_INVALID_VALUE},
      {1, {CL_COMMAND_BUFFER_FLAGS_KHR, 1 << 20, 0}, CL_INVALID_VALUE},
      {1, {CL_COMMAND_BUFFER_FLAGS_KHR, 1 << 2, 0}, CL_INVALID_PROPERTY},
      {1, {CL_COMMAND_BUFFER_FLAGS_KHR, 0, CL_COMMAND_BUFFER_FLAGS_KHR, 0, 0}, CL_INVALID_VALUE},
      {1, {0x4242, 0, 0}, CL_INVALID_VALUE},
  };
  for (const auto& row : rows) {
    cl_int error = 1;
    CHECK(api().clCreateCommandBufferKHR(row.count, queues, row.properties.data(), &error) == nullptr);
    CHECK(error == row.error);
  }
  cl_int error = 1;
  CHECK(api().clCreateCommandBufferKHR(1, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  const Buffer buffer(session.queue);
  Memory memory = session.buffer(64);
  const int value = 1;
  cl_mutable_command_khr handle = nullptr;
  const types::cl_command_properties_khr property[] = {0x4242, 0, 0};
  const auto fill = [&](cl_command_queue queue, const types::cl_command_properties_khr* properties,
                        std::size_t size, cl_mutable_command_khr* mutable_handle) {
    return api().clCommandFillBufferKHR(buffer, queue, properties, memory, &value, 4, 0, size, 0, nullptr,
                                        nullptr, mutable_handle);
  };
  CHECK(fill(session.queue, nullptr, 64, nullptr) == CL_INVALID_COMMAND_QUEUE);
  CHECK(fill(nullptr, property, 64, nullptr) == CL_INVALID_VALUE);
  CHECK(fill(nullptr, nullptr, 68, nullptr) == CL_INVALID_VALUE);
  CHECK(fill(nullptr, nullptr, 64, &handle) == CL_INVALID_VALUE);
  CHECK(fill(nullptr, nullptr, 64, nullptr) == CL_SUCCESS);
}

TEST_CASE("shared virtual memory is copied and filled by command-buffers") {
  NEEDS(has_shared_memory());
  const Session session;
  auto* a = static_cast<int*>(clSVMAlloc(session.context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 400, 0));
  auto* b = static_cast<int*>(clSVMAlloc(session.context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 400, 0));
  {
    const Buffer buffer(session.queue);
    const int value = 11;
    REQUIRE(api().clCommandSVMMemFillKHR(buffer, nullptr, nullptr, a, &value, 4, 400, 0, nullptr, nullptr,
                                         nullptr) == CL_SUCCESS);
    REQUIRE(api().clCommandSVMMemcpyKHR(buffer, nullptr, nullptr, b, a, 400, 0, nullptr, nullptr, nullptr) ==
            CL_SUCCESS);
    CHECK(api().clCommandSVMMemcpyKHR(buffer, nullptr, nullptr, a, a, 400, 0, nullptr, nullptr, nullptr) ==
          CL_MEM_COPY_OVERLAP);
    buffer.finalize();
    for (int round = 0; round < 2; ++round) {
      std::fill(b, b + 100, 0);
      REQUIRE(buffer.enqueue() == CL_SUCCESS);
      REQUIRE(clFinish(session.queue) == CL_SUCCESS);
      CHECK(std::vector<int>(b, b + 100) == std::vector<int>(100, 11));
    }
  }
  clSVMFree(session.context, a);
  clSVMFree(session.context, b);
}

TEST_CASE("a mutable dispatch changes its arguments, sizes and offset between enqueues") {
  NEEDS(most_items() >= 25);
  const Session session;
  Program program = session.build(kAdd);
  Kernel kernel = session.kernel(program, "add");
  std::vector<int> zeros(100);
  Memory a = session.buffer_of(zeros), b = session.buffer_of(zeros);
  set(kernel, 0, a);
  set(kernel, 1, 1);
  const Buffer buffer(session.queue, kMutable);
  const auto command = buffer.launch(kernel, 100);
  REQUIRE(command != nullptr);
  types::MutableDispatchConfig config{};
  config.command = command;
  CHECK(update(buffer, {config}) == CL_INVALID_OPERATION);  // not finalized
  buffer.finalize();
  // An enqueue that waits keeps what it was enqueued with: simultaneous use.
  Event gate(clCreateUserEvent(session.context, nullptr));
  const cl_event waits[] = {gate};
  REQUIRE(api().clEnqueueCommandBufferKHR(0, nullptr, buffer, 1, waits, nullptr) == CL_SUCCESS);
  const cl_mem target = b;
  const int ten = 10;
  const cl_mutable_dispatch_arg_khr arguments[] = {{0, sizeof target, &target}, {1, sizeof ten, &ten}};
  const std::size_t offset = 2, size = 50, local = 25;
  config.num_args = 2;
  config.arg_list = arguments;
  config.global_work_offset = &offset;
  config.global_work_size = &size;
  config.local_work_size = &local;
  REQUIRE(update(buffer, {config}) == CL_SUCCESS);
  REQUIRE(buffer.enqueue() == CL_SUCCESS);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(session.read<int>(a, 100) == std::vector<int>(100, 1));
  std::vector<int> expected(100);
  std::fill(expected.begin() + 2, expected.begin() + 52, 30);
  CHECK(session.read<int>(b, 100) == expected);

  const auto ask = [&]<class T>(cl_mutable_command_info_khr name, T out) {
    REQUIRE(api().clGetMutableCommandInfoKHR(command, name, sizeof out, &out, nullptr) == CL_SUCCESS);
    return out;
  };
  CHECK(ask(CL_MUTABLE_DISPATCH_GLOBAL_WORK_SIZE_KHR, std::size_t{0}) == 50);
  CHECK(ask(CL_MUTABLE_DISPATCH_GLOBAL_WORK_OFFSET_KHR, std::size_t{0}) == 2);
  CHECK(ask(CL_MUTABLE_DISPATCH_LOCAL_WORK_SIZE_KHR, std::size_t{0}) == 25);
  CHECK(ask(CL_MUTABLE_DISPATCH_DIMENSIONS_KHR, cl_uint{0}) == 1);
  CHECK(ask(CL_MUTABLE_DISPATCH_KERNEL_KHR, cl_kernel{}) == kernel);
  CHECK(ask(CL_MUTABLE_COMMAND_COMMAND_BUFFER_KHR, cl_command_buffer_khr{}) == buffer);
  CHECK(ask(CL_MUTABLE_COMMAND_COMMAND_QUEUE_KHR, cl_command_queue{}) == session.queue);
  CHECK(ask(CL_MUTABLE_COMMAND_COMMAND_TYPE_KHR, cl_command_type{0}) == CL_COMMAND_NDRANGE_KERNEL);
  std::size_t bytes = 77;
  CHECK(api().clGetMutableCommandInfoKHR(command, CL_MUTABLE_DISPATCH_PROPERTIES_ARRAY_KHR, 0, nullptr,
                                         &bytes) == CL_SUCCESS);
  CHECK(bytes == 0);
}

TEST_CASE("arguments of a mutable dispatch may come after its recording") {
  const Session session;
  Program program = session.build(kAdd);
  Kernel kernel = session.kernel(program, "add");
  std::vector<int> zeros(100);
  Memory a = session.buffer_of(zeros);
  set(kernel, 0, a);
  const Buffer buffer(session.queue, kMutable);
  const std::size_t size = 100;
  CHECK(api().clCommandNDRangeKernelKHR(buffer, nullptr, nullptr, kernel, 1, nullptr, &size, nullptr, 0,
                                        nullptr, nullptr, nullptr) == CL_INVALID_KERNEL_ARGS);
  const auto command = buffer.launch(
      kernel, 100, {CL_MUTABLE_DISPATCH_UPDATABLE_FIELDS_KHR, CL_MUTABLE_DISPATCH_ARGUMENTS_KHR, 0});
  buffer.finalize();
  CHECK(buffer.info<cl_command_buffer_state_khr>(CL_COMMAND_BUFFER_STATE_KHR) == 2);
  CHECK(buffer.enqueue() == CL_INVALID_OPERATION);
  const int value = 4;
  const cl_mutable_dispatch_arg_khr argument{1, sizeof value, &value};
  types::MutableDispatchConfig config{};
  config.command = command;
  config.num_args = 1;
  config.arg_list = &argument;
  REQUIRE(update(buffer, {config}) == CL_SUCCESS);
  CHECK(buffer.info<cl_command_buffer_state_khr>(CL_COMMAND_BUFFER_STATE_KHR) ==
        CL_COMMAND_BUFFER_STATE_EXECUTABLE_KHR);
  REQUIRE(buffer.enqueue() == CL_SUCCESS);
  CHECK(session.read<int>(a, 100) == std::vector<int>(100, 4));
}

TEST_CASE("an update cannot make work-groups of one size into work-groups of several") {
  NEEDS(most_items() >= 25);
  const Session session;
  Program program = session.build(kAdd, "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "add");
  std::vector<int> zeros(100);
  Memory a = session.buffer_of(zeros);
  set(kernel, 0, a);
  set(kernel, 1, 3);
  const Buffer buffer(session.queue, kMutable);
  const std::size_t whole = 100, local = 25, uneven = 90, even = 75;
  cl_mutable_command_khr command = nullptr;
  REQUIRE(api().clCommandNDRangeKernelKHR(buffer, nullptr, nullptr, kernel, 1, nullptr, &whole, &local, 0,
                                          nullptr, nullptr, &command) == CL_SUCCESS);
  buffer.finalize();
  types::MutableDispatchConfig config{};
  config.command = command;
  config.global_work_size = &uneven;
  CHECK(update(buffer, {config}) == CL_INVALID_OPERATION);
  config.global_work_size = &even;
  REQUIRE(update(buffer, {config}) == CL_SUCCESS);
  REQUIRE(buffer.enqueue() == CL_SUCCESS);
  auto expected = std::vector<int>(75, 3);
  expected.resize(100);
  CHECK(session.read<int>(a, 100) == expected);
}

TEST_CASE("updates that cannot be change nothing") {
  const Session session;
  Program program = session.build(kAdd);
  Kernel kernel = session.kernel(program, "add");
  std::vector<int> zeros(100);
  Memory a = session.buffer_of(zeros);
  set(kernel, 0, a);
  set(kernel, 1, 1);
  const Buffer buffer(session.queue, kMutable), fixed(session.queue);
  const auto command = buffer.launch(kernel, 100), other = fixed.launch(kernel, 100);
  const auto sizes_only = buffer.launch(
      kernel, 100, {CL_MUTABLE_DISPATCH_UPDATABLE_FIELDS_KHR, CL_MUTABLE_DISPATCH_GLOBAL_SIZE_KHR, 0});
  buffer.finalize();
  fixed.finalize();
  const int value = 50;
  const cl_mutable_dispatch_arg_khr argument{1, sizeof value, &value}, missing{9, sizeof value, &value};
  const std::size_t size = 10;
  types::MutableDispatchConfig good{};
  good.command = command;
  good.num_args = 1;
  good.arg_list = &argument;
  const auto refused = [&](cl_int error, auto change) {
    auto bad = good;
    change(bad);
    CHECK(update(buffer, {good, bad}) == error);
  };
  refused(CL_INVALID_MUTABLE_COMMAND_KHR, [&](auto& c) { c.command = other; });
  refused(CL_INVALID_MUTABLE_COMMAND_KHR, [](auto& c) { c.command = nullptr; });
  refused(CL_INVALID_ARG_INDEX, [&](auto& c) { c.arg_list = &missing; });
  refused(CL_INVALID_VALUE, [](auto& c) { c.arg_list = nullptr; });
  refused(CL_INVALID_VALUE, [](auto& c) { c.num_svm_args = 1; });
  refused(CL_INVALID_OPERATION, [](auto& c) { c.work_dim = 2; });
  refused(CL_INVALID_OPERATION, [&](auto& c) { c.command = sizes_only; });
  refused(CL_INVALID_OPERATION, [&](auto& c) {
    c = {};
    c.command = sizes_only;
    c.global_work_offset = &size;
  });
  CHECK(update(fixed, {good}) == CL_INVALID_OPERATION);
  CHECK(api().clUpdateMutableCommandsKHR(nullptr, 0, nullptr, nullptr) == CL_INVALID_COMMAND_BUFFER_KHR);
  const void* configs[] = {&good};
  const types::cl_command_buffer_update_type_khr unknown = 17, known = 0;
  CHECK(api().clUpdateMutableCommandsKHR(buffer, 1, &unknown, configs) == CL_INVALID_VALUE);
  CHECK(api().clUpdateMutableCommandsKHR(buffer, 1, &known, nullptr) == CL_INVALID_VALUE);
  configs[0] = nullptr;
  CHECK(api().clUpdateMutableCommandsKHR(buffer, 1, &known, configs) == CL_INVALID_VALUE);
  REQUIRE(buffer.enqueue() == CL_SUCCESS);
  CHECK(session.read<int>(a, 100) == std::vector<int>(100, 2));
}
