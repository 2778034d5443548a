#include "conformance/fuzz/api/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "conformance/fuzz/api/calls.hpp"
#include "conformance/interruption.hpp"

namespace kiesel::conformance::api {
namespace {

constexpr std::uint64_t kRound = 1'000'000;  // calls after which a thread starts anew with fresh objects
constexpr std::uint64_t kNextRound = std::uint64_t{1} << 32;  // from the seed of one round to the next one's

thread_local const Fuzzer* current = nullptr;

// Says what was called when the process died; the same seed comes there again where one thread runs.
void on_signal(int number) {
  char text[160];
  const int length = std::snprintf(text, sizeof text, "signal %d in %s, call %llu of the round\n", number,
                                   current ? current->entry : "a thread of the driver",
                                   current ? static_cast<unsigned long long>(current->calls) : 0ULL);
  if (length > 0) (void)!::write(STDOUT_FILENO, text, static_cast<std::size_t>(length));
  ::_exit(1);
}

bool prepare(Shared& shared) {
  const auto& cl = shared.cl;
  cl_int error = 0;
  if (cl.clGetDeviceIDs(cl.platform, CL_DEVICE_TYPE_ALL, 1, &shared.device, nullptr)) return false;
  cl_ulong most = 0;
  cl.clGetDeviceInfo(shared.device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(std::size_t),
                     &shared.max_work_group, nullptr);
  cl.clGetDeviceInfo(shared.device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, nullptr);
  shared.max_allocation = most;
  cl.clGetDeviceInfo(shared.device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof shared.compute_units,
                     &shared.compute_units, nullptr);
  for (int i = 0; i < 2; ++i) {
    shared.contexts[i] = cl.clCreateContext(nullptr, 1, &shared.device, nullptr, nullptr, &error);
    shared.queues[i] =
        cl.clCreateCommandQueueWithProperties(shared.contexts[i], shared.device, nullptr, &error);
    shared.buffers[i] = cl.clCreateBuffer(shared.contexts[i], CL_MEM_READ_WRITE, 4096, nullptr, &error);
    const char* source = kSource;
    shared.programs[i] = cl.clCreateProgramWithSource(shared.contexts[i], 1, &source, nullptr, &error);
    error = cl.clBuildProgram(shared.programs[i], 0, nullptr, "-cl-std=CL3.0", nullptr, nullptr);
    if (error == CL_SUCCESS) continue;
    char log[4096] = "";
    cl.clGetProgramBuildInfo(shared.programs[i], shared.device, CL_PROGRAM_BUILD_LOG, sizeof log, log,
                             nullptr);
    fmt::print(stderr, "the kernels do not build: {} {}\n", error, log);
    return false;
  }
  std::size_t size = 0;
  cl.clGetProgramInfo(shared.programs[0], CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr);
  shared.binary.resize(size);
  unsigned char* target = shared.binary.data();
  return cl.clGetProgramInfo(shared.programs[0], CL_PROGRAM_BINARIES, sizeof target, &target, nullptr) ==
         CL_SUCCESS;
}

// So that a leak checker has nothing to say but about the driver.
void release(Shared& shared) {
  const auto& cl = shared.cl;
  for (int i = 0; i < 2; ++i) {
    cl.clReleaseProgram(shared.programs[i]);
    cl.clReleaseMemObject(shared.buffers[i]);
    cl.clReleaseCommandQueue(shared.queues[i]);
    cl.clReleaseContext(shared.contexts[i]);
  }
}

struct Tally {
  std::uint64_t calls = 0, refused = 0, failures = 0;
};

// The objects of one round are given back at its end.
Tally run_round(Shared& shared, std::uint64_t seed, std::uint64_t count) {
  const auto rows = entry_rows();
  Fuzzer fuzzer(shared, seed);
  current = &fuzzer;
  while (fuzzer.calls < count && fuzzer.failures < 20 && !interrupted()) {
    const auto& row = rows[fuzzer.below(rows.size())];
    fuzzer.entry = row.name;
    fuzzer.allowed = row.allowed;
    row.call(fuzzer);
    fuzzer.forget();
  }
  fuzzer.entry = "the end of a round";
  current = nullptr;
  return {fuzzer.calls, fuzzer.refused, fuzzer.failures};
}

Tally run_thread(Shared& shared, const RunOptions& options, unsigned thread, Undone& undone) {
  const std::uint64_t count = options.count / options.threads;
  Tally sum;
  for (std::uint64_t seed = options.seed; sum.calls < count && !sum.failures; seed += kNextRound) {
    const auto tally = run_round(shared, seed + thread, std::min(kRound, count - sum.calls));
    sum.calls += tally.calls, sum.refused += tally.refused, sum.failures += tally.failures;
    if (!interrupted()) continue;
    undone.add(seed);
    break;
  }
  return sum;
}

}  // namespace

int run(const RunOptions& options) {
  auto library = Library::open(options.library);
  if (!library) return fmt::print(stderr, "{}\n", library.error().reason), 2;
  Shared shared;
  shared.cl = *library;
  if (!prepare(shared)) return fmt::print(stderr, "no device to work with\n"), 2;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(number, on_signal);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  std::vector<Tally> tallies(options.threads);
  Undone undone;
  for (unsigned i = 0; i < options.threads; ++i)
    threads.emplace_back([&, i] { tallies[i] = run_thread(shared, options, i, undone); });
  for (auto& thread : threads) thread.join();
  release(shared);
  Tally sum;
  for (const auto& tally : tallies)
    sum.calls += tally.calls, sum.refused += tally.refused, sum.failures += tally.failures;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print(
      "{} calls of {} entry points from {} threads in {:.1f} s: {} succeeded, {} were refused, {} answers "
      "are "
      "wrong\n",
      sum.calls, entry_rows().size(), options.threads, seconds, sum.calls - sum.refused, sum.refused,
      sum.failures);
  undone.tell();
  return sum.failures != 0;
}

}  // namespace kiesel::conformance::api
