#include <algorithm>
#include <atomic>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

Event user_event(const Session& session) {
  cl_int error = 1;
  Event out(clCreateUserEvent(session.context, &error));
  REQUIRE(error == CL_SUCCESS);
  return out;
}

// A fill that waits for an event.
Event fill_after(const Session& session, cl_command_queue queue, cl_mem memory, int value, cl_event before) {
  Event out;
  REQUIRE(clEnqueueFillBuffer(queue, memory, &value, 4, 0, 4, before ? 1 : 0, before ? &before : nullptr,
                              out.out()) == CL_SUCCESS);
  (void)session;
  return out;
}

struct Seen {
  std::atomic<int> calls{0};
  std::atomic<int> status{99};
};

void CL_CALLBACK note(cl_event, cl_int status, void* data) {
  static_cast<Seen*>(data)->status = status;
  ++static_cast<Seen*>(data)->calls;
}

}  // namespace

TEST_CASE("an event tells what its command is") {
  const Session session;
  Memory memory = session.buffer(64);
  Event event = fill_after(session, session.queue, memory, 1, nullptr);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  const cl_event e = event;
  CHECK(query<cl_command_queue>(clGetEventInfo, e, cl_event_info{CL_EVENT_COMMAND_QUEUE}) == session.queue);
  CHECK(query<cl_context>(clGetEventInfo, e, cl_event_info{CL_EVENT_CONTEXT}) == session.context);
  CHECK(query<cl_command_type>(clGetEventInfo, e, cl_event_info{CL_EVENT_COMMAND_TYPE}) ==
        CL_COMMAND_FILL_BUFFER);
  CHECK(query<cl_uint>(clGetEventInfo, e, cl_event_info{CL_EVENT_REFERENCE_COUNT}) == 1);
  CHECK(status_of(e) == CL_COMPLETE);
}

TEST_CASE("profiling times are in order") {
  const Session session;
  Memory memory = session.buffer(1 << 20);
  Event gate = user_event(session);
  Event event = fill_after(session, session.queue, memory, 1, gate);
  cl_ulong time = 0;
  CHECK(clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr) ==
        CL_PROFILING_INFO_NOT_AVAILABLE);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  const cl_event list[] = {event};
  REQUIRE(clWaitForEvents(1, list) == CL_SUCCESS);
  std::vector<cl_ulong> times;
  for (cl_profiling_info name = CL_PROFILING_COMMAND_QUEUED; name <= CL_PROFILING_COMMAND_COMPLETE; ++name)
    times.push_back(query<cl_ulong>(clGetEventProfilingInfo, cl_event(event), name));
  CHECK(std::is_sorted(times.begin(), times.end()));
  CHECK(times.front() > 0);
  CHECK(clGetEventProfilingInfo(event, 0x4242, sizeof time, &time, nullptr) == CL_INVALID_VALUE);
  CHECK(clGetEventProfilingInfo(gate, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr) ==
        CL_PROFILING_INFO_NOT_AVAILABLE);
  const Session plain(0);
  Memory other = plain.buffer(64);
  Event unprofiled = fill_after(plain, plain.queue, other, 1, nullptr);
  REQUIRE(clFinish(plain.queue) == CL_SUCCESS);
  CHECK(clGetEventProfilingInfo(unprofiled, CL_PROFILING_COMMAND_END, sizeof time, &time, nullptr) ==
        CL_PROFILING_INFO_NOT_AVAILABLE);
}

