// Semaphores (cl_khr_semaphore): order between queues that outlives events.
#include <CL/cl_ext.h>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

struct Api {
#define FUNCTION(name) const name##_fn name = extension<name##_fn>(#name)
  FUNCTION(clCreateSemaphoreWithPropertiesKHR);
  FUNCTION(clRetainSemaphoreKHR);
  FUNCTION(clReleaseSemaphoreKHR);
  FUNCTION(clEnqueueWaitSemaphoresKHR);
  FUNCTION(clEnqueueSignalSemaphoresKHR);
  FUNCTION(clGetSemaphoreInfoKHR);
  FUNCTION(clGetSemaphoreHandleForTypeKHR);
};

const Api& api() {
  static const Api& instance = *new Api;
  return instance;
}

constexpr cl_semaphore_properties_khr kDeviceList = 0x2053;
using Properties = std::vector<cl_semaphore_properties_khr>;
const Properties kBinary{CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_TYPE_BINARY_KHR, 0};

class Semaphore {
 public:
  explicit Semaphore(cl_context context, const Properties& properties = kBinary) {
    cl_int error = 1;
    semaphore_ = api().clCreateSemaphoreWithPropertiesKHR(context, properties.data(), &error);
    REQUIRE(error == CL_SUCCESS);
  }
  Semaphore(const Semaphore&) = delete;
  ~Semaphore() {
    if (semaphore_) api().clReleaseSemaphoreKHR(semaphore_);
  }
  operator cl_semaphore_khr() const { return semaphore_; }
  cl_semaphore_khr give_up() { return std::exchange(semaphore_, nullptr); }

  void signal(cl_command_queue queue, cl_event after = nullptr, cl_event* event = nullptr) const {
    REQUIRE(api().clEnqueueSignalSemaphoresKHR(queue, 1, &semaphore_, nullptr, after ? 1 : 0,
                                               after ? &after : nullptr, event) == CL_SUCCESS);
  }
  void wait(cl_command_queue queue, cl_event after = nullptr, cl_event* event = nullptr) const {
    REQUIRE(api().clEnqueueWaitSemaphoresKHR(queue, 1, &semaphore_, nullptr, after ? 1 : 0,
                                             after ? &after : nullptr, event) == CL_SUCCESS);
  }
  template <class T>
  T info(cl_semaphore_info_khr name) const {
    T out{};
    REQUIRE(api().clGetSemaphoreInfoKHR(semaphore_, name, sizeof out, &out, nullptr) == CL_SUCCESS);
    return out;
  }
  cl_semaphore_payload_khr payload() const {
    return info<cl_semaphore_payload_khr>(CL_SEMAPHORE_PAYLOAD_KHR);
  }

 private:
  cl_semaphore_khr semaphore_ = nullptr;
};

}  // namespace

TEST_CASE("a semaphore orders the commands of two queues, again and again") {
  const Session session;
  Queue other(clCreateCommandQueueWithProperties(session.context, device(), nullptr, nullptr));
  const Semaphore forth(session.context), back(session.context);
  constexpr std::size_t kCount = 50000;
  Memory memory = session.buffer(kCount * 4);
  std::vector<std::vector<int>> results(10, std::vector<int>(kCount));
  for (int round = 0; round < 10; ++round) {
    if (round > 0) back.wait(session.queue);
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, &round, 4, 0, kCount * 4, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    forth.signal(session.queue);
    forth.wait(other);
    REQUIRE(clEnqueueReadBuffer(other, memory, CL_FALSE, 0, kCount * 4,
                                results[static_cast<std::size_t>(round)].data(), 0, nullptr,
                                nullptr) == CL_SUCCESS);
    back.signal(other);
  }
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  REQUIRE(clFinish(other) == CL_SUCCESS);
  for (int round = 0; round < 10; ++round)
    CHECK(results[static_cast<std::size_t>(round)] == std::vector<int>(kCount, round));
  CHECK(forth.payload() == 0);
  CHECK(back.payload() == 1);
}

TEST_CASE("a wait holds until the signal is done, whichever is enqueued first") {
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  const Semaphore semaphore(session.context);
  for (const bool wait_first : {false, true}) {
    Event gate(clCreateUserEvent(session.context, nullptr)), waited, signalled;
    if (wait_first) semaphore.wait(session.queue, nullptr, waited.out());
    semaphore.signal(session.queue, gate, signalled.out());
    if (!wait_first) semaphore.wait(session.queue, nullptr, waited.out());
    CHECK(status_of(waited) > CL_COMPLETE);
    CHECK(semaphore.payload() == 0);
    REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
    REQUIRE(clFinish(session.queue) == CL_SUCCESS);
    CHECK(status_of(waited) == CL_COMPLETE);
    CHECK(semaphore.payload() == 0);
    CHECK(query<cl_command_type>(clGetEventInfo, waited, CL_EVENT_COMMAND_TYPE) ==
          CL_COMMAND_SEMAPHORE_WAIT_KHR);
    CHECK(query<cl_command_type>(clGetEventInfo, signalled, CL_EVENT_COMMAND_TYPE) ==
          CL_COMMAND_SEMAPHORE_SIGNAL_KHR);
  }
}

