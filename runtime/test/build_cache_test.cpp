#include "runtime/core/build_cache.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/clock.hpp"
#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::runtime;

namespace {

class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() / ("kiesel-build-cache-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write(const std::filesystem::path& path, std::string_view text) { std::ofstream(path) << text; }

compiler::Reply reply_with(const std::filesystem::path& header) {
  compiler::Reply reply;
  reply.outcome = compiler::Outcome::kSuccess;
  reply.log = "a warning";
  reply.binary = {std::byte{1}, std::byte{2}, std::byte{3}};
  const auto file = read_binary_file(header);
  REQUIRE(file.ok());
  reply.dependencies.push_back({header.string(), hash64(*file), file->size(), true});
  return reply;
}

constexpr const char* kHere = "/the/working/folder";

auto find(const DiskCache& cache, const std::string& folder = kHere) {
  return find_cached(cache, "key", folder);
}
void store(const DiskCache& cache, const compiler::Reply& reply, const std::string& folder = kHere) {
  store_cached(cache, "key", folder, reply);
}

}  // namespace

TEST_CASE("a stored build is found with its log and binary") {
  const Folder folder;
  const auto header = folder.path() / "header.h";
  write(header, "one");
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  CHECK_FALSE(find(cache));
  store(cache, reply_with(header));
  const auto found = find(cache);
  REQUIRE(found);
  CHECK(found->log == "a warning");
  CHECK(found->binary.size() == 3);
  CHECK(found->outcome == compiler::Outcome::kSuccess);
}

TEST_CASE("a changed or missing included file makes the entry a miss") {
  const Folder folder;
  const auto header = folder.path() / "header.h";
  write(header, "one");
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  store(cache, reply_with(header));
  write(header, "two");
  CHECK_FALSE(find(cache));
  write(header, "one");
  CHECK(find(cache));
  std::filesystem::remove(header);
  CHECK_FALSE(find(cache));
}

TEST_CASE("a build that looked for files belongs to its working folder, another one to all") {
  const Folder folder;
  const auto header = folder.path() / "header.h";
  write(header, "one");
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  auto reply = reply_with(header);
  store(cache, reply, "/a");
  CHECK(find(cache, "/a"));
  CHECK_FALSE(find(cache, "/b"));
  reply.log = "of b";
  store(cache, reply, "/b");
  CHECK(find(cache, "/a")->log == "a warning");
  CHECK(find(cache, "/b")->log == "of b");
  reply.dependencies.clear();
  store(cache, reply, "/a");
  CHECK(find(cache, "/c")->log == "of b");
}

TEST_CASE("a file that appears where none was makes the entry a miss") {
  const Folder folder;
  const auto header = folder.path() / "header.h", earlier = folder.path() / "earlier.h";
  write(header, "one");
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  auto reply = reply_with(header);
  reply.dependencies.push_back({earlier.string(), 0, 0, false});
  store(cache, reply);
  CHECK(find(cache));
  write(earlier, "now");
  CHECK_FALSE(find(cache));
  std::filesystem::remove(earlier);
  std::filesystem::create_directories(earlier);
  CHECK(find(cache));
}

TEST_CASE("a file that has become something else is a miss and is not read") {
  const Folder folder;
  const auto header = folder.path() / "header.h";
  write(header, "one");
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  store(cache, reply_with(header));
  const auto replaced_by = [&](auto make) {
    std::filesystem::remove_all(header);
    make();
    const auto start = now_ns();
    CHECK_FALSE(find(cache));
    CHECK(now_ns() - start < 1'000'000'000);
  };
  replaced_by([&] { ::mkfifo(header.c_str(), 0600); });
  replaced_by([&] { std::filesystem::create_symlink("/dev/zero", header); });
  replaced_by([&] { std::filesystem::create_symlink("/proc/self/pagemap", header); });
  replaced_by([&] { std::filesystem::create_directories(header); });
  replaced_by([&] {
    write(header, "one");
    std::filesystem::resize_file(header, std::uint64_t{1} << 40);
  });
  std::filesystem::remove_all(header);
  write(header, "one");
  CHECK(find(cache));
}

TEST_CASE("an entry that is whole but not ours is a miss") {
  const Folder folder;
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  for (std::size_t size : {0, 1, 7, 8, 9, 100}) {
    REQUIRE(cache.store("key", std::vector<std::byte>(size, std::byte{0xFF})));
    CHECK_FALSE(find(cache));
  }
}

TEST_CASE("everything that changes the result changes the key") {
  compiler::Request request;
  request.source = "kernel void f() {}";
  const auto key = [&] { return cache_key(request, "/no/such/compiler"); };
  const auto base = key();
  CHECK(key() == base);
  CHECK(cache_key(request, "/another/compiler") != base);
  const auto changed = [&](auto change) {
    const auto before = request;
    change();
    const bool differs = key() != base;
    request = before;
    return differs;
  };
  CHECK(changed([&] { request.source += " "; }));
  CHECK(changed([&] { request.options = "-DX"; }));
  CHECK(changed([&] { request.extensions = "cl_khr_fp64"; }));
  CHECK(changed([&] { request.operation = compiler::Operation::kCompile; }));
  CHECK(changed([&] { request.target.lanes = 4; }));
  CHECK(changed([&] { request.target.half = false; }));
  CHECK(changed([&] { request.target.wide_group = true; }));
  CHECK(changed([&] { request.headers.push_back({"a.h", ""}); }));
  CHECK(changed([&] { request.inputs.push_back({}); }));
}
