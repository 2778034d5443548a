// NDRanges whose work-groups differ in size (OpenCL 3.0 API 5.10).
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

// Each work-group adds up its work-items' numbers in local memory; each work-item notes its sum and its
// sizes.
constexpr const char* kSource =
    "kernel void sums(global uint* out, local uint* parts) {\n"
    "  uint me = get_local_linear_id(), all = get_local_size(0) * get_local_size(1) * get_local_size(2);\n"
    "  parts[me] = get_global_linear_id();\n"
    "  barrier(CLK_LOCAL_MEM_FENCE);\n"
    "  uint sum = 0;\n"
    "  for (uint i = 0; i < all; ++i) sum += parts[i];\n"
    "  global uint* o = out + get_global_linear_id() * 3;\n"
    "  o[0] = sum; o[1] = all; o[2] = get_group_id(0) + 100 * get_group_id(1) + 10000 * get_group_id(2);\n"
    "}\n";

using Sizes = std::array<std::size_t, 3>;

cl_int enqueue(const Session& session, cl_kernel kernel, std::vector<std::size_t> global,
               std::vector<std::size_t> local, cl_event* event = nullptr) {
  return clEnqueueNDRangeKernel(session.queue, kernel, static_cast<cl_uint>(global.size()), nullptr,
                                global.data(), local.data(), 0, nullptr, event);
}

std::vector<cl_uint> expected_sums(const Sizes& global, const Sizes& local) {
  const std::size_t items = global[0] * global[1] * global[2];
  const auto group_of = [&](std::size_t item) {
    return item % global[0] / local[0] + 100 * (item / global[0] % global[1] / local[1]) +
           10000 * (item / global[0] / global[1] / local[2]);
  };
  std::vector<cl_uint> sum(1'000'000), count(1'000'000), out;
  for (std::size_t item = 0; item < items; ++item) {
    sum[group_of(item)] += static_cast<cl_uint>(item);
    ++count[group_of(item)];
  }
  for (std::size_t item = 0; item < items; ++item) {
    const auto group = group_of(item);
    out.insert(out.end(), {sum[group], count[group], static_cast<cl_uint>(group)});
  }
  return out;
}

}  // namespace

