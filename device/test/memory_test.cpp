#include "device/model/memory/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

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

TEST_CASE("a place is used again when every launch that began before it was freed has ended") {
  const auto memory = make();
  Holder holder;
  for (const std::uint64_t bytes : {100, 3 << 20}) {
    REQUIRE(holder.take());
    CHECK_FALSE(holder.take());
    holder.begins(memory->epoch());
    holder.has_forgotten_until(memory->epoch());
    const auto first = memory->allocate(bytes, 64);
    memory->free(*first);
    CHECK(memory->used() == 0);
    const auto second = memory->allocate(bytes, 64);
    CHECK(*second != *first);
    holder.has_forgotten_until(memory->epoch());
    const auto same = memory->allocate(bytes, 64);
    CHECK(*same != *first);  // the kernel knows the address
    holder.begins(memory->epoch());
    const auto third = memory->allocate(bytes, 64);
    CHECK(*third == *first);
    memory->free(*third);
    holder.leave();
    const auto fourth = memory->allocate(bytes, 64);
    CHECK(*fourth == *first);
    for (const auto& each : {second, same, fourth}) memory->free(*each);
  }
}

TEST_CASE("where there is no room but what may be remembered, there is none") {
  const auto memory = make(4 << 20);
  Holder holder;
  REQUIRE(holder.take());
  holder.has_forgotten_until(memory->epoch());
  bool full = false;
  for (int i = 0; i < 10 && !full; ++i) {
    const auto address = memory->allocate(4 << 20, 64);
    full = !address.ok();
    if (!full) memory->free(*address);
  }
  CHECK(full);
  std::thread looks([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    holder.has_forgotten_until(memory->epoch());
  });
  CHECK(memory->allocate(4 << 20, 64).ok());  // waits, and takes what the kernel may have the address of
  looks.join();
  holder.leave();
}

TEST_CASE("a file is memory while it is mapped, and zeros where it has been made shorter") {
  const auto memory = make();
  const int file = ::memfd_create("test", MFD_CLOEXEC);
  REQUIRE(::ftruncate(file, 3 * 4096) == 0);
  const auto first = memory->map_file(file, 10000, "a file"), second = memory->map_file(file, 4096);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(memory->used() == 0);
  auto *one = reinterpret_cast<char*>(*first), *two = reinterpret_cast<char*>(*second);
  one[5] = 7;
  CHECK(two[5] == 7);
  CHECK(memory->find(*first + 9999)->range.end == *first + 10000);
  CHECK(memory->free(*second) != 0);
  CHECK(two[5] == 0);  // the file is gone from there
  const auto before = memory->epoch();
  CHECK_FALSE(memory->lost_since(before, 0));
  REQUIRE(::ftruncate(file, 4096) == 0);
  CHECK(one[5] == 7);
  CHECK(memory->find(*first).has_value());
  CHECK(one[9000] == 0);
  CHECK(one[5] == 0);
  CHECK_FALSE(memory->find(*first).has_value());
  CHECK_FALSE(memory->contains(*first, 1));
  CHECK(memory->epoch() != before);
  CHECK(memory->lost_since(before, 0));
  CHECK_FALSE(memory->lost_since(before, 1));
  CHECK_FALSE(memory->lost_since(memory->epoch(), 0));
  CHECK_THAT(memory->describe(*first), Contains("a file (10000 bytes") && Contains("shorter"));
  memory->free(*first);
  const auto again = memory->allocate(10000, 64);
  REQUIRE(again.ok());
  std::memset(reinterpret_cast<void*>(*again), 1, 10000);
  CHECK(memory->find(*again).has_value());
  char byte = 0;
  REQUIRE(::pread(file, &byte, 1, 5) == 1);
  CHECK(byte == 7);
  ::close(file);
}

TEST_CASE("memory with an owner is zero, and that of others is not") {
  const auto memory = make();
  for (const std::uint64_t bytes : {std::uint64_t{1}, std::uint64_t{5000}, std::uint64_t{3} << 20}) {
    const auto first = memory->allocate(bytes, 64);
    std::memset(reinterpret_cast<void*>(*first), 0xFF, bytes);
    memory->free(*first);
    const auto second = memory->allocate(bytes, 64, Memory::Kind::kData, "owned", 3);
    CHECK(*second == *first);
    CHECK(memory->find(*second)->owner == 3);
    const auto* begin = reinterpret_cast<const char*>(*second);
    CHECK(std::all_of(begin, begin + bytes, [](char byte) { return byte == 0; }));
  }
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
