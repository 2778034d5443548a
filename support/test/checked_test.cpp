#include "support/checked.hpp"

#include <catch2/catch.hpp>
#include <cstdint>

using namespace kiesel;

TEST_CASE("products and sums that do not fit are none") {
  constexpr std::uint64_t kBig = std::uint64_t{1} << 32;
  CHECK(checked_product(kBig, kBig - 1, std::uint64_t{1}) == (kBig - 1) << 32);
  CHECK_FALSE(checked_product(kBig, kBig));
  CHECK_FALSE(checked_product(kBig, kBig, std::uint64_t{2}));
  CHECK(checked_product(kBig, kBig, std::uint64_t{0}) == 0);
  CHECK(checked_product(std::uint64_t{0}, kBig, kBig) == 0);
  CHECK(checked_sum(UINT64_MAX - 1, std::uint64_t{1}) == UINT64_MAX);
  CHECK_FALSE(checked_sum(UINT64_MAX, std::uint64_t{1}));
  CHECK_FALSE(checked_sum(UINT64_MAX, std::uint64_t{1}, std::uint64_t{5}));
}

TEST_CASE("or they are the largest number") {
  CHECK(saturating_product(UINT64_MAX, std::uint64_t{2}) == UINT64_MAX);
  CHECK(saturating_product(std::uint64_t{3}, std::uint64_t{2}) == 6);
  CHECK(saturating_sum(UINT64_MAX, std::uint64_t{2}) == UINT64_MAX);
  CHECK(saturating_cast<std::uint32_t>(std::uint64_t{1} << 32) == UINT32_MAX);
  CHECK(saturating_cast<std::uint32_t>(std::uint64_t{77}) == 77);
}
