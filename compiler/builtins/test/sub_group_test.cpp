// Sub-group functions on devices of several widths, in uniform and divergent code, with partial sub-groups.
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <numeric>

#include "compiler/builtins/test/model_program.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

constexpr std::uint32_t kGroup = 43;  // the last sub-group is partial for every width but 1
constexpr std::size_t kItems = 3 * kGroup;

std::vector<std::int32_t> inputs() {
  std::vector<std::int32_t> values(kItems);
  for (std::size_t i = 0; i < kItems; ++i) values[i] = static_cast<std::int32_t>(i * 2654435761u >> 24) - 100;
  return values;
}

bool always(std::size_t) { return true; }

// The work-items of item's sub-group for which `takes_part` holds, in order.
std::vector<std::size_t> peers(std::size_t item, std::uint32_t lanes,
                               const std::function<bool(std::size_t)>& takes_part = always) {
  const std::size_t group = item / kGroup * kGroup, first = group + (item - group) / lanes * lanes;
  std::vector<std::size_t> found;
  for (std::size_t i = first; i < std::min<std::size_t>(first + lanes, group + kGroup); ++i)
    if (takes_part(i)) found.push_back(i);
  return found;
}

// A warp, and how much of it is a sub-group.
struct Width {
  std::uint32_t lanes, size;
};

std::vector<std::int32_t> run(const std::string& body, Width width, std::size_t results = 1) {
  const std::string attribute = width.size == width.lanes ? ""
                                                          : "__attribute__((intel_reqd_sub_group_size(" +
                                                                std::to_string(width.size) + "))) ";
  ModelProgram program(attribute +
                           "kernel void k(global const int* in, global int* out) { size_t i = "
                           "get_global_id(0); int x = in[i];" +
                           body + "}",
                       width.lanes);
  Bytes in = bytes_of(inputs()), out(kItems * results * sizeof(std::int32_t));
  program.run("k", {&in, &out}, kItems, kGroup);
  return values_of<std::int32_t>(out);
}

const auto kWidths = {Width{1, 1},  Width{4, 4},   Width{8, 8},  Width{32, 32}, Width{64, 64},
                      Width{16, 8}, Width{32, 16}, Width{32, 8}, Width{64, 32}};

TEST_CASE("a sub-group is a warp or a part of one: sizes, ids and the partial last one") {
  for (const auto& width : kWidths) {
    const auto lanes = width.size;
    const auto found =
        run("out[i * 6] = get_sub_group_size(); out[i * 6 + 1] = get_max_sub_group_size();"
            "out[i * 6 + 2] = get_num_sub_groups(); out[i * 6 + 3] = get_enqueued_num_sub_groups();"
            "out[i * 6 + 4] = get_sub_group_id(); out[i * 6 + 5] = get_sub_group_local_id();",
            width, 6);
    const auto count = static_cast<std::int32_t>((kGroup + lanes - 1) / lanes);
    for (std::size_t i = 0; i < kItems; ++i) {
      const auto rank = i % kGroup;
      const std::vector<std::int32_t> expected{static_cast<std::int32_t>(peers(i, lanes).size()),
                                               static_cast<std::int32_t>(std::min(lanes, kGroup)),
                                               count,
                                               count,
                                               static_cast<std::int32_t>(rank / lanes),
                                               static_cast<std::int32_t>(rank % lanes)};
      REQUIRE(std::vector<std::int32_t>(&found[i * 6], &found[i * 6] + 6) == expected);
    }
  }
}

// Reductions and scans of the work-items that take part, against a loop over them.
void check_arithmetic(const std::string& body, const std::function<bool(std::size_t)>& takes_part) {
  const auto in = inputs();
  for (const auto& width : kWidths) {
    const auto lanes = width.size;
    const auto found = run(body, width, 6);
    for (std::size_t i = 0; i < kItems; ++i) {
      if (!takes_part(i)) continue;
      std::int32_t sum = 0, greatest = INT32_MIN, before = 0, up_to = INT32_MIN, any = 0, bits = -1;
      for (const auto peer : peers(i, lanes, takes_part)) {
        sum += in[peer];
        greatest = std::max(greatest, in[peer]);
        if (peer < i) before += in[peer];
        if (peer <= i) up_to = std::max(up_to, in[peer]);
        any |= in[peer] > 90;
        bits &= in[peer];
      }
      INFO("sub-groups of " << lanes << " on " << width.lanes << " lanes, work-item " << i);
      REQUIRE(std::vector<std::int32_t>(&found[i * 6], &found[i * 6] + 6) ==
              std::vector<std::int32_t>{sum, greatest, before, up_to, any, bits});
    }
  }
}

