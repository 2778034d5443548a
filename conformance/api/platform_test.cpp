#include <CL/cl_ext.h>

#include <algorithm>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

TEST_CASE("the platform answers its queries") {
  // The devices' own: there is one.
  CHECK(query_text(clGetPlatformInfo, platform(), cl_platform_info{CL_PLATFORM_PROFILE}) ==
        query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_PROFILE}));
  CHECK(query_text(clGetPlatformInfo, platform(), cl_platform_info{CL_PLATFORM_VERSION})
            .starts_with("OpenCL 3.1 Kiesel "));
  CHECK(query_text(clGetPlatformInfo, platform(), cl_platform_info{CL_PLATFORM_EXTENSIONS})
            .find("cl_khr_icd") != std::string::npos);
  CHECK(!query_text(clGetPlatformInfo, platform(), cl_platform_info{CL_PLATFORM_ICD_SUFFIX_KHR}).empty());
  CHECK(query<cl_version>(clGetPlatformInfo, platform(), cl_platform_info{CL_PLATFORM_NUMERIC_VERSION}) ==
        CL_MAKE_VERSION(3, 1, 0));
  char small[3];
  CHECK(clGetPlatformInfo(platform(), CL_PLATFORM_NAME, sizeof small, small, nullptr) == CL_INVALID_VALUE);
  CHECK(clGetPlatformInfo(platform(), 0x1234, 0, nullptr, nullptr) == CL_INVALID_VALUE);
}

TEST_CASE("devices are found by type") {
  cl_uint count = 0;
  for (const cl_device_type type :
       std::vector<cl_device_type>{CL_DEVICE_TYPE_DEFAULT, CL_DEVICE_TYPE_GPU, CL_DEVICE_TYPE_ALL}) {
    CHECK(clGetDeviceIDs(platform(), type, 0, nullptr, &count) == CL_SUCCESS);
    CHECK(count >= 1);
  }
  CHECK(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_CPU, 0, nullptr, &count) == CL_DEVICE_NOT_FOUND);
  CHECK(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_ACCELERATOR, 0, nullptr, &count) == CL_DEVICE_NOT_FOUND);
  CHECK(clGetDeviceIDs(platform(), 0, 0, nullptr, &count) == CL_INVALID_DEVICE_TYPE);
  CHECK(clGetDeviceIDs(platform(), 1 << 20, 0, nullptr, &count) == CL_INVALID_DEVICE_TYPE);
  CHECK(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_ALL, 0, nullptr, nullptr) == CL_INVALID_VALUE);
  cl_device_id one = nullptr;
  CHECK(clGetDeviceIDs(platform(), CL_DEVICE_TYPE_ALL, 0, &one, nullptr) == CL_INVALID_VALUE);
  CHECK(query<cl_device_type>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_TYPE}) ==
        CL_DEVICE_TYPE_GPU);
}

TEST_CASE("every device query of OpenCL 3.0 has an answer") {
  for (cl_device_info name = CL_DEVICE_TYPE; name <= CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED; ++name) {
    if (name == 0x1033) continue;  // CL_DEVICE_HALF_FP_CONFIG is of cl_khr_fp16
    std::size_t size = ~std::size_t{0};
    INFO("query " << std::hex << name);
    CHECK(clGetDeviceInfo(device(), name, 0, nullptr, &size) == CL_SUCCESS);
    CHECK(size != ~std::size_t{0});
  }
  char byte = 0;
  CHECK(clGetDeviceInfo(device(), CL_DEVICE_NAME, 1, &byte, nullptr) == CL_INVALID_VALUE);
  CHECK(clGetDeviceInfo(nullptr, CL_DEVICE_NAME, 0, nullptr, nullptr) == CL_INVALID_DEVICE);
}

TEST_CASE("the device's numbers agree with each other and with OpenCL's minimums") {
  const auto group =
      query<std::size_t>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_WORK_GROUP_SIZE});
  const auto sizes = query<std::array<std::size_t, 3>>(clGetDeviceInfo, device(),
                                                       cl_device_info{CL_DEVICE_MAX_WORK_ITEM_SIZES});
  for (const auto size : sizes) CHECK(size == group);
  const auto global = query<cl_ulong>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_GLOBAL_MEM_SIZE});
  const auto allocation =
      query<cl_ulong>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_MEM_ALLOC_SIZE});
  CHECK(allocation <= global);
  CHECK(allocation >= std::min<cl_ulong>(global / 4, 1u << 30));
  CHECK(query<std::size_t>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_PARAMETER_SIZE}) >= 1024);
  CHECK(query<std::size_t>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_PRINTF_BUFFER_SIZE}) >=
        1 << 20);
  CHECK(query<cl_uint>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MEM_BASE_ADDR_ALIGN}) >= 1024);
  CHECK(query<cl_platform_id>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_PLATFORM}) == platform());
}

