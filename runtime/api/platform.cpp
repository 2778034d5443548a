// Platform queries (OpenCL 3.0 API 4.1) and the loader's entry points (cl_khr_icd).
#include "runtime/core/platform.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"

namespace kiesel::runtime::api {

cl_int clGetPlatformIDs(cl_uint num_entries, cl_platform_id* platforms, cl_uint* num_platforms) {
  return status([&]() -> Outcome<> {
    KIESEL_REQUIRE(!platforms || num_entries > 0, CL_INVALID_VALUE, "platforms without num_entries");
    KIESEL_REQUIRE(platforms || num_platforms, CL_INVALID_VALUE, "nothing to return");
    auto& platform = Platform::get();
    KIESEL_REQUIRE(platform.handle(), CL_OUT_OF_HOST_MEMORY, "the platform could not be made");
    if (platforms) platforms[0] = cl_handle(platform);
    if (num_platforms) *num_platforms = 1;
    return {};
  }());
}

cl_int clIcdGetPlatformIDsKHR(cl_uint num_entries, cl_platform_id* platforms, cl_uint* num_platforms) {
  return api::clGetPlatformIDs(num_entries, platforms, num_platforms);
}

cl_int clIcdSetPlatformDispatchDataKHR(cl_platform_id platform, void* dispatch_data) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(found, valid<Platform>(platform));
    found->set_dispatch_data(dispatch_data);
    return {};
  }());
}

cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info name, size_t size, void* value,
                         size_t* size_ret) {
  return status([&]() -> Outcome<> {
    // "platform ... can be NULL": what happens then is implementation-defined; it is this platform.
    Platform* found = platform ? find<Platform>(platform) : &Platform::get();
    KIESEL_REQUIRE(found, CL_INVALID_PLATFORM, "no valid platform");
    return Answer(size, value, size_ret).from(found->info(), name);
  }());
}

// OpenCL 3.0 API 5.8.7: a hint. The compiler is another process that costs nothing while it waits.
cl_int clUnloadPlatformCompiler(cl_platform_id platform) {
  return status([&]() -> Outcome<> {
    KIESEL_CHECK(valid<Platform>(platform));
    return {};
  }());
}

cl_int clUnloadCompiler() { return CL_SUCCESS; }

}  // namespace kiesel::runtime::api
