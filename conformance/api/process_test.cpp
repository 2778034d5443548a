// What the driver does to the process it is in.
#include <CL/cl_icd.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

std::vector<std::string> output_of(const std::string& command) {
  std::vector<std::string> out;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char line[512];
  while (std::fgets(line, sizeof line, pipe)) out.emplace_back(line, std::string_view(line).find('\n'));
  REQUIRE(::pclose(pipe) == 0);
  return out;
}

// Exit code of the probe; fails the test when it takes too long.
int probe(const std::string& what) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(KIESEL_TEST_PROBE, KIESEL_TEST_PROBE, what.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("the application maps no LLVM and no recorder, even after a build") {
  const Session session;
  session.build("kernel void f(global int* out) { out[0] = 1; }");
  std::ifstream maps("/proc/self/maps");
  bool driver = false;
  for (std::string line; std::getline(maps, line);) {
    driver |= line.find("libkiesel.so") != std::string::npos;
    CHECK(line.find("LLVM") == std::string::npos);
    CHECK(line.find("clang") == std::string::npos);
    CHECK(line.find("SPIRV") == std::string::npos);
    CHECK(line.find("libkiesel-capture") == std::string::npos);
    CHECK(line.find("zstd") == std::string::npos);
  }
  CHECK(driver);
}

TEST_CASE("the library exports what loaders need, nothing else") {
  const auto lines = output_of("nm -D --defined-only --format=posix " KIESEL_TEST_LIBRARY " | cut -d' ' -f1");
  const std::set<std::string> symbols(lines.begin(), lines.end());
  CHECK(symbols == std::set<std::string>{"clGetExtensionFunctionAddress", "clGetPlatformInfo",
                                         "clIcdGetFunctionAddressForPlatformKHR", "clIcdGetPlatformIDsKHR",
                                         "clIcdSetPlatformDispatchDataKHR"});
}

TEST_CASE("the library neither ends the process nor leaves work for its end") {
  const auto lines = output_of("nm -D --undefined-only --format=posix " KIESEL_TEST_LIBRARY
                               " | cut -d' ' -f1 | cut -d@ -f1");
  REQUIRE_FALSE(lines.empty());
  for (const char* forbidden : {"exit", "_exit", "abort", "atexit", "__cxa_atexit"})
    CHECK(std::find(lines.begin(), lines.end(), forbidden) == lines.end());
}

TEST_CASE("the library can be opened, used and closed without a loader") {
  void* library = ::dlopen(KIESEL_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(library != nullptr);
  using GetIds = cl_int (*)(cl_uint, cl_platform_id*, cl_uint*);
  const auto get = reinterpret_cast<GetIds>(::dlsym(library, "clIcdGetPlatformIDsKHR"));
  REQUIRE(get != nullptr);
  cl_uint count = 0;
  CHECK(get(0, nullptr, &count) == CL_SUCCESS);
  CHECK(count == 1);
  CHECK(get(0, nullptr, nullptr) == CL_INVALID_VALUE);
  cl_platform_id id = nullptr;
  CHECK(get(1, &id, nullptr) == CL_SUCCESS);

  // cl_khr_icd 2.0: the tag is in both slots; every other slot has a function, found by name too.
  void* const* table = *reinterpret_cast<void* const* const*>(id);
  constexpr std::uintptr_t kTag = 0x4F50454E434C3331;
  std::size_t tags = 0;
  // The header's slots, and the one of OpenCL 3.1 behind them.
  constexpr std::size_t kSlots = sizeof(cl_icd_dispatch) / sizeof(void*) + 1;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    CHECK(table[slot] != nullptr);
    tags += reinterpret_cast<std::uintptr_t>(table[slot]) == kTag;
  }
  CHECK(tags == 2);
  using Find = void* (*)(cl_platform_id, const char*);
  const auto find = reinterpret_cast<Find>(::dlsym(library, "clIcdGetFunctionAddressForPlatformKHR"));
  REQUIRE(find != nullptr);
  CHECK(find(id, "clEnqueueNDRangeKernel") != nullptr);
  CHECK(find(id, "clSetContextDestructorCallback") != nullptr);
  CHECK(find(id, "clGetKernelSuggestedLocalWorkSize") == table[kSlots - 1]);
  CHECK(find(id, "clNoSuchFunction") == nullptr);
  CHECK(find(nullptr, "clFinish") == nullptr);
  using SetData = cl_int (*)(cl_platform_id, void*);
  const auto set_data = reinterpret_cast<SetData>(::dlsym(library, "clIcdSetPlatformDispatchDataKHR"));
  REQUIRE(set_data != nullptr);
  // The loader of this test may have set its own data: no call through it until that is back.
  const cl_device_id some_device = device();
  void* const before = reinterpret_cast<void* const*>(id)[1];
  int data = 0;
  const cl_int refused = set_data(nullptr, &data), accepted = set_data(id, &data);
  const void* const in_platform = reinterpret_cast<void* const*>(id)[1];
  const void* const in_device = reinterpret_cast<void* const*>(some_device)[1];
  REQUIRE(set_data(id, before) == CL_SUCCESS);
  CHECK(refused == CL_INVALID_PLATFORM);
  CHECK(accepted == CL_SUCCESS);
  CHECK(in_platform == &data);
  CHECK(in_device == &data);
  CHECK(::dlclose(library) == 0);
}

TEST_CASE("closing the library while commands wait, and opening it again, loses nothing") {
  const Session session;
  Memory memory = session.buffer(64);
  cl_int error = 1;
  Event gate(clCreateUserEvent(session.context, &error)), filled;
  const cl_event list[] = {gate};
  const int value = 5;
  REQUIRE(clEnqueueFillBuffer(session.queue, memory, &value, 4, 0, 64, 1, list, filled.out()) == CL_SUCCESS);
  for (int i = 0; i < 5; ++i) {
    void* library = ::dlopen(KIESEL_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    using GetIds = cl_int (*)(cl_uint, cl_platform_id*, cl_uint*);
    const auto get = reinterpret_cast<GetIds>(::dlsym(library, "clIcdGetPlatformIDsKHR"));
    cl_platform_id id = nullptr;
    REQUIRE(get(1, &id, nullptr) == CL_SUCCESS);
    CHECK(id != nullptr);
    CHECK(::dlclose(library) == 0);
  }
  REQUIRE(clSetUserEventStatus(gate, CL_COMPLETE) == CL_SUCCESS);
  CHECK(session.read<int>(memory, 16)[15] == 5);
}

TEST_CASE("a process ends well whatever is still going on") {
  for (const char* what : {"idle", "pending", "running", "endless", "building", "callback", "leak",
                           "exit-in-callback", "fork", "fault", "abandoned", "no-folder", "little-space"}) {
    INFO(what);
    CHECK(probe(what) == 0);
  }
}

TEST_CASE("bus errors of the application's own are its own") {
  NEEDS(has_extension("cl_khr_external_memory"));
  CHECK(probe("bus-errors") == 0);
}

TEST_CASE("printf prints what C's printf would, and vectors") {
  platform();  // sets the environment that the probe inherits
  const auto lines = output_of(KIESEL_TEST_PROBE " print");
  REQUIRE(lines.size() > 1000);
  CHECK(lines[0] == "-7    42|42   |00042 4000000000 ff 0XFF k % -5000000000 18446744073709551615 -3 -4");
  CHECK(lines[1] == "3.250000 3.25 1.234568e+04 0.0001 text");
  CHECK(lines[2] == "1,-2,3,-4 0.500000,1.500000 1,2,3 5,6 1.0,2.0,3.0,4.0");
  CHECK(lines[3] == "no arguments");
  CHECK(lines[4] == "item 77");
  // A record of this line takes 24 bytes of the buffer's 2 MiB; without atomics each hart has a part of it.
  constexpr std::size_t kRecords = (2 << 20) / 24;
  if (query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_EXTENSIONS})
          .find("int32_base_atomics") != std::string::npos)
    CHECK(lines.size() == 5 + kRecords);
  else
    CHECK(lines.size() > kRecords / 100 * 99);
  std::set<std::string> distinct(lines.begin() + 5, lines.end());
  CHECK(distinct.size() == lines.size() - 5);
  for (const auto& line : distinct) REQUIRE(line.ends_with(" is one of many work-items"));
}

