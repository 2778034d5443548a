// What kernels say of their work-groups and sub-groups (OpenCL 3.0 API 5.9.3), and the local size that a NULL
// gets.
#define CL_USE_DEPRECATED_OPENCL_2_0_APIS
#include <CL/cl_ext.h>

#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

using Sizes = std::vector<std::size_t>;

std::size_t sub_group_answer(cl_kernel kernel, cl_kernel_sub_group_info name, const Sizes& local = {}) {
  std::size_t out = 0;
  REQUIRE(clGetKernelSubGroupInfo(kernel, device(), name, local.size() * sizeof(std::size_t),
                                  local.empty() ? nullptr : local.data(), sizeof out, &out,
                                  nullptr) == CL_SUCCESS);
  return out;
}

Sizes local_size_for(cl_kernel kernel, std::size_t count, std::size_t dimensions) {
  Sizes out(dimensions, 77);
  REQUIRE(clGetKernelSubGroupInfo(kernel, device(), CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, sizeof count,
                                  &count, dimensions * sizeof(std::size_t), out.data(),
                                  nullptr) == CL_SUCCESS);
  return out;
}

}  // namespace

TEST_CASE("sub-groups of a work-group, as the host counts them and as the kernel does") {
  NEEDS(has_extension("cl_khr_subgroups"));
  const Session session;
  Program program = session.build(
      "kernel void f(global uint* out) {\n"
      "  if (get_global_linear_id() == 0) { out[0] = get_max_sub_group_size(); out[1] = "
      "get_num_sub_groups(); } }",
      "-cl-std=CL3.0");
  Kernel kernel = session.kernel(program, "f");
  Memory out = session.buffer(8);
  const cl_mem argument = out;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  for (const Sizes& local :
       {Sizes{1}, Sizes{31}, Sizes{32}, Sizes{33}, Sizes{most_items()}, Sizes{5, 7}, Sizes{4, 4, 4}}) {
    const std::size_t items =
        std::accumulate(local.begin(), local.end(), std::size_t{1}, std::multiplies<>());
    if (items > most_items()) continue;
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, static_cast<cl_uint>(local.size()), nullptr,
                                   local.data(), local.data(), 0, nullptr, nullptr) == CL_SUCCESS);
    const auto seen = session.read<cl_uint>(out, 2);
    CHECK(sub_group_answer(kernel, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, local) == seen[0]);
    CHECK(sub_group_answer(kernel, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, local) == seen[1]);
  }
  const auto most = sub_group_answer(kernel, CL_KERNEL_MAX_NUM_SUB_GROUPS);
  CHECK(most <= query<cl_uint>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_NUM_SUB_GROUPS}));
  CHECK(sub_group_answer(kernel, CL_KERNEL_COMPILE_NUM_SUB_GROUPS) == 0);
  for (std::size_t count = 1; count <= most; ++count) {
    const auto local = local_size_for(kernel, count, 3);
    CHECK(sub_group_answer(kernel, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, local) == count);
    CHECK((local[1] == 1 && local[2] == 1));
    CHECK(local_size_for(kernel, count, 1) == Sizes{local[0]});
  }
  CHECK(local_size_for(kernel, most + 1, 2) == Sizes{0, 0});
  CHECK(local_size_for(kernel, 0, 2) == Sizes{0, 0});
}

TEST_CASE("work-groups multiply and combine bits and truth values") {
  NEEDS(has_extension("cl_khr_work_group_uniform_arithmetic"));
  const Session session;
  for (const char* version : {"-cl-std=CL2.0", "-cl-std=CL3.0"}) {
    Program program = session.build(R"(
kernel void f(global int* out) {
  const int i = (int)get_local_id(0), n = (int)get_local_size(0);
  out[i] = work_group_scan_inclusive_xor(i);
  out[n + i] = work_group_scan_exclusive_or(1 << (i % 8));
  out[2 * n + i] = work_group_reduce_and(i | 6);
  out[3 * n + i] = (int)(work_group_reduce_mul(i < 40 ? 2L : 1L) >> 32) + (int)work_group_reduce_mul(i == 0 ? 3.0f : 1.0f);
  out[4 * n + i] = work_group_scan_inclusive_logical_and(i != 3) + 2 * work_group_reduce_logical_xor(i) +
                   4 * work_group_scan_exclusive_logical_or(i);
  out[5 * n + i] = (int)(work_group_scan_inclusive_and(~0UL << i) >> 32);
})",
                                    version);
    Kernel kernel = session.kernel(program, "f");
    const std::size_t n = std::min<std::size_t>(most_items(), 100);
    Memory out = session.buffer(6 * n * sizeof(cl_int));
    const cl_mem argument = out;
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &n, &n, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    const auto seen = session.read<cl_int>(out, 6 * n);
    cl_int xored = 0, ored = 0;
    cl_ulong anded = ~cl_ulong{0};
    for (std::size_t i = 0; i < n; ++i) {
      xored ^= static_cast<cl_int>(i);
      anded &= i < 64 ? ~cl_ulong{0} << i : cl_ulong{0};
      CHECK(seen[i] == xored);
      CHECK(seen[n + i] == ored);
      CHECK(seen[2 * n + i] == 6);
      CHECK(seen[3 * n + i] == (n >= 40 ? 256 : 0) + 3);
      CHECK(seen[4 * n + i] == (i < 3 ? 1 : 0) + 2 * static_cast<cl_int>((n - 1) % 2) + (i > 1 ? 4 : 0));
      if (i < 64) CHECK(seen[5 * n + i] == static_cast<cl_int>(anded >> 32));
      ored |= 1 << (i % 8);
    }
  }
}

