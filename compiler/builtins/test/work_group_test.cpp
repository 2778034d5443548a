// Work-group collective functions on devices of several widths.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>

#include "compiler/builtins/test/model_program.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

TEST_CASE("work-groups reduce, scan, vote and broadcast") {
  for (const auto lanes : {1u, 4u, 32u, 64u})
    for (const std::uint32_t group : {1u, 19u, 32u, 43u, 64u}) {
      const std::size_t items = 2 * group;
      ModelProgram program(
          "kernel void k(global const long* in, global long* out) { size_t i = get_global_id(0); long x = "
          "in[i];"
          "  out[i * 9] = work_group_reduce_add(x); out[i * 9 + 1] = work_group_reduce_min((int)x);"
          "  out[i * 9 + 2] = work_group_scan_inclusive_max(x); out[i * 9 + 3] = "
          "work_group_scan_exclusive_add((double)x);"
          "  out[i * 9 + 4] = work_group_scan_exclusive_max((uint)(x + 500)); out[i * 9 + 5] = "
          "work_group_all(x > -90);"
          "  out[i * 9 + 6] = work_group_any(x > 90); out[i * 9 + 7] = work_group_broadcast(x, "
          "get_local_size(0) / 2);"
          "  out[i * 9 + 8] = work_group_scan_inclusive_add((float)x); }",
          lanes);
      std::vector<std::int64_t> in(items);
      for (std::size_t i = 0; i < items; ++i)
        in[i] = static_cast<std::int64_t>(i * 2654435761u % 4294967296u >> 24) - 100;
      Bytes input = bytes_of(in), output(items * 9 * 8);
      program.run("k", {&input, &output}, items, group);
      const auto found = values_of<std::int64_t>(output);
      for (std::size_t i = 0; i < items; ++i) {
        const auto first = i / group * group;
        std::int64_t sum = 0, least = INT32_MAX, up_to = INT64_MIN, before = 0, before_max = 0, all = 1,
                     any = 0;
        for (auto peer = first; peer < first + group; ++peer) {
          sum += in[peer];
          least = std::min(least, in[peer]);
          if (peer <= i) up_to = std::max(up_to, in[peer]);
          if (peer < i) before += in[peer];
          if (peer < i) before_max = std::max(before_max, in[peer] + 500);
          all &= in[peer] > -90;
          any |= in[peer] > 90;
        }
        INFO("lanes " << lanes << ", group " << group << ", work-item " << i);
        REQUIRE(std::vector<std::int64_t>(&found[i * 9], &found[i * 9] + 9) ==
                std::vector<std::int64_t>{sum, least, up_to, before, before_max, all, any,
                                          in[first + group / 2], before + in[i]});
      }
    }
}

}  // namespace
}  // namespace kiesel::compiler::builtins::test