constexpr const char* kNonUniform =
    "out[i * 6] = sub_group_non_uniform_reduce_add(x); out[i * 6 + 1] = sub_group_non_uniform_reduce_max(x);"
    "out[i * 6 + 2] = sub_group_non_uniform_scan_exclusive_add(x);"
    "out[i * 6 + 3] = sub_group_non_uniform_scan_inclusive_max(x);"
    "out[i * 6 + 4] = sub_group_non_uniform_any(x > 90);"
    "out[i * 6 + 5] = sub_group_non_uniform_reduce_and(x);";

TEST_CASE("all work-items reduce and scan") {
  check_arithmetic(
      "out[i * 6] = sub_group_reduce_add(x); out[i * 6 + 1] = sub_group_reduce_max(x);"
      "out[i * 6 + 2] = sub_group_scan_exclusive_add(x); out[i * 6 + 3] = sub_group_scan_inclusive_max(x);"
      "out[i * 6 + 4] = sub_group_any(x > 90); out[i * 6 + 5] = sub_group_non_uniform_reduce_and(x);",
      always);
}

TEST_CASE("in divergent code the active work-items reduce and scan") {
  check_arithmetic("if (i % 3 != 1) {" + std::string(kNonUniform) + "} else out[i * 6] = x;",
                   [](std::size_t i) { return i % 3 != 1; });
}

TEST_CASE("in a loop that work-items leave one by one the rest reduce and scan") {
  check_arithmetic(
      "for (int turn = 0; turn <= i % 7; ++turn) if (turn == 4) {" + std::string(kNonUniform) + "}",
      [](std::size_t i) { return i % 7 >= 4; });
}

TEST_CASE("the same call on both sides of a branch stays two calls") {
  const auto in = inputs();
  for (const auto& width : kWidths) {
    const auto lanes = width.size;
    const auto found =
        run("int sum; if (x & 1) sum = sub_group_non_uniform_reduce_add(x);"
            "else sum = sub_group_non_uniform_reduce_add(x); out[i] = sum;",
            width);
    for (std::size_t i = 0; i < kItems; ++i) {
      std::int32_t sum = 0;
      for (const auto peer : peers(i, lanes, [&](std::size_t p) { return (in[p] & 1) == (in[i] & 1); }))
        sum += in[peer];
      REQUIRE(found[i] == sum);
    }
  }
}

TEST_CASE("ballots, masks and elections know the active work-items") {
  const auto in = inputs();
  for (const auto& width : kWidths) {
    const auto lanes = width.size;
    const auto found = run(
        "if (i % 5 != 0) { uint4 b = sub_group_ballot(x > 0); out[i * 8] = b.x; out[i * 8 + 1] = b.y;"
        "out[i * 8 + 2] = sub_group_ballot_bit_count(b); out[i * 8 + 3] = sub_group_ballot_exclusive_scan(b);"
        "out[i * 8 + 4] = sub_group_elect(); out[i * 8 + 5] = sub_group_broadcast_first(x);"
        "out[i * 8 + 6] = sub_group_inverse_ballot(b) + 2 * (sub_group_ballot_find_msb(b) - "
        "sub_group_ballot_find_lsb(b));"
        "uint4 ge = get_sub_group_ge_mask(), lt = get_sub_group_lt_mask();"
        "out[i * 8 + 7] = sub_group_ballot_bit_count(ge) * 64 + sub_group_ballot_bit_count(lt); }",
        width, 8);
    for (std::size_t i = 0; i < kItems; ++i) {
      if (i % 5 == 0) continue;
      std::uint64_t ballot = 0;
      std::uint32_t before = 0;
      const auto active = peers(i, lanes, [](std::size_t p) { return p % 5 != 0; });
      for (const auto peer : active) {
        if (in[peer] <= 0) continue;
        ballot |= std::uint64_t{1} << peer % kGroup % lanes;
        before += peer < i;
      }
      const auto lane = i % kGroup % lanes;
      const int spread = ballot ? __builtin_clzll(ballot) ^ 63 : 0;
      INFO("sub-groups of " << lanes << " on " << width.lanes << " lanes, work-item " << i);
      REQUIRE(found[i * 8] == static_cast<std::int32_t>(ballot));
      REQUIRE(found[i * 8 + 1] == static_cast<std::int32_t>(ballot >> 32));
      REQUIRE(found[i * 8 + 2] == __builtin_popcountll(ballot));
      REQUIRE(found[i * 8 + 3] == static_cast<std::int32_t>(before));
      REQUIRE(found[i * 8 + 4] == (i == active.front()));
      REQUIRE(found[i * 8 + 5] == in[active.front()]);
      if (ballot) REQUIRE(found[i * 8 + 6] == (in[i] > 0) + 2 * (spread - __builtin_ctzll(ballot)));
      REQUIRE(found[i * 8 + 7] == static_cast<std::int32_t>((std::min(lanes, kGroup) - lane) * 64 + lane));
    }
  }
}

