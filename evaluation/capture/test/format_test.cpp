// A capture that is whole, damaged, cut off, or made to do harm.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "evaluation/capture/reader.hpp"
#include "evaluation/capture/writer.hpp"
#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::capture;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "capture-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::vector<std::byte> pattern(std::size_t bytes, unsigned seed) {
  std::vector<std::byte> out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::byte>(i * 7 + i / 256 + seed);
  return out;
}

Hash put(Writer& writer, std::span<const std::byte> bytes) {
  REQUIRE(writer.add_content(hash_of(bytes), bytes));
  return hash_of(bytes);
}

// Two launches over one allocation of a block and a bit; the second one has no outcome.
void write_sample(Writer& writer) {
  REQUIRE(writer.add(RecordKind::kDevices, Devices{"test", {{"device", {}}}}));
  Launch launch;
  launch.program = put(writer, pattern(3000, 9));
  launch.kernel = "first";
  launch.arguments = pattern(24, 0);
  launch.made = {{1, 0, 0, 0x1000, kBlockBytes + 100, "buffer", {}}};
  launch.before = {{1, {{0, put(writer, pattern(kBlockBytes, 1))}, {1, put(writer, pattern(100, 2))}}}};
  REQUIRE(writer.add(RecordKind::kLaunch, launch));
  REQUIRE(writer.add(RecordKind::kOutcome, Outcome{0, "", 5, {{1, {{1, put(writer, pattern(100, 3))}}}}}));
  Launch second;
  second.number = 1;
  second.kernel = "second";
  second.program = launch.program;
  REQUIRE(writer.add(RecordKind::kLaunch, second));
}

std::vector<std::byte> sample(const Folder& folder) {
  const auto path = folder.path / "sample";
  {
    auto writer = Writer::create(path, 0);
    REQUIRE(writer);
    write_sample(**writer);
  }
  auto bytes = read_binary_file(path);
  REQUIRE(bytes);
  return *bytes;
}

std::filesystem::path store(const Folder& folder, std::span<const std::byte> bytes) {
  const auto path = folder.path / "stored";
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(file.flush());
  return path;
}

struct Read {
  unsigned launches = 0, outcomes = 0, contents = 0;
  bool clean = true;
  auto operator<=>(const Read&) const = default;
};

// Everything that can be read, as a replay reads it.
Read read_all(Reader& reader) {
  Read seen;
  Memory memory;
  seen.clean = reader.summary().damage.empty();
  for (;;) {
    auto step = reader.next();
    if (!step) return seen.clean = false, seen;
    if (!*step) return seen;
    ++seen.launches;
    if (!memory.apply((*step)->launch)) return seen.clean = false, seen;
    for (const auto& [id, held] : memory.allocations())
      for (const Hash& block : held.blocks) {
        const auto bytes = reader.content(block);
        seen.contents += bytes.ok();
        seen.clean &= bytes.ok();
      }
    if (!reader.content((*step)->launch.program)) seen.clean = false;
    if (!(*step)->outcome) continue;
    ++seen.outcomes;
    if (!memory.apply(*(*step)->outcome)) return seen.clean = false, seen;
  }
}

std::optional<Read> read_stored(const std::filesystem::path& path) {
  auto reader = Reader::open(path);
  if (!reader) {
    CHECK(!reader.error().reason.empty());
    return std::nullopt;
  }
  return read_all(**reader);
}

constexpr Read kWhole{2, 1, 4, true};

}  // namespace

TEST_CASE("what was written is read") {
  const Folder folder;
  auto reader = Reader::open(store(folder, sample(folder)));
  REQUIRE(reader);
  CHECK((*reader)->summary().launches == 2);
  CHECK((*reader)->summary().contents == 4);
  CHECK((*reader)->devices().devices.at(0).name == "device");
  auto step = (*reader)->next();
  REQUIRE(step);
  REQUIRE(*step);
  CHECK((*step)->launch.kernel == "first");
  CHECK((*step)->launch.arguments == pattern(24, 0));
  const auto block = (*reader)->content((*step)->outcome->after[0].blocks[0].content);
  REQUIRE(block);
  CHECK(*block == pattern(100, 3));
  (*reader)->rewind();
  CHECK(read_all(**reader) == kWhole);
}

