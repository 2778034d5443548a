#include <catch2/catch.hpp>

#include "runtime/core/ndrange.hpp"

using namespace kiesel;
using Size = std::array<std::uint64_t, 3>;

namespace {

device::Description device_of(std::uint32_t lanes, std::uint32_t warps, std::uint32_t cores) {
  device::Description out;
  out.target.lanes = lanes;
  out.target.warps = warps;
  out.cores = cores;
  return out;
}

std::uint64_t items(const std::array<std::uint32_t, 3>& local) {
  return std::uint64_t{local[0]} * local[1] * local[2];
}

}  // namespace

TEST_CASE("the chosen work-group size divides the range and fits the device") {
  for (const auto& device : {device_of(32, 32, 8), device_of(4, 4, 1), device_of(1, 1, 1)}) {
    for (const Size& global : {Size{1, 1, 1}, Size{1000003, 1, 1}, Size{1024, 1024, 1}, Size{17, 19, 23},
                               Size{7, 1, 4096}, Size{1ull << 40, 1, 1}}) {
      const auto local = runtime::choose_local_size(global, device);
      for (int i = 0; i < 3; ++i) CHECK(global[i] % local[i] == 0);
      CHECK(items(local) <= device.target.max_work_group_size());
    }
  }
}

TEST_CASE("lanes are filled and every core gets work") {
  const auto device = device_of(32, 32, 8);
  const auto large = runtime::choose_local_size({1 << 20, 1, 1}, device);
  CHECK(large[0] % 32 == 0);
  CHECK((1 << 20) / large[0] >= 8);
  const auto small = runtime::choose_local_size({512, 1, 1}, device);
  CHECK(small[0] % 32 == 0);
  CHECK(512 / small[0] >= 8);
  // Rows of 4: whole warps come from two dimensions.
  CHECK(items(runtime::choose_local_size({4, 4096, 1}, device)) % 32 == 0);
  // A prime row count keeps warps along the row.
  const auto odd = runtime::choose_local_size({640, 479, 1}, device);
  CHECK(odd[0] % 32 == 0);
  CHECK(odd[1] == 1);
}
