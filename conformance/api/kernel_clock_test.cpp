// cl_khr_kernel_clock: what the query says is what programs may use.
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr cl_device_info kCapabilities = 0x1076;  // CL_DEVICE_KERNEL_CLOCK_CAPABILITIES_KHR

struct Scope {
  const char* name;
  cl_bitfield bit;
};
constexpr Scope kScopes[] = {{"device", 1}, {"work_group", 2}, {"sub_group", 4}};

}  // namespace

TEST_CASE("clocks of the scopes that the device reports go on") {
  NEEDS(has_extension("cl_khr_kernel_clock"));
  const Session session;
  const auto capabilities = query<cl_bitfield>(clGetDeviceInfo, device(), kCapabilities);
  CHECK((capabilities & 2) != 0);
  for (const auto& [name, bit] : kScopes) {
    INFO(name);
    const std::string read = "clock_read_" + std::string(name) + "()",
                      hilo = "clock_read_hilo_" + std::string(name) + "()";
    const std::string source = "#ifndef __opencl_c_kernel_clock_scope_" + std::string(name) +
                               "\n#error\n#endif\n"
                               "kernel void k(global ulong* out) {\n"
                               "  ulong first = " +
                               read +
                               ", x = first;\n"
                               "  for (uint i = 0; i < 10000; ++i) x = x * 3 + i;\n"
                               "  out[0] = x; out[1] = " +
                               read +
                               " - first;\n"
                               "  const uint2 now = " +
                               hilo +
                               ";\n"
                               "  out[2] = ((ulong)now.hi << 32 | now.lo) - first;\n}";
    if (!(capabilities & bit)) {
      auto program = session.source(source);
      CHECK(clBuildProgram(program, 0, nullptr, "-cl-std=CL3.0", nullptr, nullptr) ==
            CL_BUILD_PROGRAM_FAILURE);
      continue;
    }
    auto program = session.build(source, "-cl-std=CL3.0");
    auto kernel = session.kernel(program, "k");
    std::vector<cl_ulong> empty(3);
    auto out = session.buffer_of(empty);
    const cl_mem memory = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof memory, &memory) == CL_SUCCESS);
    const std::size_t size = 1;
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, &size, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    const auto read_back = session.read<cl_ulong>(out, 3);
    CHECK(read_back[1] > 0);
    CHECK(read_back[2] >= read_back[1]);
    CHECK(read_back[2] < 60'000'000'000);
  }
}
