// cl_intel_required_subgroup_size, cl_intel_subgroups and _char, _short, _long.
#include <algorithm>
#include <cstring>
#include <span>

#include "conformance/api/image_fixture.hpp"

using namespace kiesel::api_test;

namespace {

constexpr cl_uint kSubGroupSizes = 0x4108, kSpillMemSize = 0x4109, kCompileSubGroupSize = 0x410A;

// Rising; the last is the size that kernels have which require none.
std::vector<std::size_t> sizes() {
  std::size_t bytes = 0;
  REQUIRE(clGetDeviceInfo(device(), kSubGroupSizes, 0, nullptr, &bytes) == CL_SUCCESS);
  std::vector<std::size_t> out(bytes / sizeof(std::size_t));
  REQUIRE(clGetDeviceInfo(device(), kSubGroupSizes, bytes, out.data(), nullptr) == CL_SUCCESS);
  return out;
}
std::size_t lanes() { return sizes().back(); }

cl_int set(cl_kernel kernel, cl_uint index, cl_mem memory) {
  return clSetKernelArg(kernel, index, sizeof memory, &memory);
}

std::string required(std::size_t size) {
  return "__attribute__((intel_reqd_sub_group_size(" + std::to_string(size) + "))) ";
}

// An answer about sub-groups; `input` is the query's, where it has one.
std::size_t sub_group_answer(cl_kernel kernel, cl_kernel_sub_group_info name, std::size_t input = 0) {
  std::size_t out = 77;
  REQUIRE(clGetKernelSubGroupInfo(kernel, device(), name, input ? sizeof input : 0, input ? &input : nullptr,
                                  sizeof out, &out, nullptr) == CL_SUCCESS);
  return out;
}

// Lets the sub-groups of a warp run `source`'s work(in, out), for each size that they may have: each has `in`
// and `out` elements for every work-item and other numbers than the rest. Then `check` gets their number of
// work-items and both arrays.
template <class T, class Check>
void for_sub_groups(const Session& session, const std::string& type, const std::string& source,
                    const char* options, std::size_t in, std::size_t out, Check check) {
  for (const auto n : sizes()) {
    INFO("sub-groups of " << n);
    auto program =
        session.build(source + required(n) + "kernel void k(global const " + type + "* in, global " + type +
                          "* out) {\n  const size_t before = get_sub_group_id() * "
                          "get_max_sub_group_size();\n  work(in + before * " +
                          std::to_string(in) + ", out + before * " + std::to_string(out) + ");\n}",
                      options);
    auto kernel = session.kernel(program, "k");
    const std::size_t size = lanes();
    std::vector<T> numbers(size * in), empty(size * out);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<T>(i * 3 + 1);
    auto from = session.buffer_of(numbers), to = session.buffer_of(empty);
    REQUIRE(set(kernel, 0, from) == CL_SUCCESS);
    REQUIRE(set(kernel, 1, to) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &size, &size, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    const auto result = session.read<T>(to, empty.size());
    for (std::size_t i = 0; i < size; i += n)
      check(n, std::span(numbers).subspan(i * in, n * in), std::span(result).subspan(i * out, n * out));
  }
}

constexpr const char* kVersions[] = {"-cl-std=CL1.2", "-cl-std=CL2.0", "-cl-std=CL3.0"};

}  // namespace

TEST_CASE("kernels may require each size of sub-groups that the device has") {
  NEEDS(has_extension("cl_intel_required_subgroup_size"));
  const Session session;
  std::string source = "kernel void k0() {}\n";
  for (const auto size : sizes())
    source += required(size) + "kernel void k" + std::to_string(size) + "() {}\n";
  auto program = session.build(source);
  const auto compiled_for = [&](std::size_t size) {
    auto kernel = session.kernel(program, ("k" + std::to_string(size)).c_str());
    CHECK(query_text(clGetKernelInfo, cl_kernel(kernel), cl_kernel_info{CL_KERNEL_ATTRIBUTES}) ==
          (size ? "intel_reqd_sub_group_size(" + std::to_string(size) + ")" : ""));
    cl_ulong spilled = 77;
    CHECK(clGetKernelWorkGroupInfo(kernel, device(), kSpillMemSize, sizeof spilled, &spilled, nullptr) ==
          CL_SUCCESS);
    CHECK(spilled == 0);
    return sub_group_answer(kernel, kCompileSubGroupSize);
  };
  CHECK(compiled_for(0) == 0);
  for (const auto size : sizes()) CHECK(compiled_for(size) == size);
}

TEST_CASE("a size of sub-groups that the device has not is an error with its line") {
  NEEDS(has_extension("cl_intel_required_subgroup_size"));
  const Session session;
  for (const std::size_t size : {lanes() * 2, std::size_t{5}}) {
    auto other = session.source("kernel void first() {}\n\n" + required(size) + "kernel void k() {}");
    CHECK(clBuildProgram(other, 0, nullptr, "", nullptr, nullptr) == CL_BUILD_PROGRAM_FAILURE);
    const auto log = build_log(other);
    CHECK(log.find("<source>:3:") != std::string::npos);
    CHECK(log.find("'k' requires sub-groups of " + std::to_string(size)) != std::string::npos);
  }
}

TEST_CASE("queries of a kernel go by the size of sub-groups that it requires") {
  NEEDS(has_extension("cl_intel_required_subgroup_size"));
  const Session session;
  const auto most =
      query<std::size_t>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_WORK_GROUP_SIZE});
  for (const auto size : sizes()) {
    auto program = session.build(required(size) + R"(kernel void k(global uint* out) {
  uint i = get_global_id(0);
  out[i] = get_sub_group_id() << 16 | get_sub_group_size() << 8 | get_num_sub_groups();
})");
    auto kernel = session.kernel(program, "k");
    const std::size_t items = std::min(most, size + 3), count = (items + size - 1) / size;
    CHECK(sub_group_answer(kernel, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, items) == std::min(items, size));
    CHECK(sub_group_answer(kernel, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, items) == count);
    CHECK(sub_group_answer(kernel, CL_KERNEL_MAX_NUM_SUB_GROUPS) == most / size);
    CHECK(sub_group_answer(kernel, CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, most / size) == most);
    CHECK(sub_group_answer(kernel, CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT, most / size + 1) == 0);
    auto out = session.buffer(items * sizeof(cl_uint));
    REQUIRE(set(kernel, 0, out) == CL_SUCCESS);
    REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &items, &items, 0, nullptr, nullptr) ==
            CL_SUCCESS);
    const auto seen = session.read<cl_uint>(out, items);
    for (std::size_t i = 0; i < items; ++i)
      CHECK(seen[i] == (i / size << 16 | std::min(size, items - i / size * size) << 8 | count));
  }
  CHECK(query<cl_uint>(clGetDeviceInfo, device(), cl_device_info{CL_DEVICE_MAX_NUM_SUB_GROUPS}) ==
        most / sizes().front());
}

