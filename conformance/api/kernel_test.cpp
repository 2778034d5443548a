#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr const char* kSource =
    "typedef struct { int a; float b; char c; } Mixed;\n"
    "kernel __attribute__((reqd_work_group_size(4, 2, 1)))\n"
    "void required(global int* out) { out[get_global_id(1) * 8 + get_global_id(0)] = (int)get_local_size(0); "
    "}\n"
    "kernel void kinds(global float* restrict out, constant int* table, local int* scratch, float4 v, Mixed "
    "m,\n"
    "                  const volatile global uchar* bytes, long big) {\n"
    "  const int i = get_global_id(0), l = get_local_id(0);\n"
    "  scratch[l] = table[i % 4];\n"
    "  barrier(CLK_LOCAL_MEM_FENCE);\n"
    "  out[i] = scratch[l] + v.y + m.a + m.b + m.c + bytes[i] + (float)(big >> 40);\n"
    "}\n";

}  // namespace

TEST_CASE("every kind of argument arrives") {
  const Session session;
  Program program = session.build(kSource, "-cl-kernel-arg-info");
  Kernel kernel = session.kernel(program, "kinds");
  struct {
    int a = 100;
    float b = 0.5f;
    char c = 3;
  } mixed;
  const float vector[4] = {1, 1000, 3, 4};
  std::vector<int> table{10, 20, 30, 40};
  std::vector<unsigned char> bytes(64);
  std::iota(bytes.begin(), bytes.end(), 0);
  Memory out = session.buffer(256),
         table_memory = session.buffer_of(table, CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY),
         bytes_memory = session.buffer_of(bytes);
  const cl_mem handles[] = {out, table_memory, bytes_memory};
  const cl_long big = cl_long{7} << 40;
  CHECK(clSetKernelArg(kernel, 0, sizeof(cl_mem), &handles[0]) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 1, sizeof(cl_mem), &handles[1]) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 2, 16 * sizeof(int), nullptr) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 3, sizeof vector, vector) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 4, sizeof mixed, &mixed) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 5, sizeof(cl_mem), &handles[2]) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 6, sizeof big, &big) == CL_SUCCESS);
  Kernel twin(clCloneKernel(kernel, nullptr));
  const std::size_t global = 64, local = 16;
  for (cl_kernel each : {cl_kernel(kernel), cl_kernel(twin)}) {
    REQUIRE(clEnqueueNDRangeKernel(session.queue, each, 1, nullptr, &global, &local, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    const auto result = session.read<float>(out, 64);
    for (int i = 0; i < 64; ++i)
      CHECK(result[i] == float(table[i % 4]) + 1000 + 100 + 0.5f + 3 + float(i) + 7);
  }
}

TEST_CASE("arguments are checked") {
  const Session session, other;
  Program program = session.build(kSource);
  Kernel kernel = session.kernel(program, "kinds");
  Memory foreign = other.buffer(64), own = session.buffer(64);
  const cl_mem foreign_handle = foreign, none = nullptr, own_handle = own;
  const float value = 0;
  CHECK(clSetKernelArg(kernel, 7, 4, &value) == CL_INVALID_ARG_INDEX);
  CHECK(clSetKernelArg(kernel, 3, 4, &value) == CL_INVALID_ARG_SIZE);
  CHECK(clSetKernelArg(kernel, 3, 16, nullptr) == CL_INVALID_ARG_VALUE);
  CHECK(clSetKernelArg(kernel, 2, 0, nullptr) == CL_SUCCESS);  // since OpenCL 3.1
  CHECK(clSetKernelArg(kernel, 2, 16, &value) == CL_INVALID_ARG_VALUE);
  CHECK(clSetKernelArg(kernel, 0, 4, &own_handle) == CL_INVALID_ARG_SIZE);
  CHECK(clSetKernelArg(kernel, 0, sizeof(cl_mem), &foreign_handle) == CL_INVALID_MEM_OBJECT);
  const cl_mem wrong = reinterpret_cast<cl_mem>(cl_program(program));
  CHECK(clSetKernelArg(kernel, 0, sizeof(cl_mem), &wrong) == CL_INVALID_MEM_OBJECT);
  CHECK(clSetKernelArg(kernel, 0, sizeof(cl_mem), &none) == CL_SUCCESS);
  CHECK(clSetKernelArg(kernel, 0, sizeof(cl_mem), nullptr) == CL_SUCCESS);
  CHECK(clSetKernelArg(nullptr, 0, 4, &value) == CL_INVALID_KERNEL);
  const std::size_t one = 1;
  CHECK(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_KERNEL_ARGS);
}

TEST_CASE("a kernel answers its queries") {
  const Session session;
  Program program = session.build(kSource, "-cl-kernel-arg-info");
  Kernel kernel = session.kernel(program, "required");
  const cl_kernel k = kernel;
  CHECK(query_text(clGetKernelInfo, k, cl_kernel_info{CL_KERNEL_FUNCTION_NAME}) == "required");
  CHECK(query<cl_uint>(clGetKernelInfo, k, cl_kernel_info{CL_KERNEL_NUM_ARGS}) == 1);
  CHECK(query<cl_program>(clGetKernelInfo, k, cl_kernel_info{CL_KERNEL_PROGRAM}) == program);
  CHECK(query<cl_context>(clGetKernelInfo, k, cl_kernel_info{CL_KERNEL_CONTEXT}) == session.context);
  CHECK(query_text(clGetKernelInfo, k, cl_kernel_info{CL_KERNEL_ATTRIBUTES})
            .find("reqd_work_group_size(4,2,1)") != std::string::npos);
  std::array<std::size_t, 3> sizes{};
  REQUIRE(clGetKernelWorkGroupInfo(kernel, device(), CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof sizes,
                                   sizes.data(), nullptr) == CL_SUCCESS);
  CHECK(sizes == std::array<std::size_t, 3>{4, 2, 1});
  std::size_t most = 0;
  REQUIRE(clGetKernelWorkGroupInfo(kernel, nullptr, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, nullptr) ==
          CL_SUCCESS);
  CHECK(most >= 1);
  CHECK(clGetKernelWorkGroupInfo(kernel, device(), CL_KERNEL_GLOBAL_WORK_SIZE, sizeof sizes, sizes.data(),
                                 nullptr) == CL_INVALID_VALUE);
  Kernel kinds = session.kernel(program, "kinds");
  REQUIRE(clSetKernelArg(kinds, 2, 1000, nullptr) == CL_SUCCESS);
  cl_ulong local = 0;
  REQUIRE(clGetKernelWorkGroupInfo(kinds, device(), CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local,
                                   nullptr) == CL_SUCCESS);
  CHECK(local >= 1000);
}

TEST_CASE("argument info tells names, types and qualifiers") {
  const Session session;
  Program program = session.build(kSource, "-cl-kernel-arg-info");
  Kernel kernel = session.kernel(program, "kinds");
  const auto text = [&](cl_uint index, cl_kernel_arg_info name) {
    char out[64] = {};
    REQUIRE(clGetKernelArgInfo(kernel, index, name, sizeof out, out, nullptr) == CL_SUCCESS);
    return std::string(out);
  };
  const auto number = [&](cl_uint index, cl_kernel_arg_info name) {
    cl_ulong out = 0;
    REQUIRE(clGetKernelArgInfo(kernel, index, name, sizeof out, &out, nullptr) == CL_SUCCESS);
    return out;
  };
  CHECK(text(0, CL_KERNEL_ARG_NAME) == "out");
  CHECK(text(0, CL_KERNEL_ARG_TYPE_NAME) == "float*");
  CHECK(text(3, CL_KERNEL_ARG_TYPE_NAME) == "float4");
  CHECK(text(5, CL_KERNEL_ARG_TYPE_NAME) == "uchar*");
  CHECK(number(0, CL_KERNEL_ARG_ADDRESS_QUALIFIER) == CL_KERNEL_ARG_ADDRESS_GLOBAL);
  CHECK(number(1, CL_KERNEL_ARG_ADDRESS_QUALIFIER) == CL_KERNEL_ARG_ADDRESS_CONSTANT);
  CHECK(number(2, CL_KERNEL_ARG_ADDRESS_QUALIFIER) == CL_KERNEL_ARG_ADDRESS_LOCAL);
  CHECK(number(3, CL_KERNEL_ARG_ADDRESS_QUALIFIER) == CL_KERNEL_ARG_ADDRESS_PRIVATE);
  CHECK(number(0, CL_KERNEL_ARG_TYPE_QUALIFIER) == CL_KERNEL_ARG_TYPE_RESTRICT);
  CHECK(number(5, CL_KERNEL_ARG_TYPE_QUALIFIER) == (CL_KERNEL_ARG_TYPE_CONST | CL_KERNEL_ARG_TYPE_VOLATILE));
  CHECK(number(0, CL_KERNEL_ARG_ACCESS_QUALIFIER) == CL_KERNEL_ARG_ACCESS_NONE);
  CHECK(clGetKernelArgInfo(kernel, 7, CL_KERNEL_ARG_NAME, 0, nullptr, nullptr) == CL_INVALID_ARG_INDEX);
}

TEST_CASE("a required work-group size is required") {
  const Session session;
  Program program = session.build(kSource);
  Kernel kernel = session.kernel(program, "required");
  Memory out = session.buffer(256);
  const cl_mem handle = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof handle, &handle) == CL_SUCCESS);
  const std::size_t global[] = {8, 8}, right[] = {4, 2}, wrong[] = {2, 4}, odd[] = {6, 8};
  const auto run = [&](cl_uint dimensions, const std::size_t* size, const std::size_t* local) {
    return clEnqueueNDRangeKernel(session.queue, kernel, dimensions, nullptr, size, local, 0, nullptr,
                                  nullptr);
  };
  CHECK(run(2, global, wrong) == CL_INVALID_WORK_GROUP_SIZE);
  CHECK(run(2, global, right) == CL_SUCCESS);
  CHECK(run(2, odd, nullptr) == CL_INVALID_WORK_GROUP_SIZE);
  CHECK(run(2, global, nullptr) == CL_SUCCESS);
  CHECK(session.read<int>(out, 64) == std::vector<int>(64, 4));
}

