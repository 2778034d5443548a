// What machine code may use on a device: the part of a device's description that the compiler needs.
#pragma once

#include <cstdint>
#include <string>

namespace kiesel::isa {

// Every device takes variables at program scope of this size, and programs of that one.
inline constexpr std::uint64_t kMaxProgramVariableBytes = std::uint64_t{16} << 20;
inline constexpr std::uint64_t kMaxProgramBytes = std::uint64_t{256} << 20;

// simt-isa: one core runs `warps` warps of `lanes` lanes; a work-group lives on one core.
struct Target {
  std::uint32_t lanes = 32;
  std::uint32_t warps = 32;
  std::uint32_t local_memory_bytes = 64 * 1024;  // per core
#define EXTENSION(member, name, usual, ...) bool member = usual;
#include "device/isa/extensions.def"
#undef EXTENSION
#define QUIRK(member, ...) bool member = false;
#include "device/isa/quirks.def"
#undef QUIRK

  std::uint32_t max_work_group_size() const { return lanes * warps; }
  bool operator==(const Target&) const = default;
};

}  // namespace kiesel::isa
