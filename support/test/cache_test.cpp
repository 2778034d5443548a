#include "support/cache.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

TEST_CASE("a folder made by the cache is its user's alone") {
  Folder folder;
  const DiskCache cache(folder.path / "deep" / "er", 1 << 20);
  REQUIRE(cache.store("a", bytes(10, 1)));
  for (const auto& made : {folder.path, folder.path / "deep", folder.path / "deep" / "er"})
    CHECK((fs::status(made).permissions() & fs::perms::mask) == fs::perms::owner_all);
  CHECK((fs::status(only_entry(folder.path / "deep" / "er")).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a folder that others may write to is not used") {
  Folder folder;
  const DiskCache cache(folder.path, 1 << 20);
  REQUIRE(cache.store("a", bytes(10, 1)));
  for (const mode_t mode : {01777, 0777, 0702}) {
    ::chmod(folder.path.c_str(), mode);
    CHECK_FALSE(cache.find("a"));
    CHECK_FALSE(cache.store("b", bytes(10, 1)));
  }
  ::chmod(folder.path.c_str(), 0755);
  CHECK(cache.find("a"));
}

TEST_CASE("a folder whose place others may give to another is not used") {
  Folder folder;
  fs::create_directories(folder.path);
  const auto path = folder.path / "cache";
  ::chmod(folder.path.c_str(), 0777);
  CHECK_FALSE(DiskCache(path, 1 << 20).store("a", bytes(10, 1)));
  ::chmod(folder.path.c_str(), 01777);
  CHECK(DiskCache(path, 1 << 20).store("a", bytes(10, 1)));
}

TEST_CASE("a link in the place of the folder is not followed") {
  Folder folder;
  REQUIRE(DiskCache(folder.path / "real", 1 << 20).store("a", bytes(10, 1)));
  fs::create_symlink(folder.path / "real", folder.path / "link");
  for (const char* name : {"link", "link/", "link/."}) {
    CHECK_FALSE(DiskCache(folder.path / name, 1 << 20).find("a"));
    CHECK_FALSE(DiskCache(folder.path / name, 1 << 20).store("b", bytes(10, 1)));
  }
}

TEST_CASE("entries that are not plain files of this user alone are misses") {
  Folder folder;
  const DiskCache cache(folder.path, 1 << 20);
  REQUIRE(cache.store("a", bytes(10, 1)));
  const auto entry = only_entry(folder.path);
  SECTION("others may write to it") { ::chmod(entry.c_str(), 0666); }
  SECTION("a link to one") {
    fs::rename(entry, folder.path / "target");
    fs::create_symlink(folder.path / "target", entry);
  }
  SECTION("a link to an endless file") {
    fs::remove(entry);
    fs::create_symlink("/dev/zero", entry);
  }
  SECTION("a pipe") {
    fs::remove(entry);
    ::mkfifo(entry.c_str(), 0600);
  }
  SECTION("a folder") {
    fs::remove(entry);
    fs::create_directories(entry);
  }
  SECTION("larger than the cache") { fs::resize_file(entry, std::uint64_t{1} << 40); }
  SECTION("of another user") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(entry.c_str(), 65534, 65534) == 0);
  }
  SECTION("a folder of another user") {
    if (::geteuid() != 0) return;
    REQUIRE(::chown(folder.path.c_str(), 65534, 65534) == 0);
  }
  CHECK_FALSE(cache.find("a"));
}

TEST_CASE("a folder above that belongs to another user spoils the cache") {
  if (::geteuid() != 0) return;
  Folder folder;
  fs::create_directories(folder.path);
  REQUIRE(::chown(folder.path.c_str(), 65534, 65534) == 0);
  CHECK_FALSE(DiskCache(folder.path / "cache", 1 << 20).store("a", bytes(10, 1)));
}

TEST_CASE("files that are not entries outlive a cache that needs room") {
  Folder folder;
  fs::create_directories(folder.path);
  std::ofstream(folder.path / "letter.txt") << std::string(5000, 'x');
  const DiskCache cache(folder.path, 1000);
  for (int i = 0; i < 8; ++i) REQUIRE(cache.store(std::to_string(i), bytes(400, i)));
  CHECK(fs::file_size(folder.path / "letter.txt") == 5000);
}

TEST_CASE("a full disk costs only the cache") {
  Folder folder;
  const DiskCache cache(folder.path, 1 << 20);
  REQUIRE(cache.store("a", bytes(100, 1)));
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{50, 50};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool right = !cache.store("b", bytes(100, 2)) && cache.find("a") && !cache.find("b");
    ::_exit(right ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(std::distance(fs::directory_iterator(folder.path), fs::directory_iterator()) == 1);
}

TEST_CASE("no path is no cache") {
  const DiskCache cache("", 1 << 20);
  CHECK_FALSE(cache.store("a", bytes(10, 1)));
  CHECK_FALSE(cache.find("a"));
}

TEST_CASE("keys tell parts apart") {
  CHECK(CacheKey().add("ab").add("c").text() != CacheKey().add("a").add("bc").text());
  CHECK(CacheKey().add("ab").text() == CacheKey().add("ab").text());
  CHECK(CacheKey().add("ab").text().size() == 32);
}
