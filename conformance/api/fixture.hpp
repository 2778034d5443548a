// What the API tests share: the platform, a context with a queue, small programs, and owners of OpenCL
// objects.
#pragma once

#include <CL/cl.h>

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace kiesel::api_test {

// Owns one application reference.
template <class T, cl_int (*release)(T)>
class Owner {
 public:
  Owner() = default;
  explicit Owner(T object) : object_(object) {}
  Owner(Owner&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owner& operator=(Owner&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Owner() { reset(); }
  void reset() {
    if (object_) release(object_);
    object_ = nullptr;
  }
  operator T() const { return object_; }
  T* out() {
    reset();
    return &object_;
  }
  T give_up() { return std::exchange(object_, nullptr); }

 private:
  T object_ = nullptr;
};

using Context = Owner<cl_context, clReleaseContext>;
using Queue = Owner<cl_command_queue, clReleaseCommandQueue>;
using Memory = Owner<cl_mem, clReleaseMemObject>;
using Program = Owner<cl_program, clReleaseProgram>;
using Kernel = Owner<cl_kernel, clReleaseKernel>;
using Event = Owner<cl_event, clReleaseEvent>;

cl_platform_id platform();

// A function that the loader does not export, or the driver's own where it does.
template <class Function>
Function extension(const char* name) {
  auto* found = clGetExtensionFunctionAddressForPlatform(platform(), name);
  INFO(name);
  REQUIRE(found != nullptr);
  return reinterpret_cast<Function>(found);
}

cl_device_id device();

// What tests need of the device; one that has it not is no failure of theirs.
bool has_extension(const std::string& name);
bool has_atomics();
bool has_images();
bool has_shared_memory();  // SVM
bool has_parts();          // sub-devices
std::size_t most_items();  // of a work-group
#define NEEDS(what)                               \
  do {                                            \
    if (!(what)) {                                \
      WARN("left out: the device has no " #what); \
      return;                                     \
    }                                             \
  } while (false)

// A context with one queue; messages of pfn_notify are kept.
class Session {
 public:
  explicit Session(cl_command_queue_properties properties = CL_QUEUE_PROFILING_ENABLE);
  Session(const Session&) = delete;

  Memory buffer(std::size_t bytes, cl_mem_flags flags = CL_MEM_READ_WRITE, void* host = nullptr) const;
  template <class T>
  Memory buffer_of(std::vector<T>& data, cl_mem_flags flags = CL_MEM_COPY_HOST_PTR) const {
    return buffer(data.size() * sizeof(T), flags, data.data());
  }
  template <class T>
  std::vector<T> read(cl_mem memory, std::size_t count) const {
    std::vector<T> out(count);
    REQUIRE(clEnqueueReadBuffer(queue, memory, CL_TRUE, 0, count * sizeof(T), out.data(), 0, nullptr,
                                nullptr) == CL_SUCCESS);
    return out;
  }
  Program build(const std::string& source, const std::string& options = "") const;
  Program source(const std::string& text) const;
  Kernel kernel(cl_program program, const char* name) const;
  // Waits until pfn_notify has said something with this text in it.
  bool heard(const std::string& text) const;

  Context context;
  Queue queue;
};

template <class T>
T info(cl_int (*query)(cl_mem, cl_mem_info, size_t, void*, size_t*), cl_mem object, cl_mem_info name) {
  T out{};
  REQUIRE(query(object, name, sizeof out, &out, nullptr) == CL_SUCCESS);
  return out;
}

template <class T, class Object, class Name>
T query(cl_int (*function)(Object, Name, size_t, void*, size_t*), std::type_identity_t<Object> object,
        std::type_identity_t<Name> name) {
  T out{};
  REQUIRE(function(object, name, sizeof out, &out, nullptr) == CL_SUCCESS);
  return out;
}

template <class Object, class Name>
std::string query_text(cl_int (*function)(Object, Name, size_t, void*, size_t*), Object object, Name name) {
  std::size_t size = 0;
  REQUIRE(function(object, name, 0, nullptr, &size) == CL_SUCCESS);
  std::string out(size, 'x');
  REQUIRE(function(object, name, size, out.data(), nullptr) == CL_SUCCESS);
  REQUIRE(!out.empty());
  REQUIRE(out.back() == 0);
  out.pop_back();
  return out;
}

inline cl_int status_of(cl_event event) {
  cl_int out = 0;
  REQUIRE(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof out, &out, nullptr) == CL_SUCCESS);
  return out;
}

// Polls for up to some seconds.
template <class Condition>
bool eventually(Condition condition);

std::string build_log(cl_program program);

}  // namespace kiesel::api_test

#include <chrono>
#include <thread>

template <class Condition>
bool kiesel::api_test::eventually(Condition condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}
