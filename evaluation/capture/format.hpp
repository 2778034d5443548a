// What a capture is made of (docs/capture.md): a file's header, then records, each with its length and
// hashes. Nothing that was written is changed later, so a file that ends too early is good up to its last
// whole record.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "support/archive.hpp"

namespace kiesel::capture {

inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::array<char, 8> kMagic{'K', 'I', 'E', 'S', 'E', 'L', 'C', 'P'};

inline constexpr std::uint64_t kBlockBytes = 16 << 10;         // memory is stored in blocks of this size
inline constexpr std::uint64_t kMostContentBytes = 256 << 20;  // of a block or a program
inline constexpr std::uint64_t kMostPayloadBytes = 512 << 20;  // of any record

struct FileHeader {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(FileHeader) == 16);

enum class RecordKind : std::uint32_t { kDevices = 1, kContent, kLaunch, kOutcome };
inline constexpr RecordKind kLastKind = RecordKind::kOutcome;

struct RecordHeader {
  RecordKind kind{};
  std::uint32_t check = 0;  // of kind, bytes and hash
  std::uint64_t bytes = 0;  // of the payload, which follows
  std::uint64_t hash = 0;   // XXH3-64 of the payload
};
static_assert(sizeof(RecordHeader) == 24);

// The header that goes before a payload, and whether a header that was read is one.
RecordHeader header_of(RecordKind kind, std::span<const std::byte> payload);
bool is_whole(const RecordHeader& header);
bool belongs(const RecordHeader& header, std::span<const std::byte> payload);

// XXH3-128 of bytes: what they are called wherever they are needed.
struct Hash {
  std::uint64_t low = 0, high = 0;
  auto operator<=>(const Hash&) const = default;
};
Hash hash_of(std::span<const std::byte> bytes);
struct HashOfHash {
  std::size_t operator()(const Hash& hash) const { return hash.low; }
};

// Starts the payload of kContent; what follows is the bytes as a zstd frame.
struct ContentHeader {
  Hash hash;
  std::uint64_t bytes = 0;  // before compression
};
static_assert(sizeof(ContentHeader) == 24);

// Payload of kDevices: who recorded. Launches name devices by their place here.
struct DeviceNote {
  std::string name;
  std::string target;  // words_for()
};
// "32 warps of 32 lanes, ..."
std::string words_for(const isa::Target& target);
struct Devices {
  std::string kiesel;  // version of the recorder
  std::vector<DeviceNote> devices;
};

// A piece of a device's memory, from the first launch that could reach it until one says that it is gone.
struct Allocation {
  std::uint64_t id = 0;  // of this capture, never used again
  std::uint32_t device = 0;
  device::Owner owner = 0;
  device::Address address = 0;
  std::uint64_t bytes = 0;
  std::string label;
  Hash program;  // of which it is the variables; zero: of none

  bool is_of_program() const { return program != Hash{}; }
};
constexpr std::uint64_t block_count(std::uint64_t bytes) {
  return bytes / kBlockBytes + (bytes % kBlockBytes != 0);
}

struct Block {
  std::uint64_t number = 0;
  Hash content;
};
// Blocks of an allocation that are not what the capture has; all of them where it is new.
struct Change {
  std::uint64_t allocation = 0;
  std::vector<Block> blocks;
};

// Payload of kLaunch, written before it starts, after all contents that it names.
struct Launch {
  std::uint64_t number = 0;  // among all launches of the application, from 0
  std::uint32_t device = 0;
  device::Owner owner = 0;
  Hash program;
  device::Address program_base = 0;
  std::string kernel;
  device::Region region;
  device::Cores cores;
  std::uint32_t local_memory_bytes = 0;
  std::uint64_t private_memory_bytes = 0;
  device::Address printf_buffer = 0;
  std::vector<std::byte> arguments;
  std::vector<std::uint64_t> gone;  // since the launch before
  std::vector<Allocation> made;
  std::vector<Change> before;
  // Allocations that its arguments name, that those hold addresses of, and so on: it can use no others.
  std::vector<std::uint64_t> reachable;
};

// Payload of kOutcome, which follows the launch unless the application ended within it.
struct Outcome {
  std::uint64_t number = 0;  // the launch's
  std::string fault;         // why it failed, or empty
  std::uint64_t nanoseconds = 0;
  std::vector<Change> after;
};

}  // namespace kiesel::capture

namespace kiesel {

template <>
struct Fields<device::Region> {
  static auto of(auto& value) {
    return std::tie(value.work_dim, value.first_global_id, value.first_group, value.groups, value.local_size,
                    value.global_size, value.num_groups, value.enqueued_local_size);
  }
};
template <>
struct Fields<device::Cores> {
  static auto of(auto& value) { return std::tie(value.first, value.count); }
};
template <>
struct Fields<capture::Hash> {
  static auto of(auto& value) { return std::tie(value.low, value.high); }
};
template <>
struct Fields<capture::DeviceNote> {
  static auto of(auto& value) { return std::tie(value.name, value.target); }
};
template <>
struct Fields<capture::Devices> {
  static auto of(auto& value) { return std::tie(value.kiesel, value.devices); }
};
template <>
struct Fields<capture::Allocation> {
  static auto of(auto& value) {
    return std::tie(value.id, value.device, value.owner, value.address, value.bytes, value.label,
                    value.program);
  }
};
template <>
struct Fields<capture::Block> {
  static auto of(auto& value) { return std::tie(value.number, value.content); }
};
template <>
struct Fields<capture::Change> {
  static auto of(auto& value) { return std::tie(value.allocation, value.blocks); }
};
template <>
struct Fields<capture::Launch> {
  static auto of(auto& value) {
    return std::tie(value.number, value.device, value.owner, value.program, value.program_base, value.kernel,
                    value.region, value.cores, value.local_memory_bytes, value.private_memory_bytes,
                    value.printf_buffer, value.arguments, value.gone, value.made, value.before,
                    value.reachable);
  }
};
template <>
struct Fields<capture::Outcome> {
  static auto of(auto& value) { return std::tie(value.number, value.fault, value.nanoseconds, value.after); }
};

}  // namespace kiesel
