#include "conformance/api/fixture.hpp"

#include <cstdlib>
#include <mutex>

namespace kiesel::api_test {
namespace {

// Before the loader looks: this build's driver only, and a cache of the tests' own.
const bool kEnvironmentSet = [] {
  ::setenv("OCL_ICD_VENDORS", KIESEL_TEST_ICD, 1);
  ::setenv("KIESEL_CACHE_DIR", KIESEL_TEST_CACHE, 1);
  return true;
}();

// Never destroyed: the driver's callbacks may come until the process ends.
std::mutex& messages_mutex = *new std::mutex;
auto& messages = *new std::vector<std::pair<const void*, std::string>>;

void CL_CALLBACK note(const char* text, const void*, size_t, void* user_data) {
  std::lock_guard lock(messages_mutex);
  messages.emplace_back(user_data, text);
}

void forget(const void* session) {
  std::lock_guard lock(messages_mutex);
  std::erase_if(messages, [&](const auto& message) { return message.first == session; });
}

}  // namespace

cl_platform_id platform() {
  REQUIRE(kEnvironmentSet);
  cl_platform_id out = nullptr;
  REQUIRE(clGetPlatformIDs(1, &out, nullptr) == CL_SUCCESS);
  REQUIRE(query_text(clGetPlatformInfo, out, cl_platform_info{CL_PLATFORM_NAME}) == "Kiesel");
  return out;
}

cl_device_id device() {
  cl_device_id out = nullptr;
  REQUIRE(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_ALL, 1, &out, nullptr) == CL_SUCCESS);
  return out;
}

bool has_extension(const std::string& name) {
  const auto all = " " + query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_EXTENSIONS}) + " ";
  return all.find(" " + name + " ") != std::string::npos;
}

bool has_atomics() { return has_extension("cl_khr_global_int32_base_atomics"); }

bool has_images() {
  return query<cl_bool>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_IMAGE_SUPPORT}) == CL_TRUE;
}

std::size_t most_items() {
  return query<std::size_t>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_WORK_GROUP_SIZE});
}

bool has_shared_memory() {
  return query<cl_device_svm_capabilities>(clGetDeviceInfo, device(),
                                           cl_device_info{CL_DEVICE_SVM_CAPABILITIES}) != 0;
}

bool has_parts() {
  return query<cl_uint>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_PARTITION_MAX_SUB_DEVICES}) > 0;
}

Session::Session(cl_command_queue_properties properties) {
  forget(this);  // what one in the same place heard
  const cl_device_id members[] = {device()};
  cl_int error = 1;
  context = Context(clCreateContext(nullptr, 1, members, note, this, &error));
  REQUIRE(error == CL_SUCCESS);
  const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
  queue = Queue(clCreateCommandQueueWithProperties(context, members[0], list, &error));
  REQUIRE(error == CL_SUCCESS);
}

Memory Session::buffer(std::size_t bytes, cl_mem_flags flags, void* host) const {
  cl_int error = 1;
  Memory out(clCreateBuffer(context, flags, bytes, host, &error));
  REQUIRE(error == CL_SUCCESS);
  REQUIRE(out != nullptr);
  return out;
}

Program Session::source(const std::string& text) const {
  const char* string = text.c_str();
  cl_int error = 1;
  Program out(clCreateProgramWithSource(context, 1, &string, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  return out;
}

Program Session::build(const std::string& text, const std::string& options) const {
  Program out = source(text);
  const cl_int error = clBuildProgram(out, 0, nullptr, options.c_str(), nullptr, nullptr);
  INFO(build_log(out));
  REQUIRE(error == CL_SUCCESS);
  return out;
}

Kernel Session::kernel(cl_program program, const char* name) const {
  cl_int error = 1;
  Kernel out(clCreateKernel(program, name, &error));
  REQUIRE(error == CL_SUCCESS);
  return out;
}

bool Session::heard(const std::string& text) const {
  return eventually([&] {
    std::lock_guard lock(messages_mutex);
    for (const auto& [who, message] : messages)
      if (who == this && message.find(text) != std::string::npos) return true;
    return false;
  });
}

std::string build_log(cl_program program) {
  std::size_t size = 0;
  clGetProgramBuildInfo(program, device(), CL_PROGRAM_BUILD_LOG, 0, nullptr, &size);
  std::string out(size, 0);
  clGetProgramBuildInfo(program, device(), CL_PROGRAM_BUILD_LOG, size, out.data(), nullptr);
  return out;
}

}  // namespace kiesel::api_test