TEST_CASE("contents are stored once") {
  const Folder folder;
  auto writer = Writer::create(folder.path / "once", 0);
  REQUIRE(writer);
  put(**writer, pattern(5000, 1));
  const auto end = (*writer)->end();
  put(**writer, pattern(5000, 1));
  CHECK((*writer)->end() == end);
}

TEST_CASE("a file that is there is not written to") {
  const Folder folder;
  const auto path = store(folder, pattern(10, 0));
  CHECK(!Writer::create(path, 0));
  CHECK(std::filesystem::file_size(path) == 10);
}

TEST_CASE("a capture has no more bytes than it may") {
  const Folder folder;
  auto writer = Writer::create(folder.path / "most", 1000);
  REQUIRE(writer);
  REQUIRE((*writer)->add(RecordKind::kOutcome, Outcome{}));
  const auto end = (*writer)->end();
  CHECK(!(*writer)->add(RecordKind::kOutcome, Outcome{0, std::string(1000, 'x'), 0, {}}));
  CHECK((*writer)->end() == end);
}

TEST_CASE("a capture that was cut off is good up to there") {
  const Folder folder;
  const auto bytes = sample(folder);
  Read before{};
  before.clean = false;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto seen = read_stored(store(folder, std::span(bytes).first(length)));
    if (length < sizeof(FileHeader)) {
      CHECK(!seen);
      continue;
    }
    REQUIRE(seen);
    CHECK(seen->launches >= before.launches);
    CHECK(seen->launches < kWhole.launches);
    before = *seen;
  }
  CHECK(before.launches == 1);
  CHECK(before.outcomes == 1);
}

TEST_CASE("each byte that is damaged is found") {
  const Folder folder;
  const auto bytes = sample(folder);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at >= offsetof(FileHeader, reserved) && at < sizeof(FileHeader)) continue;  // says nothing
    auto damaged = bytes;
    damaged[at] ^= std::byte{0x10};
    const auto seen = read_stored(store(folder, damaged));
    INFO("byte " << at);
    CHECK((!seen || !seen->clean));
  }
}

TEST_CASE("launches that say what cannot be are refused") {
  Launch launch;
  launch.made = {{1, 0, 0, 0x1000, std::uint64_t{1} << 60, "huge", {}}};
  launch.before = {{1, {{0, {}}}}};
  CHECK(!Memory().apply(launch));
  launch.made[0].bytes = 100;
  Memory memory;
  CHECK(memory.apply(launch));
  CHECK(!memory.apply(launch));  // twice the same
  CHECK(!memory.apply(Outcome{0, "", 0, {{1, {{7, {}}}}}}));
  CHECK(!memory.apply(Outcome{0, "", 0, {{2, {{0, {}}}}}}));
  launch.made[0].address = ~std::uint64_t{0} - 5;
  CHECK(!Memory().apply(launch));
}

TEST_CASE("counts of a record that cannot be are refused") {
  const Folder folder;
  const auto path = folder.path / "counts";
  {
    auto writer = Writer::create(path, 0);
    REQUIRE(writer);
    // Where a launch's record would have text, a length of many bytes.
    REQUIRE((*writer)->add(RecordKind::kLaunch, std::vector<std::uint64_t>(40, ~std::uint64_t{0})));
  }
  const auto seen = read_stored(path);
  REQUIRE(seen);
  CHECK(!seen->clean);
}

TEST_CASE("another version is refused by name") {
  const Folder folder;
  auto bytes = sample(folder);
  bytes[offsetof(FileHeader, version)] = std::byte{99};
  const auto reader = Reader::open(store(folder, bytes));
  REQUIRE(!reader);
  CHECK(reader.error().reason.find("version 99") != std::string::npos);
}
