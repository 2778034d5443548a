#include "evaluation/capture/reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/file.hpp"

namespace kiesel::capture {
namespace {

Error damaged(std::uint64_t at, std::string_view what) {
  return {Errc::kInvalidBinary, fmt::format("the record at byte {} {}", at, what)};
}

Error ends_early(std::uint64_t at) {
  return {Errc::kIo, fmt::format("the record at byte {} is not whole: the capture ends too early", at)};
}

Error wrong(std::string reason) { return {Errc::kInvalidBinary, std::move(reason)}; }

std::span<std::byte> bytes_of(auto& value) { return std::as_writable_bytes(std::span(&value, 1)); }

}  // namespace

// ---- memory ----

// Its blocks must all be named, so that what is kept of it is never more than what was read.
Status Memory::add(const Allocation& allocation, const std::vector<Change>& before) {
  const auto own = std::find_if(before.begin(), before.end(),
                                [&](const Change& change) { return change.allocation == allocation.id; });
  if (allocation.bytes == 0 || allocation.address + allocation.bytes < allocation.address ||
      own == before.end() || own->blocks.size() != block_count(allocation.bytes))
    return wrong(fmt::format("allocation {} does not have all of its blocks", allocation.id));
  const auto [held, is_new] = allocations_.try_emplace(allocation.id, Held{allocation, {}});
  if (!is_new) return wrong(fmt::format("there are two allocations {}", allocation.id));
  held->second.blocks.resize(own->blocks.size());
  return {};
}

Status Memory::change(const Change& change) {
  const auto held = allocations_.find(change.allocation);
  if (held == allocations_.end())
    return wrong(fmt::format("a launch changes allocation {}, which is not there", change.allocation));
  for (const Block& block : change.blocks) {
    if (block.number >= held->second.blocks.size())
      return wrong(fmt::format("allocation {} has no block {}", change.allocation, block.number));
    held->second.blocks[block.number] = block.content;
  }
  return {};
}

Status Memory::apply(const Launch& launch) {
  for (const std::uint64_t id : launch.gone) allocations_.erase(id);
  for (const Allocation& allocation : launch.made)
    if (auto added = add(allocation, launch.before); !added) return added;
  for (const Change& each : launch.before)
    if (auto changed = change(each); !changed) return changed;
  return {};
}

Status Memory::apply(const Outcome& outcome) {
  for (const Change& each : outcome.after)
    if (auto changed = change(each); !changed) return changed;
  return {};
}

// ---- the file ----

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& path) {
  auto file = RegularFile::open(path);
  if (!file) return Error{Errc::kNotFound, fmt::format("cannot open {}", path.string())};
  const std::uint64_t bytes = file->bytes();
  auto reader = std::unique_ptr<Reader>(new Reader(file->take()));
  reader->summary_.file_bytes = bytes;
  FileHeader header;
  if (!reader->read(0, bytes_of(header)) || header.magic != kMagic)
    return wrong(fmt::format("{} is not a capture", path.string()));
  if (header.version != kVersion)
    return wrong(fmt::format("{} is a capture of format version {}; this program reads version {}",
                             path.string(), header.version, kVersion));
  if (auto scanned = reader->scan(); !scanned) {
    reader->summary_.damage = scanned.error().reason;
    reader->summary_.ends_early = scanned.error().code == Errc::kIo;
  }
  return reader;
}

bool Reader::read(std::uint64_t at, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += static_cast<std::uint64_t>(count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

Result<RecordHeader> Reader::read_header(std::uint64_t at) const {
  RecordHeader header;
  if (!read(at, bytes_of(header))) return ends_early(at);
  if (!is_whole(header)) return damaged(at, "is damaged");
  if (header.bytes > summary_.file_bytes - at - sizeof header) return ends_early(at);
  return header;
}

Status Reader::scan() {
  for (std::uint64_t at = sizeof(FileHeader); at < summary_.file_bytes;) {
    const auto header = read_header(at);
    if (!header) return header.error();
    if (auto noted = note({at, *header}); !noted) return noted;
    at += sizeof *header + header->bytes;
  }
  return {};
}

Status Reader::note(const Record& record) {
  switch (record.header.kind) {
    case RecordKind::kContent: {
      ContentHeader content;
      if (record.header.bytes < sizeof content ||
          !read(record.at + sizeof record.header, bytes_of(content)) || content.bytes > kMostContentBytes)
        return damaged(record.at, "is damaged");
      contents_.try_emplace(content.hash, Place{record.at, content.bytes});
      ++summary_.contents;
      summary_.content_bytes += content.bytes;
      summary_.packed_bytes += record.header.bytes - sizeof content;
      return {};
    }
    case RecordKind::kLaunch:
      launches_.push_back({record.at, 0});
      ++summary_.launches;
      return {};
    case RecordKind::kOutcome:
      if (launches_.empty() || launches_.back().outcome) return damaged(record.at, "has no launch before it");
      launches_.back().outcome = record.at;
      return {};
    case RecordKind::kDevices: {
      auto devices = value<Devices>(record.at);
      if (!devices) return devices.error();
      devices_ = std::move(*devices);
      return {};
    }
  }
  return {};
}

Result<std::vector<std::byte>> Reader::payload(std::uint64_t at) const {
  const auto header = read_header(at);
  if (!header) return header.error();
  std::vector<std::byte> bytes(header->bytes);
  if (!read(at + sizeof *header, bytes) || !belongs(*header, bytes)) return damaged(at, "is damaged");
  return bytes;
}

template <class Value>
Result<Value> Reader::value(std::uint64_t at) const {
  const auto bytes = payload(at);
  if (!bytes) return bytes.error();
  auto decoded = decode_value<Value>(*bytes);
  if (!decoded) return damaged(at, "does not hold what its kind says");
  return std::move(*decoded);
}

Result<std::optional<Step>> Reader::next() {
  if (next_ == launches_.size()) return std::optional<Step>();
  const Launches& place = launches_[next_++];
  auto launch = value<Launch>(place.launch);
  if (!launch) return launch.error();
  Step step{std::move(*launch), {}};
  if (place.outcome) {
    auto outcome = value<Outcome>(place.outcome);
    if (!outcome) return outcome.error();
    if (outcome->number != step.launch.number)
      return damaged(place.outcome, "is the outcome of another launch");
    step.outcome = std::move(*outcome);
  }
  return std::optional(std::move(step));
}

std::optional<std::uint64_t> Reader::content_bytes(const Hash& hash) const {
  const auto found = contents_.find(hash);
  if (found == contents_.end()) return std::nullopt;
  return found->second.bytes;
}

Result<std::vector<std::byte>> Reader::content(const Hash& hash) const {
  const auto found = contents_.find(hash);
  if (found == contents_.end()) return wrong("the capture lacks contents that a launch needs");
  const Place place = found->second;
  const auto packed = payload(place.at);
  if (!packed) return packed.error();
  const auto frame = std::span(*packed).subspan(sizeof(ContentHeader));
  std::vector<std::byte> bytes(place.bytes);
  const std::size_t count = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (count != bytes.size() || hash_of(bytes) != hash) return damaged(place.at, "holds other contents");
  return bytes;
}

}  // namespace kiesel::capture