TEST_CASE("arguments and variables may take all of local memory, in any order and with any alignment") {
  const Session session;
  cl_ulong all = 0;
  REQUIRE(clGetDeviceInfo(device(), CL_DEVICE_LOCAL_MEM_SIZE, sizeof all, &all, nullptr) == CL_SUCCESS);
  Program program = session.build(
      "kernel void arguments(local char* a, local int* b, local float4* c, global int* out, int n) {\n"
      "  for (int i = 0; i < 12; ++i) a[i] = 1;\n"
      "  *b = 2;\n"
      "  for (int i = 0; i < n; ++i) c[i] = 3;\n"
      "  int sum = *b;\n"
      "  for (int i = 0; i < 12; ++i) sum += a[i];\n"
      "  for (int i = 0; i < n; ++i) sum += dot(c[i], (float4)(1)) == 12;\n"
      "  *out = ((size_t)c & 15) || ((size_t)b & 3) ? -1 : sum;\n"
      "}\n"
      "kernel void variables(global int* out) {\n"
      "  local int one, most[ALL / 4 - 1];\n"
      "  one = 5; for (int i = 0; i < ALL / 4 - 1; ++i) most[i] = out[i & 1];\n"
      "  *out = one + most[out[1]];\n"
      "}",
      ("-DALL=" + std::to_string(all)).c_str());
  Kernel arguments = session.kernel(program, "arguments"), variables = session.kernel(program, "variables");
  Memory out = session.buffer(8);
  const cl_mem handle = out;
  const cl_int count = static_cast<cl_int>(all / 16 - 1), zeros[] = {0, 0};
  const std::size_t one = 1;
  const auto run = [&](cl_kernel kernel) {
    return clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, &one, 0, nullptr, nullptr);
  };
  REQUIRE(clSetKernelArg(arguments, 0, 12, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(arguments, 1, 4, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(arguments, 2, all - 16, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(arguments, 3, sizeof handle, &handle) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(arguments, 4, sizeof count, &count) == CL_SUCCESS);
  REQUIRE(run(arguments) == CL_SUCCESS);
  CHECK(session.read<int>(out, 1)[0] == 2 + 12 + count);
  REQUIRE(clSetKernelArg(arguments, 0, 13, nullptr) == CL_SUCCESS);
  CHECK(run(arguments) == CL_OUT_OF_RESOURCES);

  REQUIRE(clEnqueueWriteBuffer(session.queue, out, CL_TRUE, 0, 8, zeros, 0, nullptr, nullptr) == CL_SUCCESS);
  REQUIRE(clSetKernelArg(variables, 0, sizeof handle, &handle) == CL_SUCCESS);
  REQUIRE(run(variables) == CL_SUCCESS);
  CHECK(session.read<int>(out, 1)[0] == 5);
}

TEST_CASE("a kernel may have as many arguments as CL_DEVICE_MAX_PARAMETER_SIZE holds") {
  const Session session;
  const auto bytes = query<std::size_t>(clGetDeviceInfo, device(), CL_DEVICE_MAX_PARAMETER_SIZE);
  const auto count = static_cast<cl_uint>(bytes / 8 - 1);
  std::string declared, summed;
  for (cl_uint i = 0; i < count; ++i) {
    declared += "long a" + std::to_string(i) + ", ";
    summed += "a" + std::to_string(i) + " + ";
  }
  Program program =
      session.build("kernel void many(" + declared + "global long* sum) { *sum = " + summed + "0; }");
  Kernel kernel = session.kernel(program, "many");
  Memory sum = session.buffer(8);
  const cl_mem raw = sum;
  cl_long expected = 0;
  for (cl_uint i = 0; i < count; ++i) {
    const cl_long value = cl_long{i} * i;
    REQUIRE(clSetKernelArg(kernel, i, sizeof value, &value) == CL_SUCCESS);
    expected += value;
  }
  REQUIRE(clSetKernelArg(kernel, count, sizeof raw, &raw) == CL_SUCCESS);
  const std::size_t one = 1;
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &one, nullptr, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  CHECK(session.read<cl_long>(sum, 1)[0] == expected);
}
