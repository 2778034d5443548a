// What OpenCL 3.1 has beyond 3.0: core names without suffix, its language, changed error conditions. On
// devices of other versions what a platform of 3.1 has all the same.
#include "runtime/core/opencl_3_1.hpp"

#include <CL/cl_ext.h>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

bool is_of_3_1() {
  return query<cl_version>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_NUMERIC_VERSION}) >=
         CL_MAKE_VERSION(3, 1, 0);
}

using Sizes = std::array<std::size_t, 3>;

std::vector<cl_int> run(const Session& session, cl_program program, std::size_t count) {
  auto kernel = session.kernel(program, "k");
  auto out = session.buffer(count * sizeof(cl_int));
  const cl_mem argument = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &count, &count, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  return session.read<cl_int>(out, count);
}

}  // namespace

TEST_CASE("a device of OpenCL 3.1 has what that version demands") {
  NEEDS(is_of_3_1());
  CHECK(query<cl_uint>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_NUM_SUB_GROUPS}) > 0);
  for (const char* name :
       {"cl_khr_device_uuid", "cl_khr_extended_bit_ops", "cl_khr_integer_dot_product", "cl_khr_spirv_queries",
        "cl_khr_subgroup_extended_types", "cl_khr_subgroup_rotate", "cl_khr_subgroup_shuffle",
        "cl_khr_subgroup_shuffle_relative", "cl_khr_suggested_local_work_size"}) {
    INFO(name);
    CHECK(has_extension(name));
  }
  const auto ils = query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_IL_VERSION});
  for (const char* version : {"SPIR-V_1.0", "SPIR-V_1.1", "SPIR-V_1.2", "SPIR-V_1.3", "SPIR-V_1.4"})
    CHECK(ils.find(version) != std::string::npos);
  std::size_t size = 0;
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_OPENCL_C_ALL_VERSIONS, 0, nullptr, &size) == CL_SUCCESS);
  std::vector<cl_name_version> languages(size / sizeof(cl_name_version));
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_OPENCL_C_ALL_VERSIONS, size, languages.data(), nullptr) ==
          CL_SUCCESS);
  CHECK(languages.back().version == CL_MAKE_VERSION(3, 1, 0));
  // What builds without -cl-std are.
  CHECK(
      query<cl_version>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR}) ==
      CL_MAKE_VERSION(1, 2, 0));
  for (const cl_device_info name : {CL_DEVICE_SPIRV_EXTENSIONS, CL_DEVICE_SPIRV_CAPABILITIES,
                                    CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS}) {
    REQUIRE(clGetDeviceInfo(device(), name, 0, nullptr, &size) == CL_SUCCESS);
    CHECK(size > 0);
  }
}

TEST_CASE("queries that were extensions' have the same answers") {
  const auto group =
      query<std::size_t>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_WORK_GROUP_SIZE});
  for (const auto size :
       query<Sizes>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_WORK_GROUP_SIZES}))
    CHECK(size == group);
  using Uuid = std::array<cl_uchar, CL_UUID_SIZE>;
  CHECK(query<Uuid>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_UUID}) !=
        query<Uuid>(clGetDeviceInfo, device(), cl_device_info{CL_DRIVER_UUID}));
  CHECK((query<cl_device_integer_dot_product_capabilities>(
             clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES}) &
         CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED) != 0);
}

TEST_CASE("OpenCL C 3.1 has its macros and what became core with it") {
  const Session session;
  const std::string text = R"(
#if __OPENCL_C_VERSION__ != 310 || CL_VERSION_3_1 != 310 || CL_VERSION_3_0 != 300
#error version
#endif
kernel void k(global int* out) {
  const int i = (int)get_local_id(0);
  out[i] = (int)bitfield_insert(0u, (uint)i, 4u, 4u) + (int)dot_4x8packed_uu_uint(0x01010101u, (uint)i) +
           sub_group_rotate(i, 1) + sub_group_shuffle(i, 2) + (sub_group_shuffle_up(i, 0u) + (int)sub_group_broadcast((char)i, 0));
}
)";
  auto program = session.source(text);
  const cl_int error = clBuildProgram(program, 0, nullptr, "-cl-std=CL3.1", nullptr, nullptr);
  INFO(build_log(program));
  if (!is_of_3_1()) {
    CHECK(error == CL_BUILD_PROGRAM_FAILURE);
    CHECK(build_log(program).find("-cl-std") != std::string::npos);
    return;
  }
  REQUIRE(error == CL_SUCCESS);
  CHECK(run(session, program, 4) ==
        std::vector<cl_int>{0 + 0 + 1 + 2, 16 + 1 + 2 + 2 + 1, 32 + 2 + 3 + 2 + 2, 48 + 3 + 0 + 2 + 3});
  CHECK_NOTHROW(
      session.build("#ifdef CL_VERSION_3_1\n#error macro\n#endif\nkernel void k() {}", "-cl-std=CL3.0"));
}