TEST_CASE("work-groups at the ends of a range are smaller, with local memory and barriers of their own") {
  NEEDS(most_items() >= 64);
  const Session session(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
  Program program = session.build(kSource, "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "sums");
  REQUIRE(clSetKernelArg(kernel, 1, 4096, nullptr) == CL_SUCCESS);
  struct Case {
    Sizes global, local;
  };
  for (const Case& each :
       {Case{{1009, 1, 1}, {64, 1, 1}}, Case{{5, 1, 1}, {64, 1, 1}}, Case{{33, 17, 1}, {8, 4, 1}},
        Case{{13, 11, 7}, {4, 4, 4}}, Case{{64, 3, 5}, {16, 2, 2}}, Case{{3, 3, 3}, {4, 4, 4}}}) {
    const std::size_t items = each.global[0] * each.global[1] * each.global[2];
    Memory out = session.buffer(items * 12);
    const cl_mem argument = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    Event event;
    REQUIRE(enqueue(session, kernel, {each.global.begin(), each.global.end()},
                    {each.local.begin(), each.local.end()}, event.out()) == CL_SUCCESS);
    const cl_event list[] = {event};
    REQUIRE(clWaitForEvents(1, list) == CL_SUCCESS);
    CHECK(session.read<cl_uint>(out, items * 3) == expected_sums(each.global, each.local));
  }
}

TEST_CASE("a fault in a small work-group at the end fails the command and names the work-item") {
  NEEDS(most_items() >= 64);
  const Session session;
  Program program = session.build(
      "kernel void f(global int* out) { if (get_global_id(0) == 129) out += 1ul << 40; out[get_global_id(0)] "
      "= 1; }",
      "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "f");
  Memory out = session.buffer(4096);
  const cl_mem argument = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  Event event;
  REQUIRE(enqueue(session, kernel, {130}, {32}, event.out()) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_OUT_OF_RESOURCES);
  CHECK(status_of(event) < 0);
  CHECK(session.heard("work-item (129, 0, 0)"));
  REQUIRE(enqueue(session, kernel, {129}, {32}) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
}

TEST_CASE("programs that need whole work-groups refuse ranges that have none") {
  const Session session;
  const std::string source = "kernel void f(global int* out) { out[get_global_id(0)] = 1; }";
  const auto run = [&](cl_program program, std::size_t global, std::size_t local) {
    Kernel kernel = session.kernel(program, "f");
    Memory out = session.buffer(4096);
    const cl_mem argument = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    const cl_int code = enqueue(session, kernel, {global}, {local});
    REQUIRE(clFinish(session.queue) == CL_SUCCESS);
    return code;
  };
  const auto reload = [&](cl_program program) {
    std::size_t size = 0;
    REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, nullptr) == CL_SUCCESS);
    std::vector<unsigned char> bytes(size);
    unsigned char* to = bytes.data();
    REQUIRE(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof to, &to, nullptr) == CL_SUCCESS);
    const cl_device_id one = device();
    const unsigned char* from = to;
    cl_int code = 0;
    Program loaded(clCreateProgramWithBinary(session.context, 1, &one, &size, &from, nullptr, &code));
    REQUIRE(code == CL_SUCCESS);
    REQUIRE(clBuildProgram(loaded, 1, &one, "", nullptr, nullptr) == CL_SUCCESS);
    return loaded;
  };
  for (const char* options : {"", "-cl-std=CL1.2", "-cl-std=CL3.0 -cl-uniform-work-group-size"}) {
    INFO(options);
    Program program = session.build(source, options);
    CHECK(run(program, 10, 4) == CL_INVALID_WORK_GROUP_SIZE);
    CHECK(session.heard("no multiple of local size 4"));
    CHECK(run(program, 12, 4) == CL_SUCCESS);
    CHECK(run(reload(program), 10, 4) == CL_INVALID_WORK_GROUP_SIZE);
  }
  Program program = session.build(source, "-cl-std=CL3.0");
  CHECK(run(program, 10, 4) == CL_SUCCESS);
  CHECK(run(reload(program), 10, 4) == CL_SUCCESS);
}

TEST_CASE("a linked program takes uneven ranges only if all its inputs do") {
  const Session session;
  const auto compiled = [&](const char* text, const char* options) {
    Program program = session.source(text);
    REQUIRE(clCompileProgram(program, 0, nullptr, options, 0, nullptr, nullptr, nullptr, nullptr) ==
            CL_SUCCESS);
    return program;
  };
  Memory out = session.buffer(4096);
  for (const char* options :
       {"-cl-std=CL1.2", "-cl-std=CL3.0", "-cl-std=CL3.0 -cl-uniform-work-group-size"}) {
    INFO(options);
    Program helper = compiled("int helper(int x) { return x + 1; }", options);
    Program main =
        compiled("int helper(int); kernel void f(global int* out) { out[get_global_id(0)] = helper(1); }",
                 "-cl-std=CL3.0");
    const cl_program inputs[] = {helper, main};
    cl_int code = 0;
    Program linked(clLinkProgram(session.context, 0, nullptr, "", 2, inputs, nullptr, nullptr, &code));
    REQUIRE(code == CL_SUCCESS);
    Kernel kernel = session.kernel(linked, "f");
    const cl_mem argument = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    CHECK(enqueue(session, kernel, {10}, {4}) ==
          (std::string(options) == "-cl-std=CL3.0" ? CL_SUCCESS : CL_INVALID_WORK_GROUP_SIZE));
    CHECK(clFinish(session.queue) == CL_SUCCESS);
  }
}

TEST_CASE("without a local size any range of an OpenCL C 3.0 kernel runs whole") {
  NEEDS(has_atomics());
  const Session session;
  CHECK(query<cl_bool>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT}));
  Program program = session.build(
      "kernel void f(global int* out) { atomic_inc(&out[get_global_linear_id()]); }", "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "f");
  for (const auto& global :
       std::vector<std::vector<std::size_t>>{{1}, {4099}, {1009, 3}, {31, 37, 5}, {1000}}) {
    std::vector<int> zero(std::accumulate(global.begin(), global.end(), std::size_t{1}, std::multiplies<>()));
    Memory out = session.buffer_of(zero);
    const cl_mem argument = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, static_cast<cl_uint>(global.size()), nullptr,
                                   global.data(), nullptr, 0, nullptr, nullptr) == CL_SUCCESS);
    CHECK(session.read<int>(out, zero.size()) == std::vector<int>(zero.size(), 1));
  }
}
