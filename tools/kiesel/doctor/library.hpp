// Libraries that are looked at without being linked.
#pragma once

#include <dlfcn.h>

#include <string>

namespace kiesel::tools::doctor {

// Opened, and never closed: drivers and loaders have threads of their own.
class Library {
 public:
  explicit Library(const std::string& name) : handle_(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_) problem_ = ::dlerror();
  }

  explicit operator bool() const { return handle_ != nullptr; }
  const std::string& problem() const { return problem_; }
  bool has(const char* symbol) const { return handle_ && ::dlsym(handle_, symbol); }

  // find<decltype(clGetPlatformIDs)>("clGetPlatformIDs")
  template <class Signature>
  Signature* find(const char* symbol) const {
    return handle_ ? reinterpret_cast<Signature*>(::dlsym(handle_, symbol)) : nullptr;
  }

 private:
  void* handle_;
  std::string problem_;
};

inline constexpr const char* kLoaderName = "libOpenCL.so.1";

}  // namespace kiesel::tools::doctor
