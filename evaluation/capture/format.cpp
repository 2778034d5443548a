#include "evaluation/capture/format.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include "device/isa/extensions.hpp"

namespace kiesel::capture {
namespace {

std::uint32_t check_of(const RecordHeader& header) {
  const std::uint64_t words[] = {static_cast<std::uint64_t>(header.kind), header.bytes, header.hash};
  return static_cast<std::uint32_t>(XXH3_64bits(words, sizeof words));
}

}  // namespace

RecordHeader header_of(RecordKind kind, std::span<const std::byte> payload) {
  RecordHeader header{kind, 0, payload.size(), XXH3_64bits(payload.data(), payload.size())};
  header.check = check_of(header);
  return header;
}

bool is_whole(const RecordHeader& header) {
  return header.check == check_of(header) && header.kind >= RecordKind::kDevices &&
         header.kind <= kLastKind && header.bytes <= kMostPayloadBytes;
}

bool belongs(const RecordHeader& header, std::span<const std::byte> payload) {
  return payload.size() == header.bytes && XXH3_64bits(payload.data(), payload.size()) == header.hash;
}

Hash hash_of(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

std::string words_for(const isa::Target& target) {
  return fmt::format("{} warps of {} lanes, {} KiB of local memory, {}", target.warps, target.lanes,
                     target.local_memory_bytes >> 10, isa::extension_names(target));
}

}  // namespace kiesel::capture
