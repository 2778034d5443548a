#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "conformance/api/fixture.hpp"

using namespace kiesel::api_test;

namespace {

// Each work-item counts itself at its global id (without the offset) and notes what it knows of the range.
constexpr const char* kSource =
    "kernel void count(global int* hits, global ulong* seen) {\n"
    "  ulong at = 0;\n"
    "  for (int d = 2; d >= 0; --d) at = at * get_global_size(d) + get_global_id(d) - get_global_offset(d);\n"
    "  atomic_inc(&hits[at]);\n"
    "  ulong bad = 0;\n"
    "  for (int d = 0; d < 3; ++d)\n"
    "    if (get_global_id(d) != get_group_id(d) * get_local_size(d) + get_local_id(d) + "
    "get_global_offset(d)) bad = 1;\n"
    "  if (get_num_groups(0) * get_local_size(0) != get_global_size(0)) bad = 1;\n"
    "  seen[at] = bad ? 0 : get_work_dim() + 16 * get_local_size(0);\n"
    "}\n";

struct Counting {
  explicit Counting(const Session& session) : session(session), program(session.build(kSource)) {
    kernel = session.kernel(program, "count");
  }

  cl_int run(std::vector<std::size_t> global, std::vector<std::size_t> local,
             std::vector<std::size_t> offset = {}) {
    items = 1;
    for (auto size : global) items *= size;
    hits = session.buffer(std::max<std::size_t>(items, 1) * 4);
    seen = session.buffer(std::max<std::size_t>(items, 1) * 8);
    const int zero = 0;
    REQUIRE(clEnqueueFillBuffer(session.queue, hits, &zero, 4, 0, std::max<std::size_t>(items, 1) * 4, 0,
                                nullptr, nullptr) == CL_SUCCESS);
    const cl_mem handles[] = {hits, seen};
    REQUIRE(clSetKernelArg(kernel, 0, sizeof(cl_mem), &handles[0]) == CL_SUCCESS);
    REQUIRE(clSetKernelArg(kernel, 1, sizeof(cl_mem), &handles[1]) == CL_SUCCESS);
    return clEnqueueNDRangeKernel(session.queue, kernel, static_cast<cl_uint>(global.size()),
                                  offset.empty() ? nullptr : offset.data(), global.data(),
                                  local.empty() ? nullptr : local.data(), 0, nullptr, nullptr);
  }

  void expect_once(std::size_t dimensions, std::size_t local) {
    REQUIRE(session.read<int>(hits, items) == std::vector<int>(items, 1));
    const auto notes = session.read<cl_ulong>(seen, items);
    for (const auto note : notes) {
      REQUIRE(note % 16 == dimensions);
      if (local) REQUIRE(note / 16 == local);
    }
  }

  const Session& session;
  Program program;
  Kernel kernel;
  Memory hits, seen;
  std::size_t items = 0;
};

}  // namespace

TEST_CASE("every work-item of a range runs exactly once") {
  NEEDS(has_atomics());
  const Session session;
  Counting counting(session);
  struct Case {
    std::vector<std::size_t> global, local, offset;
  };
  for (const Case& each : std::vector<Case>{{{1}, {1}, {}},
                                            {{1024}, {32}, {}},
                                            {{1000}, {8}, {17}},
                                            {{7 * 13}, {13}, {}},
                                            {{31 * 37}, {31}, {}},
                                            {{211 * 3}, {211}, {5}},
                                            {{48, 20}, {16, 4}, {1, 2}},
                                            {{21, 15}, {7, 3}, {}},
                                            {{12, 10, 6}, {3, 5, 2}, {4, 5, 6}},
                                            {{1, 1, 64}, {1, 1, 64}, {}}}) {
    std::size_t items = 1;
    for (const std::size_t size : each.local) items *= size;
    if (items > most_items()) continue;
    REQUIRE(counting.run(each.global, each.local, each.offset) == CL_SUCCESS);
    counting.expect_once(each.global.size(), each.local[0]);
  }
  REQUIRE(counting.run({most_items() * 2}, {most_items()}) == CL_SUCCESS);
  counting.expect_once(1, most_items());
}