TEST_CASE("what is no number becomes 0 where it saturates") {
  const Session session;
  auto program = session.build(
      "kernel void k(global int* out) {\n"
      "  const float f = as_float(out[0]), g = NAN;\n"
      "  out[0] = convert_int_sat(f); out[1] = convert_uchar_sat_rtp(f); out[2] = "
      "(int)convert_ulong_sat(f);\n"
      "  out[3] = convert_short_sat(g); out[4] = convert_int4_sat((float4)(1.0f, f, g, 1e30f)).y;\n"
      "}");
  auto kernel = session.kernel(program, "k");
  std::vector<cl_int> data{0x7fc00000, 1, 1, 1, 1};
  auto out = session.buffer_of(data);
  const cl_mem argument = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  const std::size_t one = 1;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, &one, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(session.read<cl_int>(out, 5) == std::vector<cl_int>(5));
}

TEST_CASE("the suggested local size has a core function") {
  const Session session;
  auto program = session.build("kernel void k(global int* out) { out[get_global_id(0)] = 1; }");
  auto kernel = session.kernel(program, "k");
  auto out = session.buffer(4096);
  const cl_mem argument = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  using Suggest = kiesel::runtime::api::clGetKernelSuggestedLocalWorkSize_fn;
  const std::size_t global[2] = {64, 16};
  std::size_t core[2] = {0, 0}, khr[2] = {1, 1};
  CHECK(extension<Suggest>("clGetKernelSuggestedLocalWorkSize")(session.queue, kernel, 2, nullptr, global,
                                                                core) == CL_SUCCESS);
  CHECK(extension<Suggest>("clGetKernelSuggestedLocalWorkSizeKHR")(session.queue, kernel, 2, nullptr, global,
                                                                   khr) == CL_SUCCESS);
  CHECK(core[0] == khr[0]);
  CHECK(core[1] == khr[1]);
  CHECK(extension<Suggest>("clGetKernelSuggestedLocalWorkSize")(session.queue, nullptr, 2, nullptr, global,
                                                                core) == CL_INVALID_KERNEL);
}

TEST_CASE("a local argument may have no bytes, beside others that take all of local memory") {
  const Session session;
  auto program = session.build(
      "kernel void k(local char* none, local double16* most, global int* out) {\n"
      "  most[0].s0 = get_local_id(0); out[0] = (int)most[0].s0 + 5; if (out[1]) none[0] = 1; }");
  auto kernel = session.kernel(program, "k");
  std::vector<cl_int> data{0, 0};
  auto out = session.buffer_of(data);
  const cl_mem argument = out;
  const auto all = query<cl_ulong>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_LOCAL_MEM_SIZE});
  REQUIRE(clSetKernelArg(kernel, 0, 0, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 1, all, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(kernel, 2, sizeof argument, &argument) == CL_SUCCESS);
  const std::size_t one = 1;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, &one, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(session.read<cl_int>(out, 1)[0] == 5);
  const std::size_t zero = 0;
  CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, &zero, 0, nullptr, nullptr) ==
        CL_INVALID_WORK_GROUP_SIZE);
}

TEST_CASE("programs of another context are neither headers nor linked") {
  const Session session, other;
  auto program = session.source("#include \"h.h\"\nkernel void k() {}");
  auto header = other.source("int one();");
  const char* name = "h.h";
  const cl_program headers[] = {header};
  CHECK(clCompileProgram(program, 0, nullptr, "", 1, headers, &name, nullptr, nullptr) == CL_INVALID_CONTEXT);
  auto foreign = other.source("kernel void k() {}");
  REQUIRE(clCompileProgram(foreign, 0, nullptr, "", 0, nullptr, nullptr, nullptr, nullptr) == CL_SUCCESS);
  const cl_program inputs[] = {foreign};
  cl_int error = 1;
  CHECK(clLinkProgram(session.context, 0, nullptr, "", 1, inputs, nullptr, nullptr, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
}

TEST_CASE("what a kernel says of system memory is refused only where it wants it") {
  const Session session;
  auto program = session.build("kernel void k() {}");
  auto kernel = session.kernel(program, "k");
  const cl_bool no = CL_FALSE, yes = CL_TRUE;
  constexpr auto kSystem = CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM;
  CHECK(clSetKernelExecInfo(kernel, kSystem, sizeof no, &no) == CL_SUCCESS);
  CHECK(clSetKernelExecInfo(kernel, kSystem, sizeof yes, &yes) == CL_INVALID_OPERATION);
  CHECK(clSetKernelExecInfo(kernel, kSystem, 1, &no) == CL_INVALID_VALUE);
  CHECK(clSetKernelExecInfo(kernel, 0x4242, sizeof no, &no) == CL_INVALID_VALUE);
  CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 0, nullptr) ==
        (has_shared_memory() ? CL_SUCCESS : CL_INVALID_OPERATION));
}
