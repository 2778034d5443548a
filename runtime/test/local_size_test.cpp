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
      const auto local = runtime::choose_local_size(global, device, true);
      for (int i = 0; i < 3; ++i) CHECK(global[i] % local[i] == 0);
      CHECK(items(local) <= device.target.max_work_group_size());
      CHECK(items(runtime::choose_local_size(global, device, false)) <= device.target.max_work_group_size());
    }
  }
}

TEST_CASE("ranges whose sizes do not fit into 64 bits together have a work-group size too") {
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  for (const auto& device : {device_of(32, 32, 8), device_of(4, 4, 1), device_of(1, 1, 1)}) {
    for (const Size& global :
         {Size{kMost, 1, 1}, Size{std::uint64_t{1} << 63, 1, 1}, Size{1ull << 32, 1ull << 32, 1},
          Size{1ull << 58, 64, 1}, Size{kMost, kMost, kMost}, Size{1ull << 60, 3, 5}, Size{kMost, 2, 3}}) {
      for (const bool uniform : {true, false}) {
        const auto local = runtime::choose_local_size(global, device, uniform);
        CHECK(items(local) >= 1);
        CHECK(items(local) <= device.target.max_work_group_size());
        for (int i = 0; i < 3; ++i) CHECK((!uniform || global[i] % local[i] == 0));
      }
    }
  }
  // As full as where the numbers are small.
  CHECK(items(runtime::choose_local_size({1ull << 63, 1, 1}, device_of(32, 32, 8), true)) == 256);
}

TEST_CASE("lanes are filled and every core gets work") {
  const auto device = device_of(32, 32, 8);
  const auto large = runtime::choose_local_size({1 << 20, 1, 1}, device, true);
  CHECK(large[0] % 32 == 0);
  CHECK((1 << 20) / large[0] >= 8);
  CHECK(items(large) == 256);  // eight warps, where there is enough for all cores
  CHECK(items(runtime::choose_local_size({1024, 1024, 1}, device, true)) == 256);
  CHECK(items(runtime::choose_local_size({64, 64, 64}, device, true)) == 256);
  CHECK(items(runtime::choose_local_size({256 * 8, 1, 1}, device, true)) == 256);
  const auto small = runtime::choose_local_size({512, 1, 1}, device, true);
  CHECK(small[0] % 32 == 0);
  CHECK(512 / small[0] >= 8);
  // Rows of 4: whole warps come from two dimensions.
  CHECK(items(runtime::choose_local_size({4, 4096, 1}, device, true)) % 32 == 0);
  // A prime row count keeps warps along the row.
  const auto odd = runtime::choose_local_size({640, 479, 1}, device, true);
  CHECK(odd[0] % 32 == 0);
  CHECK(odd[1] == 1);
}

TEST_CASE("where work-groups may differ in size, prime ranges fill the lanes too") {
  const auto device = device_of(32, 32, 8);
  for (const Size& global :
       {Size{1000003, 1, 1}, Size{1009, 1013, 1}, Size{101, 103, 107}, Size{7919, 7, 1}}) {
    const auto local = runtime::choose_local_size(global, device, false);
    INFO(local[0] << " " << local[1] << " " << local[2]);
    CHECK(items(local) >= 64);
    std::uint64_t warps = 0;
    for (const auto& region : device::regions_of(3, {}, global, local))
      warps +=
          region.groups[0] * region.groups[1] * region.groups[2] * ((items(region.local_size) + 31) / 32);
    CHECK(global[0] * global[1] * global[2] * 10 >= warps * 32 * 9);
  }
  // No smaller work-groups where they gain nothing.
  CHECK(runtime::choose_local_size({1 << 20, 1, 1}, device, false) ==
        runtime::choose_local_size({1 << 20, 1, 1}, device, true));
}
