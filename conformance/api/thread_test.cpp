#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

TEST_CASE("eight threads work on queues and kernels of their own") {
  const Session session;
  Program program =
      session.build("kernel void f(global int* data, int add) { data[get_global_id(0)] += add; }");
  std::atomic<int> wrong{0};
  const cl_device_id target = device();  // Catch2 is for one thread
  const auto work = [&](int number) {
    cl_int error = 0;
    cl_command_queue queue = clCreateCommandQueueWithProperties(session.context, target, nullptr, &error);
    cl_kernel kernel = clCreateKernel(program, "f", &error);
    std::vector<int> data(256, number);
    cl_mem memory = clCreateBuffer(session.context, CL_MEM_COPY_HOST_PTR, 1024, data.data(), &error);
    clSetKernelArg(kernel, 0, sizeof memory, &memory);
    const std::size_t size = 256;
    for (int i = 0; i < 100; ++i) {
      cl_event event = nullptr;
      clSetKernelArg(kernel, 1, sizeof i, &i);
      if (clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, &event) != CL_SUCCESS)
        ++wrong;
      if (i % 7 == 0 && clWaitForEvents(1, &event) != CL_SUCCESS) ++wrong;
      clReleaseEvent(event);
    }
    clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, 1024, data.data(), 0, nullptr, nullptr);
    for (int value : data)
      if (value != number + 99 * 100 / 2) ++wrong;
    clReleaseMemObject(memory);
    clReleaseKernel(kernel);
    clReleaseCommandQueue(queue);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(work, i);
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("threads build programs at the same time") {
  const Session session;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      const std::string text = "kernel void f(global int* out) { out[0] = " + std::to_string(i) + "; }";
      const char* string = text.c_str();
      cl_program program = clCreateProgramWithSource(session.context, 1, &string, nullptr, nullptr);
      if (clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) != CL_SUCCESS) ++wrong;
      clReleaseProgram(program);
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("one queue takes commands of several threads") {
  const Session session;
  Memory memory = session.buffer(8 * 4096);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 200; ++round)
        if (clEnqueueFillBuffer(session.queue, memory, &i, 4, std::size_t(i) * 4096, 4096, 0, nullptr,
                                nullptr) != CL_SUCCESS)
          ++wrong;
      if (clFinish(session.queue) != CL_SUCCESS) ++wrong;
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  const auto data = session.read<int>(memory, 8 * 1024);
  for (int i = 0; i < 8; ++i) CHECK(data[std::size_t(i) * 1024 + 100] == i);
}

TEST_CASE("kernels of sixteen threads on one queue run one after the other, the brief ones and the others") {
  const Session session;
  // Without atomics: two that run at a time would lose an addition.
  Program program = session.build(R"(
    kernel void brief(global int* sum) { sum[0] += 1; }
    kernel void loop(global int* sum, int times) { for (int i = 0; i < times; ++i) sum[i % 2 ? 64 : 0] += 1; })");
  Memory memory = session.buffer(65 * sizeof(int));
  const int zero = 0;
  REQUIRE(clEnqueueFillBuffer(session.queue, memory, &zero, sizeof zero, 0, 65 * sizeof zero, 0, nullptr,
                              nullptr) == CL_SUCCESS);
  const cl_mem sum = memory;
  constexpr int kThreads = 16, kCommands = 500, kTimes = 40;
  std::atomic<int> wrong{0}, loops{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      cl_kernel brief = clCreateKernel(program, "brief", nullptr),
                loop = clCreateKernel(program, "loop", nullptr);
      for (cl_kernel kernel : {brief, loop}) wrong += clSetKernelArg(kernel, 0, sizeof(cl_mem), &sum) != 0;
      wrong += clSetKernelArg(loop, 1, sizeof kTimes, &kTimes) != 0;
      const std::size_t one = 1;
      for (int i = 0; i < kCommands; ++i) {
        const bool loops_now = (i + thread) % 11 == 0;
        loops += loops_now;
        wrong += clEnqueueNDRangeKernel(session.queue, loops_now ? loop : brief, 1, nullptr, &one, nullptr, 0,
                                        nullptr, nullptr) != 0;
      }
      wrong += clFinish(session.queue) != 0;
      for (cl_kernel kernel : {brief, loop}) clReleaseKernel(kernel);
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  const auto sums = session.read<int>(memory, 65);
  CHECK(sums[0] == kThreads * kCommands - loops + loops * kTimes / 2);
  CHECK(sums[64] == loops * kTimes / 2);
}

TEST_CASE("a queue that is empty again and again keeps the order of several threads' commands") {
  const Session session(0);
  Program program = session.build("kernel void add(global int* sum) { sum[0] += 1; }");
  Memory memory = session.buffer(sizeof(int));
  const int zero = 0;
  REQUIRE(clEnqueueFillBuffer(session.queue, memory, &zero, sizeof zero, 0, sizeof zero, 0, nullptr,
                              nullptr) == CL_SUCCESS);
  const cl_mem sum = memory;
  constexpr int kThreads = 4, kCommands = 3000;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      cl_kernel add = clCreateKernel(program, "add", nullptr);
      wrong += clSetKernelArg(add, 0, sizeof(cl_mem), &sum) != 0;
      const std::size_t one = 1;
      int seen = 0;
      for (int i = 1; i <= kCommands; ++i) {
        wrong +=
            clEnqueueNDRangeKernel(session.queue, add, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) != 0;
        if ((i + thread) % 3 == 0) wrong += clFinish(session.queue) != 0;
        if (i % 100) continue;
        wrong += clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, sizeof seen, &seen, 0, nullptr,
                                     nullptr) != 0;
        wrong += seen < i;
      }
      clReleaseKernel(add);
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(session.read<int>(memory, 1).front() == kThreads * kCommands);
}

