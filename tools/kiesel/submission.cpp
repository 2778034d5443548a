#include "tools/kiesel/submission.hpp"

#include <CL/cl.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <span>
#include <sstream>

#include "compiler/client/client.hpp"
#include "conformance/cts/runner.hpp"
#include "evaluation/jobs/process.hpp"
#include "support/cache.hpp"
#include "support/file.hpp"
#include "tools/kiesel/doctor/library.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;
using namespace kiesel::conformance;

// What the loader says of the device of the run.
class Subject {
 public:
  Subject(const fs::path& folder, const std::string& shape) {
    ::setenv("OCL_ICD_VENDORS", (folder / "vendors").c_str(), 1);
    ::setenv("OCL_ICD_FILENAMES", "", 1);
    ::setenv("KIESEL_DEVICE", shape.c_str(), 1);
    library_.emplace(doctor::kLoaderName);
    cl_uint count = 0;
    if (call<decltype(clGetPlatformIDs)>("clGetPlatformIDs", 1U, &platform_, &count) == CL_SUCCESS)
      call<decltype(clGetDeviceIDs)>("clGetDeviceIDs", platform_, cl_device_type{CL_DEVICE_TYPE_ALL}, 1U,
                                     &device_, &count);
  }

  std::string device(cl_device_info name) const {
    std::array<char, 512> text{};
    if (!device_) return {};
    call<decltype(clGetDeviceInfo)>("clGetDeviceInfo", device_, name, text.size() - 1,
                                    static_cast<void*>(text.data()), nullptr);
    return text.data();
  }
  std::string platform(cl_platform_info name) const {
    std::array<char, 512> text{};
    if (!device_) return {};
    call<decltype(clGetPlatformInfo)>("clGetPlatformInfo", platform_, name, text.size() - 1,
                                      static_cast<void*>(text.data()), nullptr);
    return text.data();
  }
  std::string type() const {
    cl_device_type type = 0;
    if (device_)
      call<decltype(clGetDeviceInfo)>("clGetDeviceInfo", device_, cl_device_info{CL_DEVICE_TYPE}, sizeof type,
                                      static_cast<void*>(&type), nullptr);
    return type & CL_DEVICE_TYPE_GPU           ? "CL_DEVICE_TYPE_GPU"
           : type & CL_DEVICE_TYPE_ACCELERATOR ? "CL_DEVICE_TYPE_ACCELERATOR"
           : type & CL_DEVICE_TYPE_CPU         ? "CL_DEVICE_TYPE_CPU"
                                               : "";
  }

 private:
  template <class Signature, class... Arguments>
  cl_int call(const char* name, Arguments... arguments) const {
    auto* function = library_->find<Signature>(name);
    return function ? function(arguments...) : CL_INVALID_OPERATION;
  }

  std::optional<doctor::Library> library_;
  cl_platform_id platform_ = nullptr;
  cl_device_id device_ = nullptr;
};

// "3.1" of "OpenCL 3.1 Kiesel".
std::string number_of(const std::string& version) {
  std::istringstream stream(version);
  std::string word;
  stream >> word >> word;
  return word;
}

std::string cpu() {
  const auto text = read_text_file("/proc/cpuinfo");
  std::istringstream stream(text ? *text : "");
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.find(':') + 2, line.size()));
  return "";
}

std::string system_name() {
  utsname names{};
  if (::uname(&names) != 0) return "";
  const auto release = read_text_file("/etc/os-release");
  std::istringstream stream(release ? *release : "");
  std::string pretty;
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with("PRETTY_NAME=")) pretty = line.substr(line.find('=') + 1);
  std::erase(pretty, '"');
  return fmt::format("{} ({} {} {})", pretty, names.sysname, names.release, names.machine);
}

