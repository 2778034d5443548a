// Programs of intermediate language (OpenCL 3.0 API 5.8.1 and 5.8.5).
#include <CL/cl_ext.h>

#include <cstring>

#include "compiler/test/assemble.hpp"
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;
using kiesel::compiler::test::assemble;
using kiesel::compiler::test::Module;
using kiesel::compiler::test::Text;

namespace {

Program create(const Session& session, const Module& words, cl_int& error) {
  return Program(
      clCreateProgramWithIL(session.context, words.data(), words.size() * sizeof(words[0]), &error));
}

Program create(const Session& session, const Module& words) {
  cl_int error = 1;
  auto program = create(session, words, error);
  REQUIRE(error == CL_SUCCESS);
  REQUIRE(program);
  return program;
}

void build(cl_program program, const char* options = "") {
  const cl_int error = clBuildProgram(program, 0, nullptr, options, nullptr, nullptr);
  INFO(build_log(program));
  REQUIRE(error == CL_SUCCESS);
}

// What k makes of 0 and 1.
std::vector<cl_uint> results(const Session& session, cl_program program) {
  auto kernel = session.kernel(program, "k");
  std::vector<cl_uint> data{0, 1};
  auto memory = session.buffer_of(data);
  const cl_mem argument = memory;
  const std::size_t size = data.size();
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  return session.read<cl_uint>(memory, size);
}

using Numbers = std::vector<cl_uint>;

Module add_one() { return assemble(Text{"%r = OpIAdd %uint %x %u1"}); }

Module with_constants() {
  return assemble(Text{"%sum = OpIAdd %uint %x %number\n%r = OpSelect %uint %flag %sum %u4",
                       "%flag = OpSpecConstantTrue %bool\n%number = OpSpecConstant %uint 10\n", "", "",
                       "OpDecorate %flag SpecId 1\nOpDecorate %number SpecId 7\n"});
}

}  // namespace

TEST_CASE("the device names the versions of SPIR-V that it takes") {
  const auto text = query_text(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_IL_VERSION});
  CHECK(text == "SPIR-V_1.6 SPIR-V_1.5 SPIR-V_1.4 SPIR-V_1.3 SPIR-V_1.2 SPIR-V_1.1 SPIR-V_1.0");
  const auto versions =
      query<std::array<cl_name_version, 7>>(clGetDeviceInfo, device(), CL_DEVICE_ILS_WITH_VERSION);
  for (unsigned minor = 0; minor < 7; ++minor) {
    CHECK(std::string(versions[6 - minor].name) == "SPIR-V");
    CHECK(versions[6 - minor].version == CL_MAKE_VERSION(1, minor, 0));
  }
}

TEST_CASE("a program of SPIR-V is built, run, asked and kept as a binary") {
  const Session session;
  const auto words = add_one();
  auto program = create(session, words);
  std::size_t size = 0;
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_IL, 0, nullptr, &size) == CL_SUCCESS);
  REQUIRE(size == words.size() * sizeof(words[0]));
  Module kept(words.size());
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_IL, size, kept.data(), nullptr) == CL_SUCCESS);
  CHECK(kept == words);
  CHECK(clGetProgramInfo(program, CL_PROGRAM_IL, size - 1, kept.data(), nullptr) == CL_INVALID_VALUE);
  CHECK(query_text(clGetProgramInfo, cl_program(program), cl_program_info{CL_PROGRAM_SOURCE}).empty());
  build(program);
  CHECK(results(session, program) == Numbers{1, 2});

  cl_int error = 1;
  {
    auto kernel = session.kernel(program, "k");
    char name[8];
    CHECK(clGetKernelArgInfo(kernel, 0, CL_KERNEL_ARG_NAME, sizeof name, name, nullptr) ==
          CL_KERNEL_ARG_INFO_NOT_AVAILABLE);
  }
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr) == CL_SUCCESS);
  std::vector<unsigned char> binary(size);
  unsigned char* pointers[] = {binary.data()};
  REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof pointers, pointers, nullptr) == CL_SUCCESS);
  const cl_device_id devices[] = {device()};
  const unsigned char* binaries[] = {binary.data()};
  Program again(clCreateProgramWithBinary(session.context, 1, devices, &size, binaries, nullptr, &error));
  REQUIRE(error == CL_SUCCESS);
  build(again);
  CHECK(results(session, again) == Numbers{1, 2});
  REQUIRE(clGetProgramInfo(again, CL_PROGRAM_IL, 0, nullptr, &size) == CL_SUCCESS);
  CHECK(size == 0);
}