namespace {

// A thread that makes its calls and then waits to be cancelled.
struct Cancelled {
  explicit Cancelled(std::function<void()> given) : call(std::move(given)) {
    REQUIRE(::pthread_create(&thread, nullptr, &run, this) == 0);
    while (!inside) ::usleep(100);
  }
  static void* run(void* self) {
    auto& own = *static_cast<Cancelled*>(self);
    own.inside = true;
    own.call();
    own.returned = true;
    for (;;) ::pause();
    return self;
  }
  bool ended() {
    void* result = nullptr;
    return ::pthread_tryjoin_np(thread, &result) == 0;
  }
  // Whether the call came back, and the thread was cancelled behind it.
  bool left_whole() {
    void* result = nullptr;
    return ::pthread_join(thread, &result) == 0 && returned && result == PTHREAD_CANCELED;
  }

  std::function<void()> call;
  pthread_t thread{};
  std::atomic<bool> inside{false}, returned{false};
};

}  // namespace

TEST_CASE("a thread that is cancelled while it waits in the library comes back from its call first") {
  const Session session;
  Memory memory = session.buffer(64);
  cl_int error = 1;
  for (const bool finish : {true, false}) {
    Event gate(clCreateUserEvent(session.context, &error)), filled;
    const cl_event list[] = {gate};
    const int value = 7;
    REQUIRE(clEnqueueFillBuffer(session.queue, memory, &value, 4, 0, 64, 1, list, filled.out()) ==
            CL_SUCCESS);
    const cl_event wanted = filled;
    Cancelled waiting([&] { finish ? clFinish(session.queue) : clWaitForEvents(1, &wanted); });
    ::usleep(20000);  // asleep by now
    REQUIRE(::pthread_cancel(waiting.thread) == 0);
    ::usleep(20000);
    CHECK_FALSE(waiting.ended());
    REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
    CHECK(waiting.left_whole());
    CHECK(session.read<int>(memory, 16)[15] == 7);
  }
}

TEST_CASE("a thread that is cancelled in a callback of a destructor comes back from the release first") {
  const Session session;
  Memory memory = session.buffer(64);
  static std::atomic<bool> inside;
  inside = false;
  const auto slow = [](cl_mem, void*) {
    inside = true;
    ::usleep(50000);
  };
  REQUIRE(clSetMemObjectDestructorCallback(memory, slow, nullptr) == CL_SUCCESS);
  Cancelled releasing([&] { memory.reset(); });
  while (!inside) ::usleep(100);
  REQUIRE(::pthread_cancel(releasing.thread) == 0);
  CHECK(releasing.left_whole());
}

TEST_CASE(
    "threads that are cancelled at any moment of builds, launches and transfers leave the library whole") {
  const Session session;
  std::vector<int> data(1024);
  Memory memory = session.buffer_of(data);
  auto program = session.build("kernel void f(global int* data) { data[get_global_id(0)] += 1; }");
  auto kernel = session.kernel(program, "f");
  const cl_mem argument = memory;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  const std::size_t size = 1024;
  for (unsigned round = 0; round < 40; ++round) {
    const std::string text =
        "kernel void g(global int* out) { out[0] = " + std::to_string(::getpid() + round) + "; }";
    Cancelled working([&] {
      const char* string = text.c_str();
      cl_program made = clCreateProgramWithSource(session.context, 1, &string, nullptr, nullptr);
      if (round % 2) clBuildProgram(made, 0, nullptr, "", nullptr, nullptr);
      clReleaseProgram(made);
      for (int i = 0; i < 20; ++i) {
        clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr);
        clEnqueueReadBuffer(session.queue, memory, CL_TRUE, 0, 4096, data.data(), 0, nullptr, nullptr);
      }
    });
    ::usleep(round * 300);
    ::pthread_cancel(working.thread);
    CHECK(working.left_whole());
  }
  CHECK(session.read<int>(memory, 1024) == std::vector<int>(1024, 40 * 20));
  session.build("kernel void g(global int* out) { out[0] = " + std::to_string(::getpid()) + " * 3; }");
}