// The checkout that the build is in; empty where it is in none.
std::string revision(const Package& package) {
  const auto output = package.folder / "revision.txt";
  jobs::run({"git",
             {"-C", package.cts.string(), "describe", "--tags", "--always", "--dirty"},
             package.folder,
             {},
             output});
  const auto text = read_text_file(output);
  return text && !text->starts_with("fatal") ? text->substr(0, text->find('\n')) : "";
}

std::string loader() {
  Dl_info info{};
  const doctor::Library library(doctor::kLoaderName);
  auto* function = library.find<decltype(clGetPlatformIDs)>("clGetPlatformIDs");
  std::error_code error;
  return function && ::dladdr(reinterpret_cast<void*>(function), &info)
             ? fs::canonical(info.dli_fname, error).string()
             : "";
}

std::string details(const Package& package, const Results& results) {
  const Subject subject(package.folder, results.device);
  const auto version = subject.device(CL_DEVICE_VERSION);
  std::string text =
      "# What can be read off the run is filled in; the rest is the submitter's.\n"
      "Company:\nContact Name:\nContact Email:\nContact Telephone:\n";
  const auto add = [&](const char* name, const std::string& value) {
    text += fmt::format("{}:{}{}\n", name, value.empty() ? "" : " ", value);
  };
  add("OpenCL Version", number_of(version));
  add("Conformant Product", "");
  add("CPU Type", cpu());
  add("OS Name and Version Number", system_name());
  add("Compute Device Type", subject.type());
  add("Compute Device Name", subject.device(CL_DEVICE_NAME));
  add("Compute Device Version", version);
  add("Compute Device Driver Version", subject.device(CL_DRIVER_VERSION));
  add("Compute Device OpenCL C Version", subject.device(CL_DEVICE_OPENCL_C_VERSION));
  add("Platform Profile", subject.platform(CL_PLATFORM_PROFILE));
  add("Platform Version", subject.platform(CL_PLATFORM_VERSION));
  add("Tests version", revision(package));
  add("Patches", "");
  add("Loader used", loader());
  add("Conformance Process Document date", "");
  add("OpenCL Conformance Process Attachment date", "");
  add("List of skipped tests in accordance with conformance process", "");
  return text;
}

std::string description(const Package& package, const Results& results) {
  std::string text =
      fmt::format("Driver: {} ({})\nDevice: {}\nCompiler of the driver: {}\nTests: {} of {}, revision {}\n",
                  results.driver, package.version, results.device, __VERSION__,
                  package.list.filename().string(), package.cts.string(), revision(package));
  text +=
      fmt::format("Host: {}, {}\nSeconds of all sub-tests: {:.0f}\n", cpu(), system_name(), results.seconds);
  return text;
}

std::string log_of(const Package& package, const Results& results) {
  const std::string line(88, '=');
  std::string log;
  for (const auto* suite : ordered(results)) {
    log += fmt::format("{0}\nRunning Tests: {1}\n{0}\n", line, suite->first);
    for (const auto& [name, test] : suite->second) {
      const auto text = read_text_file(output_of(package.folder, suite->first, name));
      log += fmt::format("Running Sub Test: {}\n{}\nTest {}/{} ==> {} in {:.2f} s\n\n", name,
                         text ? *text : "(its output is not there)", suite->first, name,
                         to_string(test.verdict), test.seconds);
    }
  }
  return log;
}

}  // namespace

std::string version_of(const fs::path& driver) {
  CacheKey key;
  for (const auto& program : {driver, fs::path(compiler::find_compiler())})
    if (const auto bytes = read_binary_file(program)) key.add(std::span<const std::byte>(*bytes));
  return key.text().substr(0, 16);
}

Status write_package(const Package& package, const Results& results) {
  const auto list = read_text_file(package.list);
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>("opencl_conformance_results.log", log_of(package, results)),
        {"submission_details.txt", details(package, results)},
        {"build_description.txt", description(package, results)},
        {package.list.filename().string(), list ? *list : ""}})
    if (auto written = write_file_atomically(package.folder / name, text); !written) return written.error();
  return {};
}

}  // namespace kiesel::tools
