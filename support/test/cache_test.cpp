#include "support/cache.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

namespace fs = std::filesystem;
using kiesel::CacheKey;
using kiesel::DiskCache;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("kiesel-cache-test-" + std::to_string(::getpid()));
  ~Folder() { fs::remove_all(path); }
};

std::vector<std::byte> bytes(std::size_t size, int value) { return {size, static_cast<std::byte>(value)}; }

fs::path only_entry(const fs::path& folder) { return fs::directory_iterator(folder)->path(); }

}  // namespace

TEST_CASE("a stored entry comes back and an unknown key does not") {
  Folder folder;
  DiskCache cache(folder.path, 1 << 20);
  REQUIRE(cache.store("aa", bytes(100, 7)));
  CHECK(cache.find("aa") == bytes(100, 7));
  CHECK_FALSE(cache.find("ab"));
}

TEST_CASE("a damaged or truncated entry is a miss") {
  Folder folder;
  DiskCache cache(folder.path, 1 << 20);
  REQUIRE(cache.store("aa", bytes(100, 7)));
  SECTION("one changed byte") {
    std::fstream file(only_entry(folder.path), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(50);
    file.put(9);
  }
  SECTION("cut in the middle") { fs::resize_file(only_entry(folder.path), 60); }
  SECTION("empty") { fs::resize_file(only_entry(folder.path), 0); }
  CHECK_FALSE(cache.find("aa"));
}

TEST_CASE("the folder stays within its limit and the entry used longest ago goes first") {
  Folder folder;
  DiskCache cache(folder.path, 5000);
  REQUIRE(cache.store("a", bytes(2000, 1)));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(cache.store("b", bytes(2000, 2)));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(cache.find("a"));
  REQUIRE(cache.store("c", bytes(2000, 3)));
  CHECK(cache.find("a"));
  CHECK_FALSE(cache.find("b"));
  CHECK(cache.find("c"));
  CHECK_FALSE(cache.store("d", bytes(6000, 4)));
}

TEST_CASE("many small entries stay within twice the limit") {
  Folder folder;
  constexpr std::uint64_t kLimit = 40000;
  const DiskCache cache(folder.path, kLimit);
  for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(cache.store(CacheKey().add(i).text(), bytes(200, 1)));
  std::uint64_t total = 0;
  for (const auto& entry : fs::directory_iterator(folder.path)) total += entry.file_size();
  CHECK(total > kLimit / 2);
  CHECK(total < 2 * kLimit);
}

TEST_CASE("a folder that cannot be made costs only the cache") {
  DiskCache cache("/proc/no/such/folder", 1 << 20);
  CHECK_FALSE(cache.store("a", bytes(10, 1)));
  CHECK_FALSE(cache.find("a"));
}

TEST_CASE("writers and readers of one key at the same time see whole entries") {
  Folder folder;
  DiskCache cache(folder.path, 1 << 20);
  std::vector<std::thread> threads;
  std::atomic<int> torn{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        cache.store("k", bytes(3000, t));
        const auto found = cache.find("k");
        if (found && *found != bytes(3000, std::to_integer<int>(found->front()))) ++torn;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(torn == 0);
  CHECK(cache.find("k"));
}

TEST_CASE("keys tell parts apart") {
  CHECK(CacheKey().add("ab").add("c").text() != CacheKey().add("a").add("bc").text());
  CHECK(CacheKey().add("ab").text() == CacheKey().add("ab").text());
  CHECK(CacheKey().add("ab").text().size() == 32);
}
