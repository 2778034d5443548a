// Writes a small RISC-V ELF64 file of sections without an address: the carrier of our tables.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace kiesel::compiler {

enum class ElfKind { kRelocatable, kShared };

struct CarrierSection {
  std::string_view name;
  std::span<const std::byte> bytes;
};

// Section contents are 8-byte aligned in the file. The float ABI is lp64d, as in all files of ours.
std::vector<std::byte> write_carrier(ElfKind kind, std::span<const CarrierSection> sections);

// The three sections of a program binary, with an unsealed hash, in the order given by the format.
std::vector<std::byte> write_tables(ElfKind kind, std::string_view program_json,
                                    std::span<const std::byte> spirv);

}  // namespace kiesel::compiler