TEST_CASE("the extension's function does the same") {
  const auto function = reinterpret_cast<clCreateProgramWithILKHR_fn>(
      clGetExtensionFunctionAddressForPlatform(platform(), "clCreateProgramWithILKHR"));
  REQUIRE(function);
  const Session session;
  const auto words = add_one();
  cl_int error = 1;
  Program program(function(session.context, words.data(), words.size() * sizeof(words[0]), &error));
  REQUIRE(error == CL_SUCCESS);
  build(program);
  CHECK(results(session, program) == Numbers{1, 2});
}

TEST_CASE("what is no SPIR-V of a known version is an invalid value") {
  const Session session;
  const auto words = add_one();
  cl_int error = 0;
  CHECK(clCreateProgramWithIL(nullptr, words.data(), 4, &error) == nullptr);
  CHECK(error == CL_INVALID_CONTEXT);
  CHECK(clCreateProgramWithIL(session.context, nullptr, 4, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  CHECK(clCreateProgramWithIL(session.context, words.data(), 0, &error) == nullptr);
  CHECK(error == CL_INVALID_VALUE);
  const auto rejected = [&](const Module& module) {
    const auto program = create(session, module, error);
    return !program && error == CL_INVALID_VALUE;
  };
  CHECK(rejected({}));
  CHECK(rejected({0x07230203}));
  CHECK(rejected(Module(words.begin(), words.end() - 1)) == false);  // whole instructions are left
  auto changed = words;
  changed[1] = 0x00010700;
  CHECK(rejected(changed));
  CHECK(session.heard("SPIR-V 1.7"));
  changed = words;
  changed.back() += 5U << 16;
  CHECK(rejected(changed));
}

TEST_CASE("an invalid module is a failed build with the validator's words") {
  const Session session;
  const auto words = add_one();
  auto program = create(session, Module(words.begin(), words.end() - 1));
  CHECK(clBuildProgram(program, 0, nullptr, "", nullptr, nullptr) == CL_BUILD_PROGRAM_FAILURE);
  CHECK_THAT(build_log(program), Catch::Matchers::Contains("not valid"));
  CHECK(clCompileProgram(program, 0, nullptr, "", 0, nullptr, nullptr, nullptr, nullptr) ==
        CL_COMPILE_PROGRAM_FAILURE);
  CHECK(clBuildProgram(program, 0, nullptr, "-cl-nonsense", nullptr, nullptr) == CL_INVALID_BUILD_OPTIONS);
}

TEST_CASE("specialisation constants hold for later builds") {
  const Session session;
  auto program = create(session, with_constants());
  build(program);
  CHECK(results(session, program) == Numbers{10, 11});
  const cl_uint number = 5;
  const cl_uchar no = 0;
  REQUIRE(clSetProgramSpecializationConstant(program, 7, sizeof number, &number) == CL_SUCCESS);
  build(program);
  CHECK(results(session, program) == Numbers{5, 6});
  REQUIRE(clSetProgramSpecializationConstant(program, 1, sizeof no, &no) == CL_SUCCESS);
  build(program);
  CHECK(results(session, program) == Numbers{4, 4});

  CHECK(clSetProgramSpecializationConstant(program, 2, sizeof number, &number) == CL_INVALID_SPEC_ID);
  CHECK(clSetProgramSpecializationConstant(program, 7, sizeof no, &no) == CL_INVALID_VALUE);
  CHECK(clSetProgramSpecializationConstant(program, 1, sizeof number, &number) == CL_INVALID_VALUE);
  CHECK(clSetProgramSpecializationConstant(program, 7, sizeof number, nullptr) == CL_INVALID_VALUE);
  CHECK(clSetProgramSpecializationConstant(nullptr, 7, sizeof number, &number) == CL_INVALID_PROGRAM);
  auto source = session.source("kernel void k() {}");
  CHECK(clSetProgramSpecializationConstant(source, 7, sizeof number, &number) == CL_INVALID_PROGRAM);
}

TEST_CASE("a specialisation constant is set with the size of its type and no other") {
  enum : cl_uint { kSpecConstantTrue = 48, kSpecConstant = 50, kInt = 21, kFloat = 22, kBool = 20 };
  struct Row {
    cl_uint type, bits, constant, words;  // words of the constant's value in the module
    std::size_t bytes;                    // 0: none is right
  };
  const Row row = GENERATE(Row{kBool, 0, kSpecConstantTrue, 0, 1}, Row{kInt, 8, kSpecConstant, 1, 1},
                           Row{kInt, 16, kSpecConstant, 1, 2}, Row{kInt, 32, kSpecConstant, 1, 4},
                           Row{kInt, 64, kSpecConstant, 2, 8}, Row{kFloat, 16, kSpecConstant, 1, 2},
                           Row{kFloat, 32, kSpecConstant, 1, 4}, Row{kFloat, 64, kSpecConstant, 2, 8},
                           // Modules that are not valid; nothing has looked at them when constants are set.
                           Row{kInt, 1024, kSpecConstant, 0, 0}, Row{kInt, 1024, kSpecConstant, 32, 0},
                           Row{kInt, 128, kSpecConstant, 4, 0}, Row{kInt, 0, kSpecConstant, 1, 0},
                           Row{kInt, 3, kSpecConstant, 1, 0}, Row{kInt, 0xFFFFFFFF, kSpecConstant, 1, 0},
                           Row{kFloat, 8, kSpecConstant, 1, 0}, Row{kFloat, 128, kSpecConstant, 4, 0},
                           Row{kBool, 0, kSpecConstant, 1, 0});
  constexpr cl_uint kTypeId = 2, kConstantId = 3, kSpecId = 7;
  Module words{0x07230203, 0x10000, 0, 10, 0, 4U << 16 | 71, kConstantId, 1, kSpecId};
  if (row.type == kInt)
    words.insert(words.end(), {4U << 16 | kInt, kTypeId, row.bits, 0});
  else if (row.type == kFloat)
    words.insert(words.end(), {3U << 16 | kFloat, kTypeId, row.bits});
  else
    words.insert(words.end(), {2U << 16 | kBool, kTypeId});
  words.insert(words.end(), {(3 + row.words) << 16 | row.constant, kTypeId, kConstantId});
  words.insert(words.end(), row.words, 1);

  const Session session;
  auto program = create(session, words);
  const std::vector<cl_uchar> value(256, 0x41);
  const cl_int wrong = row.bytes ? CL_INVALID_VALUE : CL_INVALID_SPEC_ID;
  for (std::size_t size = 0; size <= value.size(); ++size) {
    INFO(row.type << ' ' << row.bits << " bits, " << size << " bytes");
    CHECK(clSetProgramSpecializationConstant(program, kSpecId, size, value.data()) ==
          (size && size == row.bytes ? CL_SUCCESS : wrong));
  }
  for (const std::size_t size : {std::size_t{1} << 32, SIZE_MAX})
    CHECK(clSetProgramSpecializationConstant(program, kSpecId, size, value.data()) == wrong);
  CHECK(clSetProgramSpecializationConstant(program, kSpecId, row.bytes, nullptr) == wrong);
  // Whatever the module is, a build with the constant set ends in an answer.
  const cl_int built = clBuildProgram(program, 0, nullptr, "", nullptr, nullptr);
  CHECK(built == CL_BUILD_PROGRAM_FAILURE);
}

TEST_CASE("SPIR-V and source link together") {
  const Session session;
  auto il = create(
      session, assemble(Text{"%r = OpFunctionCall %uint %f %x", "%unary = OpTypeFunction %uint %uint\n", R"(
%f = OpFunction %uint None %unary
%fx = OpFunctionParameter %uint
OpFunctionEnd)",
                             "", "OpDecorate %f LinkageAttributes \"f\" Import\n"}));
  auto source = session.source("uint f(uint x) { return x * 3 + 1; }");
  REQUIRE(clCompileProgram(il, 0, nullptr, "", 0, nullptr, nullptr, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clCompileProgram(source, 0, nullptr, "", 0, nullptr, nullptr, nullptr, nullptr) == CL_SUCCESS);
  const cl_program inputs[] = {il, source};
  cl_int error = 1;
  Program linked(clLinkProgram(session.context, 0, nullptr, "", 2, inputs, nullptr, nullptr, &error));
  INFO(build_log(linked));
  REQUIRE(error == CL_SUCCESS);
  CHECK(results(session, linked) == Numbers{1, 4});
  CHECK(clBuildProgram(il, 0, nullptr, "", nullptr, nullptr) == CL_BUILD_PROGRAM_FAILURE);
  CHECK_THAT(build_log(il), Catch::Matchers::Contains("'f'"));
}

TEST_CASE("a required number of sub-groups is reported and kept to") {
  const Session session;
  for (const char* mode : {"OpExecutionMode %k SubgroupsPerWorkgroup 2\n",
                           "OpExecutionModeId %k SubgroupsPerWorkgroupId %u2\n"}) {
    INFO(mode);
    auto program = create(
        session, assemble(Text{"%r = OpIAdd %uint %x %u1", "", "", "OpCapability SubgroupDispatch\n", mode}));
    build(program);
    auto kernel = session.kernel(program, "k");
    std::size_t count = 0, lanes = 0;
    REQUIRE(clGetKernelSubGroupInfo(kernel, nullptr, CL_KERNEL_COMPILE_NUM_SUB_GROUPS, 0, nullptr,
                                    sizeof count, &count, nullptr) == CL_SUCCESS);
    CHECK(count == 2);
    REQUIRE(clGetKernelWorkGroupInfo(kernel, nullptr, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
                                     sizeof lanes, &lanes, nullptr) == CL_SUCCESS);
    std::vector<cl_uint> data(4 * lanes, 5);
    auto memory = session.buffer_of(data);
    const cl_mem argument = memory;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    const std::size_t size = data.size(), two = 2 * lanes, almost_two = 2 * lanes - lanes / 2,
                      four = 4 * lanes;
    const auto run = [&](const std::size_t* local) {
      return clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, local, 0, nullptr, nullptr);
    };
    CHECK(run(&lanes) == CL_INVALID_WORK_GROUP_SIZE);
    CHECK(run(&four) == CL_INVALID_WORK_GROUP_SIZE);
    CHECK(run(&two) == CL_SUCCESS);
    CHECK(run(&almost_two) == CL_SUCCESS);
    CHECK(run(nullptr) == CL_SUCCESS);
    CHECK(session.read<cl_uint>(memory, data.size()) == Numbers(data.size(), 8));
  }
}

TEST_CASE("a module requires the size of sub-groups, one that the device has") {
  NEEDS(has_extension("cl_intel_required_subgroup_size"));
  const Session session;
  const auto module = [&](std::size_t size) {
    return create(session,
                  assemble(Text{"%r = OpIAdd %uint %x %u1", "", "", "OpCapability SubgroupDispatch\n",
                                "OpExecutionMode %k SubgroupSize " + std::to_string(size) + "\n"}));
  };
  constexpr cl_uint kSubGroupSizes = 0x4108, kCompileSubGroupSize = 0x410A;
  std::size_t bytes = 0;
  REQUIRE(clGetDeviceInfo(device(), kSubGroupSizes, 0, nullptr, &bytes) == CL_SUCCESS);
  std::vector<std::size_t> sizes(bytes / sizeof(std::size_t));
  REQUIRE(clGetDeviceInfo(device(), kSubGroupSizes, bytes, sizes.data(), nullptr) == CL_SUCCESS);
  for (const std::size_t size : sizes) {
    auto program = module(size);
    build(program);
    auto kernel = session.kernel(program, "k");
    std::size_t answer = 0;
    REQUIRE(clGetKernelSubGroupInfo(kernel, nullptr, kCompileSubGroupSize, 0, nullptr, sizeof answer, &answer,
                                    nullptr) == CL_SUCCESS);
    CHECK(answer == size);
  }
  auto other = module(5);
  CHECK(clBuildProgram(other, 0, nullptr, "", nullptr, nullptr) == CL_BUILD_PROGRAM_FAILURE);
  CHECK_THAT(build_log(other), Catch::Matchers::Contains("'k' requires sub-groups of 5 work-items"));
}