TEST_CASE("shuffles and rotations read other work-items of the sub-group") {
  const auto in = inputs();
  for (const auto& width : kWidths) {
    const auto lanes = width.size;
    const auto found = run(
        "uint n = get_sub_group_size(), l = get_sub_group_local_id();"
        "out[i * 6] = sub_group_shuffle(x, n - 1 - l); out[i * 6 + 1] = sub_group_shuffle_xor(x, (l ^ 1) < "
        "n);"
        "out[i * 6 + 2] = sub_group_shuffle_up(x, l > 1 ? 2 : 0); out[i * 6 + 3] = sub_group_shuffle_down(x, "
        "n - 1 - l);"
        "out[i * 6 + 4] = sub_group_broadcast(x, n / 2);"
        "int turned = sub_group_rotate(x, -3); out[i * 6 + 5] = n == get_max_sub_group_size() ? turned : x;",
        width, 6);
    for (std::size_t i = 0; i < kItems; ++i) {
      const auto all = peers(i, lanes);
      const auto n = all.size(), l = i - all.front();
      const auto turned = n == std::min(lanes, kGroup) ? (l + 64 * n - 3) % n : l;
      INFO("sub-groups of " << lanes << " on " << width.lanes << " lanes, work-item " << i);
      // The rotation's remainder is of an unsigned sum, which wraps where the size is no power of two.
      if (n != kGroup) REQUIRE(found[i * 6 + 5] == in[all[turned]]);
      REQUIRE(std::vector<std::int32_t>(&found[i * 6], &found[i * 6] + 5) ==
              std::vector<std::int32_t>{in[all[n - 1 - l]], in[all[(l ^ 1) < n ? l ^ 1 : l]],
                                        in[all[l > 1 ? l - 2 : l]], in[all[n - 1]], in[all[n / 2]]});
    }
  }
}

TEST_CASE("clusters reduce by themselves") {
  const auto in = inputs();
  for (const auto width : {Width{4, 4}, Width{8, 8}, Width{32, 32}, Width{32, 8}, Width{32, 16}}) {
    const auto found =
        run("out[i * 2] = sub_group_clustered_reduce_add(x, 4); if (i % 3) out[i * 2 + 1] = "
            "sub_group_clustered_reduce_min(x, 4);"
            "else out[i * 2 + 1] = sub_group_clustered_rotate(x, 0, 4);",
            width, 2);
    for (std::size_t i = 0; i < kItems; ++i) {
      std::int32_t sum = 0, least = INT32_MAX;
      for (const auto peer : peers(i, 4)) {
        sum += in[peer];
        if (peer % 3) least = std::min(least, in[peer]);
      }
      REQUIRE(found[i * 2] == sum);
      REQUIRE(found[i * 2 + 1] == (i % 3 ? least : in[i]));
    }
  }
}

TEST_CASE("values of all types travel between work-items whole") {
  const auto in = inputs();
  for (const auto& width : kWidths) {
    const auto lanes = width.size;
    const auto found =
        run("long wide = (long)x << 40; double d = x * 1e10; float f = x / 8.0f; char c = (char)x; ushort8 v "
            "= (ushort8)((ushort)x);"
            "uint other = get_sub_group_size() - 1; v.s3 += 5; v = sub_group_broadcast(v, other);"
            "out[i * 6] = (int)(sub_group_reduce_add(wide) >> 40);"
            "out[i * 6 + 1] = (int)(sub_group_reduce_max(d) / 1e10); out[i * 6 + 2] = "
            "(int)(sub_group_scan_inclusive_add(f) * 8);"
            "out[i * 6 + 3] = sub_group_shuffle(c, other); out[i * 6 + 4] = v.s2; out[i * 6 + 5] = v.s3;",
            width, 6);
    for (std::size_t i = 0; i < kItems; ++i) {
      std::int32_t sum = 0, greatest = INT32_MIN, up_to = 0;
      const auto all = peers(i, lanes);
      for (const auto peer : all) {
        sum += in[peer];
        greatest = std::max(greatest, in[peer]);
        if (peer <= i) up_to += in[peer];
      }
      const auto last = in[all.back()];
      REQUIRE(std::vector<std::int32_t>(&found[i * 6], &found[i * 6] + 6) ==
              std::vector<std::int32_t>{sum, greatest, up_to, static_cast<std::int8_t>(last),
                                        static_cast<std::uint16_t>(last),
                                        static_cast<std::uint16_t>(last + 5)});
    }
  }
}