// What OpenCL demands of a device of the version and the profile that this one says it is.
TEST_CASE("the device has what its version and profile demand") {
  const auto text = [](cl_device_info name) { return query_text(clGetDeviceInfo, device(), name); };
  const auto version =
      query<cl_version>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_NUMERIC_VERSION});
  const auto language =
      query<cl_version>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR});
  const auto numbers = [](cl_version number) {
    return std::to_string(CL_VERSION_MAJOR(number)) + "." + std::to_string(CL_VERSION_MINOR(number)) +
           " Kiesel";
  };
  CHECK(text(CL_DEVICE_VERSION).starts_with("OpenCL " + numbers(version)));
  CHECK(text(CL_DEVICE_OPENCL_C_VERSION) == "OpenCL C " + numbers(language));
  const bool full = text(CL_DEVICE_PROFILE) == "FULL_PROFILE";
  if (!full) CHECK(text(CL_DEVICE_PROFILE) == "EMBEDDED_PROFILE");
  if (!full) CHECK(has_extension("cles_khr_int64"));
  const auto local = query<cl_ulong>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_LOCAL_MEM_SIZE});
  CHECK(local >= (!full ? 1U << 10 : version > CL_MAKE_VERSION(1, 0, 0) ? 32U << 10 : 16U << 10));

  const bool modern = version > CL_MAKE_VERSION(1, 0, 0);
  bool all_atomics = true;
  for (const char* name : {"cl_khr_global_int32_base_atomics", "cl_khr_global_int32_extended_atomics",
                           "cl_khr_local_int32_base_atomics", "cl_khr_local_int32_extended_atomics"})
    all_atomics &= has_extension(name);
  CHECK(all_atomics == modern);
  const auto capabilities = [](cl_device_info name) {
    return query<cl_device_atomic_capabilities>(clGetDeviceInfo, device(), name);
  };
  const cl_device_atomic_capabilities least =
      CL_DEVICE_ATOMIC_ORDER_RELAXED | CL_DEVICE_ATOMIC_SCOPE_WORK_GROUP;
  CHECK((capabilities(CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES) & least) == (modern ? least : 0));
  const cl_device_atomic_capabilities fences = least | CL_DEVICE_ATOMIC_ORDER_ACQ_REL;
  CHECK((capabilities(CL_DEVICE_ATOMIC_FENCE_CAPABILITIES) & fences) == fences);

  std::size_t size = 0;
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_OPENCL_C_ALL_VERSIONS, 0, nullptr, &size) == CL_SUCCESS);
  std::vector<cl_name_version> languages(size / sizeof(cl_name_version));
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_OPENCL_C_ALL_VERSIONS, size, languages.data(), nullptr) ==
          CL_SUCCESS);
  REQUIRE_FALSE(languages.empty());
  for (const auto& each : languages) CHECK(each.version <= version);
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_OPENCL_C_FEATURES, 0, nullptr, &size) == CL_SUCCESS);
  CHECK((size > 0) == (languages.back().version >= CL_MAKE_VERSION(3, 0, 0)));
}

TEST_CASE("programs see the device's version and profile") {
  const Session session;
  Program program = session.build(
      "kernel void f(global int* out) { out[0] = __OPENCL_VERSION__;\n"
      "#ifdef __EMBEDDED_PROFILE__\n out[1] = 1;\n#else\n out[1] = 0;\n#endif\n"
      "#ifdef cles_khr_int64\n out[2] = 1;\n#else\n out[2] = 0;\n#endif\n}");
  Kernel kernel = session.kernel(program, "f");
  Memory out = session.buffer(12);
  const cl_mem argument = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  const std::size_t one = 1;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  const auto version =
      query<cl_version>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_NUMERIC_VERSION});
  const bool full =
      query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_PROFILE}) == "FULL_PROFILE";
  CHECK(session.read<int>(out, 3) ==
        std::vector<int>{static_cast<int>(CL_VERSION_MAJOR(version) * 100 + CL_VERSION_MINOR(version) * 10),
                         !full, !full});
}

TEST_CASE("the two forms of the extension list agree") {
  const auto text = query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_EXTENSIONS});
  std::size_t size = 0;
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, 0, nullptr, &size) == CL_SUCCESS);
  std::vector<cl_name_version> rows(size / sizeof(cl_name_version));
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, size, rows.data(), nullptr) ==
          CL_SUCCESS);
  std::string joined;
  for (const auto& row : rows) joined += (joined.empty() ? "" : " ") + std::string(row.name);
  CHECK(joined == text);
  for (const char* name : {"cl_khr_fp64", "cl_khr_byte_addressable_store"})
    CHECK(text.find(name) != std::string::npos);
}

TEST_CASE("what the device does not have, it says") {
  const Session session;
  CHECK(clEnqueueNativeKernel(
            session.queue, [](void*) {}, nullptr, 0, 0, nullptr, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_OPERATION);
}

TEST_CASE("host and device timers advance together") {
  cl_ulong device_time = 0, host_time = 0, later = 0;
  REQUIRE(clGetDeviceAndHostTimer(device(), &device_time, &host_time) == CL_SUCCESS);
  REQUIRE(clGetHostTimer(device(), &later) == CL_SUCCESS);
  CHECK(device_time == host_time);
  CHECK(later >= host_time);
  CHECK(clGetHostTimer(device(), nullptr) == CL_INVALID_VALUE);
}

TEST_CASE("the device has a number of its own") {
  using Uuid = std::array<cl_uchar, CL_UUID_SIZE_KHR>;
  const auto ours = query<Uuid>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_UUID_KHR});
  CHECK(ours == query<Uuid>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_UUID_KHR}));
  CHECK(ours != Uuid{});
  CHECK(ours != query<Uuid>(clGetDeviceInfo, device(), cl_device_info{CL_DRIVER_UUID_KHR}));
  CHECK((ours[6] & 0xF0) == 0x80);
}
