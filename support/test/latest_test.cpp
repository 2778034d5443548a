#include "support/latest.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <thread>

using namespace kiesel;

namespace {

using Words = std::array<std::uint64_t, 8>;

}  // namespace

TEST_CASE("there is no latest value before the first") {
  Latest<Words> latest;
  CHECK_FALSE(latest.load());
  latest.store({1, 2, 3});
  REQUIRE(latest.load());
  CHECK(*latest.load() == Words{1, 2, 3});
}

TEST_CASE("who reads while threads store sees one version whole") {
  Latest<Words> latest;
  std::atomic<bool> end{false};
  std::array<std::thread, 2> storing;
  for (auto& thread : storing)
    thread = std::thread([&] {
      Words words{};
      while (!end) {
        words.fill(words[0] + 1);
        latest.store(words);
        std::this_thread::yield();
      }
    });
  bool torn = false;
  std::uint64_t seen = 0;
  for (int i = 0; i < 100'000 || (seen < 1000 && i < 100'000'000); ++i) {
    const auto words = latest.load();
    if (!words) continue;
    ++seen;
    for (const auto word : *words) torn |= word != words->front();
  }
  end = true;
  for (auto& thread : storing) thread.join();
  CHECK_FALSE(torn);
  CHECK(seen >= 1000);
}
