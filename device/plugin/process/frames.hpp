// What the application's process and a device's process say to each other over a stream socket: frames, each
// with bytes behind it. Requests have a number, which their answer repeats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "device/plugin/description.hpp"
#include "device/plugin/kiesel_device.h"
#include "support/archive.hpp"

namespace kiesel::device::plugin {

enum class FrameKind : std::uint32_t {
  // To the device's process.
  kAllocate,  // a: bytes, b: alignment, c: wanted
  kFree,      // a: address; no answer
  kLoad,      // c: wanted; the ELF file
  kUnload,    // a: address; no answer
  kLaunch,    // a LaunchMessage
  kRead,      // a: source, b: bytes
  kWrite,     // a: target; what to write
  kCopy,      // a: source, b: target, c: bytes
  kFill,      // a: target, b: bytes; the pattern
  kCounters,
  kReset,
  // From it.
  kHello,  // the first; a Description, or the reason why there is none
  kReply,  // a: address; the counters' values, or a reason
  kEnded,  // of a command; a: start, b: end; what was read, or a reason
};

struct Frame {
  FrameKind kind{};
  kiesel_result result = KIESEL_OK;
  std::uint64_t id = 0;
  std::uint64_t a = 0, b = 0, c = 0;
  std::uint64_t bytes = 0;
};

inline constexpr int kDeviceSocket = 3;  // descriptor of the device's process
inline constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;

// Whole, or false: the other side is gone. One thread at a time.
bool send_frame(int socket, Frame frame, std::span<const std::byte> bytes = {});
bool send_frame(int socket, Frame frame, std::string_view text);
bool send_bytes(int socket, std::span<const std::byte> bytes);
bool receive_bytes(int socket, std::span<std::byte> bytes);
bool receive_frame(int socket, Frame& frame);

struct LaunchMessage {
  std::string kernel;
  std::uint64_t program = 0, start = 0, entry = 0, private_bytes = 0;
  std::array<std::uint32_t, 3> groups{}, local_size{};
  std::uint32_t local_bytes = 0, first_core = 0, cores = 0;
  std::int32_t priority = 0;
  std::vector<std::byte> block;
};

// A kiesel_description with its texts and tables.
struct DescriptionMessage {
  std::string name, vendor, extensions, quirks;
  std::uint32_t vendor_id = 0, lanes = 0, warps = 0, cores = 0, clock_mhz = 0;
  std::uint64_t max_allocation_bytes = 0, private_bytes = 0;
  std::uint32_t alignment = 0, pending = 0, flags = 0;
  struct Memory {
    std::uint32_t kind = 0, line_bytes = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Memory> memories;
  std::vector<CounterInfo> counters;
};

}  // namespace kiesel::device::plugin

namespace kiesel {

template <>
struct Fields<device::plugin::LaunchMessage> {
  static auto of(auto& v) {
    return std::tie(v.kernel, v.program, v.start, v.entry, v.private_bytes, v.groups, v.local_size,
                    v.local_bytes, v.first_core, v.cores, v.priority, v.block);
  }
};
template <>
struct Fields<device::plugin::DescriptionMessage::Memory> {
  static auto of(auto& v) { return std::tie(v.kind, v.line_bytes, v.bytes); }
};
template <>
struct Fields<device::plugin::CounterInfo> {
  static auto of(auto& v) { return std::tie(v.name, v.unit, v.scope, v.text); }
};
template <>
struct Fields<device::plugin::DescriptionMessage> {
  static auto of(auto& v) {
    return std::tie(v.name, v.vendor, v.extensions, v.quirks, v.vendor_id, v.lanes, v.warps, v.cores,
                    v.clock_mhz, v.max_allocation_bytes, v.private_bytes, v.alignment, v.pending, v.flags,
                    v.memories, v.counters);
  }
};

}  // namespace kiesel