TEST_CASE("queries about sub-groups are checked") {
  NEEDS(has_extension("cl_khr_subgroups"));
  const Session session;
  Program program = session.build("kernel void f(global uint* out) { *out = 1; }");
  Kernel kernel = session.kernel(program, "f");
  const std::size_t local[4] = {8, 1, 1, 1};
  std::size_t out[4];
  const auto ask = [&](cl_kernel_sub_group_info name, std::size_t input_size, const void* input,
                       std::size_t size) {
    return clGetKernelSubGroupInfo(kernel, device(), name, input_size, input, size, out, nullptr);
  };
  CHECK(ask(CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, 8, local, 8) == CL_SUCCESS);
  CHECK(ask(CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, 8, local, 4) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, 8, nullptr, 8) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, 0, local, 8) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, 12, local, 8) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, 32, local, 8) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, 4, local, 8) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, 8, nullptr, 8) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, 8, local, 4) == CL_INVALID_VALUE);
  CHECK(ask(CL_KERNEL_WORK_GROUP_SIZE, 0, nullptr, 8) == CL_INVALID_VALUE);
  CHECK(clGetKernelSubGroupInfo(nullptr, device(), CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, nullptr, 8, out,
                                nullptr) == CL_INVALID_KERNEL);
  CHECK(clGetKernelSubGroupInfo(kernel, reinterpret_cast<cl_device_id>(out), CL_KERNEL_MAX_NUM_SUB_GROUPS, 0,
                                nullptr, 8, out, nullptr) == CL_INVALID_DEVICE);
  CHECK(clGetKernelSubGroupInfo(kernel, nullptr, CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, nullptr, 8, out, nullptr) ==
        CL_SUCCESS);
  auto* khr = extension<clGetKernelSubGroupInfoKHR_fn>("clGetKernelSubGroupInfoKHR");
  CHECK(khr(kernel, device(), CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE_KHR, 8, local, 8, out, nullptr) ==
        CL_SUCCESS);
  const auto lanes = query<std::size_t>(clGetDeviceInfo, device(),
                                        cl_device_info{CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE});
  CHECK(out[0] == (8 + lanes - 1) / lanes);
}

TEST_CASE("the suggested local size is the one that a NULL local size gets") {
  const Session session;
  auto* suggest = extension<clGetKernelSuggestedLocalWorkSizeKHR_fn>("clGetKernelSuggestedLocalWorkSizeKHR");
  const std::string body =
      "(global uint* out) { for (int d = 0; d < 3; ++d) out[d] = get_enqueued_local_size(d); }";
  Program program = session.build(
      "kernel void f" + body + "kernel __attribute__((reqd_work_group_size(4, 2, 1))) void g" + body,
      "-cl-std=CL3.0");
  Memory out = session.buffer(12);
  const cl_mem argument = out;
  for (const char* name : {"f", "g"}) {
    Kernel kernel = session.kernel(program, name);
    std::size_t local[3] = {};
    const std::size_t one[2] = {8, 8};
    CHECK(suggest(session.queue, kernel, 2, nullptr, one, local) == CL_INVALID_KERNEL_ARGS);
    REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
    for (const Sizes& global : {Sizes{64, 2}, Sizes{1009, 2, 1}, Sizes{128, 64}, Sizes{16, 16, 16}}) {
      std::fill(local, local + 3, 1);
      const auto dimensions = static_cast<cl_uint>(global.size());
      REQUIRE(suggest(session.queue, kernel, dimensions, nullptr, global.data(), local) == CL_SUCCESS);
      REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, dimensions, nullptr, global.data(), nullptr, 0,
                                     nullptr, nullptr) == CL_SUCCESS);
      CHECK(session.read<cl_uint>(out, 3) == std::vector<cl_uint>(local, local + 3));
    }
    const std::size_t empty[2] = {8, 0};
    CHECK(suggest(session.queue, kernel, 2, nullptr, empty, local) == CL_INVALID_GLOBAL_WORK_SIZE);
    CHECK(suggest(session.queue, kernel, 2, nullptr, nullptr, local) == CL_INVALID_GLOBAL_WORK_SIZE);
    CHECK(suggest(session.queue, kernel, 2, nullptr, one, nullptr) == CL_INVALID_VALUE);
    CHECK(suggest(session.queue, kernel, 4, nullptr, one, local) == CL_INVALID_WORK_DIMENSION);
    CHECK(suggest(session.queue, nullptr, 2, nullptr, one, local) == CL_INVALID_KERNEL);
    CHECK(suggest(nullptr, kernel, 2, nullptr, one, local) == CL_INVALID_COMMAND_QUEUE);
  }
}

TEST_CASE("the extension's function makes command-queues too") {
  const Session session;
  auto* create = extension<clCreateCommandQueueWithPropertiesKHR_fn>("clCreateCommandQueueWithPropertiesKHR");
  const cl_queue_properties_khr properties[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
  cl_int code = 1;
  Queue queue(create(session.context, device(), properties, &code));
  REQUIRE(code == CL_SUCCESS);
  CHECK(clFinish(queue) == CL_SUCCESS);
}
