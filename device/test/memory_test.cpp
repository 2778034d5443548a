#include "device/model/memory/memory.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

namespace kiesel::model {
namespace {

using Catch::Matchers::Contains;

std::unique_ptr<Memory> make(std::uint64_t capacity = 1 << 30) {
  return std::move(*Memory::create(capacity, 256 << 10));
}

TEST_CASE("allocations are aligned, apart and writable") {
  const auto memory = make();
  std::mt19937 random(1);
  std::vector<std::pair<Address, std::uint64_t>> live;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t bytes = 1 + random() % 20000, alignment = std::uint64_t{1} << random() % 14;
    const auto address = memory->allocate(bytes, alignment);
    REQUIRE(address.ok());
    REQUIRE(*address % alignment == 0);
    std::memset(reinterpret_cast<void*>(*address), i & 255, bytes);
    for (const auto& [other, size] : live)
      REQUIRE((*address >= other + size + 4096 - 4095 || *address + bytes <= other));
    CHECK_FALSE(memory->find(*address + bytes).has_value());
    live.emplace_back(*address, bytes);
    if (random() % 3) continue;
    const std::size_t victim = random() % live.size();
    memory->free(live[victim].first);
    CHECK_FALSE(memory->find(live[victim].first).has_value());
    live.erase(live.begin() + static_cast<std::ptrdiff_t>(victim));
  }
  std::uint64_t sum = 0;
  for (const auto& [address, bytes] : live) sum += bytes;
  CHECK(memory->used() == sum);
  for (const auto& [address, bytes] : live) memory->free(address);
  CHECK(memory->used() == 0);
  const auto all = memory->allocate(std::uint64_t{1} << 30, 4096);
  CHECK(all.ok());
}

TEST_CASE("small allocations take each other's places, and nothing remains of the one before") {
  const auto memory = make();
  const auto first = memory->allocate(5000, 64, Memory::Kind::kReadOnly, "first");
  REQUIRE(first.ok());
  memory->divide(*first, {{{*first, *first + 8}, Memory::Kind::kData}});
  const auto epoch = memory->epoch();
  memory->free(*first);
  CHECK(memory->epoch() != epoch);
  CHECK_FALSE(memory->find(*first).has_value());
  CHECK_FALSE(memory->contains(*first, 1));
  memory->free(*first);  // nothing happens
  const auto second = memory->allocate(4097, 64, Memory::Kind::kData, "second");
  REQUIRE(second.ok());
  CHECK(*second == *first);
  CHECK(memory->used() == 4097);
  CHECK(memory->contains(*second, 4097));
  CHECK_FALSE(memory->contains(*second, 4098));
  REQUIRE(memory->find(*second + 100).has_value());
  CHECK(memory->find(*second + 100)->kind == Memory::Kind::kData);
  CHECK_THAT(memory->describe(*second), Contains("second"));
}

TEST_CASE("memory ends, and comes back") {
  const auto memory = make(1 << 20);
  const auto first = memory->allocate(1 << 20, 64);
  REQUIRE(first.ok());
  const auto second = memory->allocate(1, 64);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().code == Errc::kOutOfMemory);
  memory->free(*first);
  CHECK(memory->allocate(1, 64).ok());
  CHECK_FALSE(memory->allocate(~std::uint64_t{0}, 64).ok());
  CHECK(memory->allocate(8, 3).error().code == Errc::kInvalidArgument);
  memory->free(0);
}

TEST_CASE("a huge allocation costs only what is touched") {
  const auto memory = make(std::uint64_t{64} << 30);
  const auto big = memory->allocate(std::uint64_t{40} << 30, 4096);
  REQUIRE(big.ok());
  auto* bytes = reinterpret_cast<char*>(*big);
  bytes[0] = 1;
  bytes[(std::uint64_t{40} << 30) - 1] = 2;
  CHECK(memory->contains(*big, std::uint64_t{40} << 30));
  CHECK_FALSE(memory->contains(*big + 1, std::uint64_t{40} << 30));
}

TEST_CASE("a wild address is told by its neighbours") {
  const auto memory = make();
  const auto a = memory->allocate(100, 4096), b = memory->allocate(100, 4096);
  memory->label(*a, "buffer 1");
  memory->label(*b, "buffer 2");
  CHECK_THAT(memory->describe(*a + 5), Contains("5 bytes into buffer 1 (100 bytes at"));
  CHECK_THAT(memory->describe(*a + 104), Contains("4 bytes past the end of buffer 1"));
  CHECK_THAT(memory->describe(*b - 8), Contains("8 bytes before buffer 2"));
  const std::uint64_t epoch = memory->epoch();
  memory->free(*a);
  CHECK(memory->epoch() != epoch);
}

TEST_CASE("with page bounds a buffer has the rest of its last page, and no more") {
  const auto memory = std::move(*Memory::create(64 << 20, 256 << 10, Memory::Bounds::kPages));
  const auto a = memory->allocate(100, 64);
  REQUIRE(memory->find(*a + 100).has_value());
  CHECK(memory->find(*a + 100)->range.end == *a + 4096);
  CHECK_FALSE(memory->contains(*a, 101));
  CHECK_FALSE(memory->find(*a + 4096).has_value());
  CHECK_THAT(memory->describe(*a + 104), Contains("4 bytes past the end of"));
}

TEST_CASE("a divided allocation is its parts") {
  const auto memory = make();
  const auto a = memory->allocate(10000, 4096);
  memory->divide(*a,
                 {{{*a, *a + 100}, Memory::Kind::kReadOnly}, {{*a + 4096, *a + 10000}, Memory::Kind::kData}});
  CHECK(memory->find(*a + 99)->kind == Memory::Kind::kReadOnly);
  CHECK_FALSE(memory->find(*a + 100).has_value());
  CHECK(memory->find(*a + 4096)->range.end == *a + 10000);
  memory->free(*a);
}

}  // namespace
}  // namespace kiesel::model
