#include "runtime/core/residence.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <random>

namespace kiesel::runtime {
namespace {

using Moves = std::vector<Residence::Move>;

TEST_CASE("bytes that nobody wrote are nowhere and need not come") {
  Residence bytes(100);
  CHECK(bytes.missing(Access::kRead, {0, 100}, 3).empty());
  bytes.begin(Access::kRead, {0, 100}, 3);
  CHECK(bytes.missing(Access::kRead, {0, 100}, 1).empty());
}

TEST_CASE("a write takes bytes from the others, a read does not") {
  Residence bytes(100);
  bytes.begin(Access::kWrite, {0, 100}, 0);
  CHECK(bytes.missing(Access::kRead, {0, 100}, 1) == Moves{{{0, 100}, 0}});
  CHECK(bytes.missing(Access::kOverwrite, {0, 100}, 1).empty());
  bytes.begin(Access::kRead, {0, 50}, 1);
  CHECK(bytes.missing(Access::kRead, {0, 100}, 0).empty());
  CHECK(bytes.missing(Access::kRead, {0, 100}, 1) == Moves{{{50, 100}, 0}});
  bytes.begin(Access::kOverwrite, {40, 60}, 2);
  CHECK(bytes.missing(Access::kWrite, {0, 100}, 0) == Moves{{{40, 60}, 2}});
  CHECK(bytes.missing(Access::kRead, {30, 70}, 1) == Moves{{{40, 60}, 2}, {{60, 70}, 0}});
}

// Each device's copy of each byte, and who wrote it last, against the class.
TEST_CASE("random commands find the bytes of the last writer") {
  constexpr std::size_t kBytes = 24;
  constexpr unsigned kDevices = 3;
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Residence residence(kBytes);
    std::vector<int> newest(kBytes), copies[kDevices];
    for (auto& copy : copies) copy.assign(kBytes, 0);
    for (int command = 1; command < 200; ++command) {
      const auto access = static_cast<Access>(random() % 3);
      const unsigned device = random() % kDevices;
      const std::size_t begin = random() % kBytes, end = begin + 1 + random() % (kBytes - begin);
      for (const auto& move : residence.missing(access, {begin, end}, device)) {
        REQUIRE((move.range.begin >= begin && move.range.end <= end && move.from != device));
        for (auto i = move.range.begin; i < move.range.end; ++i) copies[device][i] = copies[move.from][i];
      }
      residence.begin(access, {begin, end}, device);
      for (auto i = begin; i < end; ++i) {
        if (access != Access::kOverwrite) REQUIRE((copies[device][i] == newest[i] || newest[i] == 0));
        // A write changes every other byte.
        if (access == Access::kOverwrite || (access == Access::kWrite && i % 2))
          copies[device][i] = newest[i] = command;
      }
    }
  }
}

}  // namespace
}  // namespace kiesel::runtime
