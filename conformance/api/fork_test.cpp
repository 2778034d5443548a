// Children of a process whose other threads are in the driver: the child works on its own, calls with what it
// had of its parent return errors, and nothing waits for a thread that is not there. A thousand of them:
// api_fork_test "[long]".
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr const char* kSource =
    "kernel void add(global int* data, int by) { data[get_global_id(0)] = get_global_id(0) + by; }";
constexpr int kItems = 1024;

// Builds, launches and looks at the results, with nothing of Catch2: it also runs in children and on threads.
// 0 when all is right, else what was wrong.
int work(cl_context context, cl_command_queue queue, const std::string& source, int by) {
  const char* text = source.c_str();
  cl_int error = 1;
  const Program program(clCreateProgramWithSource(context, 1, &text, nullptr, &error));
  if (error || clBuildProgram(program, 0, nullptr, "", nullptr, nullptr)) return 10;
  const Kernel kernel(clCreateKernel(program, "add", &error));
  const Memory memory(clCreateBuffer(context, 0, kItems * 4, nullptr, &error));
  const cl_mem argument = memory;
  if (clSetKernelArg(kernel, 0, sizeof argument, &argument) || clSetKernelArg(kernel, 1, sizeof by, &by))
    return 11;
  const std::size_t size = kItems;
  if (clEnqueueNDRangeKernel(queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr)) return 12;
  std::vector<int> out(kItems);
  if (clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, kItems * 4, out.data(), 0, nullptr, nullptr)) return 13;
  for (int i = 0; i < kItems; ++i)
    if (out[static_cast<std::size_t>(i)] != i + by) return 14;
  return 0;
}

// New to the cache.
std::string unique_source(int number) {
  return std::string(kSource) + "\nkernel void k" + std::to_string(::getpid()) + "_" +
         std::to_string(number) + "(global int* out) { out[0] = " + std::to_string(number) + "; }";
}

int work_anew(const std::string& source, int by) {
  cl_platform_id platform = nullptr;
  cl_device_id device = nullptr;
  cl_int error = 1;
  if (clGetPlatformIDs(1, &platform, nullptr)) return 1;
  if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr)) return 2;
  const Context context(clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error));
  if (error) return 3;
  const Queue queue(clCreateCommandQueueWithProperties(context, device, nullptr, &error));
  return error ? 4 : work(context, queue, source, by);
}

struct Parents {
  Session session;
  Program program = session.build(kSource);
  Kernel kernel = session.kernel(program, "add");
  Memory memory = session.buffer(kItems * 4);
  Event event{clCreateUserEvent(session.context, nullptr)};
};

// What a child does with what was its parent's.
int use(const Parents& parents) {
  cl_int error = 1;
  const std::size_t size = kItems;
  const cl_event list[] = {parents.event};
  int value = 0;
  const cl_mem memory = parents.memory;
  if (clCreateBuffer(parents.session.context, 0, 64, nullptr, &error) || error != CL_INVALID_CONTEXT)
    return 20;
  if (clFinish(parents.session.queue) != CL_INVALID_COMMAND_QUEUE) return 21;
  if (clEnqueueNDRangeKernel(parents.session.queue, parents.kernel, 1, nullptr, &size, nullptr, 0, nullptr,
                             nullptr) == CL_SUCCESS)
    return 22;
  if (clEnqueueReadBuffer(parents.session.queue, memory, CL_TRUE, 0, 4, &value, 0, nullptr, nullptr) ==
      CL_SUCCESS)
    return 23;
  if (clSetKernelArg(parents.kernel, 0, sizeof memory, &memory) != CL_INVALID_KERNEL) return 24;
  if (clBuildProgram(parents.program, 0, nullptr, "", nullptr, nullptr) != CL_INVALID_PROGRAM) return 25;
  if (clWaitForEvents(1, list) == CL_SUCCESS) return 26;
  if (clReleaseMemObject(memory) != CL_INVALID_MEM_OBJECT) return 27;
  if (clReleaseContext(parents.session.context) != CL_INVALID_CONTEXT) return 28;
  return 0;
}

// Its exit code, or -1 when it had to be killed.
int end_of(pid_t child) {
  for (int i = 0; i < 120'000; ++i) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
    ::usleep(1000);
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return -1;
}

// Threads that are in the driver all the time: two build, two make, use and release memory.
class Busy {
 public:
  Busy() {
    for (int number = 0; number < 4; ++number)
      threads_.emplace_back([this, number] {
        for (int round = 0; !stop_; ++round)
          if (work_anew(number < 2 ? unique_source(10'000 * number + round) : kSource, round)) ++wrong_;
      });
  }
  int end() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    return wrong_;
  }
  ~Busy() { end(); }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<int> wrong_{0};
  std::vector<std::thread> threads_;
};

void fork_while_busy(int children, int at_once) {
  const Parents parents;
  REQUIRE(work_anew(kSource, 1) == 0);
  Busy busy;
  std::vector<pid_t> running;
  const auto wait_for_oldest = [&] {
    CHECK(end_of(running.front()) == 0);
    running.erase(running.begin());
  };
  for (int i = 0; i < children; ++i) {
    ::usleep(static_cast<useconds_t>(i % 17 * 300));
    const pid_t child = ::fork();
    if (child == 0) {
      int wrong = i % 3 == 0 ? use(parents) : 0;
      if (!wrong) wrong = work_anew(i % 10 == 0 ? unique_source(i) : kSource, i);
      if (!wrong && i % 3 == 1) wrong = use(parents);
      ::_exit(wrong);
    }
    REQUIRE(child > 0);
    running.push_back(child);
    if (static_cast<int>(running.size()) == at_once) wait_for_oldest();
  }
  while (!running.empty()) wait_for_oldest();
  CHECK(busy.end() == 0);
}

}  // namespace

TEST_CASE("children of a process that is busy in the driver work, and none hangs") { fork_while_busy(40, 4); }

TEST_CASE("a thousand children of a process that is busy in the driver, and none hangs", "[.long]") {
  fork_while_busy(1000, 8);
}

TEST_CASE("a child of a child works, and so does the parent afterwards") {
  const Session session;
  REQUIRE(work_anew(kSource, 1) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (const int wrong = work_anew(kSource, 2)) ::_exit(wrong);
    const pid_t grandchild = ::fork();
    if (grandchild == 0) ::_exit(work_anew(kSource, 3));
    if (const int wrong = end_of(grandchild)) ::_exit(wrong < 0 ? 99 : wrong);
    ::_exit(work_anew(kSource, 4));
  }
  CHECK(end_of(child) == 0);
  CHECK(work(session.context, session.queue, kSource, 5) == 0);
}

TEST_CASE("a child may be made while another thread uses the driver for the first time") {
  platform();  // sets the environment that the probe inherits
  for (int i = 0; i < 30; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string wait = std::to_string(i * 150);
      ::execl(KIESEL_TEST_PROBE, KIESEL_TEST_PROBE, "fork-first", KIESEL_TEST_LIBRARY, wait.c_str(),
              static_cast<char*>(nullptr));
      ::_exit(127);
    }
    CHECK(end_of(child) == 0);
  }
}
