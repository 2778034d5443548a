#include "conformance/cache/worker.hpp"

#include <CL/cl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <random>
#include <string>
#include <vector>

#include "support/clock.hpp"

namespace kiesel::stress {
namespace {

constexpr unsigned kPrograms = 60;
constexpr std::size_t kItems = 512;
constexpr unsigned kTurns = 200;  // enough for a translation to be worth its time

// A program of its own for each number, and what it computes. Some include a file of the working folder.
std::string source_of(unsigned number) {
  const std::string first = number % 3 == 0 ? "#include \"uint_of_files.h\"\n" : "";
  return first + fmt::format(
                     "kernel void run(global uint* out, uint start) {{\n"
                     "  uint x = start + get_global_id(0) + {0}u;\n"
                     "  for (uint i = 0; i < {1}u; ++i) x = x * 1664525u + {0}u * 2654435761u + (x >> {2});\n"
                     "  out[get_global_id(0)] = x;\n}}\n",
                     number, kTurns + number, 1 + number % 13);
}

std::uint32_t expected(unsigned number, std::uint32_t start, std::uint32_t item) {
  std::uint32_t x = start + item + number;
  for (std::uint32_t i = 0; i < kTurns + number; ++i)
    x = x * 1664525u + number * 2654435761u + (x >> (1 + number % 13));
  return x;
}

class Worker {
 public:
  Worker(int pipe, std::uint64_t seed) : pipe_(pipe), random_(seed) {}

  bool open() {
    cl_platform_id platform = nullptr;
    cl_int error = CL_SUCCESS;
    if (clGetPlatformIDs(1, &platform, nullptr) != CL_SUCCESS ||
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device_, nullptr) != CL_SUCCESS)
      return wrong("no device");
    context_ = clCreateContext(nullptr, 1, &device_, nullptr, nullptr, &error);
    queue_ = clCreateCommandQueueWithProperties(context_, device_, nullptr, &error);
    out_ = clCreateBuffer(context_, CL_MEM_READ_WRITE, kItems * sizeof(cl_uint), nullptr, &error);
    return error == CL_SUCCESS || wrong("no context, queue or buffer");
  }

  bool turn() {
    const auto number = static_cast<unsigned>(random_() % kPrograms);
    const auto source = source_of(number);
    const char* text = source.c_str();
    const cl_program program = clCreateProgramWithSource(context_, 1, &text, nullptr, nullptr);
    const bool right = build(program) ? run(program, number) : built_in_vain(program);
    clReleaseProgram(program);
    return right;
  }

 private:
  bool say(Word word) { return ::write(pipe_, &word, 1) == 1; }

  bool wrong(const std::string& what) {
    fmt::print(stderr, "worker {}: {}\n", ::getpid(), what);
    say(Word::kWrong);
    return false;
  }

  bool build(cl_program program) {
    return clBuildProgram(program, 0, nullptr, nullptr, nullptr, nullptr) == CL_SUCCESS;
  }

  // The processes of the compiler are killed, too: while it builds, and while it starts anew.
  bool built_in_vain(cl_program program) {
    std::string log(10'000, '\0');
    std::size_t size = 0;
    clGetProgramBuildInfo(program, device_, CL_PROGRAM_BUILD_LOG, log.size(), log.data(), &size);
    log.resize(size);
    for (const char* cause : {"died during this build", "signal 9", "cannot reach the compiler"})
      if (log.find(cause) != log.npos) return say(Word::kKilled);
    return wrong("a build failed: " + log);
  }

  bool run(cl_program program, unsigned number) {
    const auto start = static_cast<cl_uint>(random_());
    const std::size_t size = kItems;
    cl_int error = CL_SUCCESS;
    const cl_kernel kernel = clCreateKernel(program, "run", &error);
    std::array<cl_uint, kItems> result{};
    const bool ran = error == CL_SUCCESS && clSetKernelArg(kernel, 0, sizeof out_, &out_) == CL_SUCCESS &&
                     clSetKernelArg(kernel, 1, sizeof start, &start) == CL_SUCCESS &&
                     clEnqueueNDRangeKernel(queue_, kernel, 1, nullptr, &size, nullptr, 0, nullptr,
                                            nullptr) == CL_SUCCESS &&
                     clEnqueueReadBuffer(queue_, out_, CL_TRUE, 0, sizeof result, result.data(), 0, nullptr,
                                         nullptr) == CL_SUCCESS;
    if (error == CL_SUCCESS) clReleaseKernel(kernel);
    if (!ran) return wrong(fmt::format("program {} does not run", number));
    for (std::uint32_t i = 0; i < kItems; ++i)
      if (result[i] != expected(number, start, i))
        return wrong(fmt::format("program {}, item {}: {} instead of {}", number, i, result[i],
                                 expected(number, start, i)));
    return say(Word::kRight);
  }

  const int pipe_;
  std::mt19937_64 random_;
  cl_device_id device_ = nullptr;
  cl_context context_ = nullptr;
  cl_command_queue queue_ = nullptr;
  cl_mem out_ = nullptr;
};

}  // namespace

int work(int pipe, std::uint64_t seed, unsigned seconds) {
  const auto end = now_ns() + std::uint64_t{seconds} * 1'000'000'000;
  Worker worker(pipe, seed);
  bool right = worker.open();
  while (right && now_ns() < end) right = worker.turn();
  return right ? 0 : 1;
}

}  // namespace kiesel::stress
