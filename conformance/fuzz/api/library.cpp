#include "conformance/fuzz/api/library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace kiesel::conformance::api {

Result<Library> Library::open(const std::string& path) {
  void* file = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!file) return Error{Errc::kIo, ::dlerror()};
  using Find = void* (*)(cl_platform_id, const char*);
  using Ids = cl_int (*)(cl_uint, cl_platform_id*, cl_uint*);
  const auto ids = reinterpret_cast<Ids>(::dlsym(file, "clIcdGetPlatformIDsKHR"));
  const auto find = reinterpret_cast<Find>(::dlsym(file, "clIcdGetFunctionAddressForPlatformKHR"));
  if (!ids || !find) return Error{Errc::kNotFound, path + " is no driver of cl_khr_icd 2.0"};
  Library out;
  if (ids(1, &out.platform, nullptr) != CL_SUCCESS) return Error{Errc::kNotFound, "no platform"};
  const char* missing = nullptr;
  const auto get = [&](auto& slot, const char* name) {
    slot = reinterpret_cast<std::remove_reference_t<decltype(slot)>>(find(out.platform, name));
    if (!slot) missing = name;
  };
#define ENTRY(name) get(out.name, #name);
#define EXTENSION(name) get(out.name, #name);
#include "runtime/api/entry_points.def"
  if (missing) return Error{Errc::kNotFound, fmt::format("the driver has no {}", missing)};
  return out;
}

}  // namespace kiesel::conformance::api