TEST_CASE("a semaphore may be signalled again once a wait is enqueued") {
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  const Semaphore semaphore(session.context);
  Event gate(clCreateUserEvent(session.context, nullptr)), first, second;
  semaphore.signal(session.queue);
  semaphore.wait(session.queue, gate, first.out());
  semaphore.signal(session.queue);
  semaphore.wait(session.queue, nullptr, second.out());
  const cl_event list[] = {second};
  REQUIRE(clWaitForEvents(1, list) == CL_SUCCESS);
  CHECK(status_of(first) > CL_COMPLETE);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(status_of(first) == CL_COMPLETE);
}

TEST_CASE("a signal that cannot be fails the wait for it") {
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  const Semaphore semaphore(session.context);
  for (const bool wait_first : {false, true}) {
    Event gate(clCreateUserEvent(session.context, nullptr)), waited;
    if (wait_first) semaphore.wait(session.queue, nullptr, waited.out());
    semaphore.signal(session.queue, gate);
    if (!wait_first) semaphore.wait(session.queue, nullptr, waited.out());
    REQUIRE(clSetUserEventStatus(gate, -7) == CL_SUCCESS);
    clFinish(session.queue);
    CHECK(status_of(waited) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    CHECK(semaphore.payload() == 0);
  }
}

TEST_CASE("a semaphore says what it is, and lives until it is released") {
  const Session session;
  const cl_device_id own = device();
  const Properties with_device{CL_SEMAPHORE_TYPE_KHR,
                               CL_SEMAPHORE_TYPE_BINARY_KHR,
                               kDeviceList,
                               reinterpret_cast<cl_semaphore_properties_khr>(own),
                               0,
                               0};
  Semaphore semaphore(session.context, with_device);
  CHECK(semaphore.info<cl_context>(CL_SEMAPHORE_CONTEXT_KHR) == session.context);
  CHECK(semaphore.info<cl_uint>(CL_SEMAPHORE_REFERENCE_COUNT_KHR) == 1);
  CHECK(semaphore.info<cl_semaphore_type_khr>(CL_SEMAPHORE_TYPE_KHR) == CL_SEMAPHORE_TYPE_BINARY_KHR);
  CHECK(semaphore.info<cl_device_id>(kDeviceList) == own);
  CHECK(semaphore.payload() == 0);
  std::size_t size = 0;
  Properties given(with_device.size());
  REQUIRE(api().clGetSemaphoreInfoKHR(semaphore, CL_SEMAPHORE_PROPERTIES_KHR, given.size() * sizeof given[0],
                                      given.data(), &size) == CL_SUCCESS);
  CHECK(size == given.size() * sizeof given[0]);
  CHECK(given == with_device);
  CHECK(api().clGetSemaphoreInfoKHR(semaphore, 0x4242, 0, nullptr, &size) == CL_INVALID_VALUE);
  CHECK(api().clGetSemaphoreInfoKHR(semaphore, CL_SEMAPHORE_TYPE_KHR, 1, &size, nullptr) == CL_INVALID_VALUE);
  CHECK(query<cl_semaphore_type_khr>(clGetDeviceInfo, own, CL_DEVICE_SEMAPHORE_TYPES_KHR) ==
        CL_SEMAPHORE_TYPE_BINARY_KHR);
  CHECK(query<cl_semaphore_type_khr>(clGetPlatformInfo, platform(), CL_PLATFORM_SEMAPHORE_TYPES_KHR) ==
        CL_SEMAPHORE_TYPE_BINARY_KHR);
  const auto handle = semaphore.give_up();
  CHECK(api().clRetainSemaphoreKHR(handle) == CL_SUCCESS);
  CHECK(api().clReleaseSemaphoreKHR(handle) == CL_SUCCESS);
  CHECK(api().clReleaseSemaphoreKHR(handle) == CL_SUCCESS);
  CHECK(api().clReleaseSemaphoreKHR(handle) == CL_INVALID_SEMAPHORE_KHR);
  int fd = 0;
  const Semaphore inner(session.context);
  CHECK(api().clGetSemaphoreHandleForTypeKHR(inner, own, CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR, sizeof fd, &fd,
                                             &size) == CL_INVALID_VALUE);
  CHECK(api().clGetSemaphoreHandleForTypeKHR(inner, nullptr, CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR, sizeof fd,
                                             &fd, &size) == CL_INVALID_DEVICE);
  CHECK(api().clRetainSemaphoreKHR(nullptr) == CL_INVALID_SEMAPHORE_KHR);
}

TEST_CASE("semaphores and their commands that cannot be are refused") {
  const Session session, stranger;
  const auto own = reinterpret_cast<cl_semaphore_properties_khr>(device());
  const struct {
    Properties properties;
    cl_int error;
  } rows[] = {
      {{0}, CL_INVALID_VALUE},
      {{kDeviceList, own, 0, 0}, CL_INVALID_VALUE},
      {{CL_SEMAPHORE_TYPE_KHR, 77, 0}, CL_INVALID_PROPERTY},
      {{CL_SEMAPHORE_TYPE_KHR, 1, CL_SEMAPHORE_TYPE_KHR, 1, 0}, CL_INVALID_PROPERTY},
      {{CL_SEMAPHORE_TYPE_KHR, 1, 0x4242, 1, 0}, CL_INVALID_PROPERTY},
      {{CL_SEMAPHORE_TYPE_KHR, 1, kDeviceList, 0, 0}, CL_INVALID_DEVICE},
      {{CL_SEMAPHORE_TYPE_KHR, 1, kDeviceList, own, own, 0, 0}, CL_INVALID_DEVICE},
      {{CL_SEMAPHORE_TYPE_KHR, 1, kDeviceList, 64, 0, 0}, CL_INVALID_DEVICE},
  };
  cl_int error = 1;
  for (const auto& row : rows) {
    CHECK(api().clCreateSemaphoreWithPropertiesKHR(session.context, row.properties.data(), &error) ==
          nullptr);
    CHECK(error == row.error);
  }
  CHECK(api().clCreateSemaphoreWithPropertiesKHR(session.context, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(api().clCreateSemaphoreWithPropertiesKHR(nullptr, kBinary.data(), &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);

  const Semaphore semaphore(session.context), foreign(stranger.context);
  const cl_semaphore_khr good = semaphore, other = foreign, none = nullptr;
  Event failed(clCreateUserEvent(session.context, nullptr));
  REQUIRE(clSetUserEventStatus(failed, -1) == CL_SUCCESS);
  const cl_event events[] = {failed};
  for (const auto enqueue : {api().clEnqueueWaitSemaphoresKHR, api().clEnqueueSignalSemaphoresKHR}) {
    CHECK(enqueue(nullptr, 1, &good, nullptr, 0, nullptr, nullptr) == CL_INVALID_COMMAND_QUEUE);
    CHECK(enqueue(session.queue, 0, &good, nullptr, 0, nullptr, nullptr) == CL_INVALID_VALUE);
    CHECK(enqueue(session.queue, 1, &none, nullptr, 0, nullptr, nullptr) == CL_INVALID_SEMAPHORE_KHR);
    CHECK(enqueue(session.queue, 1, &other, nullptr, 0, nullptr, nullptr) == CL_INVALID_CONTEXT);
    CHECK(enqueue(session.queue, 1, &good, nullptr, 1, nullptr, nullptr) == CL_INVALID_EVENT_WAIT_LIST);
    CHECK(enqueue(session.queue, 1, &good, nullptr, 1, events, nullptr) ==
          CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  }
}

TEST_CASE("a semaphore in a context of several devices is for one of them") {
  NEEDS(has_parts());
  const cl_device_partition_property halves[] = {CL_DEVICE_PARTITION_EQUALLY, 4, 0};
  cl_device_id parts[2] = {};
  REQUIRE(clCreateSubDevices(device(), halves, 2, parts, nullptr) == CL_SUCCESS);
  {
    Context context(clCreateContext(nullptr, 2, parts, nullptr, nullptr, nullptr));
    cl_int error = 1;
    CHECK(api().clCreateSemaphoreWithPropertiesKHR(context, kBinary.data(), &error) == nullptr);
    CHECK(error == CL_INVALID_PROPERTY);
    const Semaphore semaphore(context, {CL_SEMAPHORE_TYPE_KHR, CL_SEMAPHORE_TYPE_BINARY_KHR, kDeviceList,
                                        reinterpret_cast<cl_semaphore_properties_khr>(parts[1]), 0, 0});
    Queue wrong(clCreateCommandQueueWithProperties(context, parts[0], nullptr, nullptr));
    Queue right(clCreateCommandQueueWithProperties(context, parts[1], nullptr, nullptr));
    const cl_semaphore_khr handle = semaphore;
    CHECK(api().clEnqueueSignalSemaphoresKHR(wrong, 1, &handle, nullptr, 0, nullptr, nullptr) ==
          CL_INVALID_COMMAND_QUEUE);
    semaphore.signal(right);
    CHECK(clFinish(right) == CL_SUCCESS);
    CHECK(semaphore.payload() == 1);
  }
  for (cl_device_id part : parts) CHECK(clReleaseDevice(part) == CL_SUCCESS);
}