TEST_CASE("what a sub-group agrees on may differ within the warp, in branches and loops") {
  const auto in = inputs();
  for (const auto& width : kWidths) {
    const auto found = run(
        "const uint id = get_sub_group_id(); int turns = sub_group_broadcast(x, 0) & 7, sum = 0;"
        "for (int turn = 0; turn < turns; ++turn) sum += sub_group_reduce_add(x + turn);"
        "out[i * 3] = sum; out[i * 3 + 1] = -1;"
        "if (id & 1) out[i * 3 + 1] = sub_group_scan_inclusive_add(x);"
        "if (sub_group_any(x > 120)) { sub_group_barrier(CLK_LOCAL_MEM_FENCE);"
        "  out[i * 3 + 2] = sub_group_all(x > -100) ? sub_group_reduce_min(x) : sub_group_reduce_max(x); }"
        "else out[i * 3 + 2] = 1000 + sub_group_elect();",
        width, 3);
    for (std::size_t i = 0; i < kItems; ++i) {
      const auto all = peers(i, width.size);
      std::int32_t sum = 0, up_to = 0, least = INT32_MAX, greatest = INT32_MIN;
      for (const auto peer : all) {
        sum += in[peer];
        if (peer <= i) up_to += in[peer];
        least = std::min(least, in[peer]);
        greatest = std::max(greatest, in[peer]);
      }
      const std::int32_t turns = in[all.front()] & 7, count = static_cast<std::int32_t>(all.size());
      const auto last = greatest > 120 ? (least > -100 ? least : greatest) : 1000 + (i == all.front());
      INFO("sub-groups of " << width.size << " on " << width.lanes << " lanes, work-item " << i);
      REQUIRE(std::vector<std::int32_t>(&found[i * 3], &found[i * 3] + 3) ==
              std::vector<std::int32_t>{turns * sum + turns * (turns - 1) / 2 * count,
                                        i % kGroup / width.size & 1 ? up_to : -1, last});
    }
  }
}

TEST_CASE("a function that kernels of several sizes call knows the size of each") {
  const std::string sizes[] = {"8", "16", "32"};
  std::string source =
      "__attribute__((noinline)) int deeper(int x) { return sub_group_reduce_add(x) * 100 + "
      "get_max_sub_group_size(); }\n"
      "__attribute__((noinline)) int deep(int x) { return x > 1000 ? 0 : deeper(x); }\n";
  for (const auto& size : sizes)
    source += "__attribute__((intel_reqd_sub_group_size(" + size + "))) kernel void k" + size +
              "(global int* out) { out[get_global_id(0)] = deep(1); }\n";
  source +=
      "kernel void free_choice(global int* out) { out[get_global_id(0)] = deep(1); }\n"
      "kernel void caller(global int* out) { k8(out); }\n";
  ModelProgram program(source, 32);
  const auto check = [&](const std::string& kernel, std::int32_t size) {
    Bytes out(64 * sizeof(std::int32_t));
    program.run(kernel, {&out}, 64, 64);
    CHECK(values_of<std::int32_t>(out) == std::vector<std::int32_t>(64, size * 100 + size));
  };
  for (const auto& size : sizes) check("k" + size, std::stoi(size));
  check("free_choice", 32);
  check("caller", 32);
}

TEST_CASE("work-group collectives do not ask for the sub-groups' size") {
  const auto in = inputs();
  const auto found =
      run("out[i * 3] = work_group_reduce_add(x); out[i * 3 + 1] = work_group_scan_inclusive_max(x);"
          "out[i * 3 + 2] = work_group_any(x > 120) + work_group_broadcast(x, 20);",
          {32, 8}, 3);
  for (std::size_t i = 0; i < kItems; ++i) {
    const auto first = in.begin() + static_cast<std::ptrdiff_t>(i / kGroup * kGroup);
    const auto here = in.begin() + static_cast<std::ptrdiff_t>(i);
    REQUIRE(found[i * 3] == std::accumulate(first, first + kGroup, 0));
    REQUIRE(found[i * 3 + 1] == *std::max_element(first, here + 1));
    REQUIRE(found[i * 3 + 2] ==
            std::any_of(first, first + kGroup, [](std::int32_t x) { return x > 120; }) + first[20]);
  }
}

}  // namespace
}  // namespace kiesel::compiler::builtins::test