TEST_CASE("without a local size one is chosen, whatever the range") {
  NEEDS(has_atomics());
  const Session session;
  Counting counting(session);
  for (const auto& global : std::vector<std::vector<std::size_t>>{
           {1}, {2}, {1023}, {1024}, {4099}, {65536}, {127, 3}, {640, 48}, {17, 19, 5}, {64, 4, 4}}) {
    REQUIRE(counting.run(global, {}) == CL_SUCCESS);
    counting.expect_once(global.size(), 0);
  }
}

TEST_CASE("ranges are checked in the order of the specification") {
  NEEDS(has_atomics());
  const Session session;
  Counting counting(session);
  const auto most = most_items();
  CHECK(counting.run({10}, {3}) == CL_INVALID_WORK_GROUP_SIZE);
  CHECK(counting.run({10}, {0}) == CL_INVALID_WORK_GROUP_SIZE);
  CHECK(counting.run({most * 2}, {most * 2}) == CL_INVALID_WORK_ITEM_SIZE);
  CHECK(counting.run({most, 2}, {most, 2}) == CL_INVALID_WORK_GROUP_SIZE);
  CHECK(counting.run({4}, {4}, {~std::size_t{0}}) == CL_INVALID_GLOBAL_OFFSET);
  const std::size_t size[4] = {1, 1, 1, 1};
  CHECK(clEnqueueNDRangeKernel(session.queue, counting.kernel, 0, nullptr, size, nullptr, 0, nullptr,
                               nullptr) == CL_INVALID_WORK_DIMENSION);
  CHECK(clEnqueueNDRangeKernel(session.queue, counting.kernel, 4, nullptr, size, nullptr, 0, nullptr,
                               nullptr) == CL_INVALID_WORK_DIMENSION);
  CHECK(clEnqueueNDRangeKernel(session.queue, nullptr, 1, nullptr, size, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_KERNEL);
  CHECK(clEnqueueNDRangeKernel(nullptr, counting.kernel, 1, nullptr, size, nullptr, 0, nullptr, nullptr) ==
        CL_INVALID_COMMAND_QUEUE);
  const Session other;
  CHECK(clEnqueueNDRangeKernel(other.queue, counting.kernel, 1, nullptr, size, nullptr, 0, nullptr,
                               nullptr) == CL_INVALID_CONTEXT);
}

TEST_CASE("an empty range succeeds and runs nothing") {
  NEEDS(has_atomics());
  const Session session;
  Counting counting(session);
  CHECK(counting.run({0}, {}) == CL_SUCCESS);
  CHECK(clFinish(session.queue) == CL_SUCCESS);
  CHECK(session.read<int>(counting.hits, 1).front() == 0);
  CHECK(clEnqueueNDRangeKernel(session.queue, counting.kernel, 1, nullptr, nullptr, nullptr, 0, nullptr,
                               nullptr) == CL_SUCCESS);
}

TEST_CASE("a task is one work-item") {
  const Session session;
  Program program = session.build(
      "kernel void f(global int* out) { out[0] = (int)get_global_size(0) * 100 + (int)get_work_dim(); }");
  Kernel kernel = session.kernel(program, "f");
  Memory memory = session.buffer(4);
  const cl_mem argument = memory;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  REQUIRE(clEnqueueTask(session.queue, kernel, 0, nullptr, nullptr) == CL_SUCCESS);
  CHECK(session.read<int>(memory, 1).front() == 101);
}

TEST_CASE("arguments are those of the time of the enqueue") {
  const Session session;
  Program program =
      session.build("kernel void f(global int* out, int value) { out[get_global_id(0)] += value; }");
  Kernel kernel = session.kernel(program, "f");
  std::vector<int> zero(8);
  Memory memory = session.buffer_of(zero);
  const cl_mem argument = memory;
  REQUIRE(clSetKernelArg(kernel, 0, sizeof argument, &argument) == CL_SUCCESS);
  const std::size_t size = 8;
  int sum = 0;
  for (int i = 0; i < 100; ++i) {
    sum += i;
    REQUIRE(clSetKernelArg(kernel, 1, sizeof i, &i) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, nullptr, 0, nullptr, nullptr) ==
            CL_SUCCESS);
  }
  CHECK(session.read<int>(memory, 8) == std::vector<int>(8, sum));
}
