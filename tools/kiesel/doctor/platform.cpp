#include <CL/cl.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <span>
#include <vector>

#include "tools/kiesel/doctor/checks.hpp"
#include "tools/kiesel/doctor/library.hpp"

namespace kiesel::tools::doctor {
namespace {

constexpr unsigned kSeconds = 120;
constexpr std::size_t kItems = 4096;
constexpr const char* kKernel =
    "kernel void mix(global uint* data, uint factor) {\n"
    "  const uint i = get_global_id(0);\n"
    "  for (uint step = 0; step < i % 7; ++step) data[i] = data[i] * factor + i;\n"
    "}\n";
constexpr cl_uint kFactor = 2654435761U;
constexpr const char* kReport = "report it with the output of KIESEL_LOG=debug clinfo";

std::uint32_t expected(std::uint32_t i) {
  auto value = i;
  for (std::uint32_t step = 0; step < i % 7; ++step) value = value * kFactor + i;
  return value;
}

// The loader's functions by name, since this program starts where there is no loader, too.
#define CALL(name) library.find<decltype(name)>(#name)

std::string text_of(const Library& library, cl_platform_id platform, cl_platform_info what) {
  std::array<char, 512> text{};
  return CALL(clGetPlatformInfo)(platform, what, text.size() - 1, text.data(), nullptr) == CL_SUCCESS
             ? text.data()
             : "";
}

cl_platform_id find_platform(const Library& library, std::string& names) {
  std::array<cl_platform_id, 64> list{};
  cl_uint count = 0;
  cl_platform_id found = nullptr;
  if (CALL(clGetPlatformIDs)(list.size(), list.data(), &count) != CL_SUCCESS) return nullptr;
  for (const auto platform : std::span(list).first(std::min<std::size_t>(count, list.size()))) {
    const auto name = text_of(library, platform, CL_PLATFORM_NAME);
    names += (names.empty() ? "" : ", ") + name;
    if (name == "Kiesel") found = platform;
  }
  return found;
}

Finding judge_platform() {
  const Library library(kLoaderName);
  if (!library) return error("no loader to ask", "see loader");
  std::string names;
  const auto platform = find_platform(library, names);
  if (!platform)
    return error(fmt::format("the loader has {}", names.empty() ? "no platform" : names),
                 "see vendors and driver");
  cl_uint devices = 0;
  CALL(clGetDeviceIDs)(platform, CL_DEVICE_TYPE_ALL, 0, nullptr, &devices);
  const auto version = text_of(library, platform, CL_PLATFORM_VERSION);
  const auto text = fmt::format("{}, {} (among {})", version, counted(devices, "device"), names);
  if (devices == 0) return error(text, "see devices");
  if (!version.ends_with(" " KIESEL_VERSION))
    return error(fmt::format("{}, and this program is {}", text, KIESEL_VERSION),
                 "install library and program of the same version");
  return ok(text);
}

// One launch with a loop that lanes leave at different times. Nothing is released: the process ends.
cl_int run_kernel(const Library& library, cl_platform_id platform, std::vector<std::uint32_t>& data) {
  cl_int status = CL_SUCCESS;
  cl_device_id device = nullptr;
  if ((status = CALL(clGetDeviceIDs)(platform, CL_DEVICE_TYPE_ALL, 1, &device, nullptr))) return status;
  const auto context = CALL(clCreateContext)(nullptr, 1, &device, nullptr, nullptr, &status);
  if (status) return status;
  const auto queue = CALL(clCreateCommandQueueWithProperties)(context, device, nullptr, &status);
  if (status) return status;
  const char* source = kKernel;
  const auto program = CALL(clCreateProgramWithSource)(context, 1, &source, nullptr, &status);
  if (status) return status;
  if ((status = CALL(clBuildProgram)(program, 0, nullptr, "", nullptr, nullptr))) return status;
  const auto kernel = CALL(clCreateKernel)(program, "mix", &status);
  if (status) return status;
  const std::size_t bytes = data.size() * sizeof data.front(), items = data.size();
  auto buffer = CALL(clCreateBuffer)(context, CL_MEM_COPY_HOST_PTR, bytes, data.data(), &status);
  if (status) return status;
  if ((status = CALL(clSetKernelArg)(kernel, 0, sizeof buffer, &buffer))) return status;
  if ((status = CALL(clSetKernelArg)(kernel, 1, sizeof kFactor, &kFactor))) return status;
  status = CALL(clEnqueueNDRangeKernel)(queue, kernel, 1, nullptr, &items, nullptr, 0, nullptr, nullptr);
  if (status) return status;
  return CALL(clEnqueueReadBuffer)(queue, buffer, CL_TRUE, 0, bytes, data.data(), 0, nullptr, nullptr);
}

#undef CALL

Finding judge_launch(const char* engine) {
  ::setenv("KIESEL_CACHE", "0", 1);
  ::setenv("KIESEL_LOG", "warning", 0);
  if (engine) ::setenv("KIESEL_ENGINE", engine, 1);
  const Library library(kLoaderName);
  std::string names;
  const auto platform = library ? find_platform(library, names) : nullptr;
  if (!platform) return error("not tried: there is no platform", "see loader, vendors and driver");
  std::vector<std::uint32_t> data(kItems);
  std::iota(data.begin(), data.end(), 0U);
  const auto start = std::chrono::steady_clock::now();
  if (const auto status = run_kernel(library, platform, data))
    return error(fmt::format("the kernel does not run: error {}", status), "see compiler, build and limits");
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  for (std::uint32_t i = 0; i < kItems; ++i)
    if (data[i] != expected(i))
      return error(fmt::format("work-item {} computed {}, not {}", i, data[i], expected(i)), kReport);
  return ok(fmt::format("{} work-items are right, {:.0f} ms with build and start", kItems, took.count()));
}

}  // namespace

Finding platform() { return apart(judge_platform, kSeconds); }
Finding launch() {
  return apart([] { return judge_launch(nullptr); }, kSeconds);
}
Finding translation() {
  return apart([] { return judge_launch("translator"); }, kSeconds);
}

}  // namespace kiesel::tools::doctor
