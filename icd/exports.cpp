// What libkiesel.so exports: all that a loader looks up (cl_khr_icd).
#include "icd/exports.hpp"

#include "icd/dispatch.hpp"
#include "icd/entry.hpp"
#include "runtime/api/api.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/platform.hpp"

#define KIESEL_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr char kGetPlatformIds[] = "clIcdGetPlatformIDsKHR";
constexpr char kSetDispatchData[] = "clIcdSetPlatformDispatchDataKHR";
constexpr char kGetPlatformInfo[] = "clGetPlatformInfo";

}  // namespace

namespace kiesel::runtime::api {

void* clGetExtensionFunctionAddress(const char* name) { return name ? icd::find_function(name) : nullptr; }

void* clGetExtensionFunctionAddressForPlatform(cl_platform_id platform, const char* name) {
  return find<Platform>(platform) && name ? icd::find_function(name) : nullptr;
}

}  // namespace kiesel::runtime::api

namespace api = kiesel::runtime::api;
using kiesel::icd::Entry;

KIESEL_EXPORT cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint num_entries, cl_platform_id* platforms,
                                                        cl_uint* num_platforms) {
  return Entry<&api::clIcdGetPlatformIDsKHR, kGetPlatformIds>::call(num_entries, platforms, num_platforms);
}

KIESEL_EXPORT cl_int CL_API_CALL clIcdSetPlatformDispatchDataKHR(cl_platform_id platform,
                                                                 void* dispatch_data) {
  return Entry<&api::clIcdSetPlatformDispatchDataKHR, kSetDispatchData>::call(platform, dispatch_data);
}

KIESEL_EXPORT cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id platform, cl_platform_info name,
                                                   size_t size, void* value, size_t* size_ret) {
  return Entry<&api::clGetPlatformInfo, kGetPlatformInfo>::call(platform, name, size, value, size_ret);
}

KIESEL_EXPORT void* CL_API_CALL clGetExtensionFunctionAddress(const char* name) {
  return api::clGetExtensionFunctionAddress(name);
}

KIESEL_EXPORT void* CL_API_CALL clIcdGetFunctionAddressForPlatformKHR(cl_platform_id platform,
                                                                      const char* name) {
  return api::clGetExtensionFunctionAddressForPlatform(platform, name);
}
