#include "runtime/core/build_cache.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

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
  reply.dependencies.push_back({header.string(), hash64(*file)});
  return reply;
}

}  // namespace

TEST_CASE("a stored build is found with its log and binary") {
  const Folder folder;
  const auto header = folder.path() / "header.h";
  write(header, "one");
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  CHECK_FALSE(find_cached(cache, "key"));
  store_cached(cache, "key", reply_with(header));
  const auto found = find_cached(cache, "key");
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
  store_cached(cache, "key", reply_with(header));
  write(header, "two");
  CHECK_FALSE(find_cached(cache, "key"));
  write(header, "one");
  CHECK(find_cached(cache, "key"));
  std::filesystem::remove(header);
  CHECK_FALSE(find_cached(cache, "key"));
}

TEST_CASE("an entry that is whole but not ours is a miss") {
  const Folder folder;
  const DiskCache cache(folder.path() / "cache", 1 << 20);
  for (std::size_t size : {0, 1, 7, 8, 9, 100}) {
    REQUIRE(cache.store("key", std::vector<std::byte>(size, std::byte{0xFF})));
    CHECK_FALSE(find_cached(cache, "key"));
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
  CHECK(changed([&] { request.headers.push_back({"a.h", ""}); }));
  CHECK(changed([&] { request.inputs.push_back({}); }));
}