TEST_CASE("values are shuffled among the work-items of a sub-group") {
  NEEDS(has_extension("cl_intel_subgroups"));
  const Session session;
  const std::string source = R"(
void work(global const int* in, global int* out) {
  const uint i = get_sub_group_local_id(), n = get_max_sub_group_size();
  const int x = in[i];
  out[i] = intel_sub_group_shuffle(x, (i * 5) % n);
  out[n + i] = intel_sub_group_shuffle_down(x, x + 1000, 3u);
  out[2 * n + i] = intel_sub_group_shuffle_up(x - 1000, x, 2u);
  out[3 * n + i] = intel_sub_group_shuffle_xor(x, 1u);
  const float4 f = convert_float4((int4)(x, x + 1, x + 2, x + 3));
  out[4 * n + i] = (int)intel_sub_group_shuffle_down(f, f * 2.0f, 1u).w;
})";
  for (const char* version : kVersions)
    for_sub_groups<cl_int>(session, "int", source, version, 1, 5,
                           [](std::size_t n, const auto& in, const auto& out) {
                             for (std::size_t i = 0; i < n; ++i) {
                               CHECK(out[i] == in[i * 5 % n]);
                               CHECK(out[n + i] == (i + 3 < n ? in[i + 3] : in[i + 3 - n] + 1000));
                               CHECK(out[2 * n + i] == (i >= 2 ? in[i - 2] : in[i + n - 2] - 1000));
                               CHECK(out[3 * n + i] == in[i ^ 1]);
                               CHECK(out[4 * n + i] == (i + 1 < n ? in[i + 1] + 3 : (in[i + 1 - n] + 3) * 2));
                             }
                           });
}

TEST_CASE("sub-groups work on bytes and shorts") {
  NEEDS(has_extension("cl_intel_subgroups_short") && has_extension("cl_intel_subgroups_char"));
  const Session session;
  for (const std::string type : {"short", "char"}) {
    const std::string source = "typedef " + type + " T; typedef " + type + "4 T4;" + R"(
void work(global const int* in, global int* out) {
  const uint i = get_sub_group_local_id(), n = get_max_sub_group_size();
  const T x = (T)(in[i] & 3);
  out[i] = intel_sub_group_broadcast(x, 2u);
  out[n + i] = intel_sub_group_reduce_add(x);
  out[2 * n + i] = intel_sub_group_scan_exclusive_max(x);
  out[3 * n + i] = intel_sub_group_scan_inclusive_min(x);
  out[4 * n + i] = intel_sub_group_shuffle_xor((T4)(x, 1, 2, x), 1u).w;
})";
    for_sub_groups<cl_int>(
        session, "int", source, "", 1, 5, [&](std::size_t n, const auto& in, const auto& out) {
          cl_int sum = 0, least = 3, most = type == "short" ? -32768 : -128;
          for (const auto value : in) sum += value & 3;
          for (std::size_t i = 0; i < n; ++i) {
            CHECK(out[i] == (in[2] & 3));
            CHECK(out[n + i] == (type == "short" ? static_cast<cl_short>(sum) : static_cast<cl_char>(sum)));
            CHECK(out[2 * n + i] == most);
            most = std::max(most, in[i] & 3);
            least = std::min(least, in[i] & 3);
            CHECK(out[3 * n + i] == least);
            CHECK(out[4 * n + i] == (in[i ^ 1] & 3));
          }
        });
  }
}