TEST_CASE("commands wait for a user event") {
  const Session session;
  Memory memory = session.buffer(64);
  const int zero = 0;
  REQUIRE(clEnqueueWriteBuffer(session.queue, memory, CL_TRUE, 0, 4, &zero, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  Event gate = user_event(session);
  CHECK(status_of(gate) == CL_SUBMITTED);
  Event event = fill_after(session, session.queue, memory, 5, gate);
  CHECK(status_of(event) == CL_QUEUED);
  REQUIRE(clFlush(session.queue) == CL_SUCCESS);
  CHECK(status_of(event) == CL_QUEUED);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(session.read<int>(memory, 1).front() == 5);
  CHECK(clSetUserEventStatus(gate, CL_COMPLETE) == CL_INVALID_OPERATION);
  CHECK(clSetUserEventStatus(event, CL_COMPLETE) == CL_INVALID_EVENT);
  Event other = user_event(session);
  CHECK(clSetUserEventStatus(other, CL_RUNNING) == CL_INVALID_VALUE);
}

TEST_CASE("a failed event fails what waits for it, and the queue goes on") {
  const Session session;
  Memory memory = session.buffer(64);
  Event gate = user_event(session);
  Event first = fill_after(session, session.queue, memory, 1, gate);
  Event second = fill_after(session, session.queue, memory, 2, first);
  Event third = fill_after(session, session.queue, memory, 3, nullptr);
  REQUIRE(clSetUserEventStatus(gate, -42) == CL_SUCCESS);
  const cl_event failed[] = {second};
  CHECK(clWaitForEvents(1, failed) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(status_of(gate) == -42);
  CHECK(status_of(first) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(status_of(second) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
  CHECK(status_of(third) == CL_COMPLETE);
  CHECK(session.read<int>(memory, 1).front() == 3);
  int value = 0;
  const cl_event list[] = {first};
  CHECK(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, 4, &value, 1, list, nullptr) ==
        CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
}

TEST_CASE("a user event that is released before its status is set fails what waits for it") {
  const Session session;
  Memory memory = session.buffer(64);
  Event gate = user_event(session);
  Event waiting = fill_after(session, session.queue, memory, 1, gate);
  Event other = user_event(session);
  CHECK(clRetainEvent(other) == CL_SUCCESS);
  gate.reset();
  const cl_event list[] = {waiting};
  CHECK(clWaitForEvents(1, list) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(status_of(waiting) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
  // One reference is left: the application may still set it.
  CHECK(clReleaseEvent(other) == CL_SUCCESS);
  CHECK(clSetUserEventStatus(other, CL_COMPLETE) == CL_SUCCESS);
  CHECK(status_of(other) == CL_COMPLETE);
}

TEST_CASE("event callbacks are called once for each status") {
  const Session session;
  Memory memory = session.buffer(64);
  Event gate = user_event(session);
  Event event = fill_after(session, session.queue, memory, 1, gate);
  Seen submitted, running, complete, late, failed;
  REQUIRE(clSetEventCallback(event, CL_SUBMITTED, note, &submitted) == CL_SUCCESS);
  REQUIRE(clSetEventCallback(event, CL_RUNNING, note, &running) == CL_SUCCESS);
  REQUIRE(clSetEventCallback(event, CL_COMPLETE, note, &complete) == CL_SUCCESS);
  CHECK(complete.calls == 0);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  REQUIRE(clSetEventCallback(event, CL_COMPLETE, note, &late) == CL_SUCCESS);
  CHECK(eventually([&] { return late.calls == 1; }));
  CHECK(submitted.status == CL_SUBMITTED);
  CHECK(running.status == CL_RUNNING);
  CHECK(complete.status == CL_COMPLETE);
  CHECK((submitted.calls == 1 && running.calls == 1 && complete.calls == 1));
  Event bad = user_event(session);
  REQUIRE(clSetEventCallback(bad, CL_COMPLETE, note, &failed) == CL_SUCCESS);
  REQUIRE(clSetUserEventStatus(bad, -7) == CL_SUCCESS);
  CHECK(eventually([&] { return failed.calls == 1; }));
  CHECK(failed.status == -7);
  CHECK(clSetEventCallback(bad, CL_QUEUED, note, nullptr) == CL_INVALID_VALUE);
  CHECK(clSetEventCallback(bad, CL_COMPLETE, nullptr, nullptr) == CL_INVALID_VALUE);
}

TEST_CASE("a callback gets a valid event though the application released it before") {
  const Session session;
  Event gate = user_event(session);
  Event marker;
  const cl_event list[] = {gate};
  REQUIRE(clEnqueueMarkerWithWaitList(session.queue, 1, list, marker.out()) == CL_SUCCESS);
  Seen seen;
  const auto ask = [](cl_event event, cl_int, void* data) {
    auto& out = *static_cast<Seen*>(data);
    cl_int status = 99;
    clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, nullptr);
    out.status = status;
    ++out.calls;
  };
  REQUIRE(clSetEventCallback(marker, CL_COMPLETE, ask, &seen) == CL_SUCCESS);
  const cl_event released = marker.give_up();
  REQUIRE(clReleaseEvent(released) == CL_SUCCESS);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(eventually([&] { return seen.calls == 1; }));
  CHECK(seen.status == CL_COMPLETE);
  CHECK(eventually([&] { return clRetainEvent(released) == CL_INVALID_EVENT; }));
}

TEST_CASE("a callback may call OpenCL") {
  const Session session;
  Event gate = user_event(session), next = user_event(session);
  REQUIRE(clSetEventCallback(
              gate, CL_COMPLETE,
              [](cl_event, cl_int, void* data) {
                clSetUserEventStatus(static_cast<cl_event>(data), CL_COMPLETE);
              },
              cl_event(next)) == CL_SUCCESS);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  const cl_event list[] = {next};
  CHECK(clWaitForEvents(1, list) == CL_SUCCESS);
}

TEST_CASE("waiting checks its list") {
  const Session session, other;
  Event one = user_event(session), two = user_event(other);
  CHECK(clWaitForEvents(0, nullptr) == CL_INVALID_VALUE);
  const cl_event mixed[] = {one, two};
  CHECK(clWaitForEvents(2, mixed) == CL_INVALID_CONTEXT);
  const cl_event foreign[] = {two};
  CHECK(clEnqueueMarkerWithWaitList(session.queue, 1, foreign, nullptr) == CL_INVALID_CONTEXT);
}

TEST_CASE("out of order: only wait lists and barriers order commands") {
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  Memory memory = session.buffer(64), other = session.buffer(64);
  Event gate = user_event(session);
  Event held = fill_after(session, session.queue, memory, 1, gate);
  Event free = fill_after(session, session.queue, other, 2, nullptr);
  const cl_event first[] = {free};
  CHECK(clWaitForEvents(1, first) == CL_SUCCESS);
  CHECK(status_of(held) == CL_QUEUED);

  Event marker, listed;
  REQUIRE(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, marker.out()) == CL_SUCCESS);
  REQUIRE(clEnqueueMarkerWithWaitList(session.queue, 1, first, listed.out()) == CL_SUCCESS);
  const cl_event done[] = {listed};
  CHECK(clWaitForEvents(1, done) == CL_SUCCESS);
  CHECK(status_of(marker) == CL_QUEUED);

  REQUIRE(clEnqueueBarrierWithWaitList(session.queue, 0, nullptr, nullptr) == CL_SUCCESS);
  Event behind = fill_after(session, session.queue, memory, 3, nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(status_of(behind) == CL_QUEUED);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(clFinish(session.queue) == CL_SUCCESS);
  CHECK(status_of(marker) == CL_COMPLETE);
  CHECK(session.read<int>(memory, 1).front() == 3);
}

TEST_CASE("queues order each other through events") {
  const Session session;
  Queue second(clCreateCommandQueueWithProperties(session.context, device(), nullptr, nullptr));
  Memory memory = session.buffer(64);
  for (int i = 0; i < 200; ++i) {
    Event a = fill_after(session, session.queue, memory, 2 * i, nullptr);
    Event b = fill_after(session, second, memory, 2 * i + 1, a);
    const cl_event list[] = {b};
    int value = 0;
    REQUIRE(clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, 4, &value, 1, list, nullptr) ==
            CL_SUCCESS);
    REQUIRE(value == 2 * i + 1);
  }
}

TEST_CASE("a long chain that starts at once needs no deep stack") {
  const Session session;
  Event gate = user_event(session);
  const cl_event first[] = {gate};
  REQUIRE(clEnqueueMarkerWithWaitList(session.queue, 1, first, nullptr) == CL_SUCCESS);
  for (int i = 0; i < 100000; ++i)
    REQUIRE(clEnqueueMarkerWithWaitList(session.queue, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
}

TEST_CASE("objects may be released while commands use them") {
  Session session;
  Event gate = user_event(session);
  Memory memory = session.buffer(1 << 16);
  Event event = fill_after(session, session.queue, memory, 1, gate);
  memory.reset();
  session.queue.reset();
  session.context.reset();
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  const cl_event list[] = {event};
  CHECK(clWaitForEvents(1, list) == CL_SUCCESS);
}

TEST_CASE("a command-queue that was released does its commands, though nobody has their events") {
  NEEDS(has_shared_memory());
  const Session session;
  Event gate = user_event(session);
  Memory memory = session.buffer(4);
  Queue queue(clCreateCommandQueueWithProperties(session.context, device(), nullptr, nullptr));
  const cl_event first[] = {gate};
  REQUIRE(clEnqueueMarkerWithWaitList(queue, 1, first, nullptr) == CL_SUCCESS);
  constexpr int kLast = 100;
  for (int value = 1; value <= kLast; ++value)
    REQUIRE(clEnqueueFillBuffer(queue, memory, &value, 4, 0, 4, 0, nullptr, nullptr) == CL_SUCCESS);
  std::atomic<bool> ended{false};
  const auto tell = [](cl_command_queue, cl_uint, void**, void* of) {
    static_cast<std::atomic<bool>*>(of)->store(true);
  };
  void* pointer = clSVMAlloc(session.context, CL_MEM_READ_WRITE, 4, 0);
  REQUIRE(clEnqueueSVMFree(queue, 1, &pointer, tell, &ended, 0, nullptr, nullptr) == CL_SUCCESS);
  queue.reset();
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(eventually([&] { return ended.load(); }));
  CHECK(session.read<int>(memory, 1).front() == kLast);
  clSVMFree(session.context, pointer);
}

TEST_CASE("a random graph of commands runs in an order that its edges allow") {
  const Session first(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE);
  const cl_queue_properties in_order[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
  Queue second(clCreateCommandQueueWithProperties(first.context, device(), in_order, nullptr));
  Memory memory = first.buffer(600 * 4);  // each command its own bytes: not all of them are ordered
  unsigned seed = 5;
  const auto random = [&](std::size_t most) {
    seed = seed * 1664525 + 1013904223;
    return std::size_t{seed >> 16} % most;
  };
  struct Edge {
    std::size_t before, after;
  };
  std::vector<Event> events;
  std::vector<Edge> edges;
  Event gate = user_event(first);
  std::size_t last_in_order = 0;
  for (std::size_t i = 0; i < 600; ++i) {
    std::vector<cl_event> waits;
    if (i % 50 == 0) waits.push_back(gate);
    for (std::size_t n = random(4); n && i; --n) {
      const std::size_t before = random(i);
      waits.push_back(events[before]);
      edges.push_back({before, i});
    }
    const bool ordered = random(2) == 0;
    if (ordered) {
      if (last_in_order) edges.push_back({last_in_order, i});
      last_in_order = i;
    }
    const int value = static_cast<int>(i);
    events.emplace_back();
    REQUIRE(clEnqueueFillBuffer(ordered ? cl_command_queue(second) : cl_command_queue(first.queue), memory,
                                &value, 4, i * 4, 4, cl_uint(waits.size()),
                                waits.empty() ? nullptr : waits.data(), events.back().out()) == CL_SUCCESS);
  }
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  REQUIRE(clFinish(first.queue) == CL_SUCCESS);
  REQUIRE(clFinish(second) == CL_SUCCESS);
  const auto time = [&](std::size_t number, cl_profiling_info name) {
    return query<cl_ulong>(clGetEventProfilingInfo, cl_event(events[number]), name);
  };
  for (const Edge& edge : edges)
    REQUIRE(time(edge.before, CL_PROFILING_COMMAND_END) <= time(edge.after, CL_PROFILING_COMMAND_START));
}