TEST_CASE("work-groups of a kernel that cannot tell have a good size, whatever the range") {
  platform();  // sets the environment that the probe inherits
  const auto groups = [lines = output_of("KIESEL_LOG=device=debug " KIESEL_TEST_PROBE " primes 2>&1")](
                          const std::string& kernel) {
    unsigned count = 0;
    for (const auto& line : lines)
      if (const auto at = line.find("launch " + kernel + ": "); at != line.npos)
        count += static_cast<unsigned>(std::stoul(line.substr(at + kernel.size() + 9)));
    return count;
  };
  CHECK(groups("seeing") == 4099);
  CHECK(groups("blind") > 0);
  CHECK(groups("blind") < 4099 / 2);
}

TEST_CASE("printf prints nothing of the application's memory, and what does not fit as it stands") {
  platform();  // sets the environment that the probe inherits
  const auto lines = output_of(KIESEL_TEST_PROBE " print-wild");
  CHECK(lines ==
        std::vector<std::string>{"%v2ls|", "%v2s|", "%ls|", "%s|5", "%s|literal", "%d|%f|%v4d|%n|%s", "3 ."});
}

TEST_CASE("a flood of printf ends at the limit, in little memory, with one line of the log") {
  platform();  // sets the environment that the probe inherits
  const std::string command = "KIESEL_PRINTF_MIB=4 " KIESEL_TEST_PROBE " print-flood 2>&1 >/dev/null";
  const auto log = output_of(command);
  REQUIRE(log.size() == 1);
  CHECK(log[0].find("printf of kernel 'pad': output stopped at the limit of 4 MiB") != std::string::npos);
  const auto count = output_of("KIESEL_PRINTF_MIB=4 " KIESEL_TEST_PROBE " print-flood 2>/dev/null | wc -c");
  REQUIRE(count.size() == 1);
  const long bytes = std::stol(count[0]);
  CHECK(bytes > 5 << 20);  // the first launch has all of its 1.6 MB
  CHECK(bytes < 6 << 20);
}

TEST_CASE("all work-groups of an uneven range print into one output") {
  platform();  // sets the environment that the probe inherits
  auto lines = output_of(KIESEL_TEST_PROBE " uneven");
  std::sort(lines.begin(), lines.end());
  CHECK(lines == std::vector<std::string>{"group 0 0 has 4 x 4", "group 0 1 has 4 x 3", "group 1 0 has 4 x 4",
                                          "group 1 1 has 4 x 3", "group 2 0 has 2 x 4",
                                          "group 2 1 has 2 x 3"});
}