namespace {

// in[i + n * j] is element j of work-item i; each is written back in the other order.
template <class T>
void check_blocks(const Session& session, const std::string& type, const std::string& name,
                  std::size_t width) {
  INFO(type << width);
  const std::string w = width == 1 ? "" : std::to_string(width);
  const std::string source = "void work(global const " + type + "* in, global " + type + "* out) {\n" + type +
                             w + " v = intel_sub_group_block_read" + name + w +
                             "(in);\n  intel_sub_group_block_write" + name + w + "(out, v + (" + type +
                             ")get_sub_group_local_id());\n}";
  for_sub_groups<T>(session, type, source, "", width, width,
                    [&](std::size_t n, const auto& in, const auto& out) {
                      for (std::size_t j = 0; j < width; ++j)
                        for (std::size_t i = 0; i < n; ++i)
                          CHECK(out[i + n * j] == static_cast<T>(in[i + n * j] + i));
                    });
}

}  // namespace

TEST_CASE("blocks are read from buffers and written to them") {
  NEEDS(has_extension("cl_intel_subgroups") && has_extension("cl_intel_subgroups_long"));
  const Session session;
  for (const std::size_t width : {1, 2, 4, 8}) {
    check_blocks<cl_uint>(session, "uint", "", width);
    check_blocks<cl_uint>(session, "uint", "_ui", width);
    check_blocks<cl_ulong>(session, "ulong", "_ul", width);
  }
  for (const std::size_t width : {1, 2, 4, 8, 16}) {
    check_blocks<cl_uchar>(session, "uchar", "_uc", width);
    check_blocks<cl_ushort>(session, "ushort", "_us", width);
  }
}

TEST_CASE("blocks of images are rows of bytes; outside of them lies their edge") {
  NEEDS(has_extension("cl_intel_subgroups") && has_images());
  const Session session;
  const auto n = GENERATE(from_range(sizes()));
  const std::size_t width = n + 2, height = 4;
  std::vector<cl_uint> data(width * height);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<cl_uint>(0x01020304 * (i % 50) + i);
  auto from = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, width, height), CL_MEM_COPY_HOST_PTR,
                       data.data());
  std::vector<cl_uint> zeros(width * height);
  auto to = image_of(session, kRgba8, shape(CL_MEM_OBJECT_IMAGE2D, width, height), CL_MEM_COPY_HOST_PTR,
                     zeros.data());
  auto program =
      session.build(required(n) +
                    "kernel void k(read_only image2d_t from, write_only image2d_t to, global uint* out) {\n"
                    "  const uint i = get_sub_group_local_id(), n = get_max_sub_group_size();\n"
                    "  const uint2 v = intel_sub_group_block_read2(from, (int2)(8, 1));\n"
                    "  out[i] = v.x; out[n + i] = v.y;\n"
                    "  out[2 * n + i] = intel_sub_group_block_read(from, (int2)(16, 7));\n"
                    "  out[3 * n + i] = intel_sub_group_block_read(from, (int2)(2, 0));\n"
                    "  intel_sub_group_block_write2(to, (int2)(12, 3), v);\n"
                    "}");
  auto kernel = session.kernel(program, "k");
  auto out = session.buffer(4 * n * sizeof(cl_uint));
  REQUIRE(set(kernel, 0, from) == CL_SUCCESS);
  REQUIRE(set(kernel, 1, to) == CL_SUCCESS);
  REQUIRE(set(kernel, 2, out) == CL_SUCCESS);
  REQUIRE(clEnqueueNDRangeKernel(session.queue, kernel, 1, nullptr, &n, &n, 0, nullptr, nullptr) ==
          CL_SUCCESS);
  const auto read = session.read<cl_uint>(out, 4 * n);
  const auto at = [&](std::size_t x, std::size_t y) {
    return data[std::min(x, width - 1) + std::min(y, height - 1) * width];
  };
  const auto written = pixels(session, to, {0, 0, 0}, {width, height, 1});
  for (std::size_t i = 0; i < n; ++i) {
    CHECK(read[i] == at(2 + i, 1));
    CHECK(read[n + i] == at(2 + i, 2));
    CHECK(read[2 * n + i] == at(4 + i, 7));
    CHECK(read[3 * n + i] == (at(i, 0) >> 16 | at(i + 1, 0) << 16));
  }
  for (std::size_t x = 0; x < width; ++x) {
    cl_uint last = 0;
    std::memcpy(&last, &written[((height - 1) * width + x) * 4], sizeof last);
    CHECK(last == (x >= 3 ? at(2 + x - 3, 1) : 0));
  }
}
