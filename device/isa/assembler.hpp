// An assembler for small programs of ours, made from the table of instructions: standard syntax without
// aliases, labels,
// `.word`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kiesel::isa {

struct Assembled {
  std::vector<std::uint32_t> words;
  std::map<std::string, std::uint64_t> labels;  // offsets from the first word
};

// Lines "label:", "name operands" and "# comment"; ';' separates lines too. Throws std::runtime_error on a
// mistake.
Assembled assemble(std::string_view source);

// A program of one executable segment, and zeroed data of `data_bytes` behind it; labels that do not start
// with
// '.' become its symbols. The entry is `_start`, or the first word where there is none.
std::vector<std::byte> make_elf(const Assembled& code, std::uint64_t data_bytes = 0);

// Start-up code as the compiler's: a warp that gets another work-group may start again at the five
// instructions that end with tmc.
inline constexpr std::string_view kStartup = R"(
_start:
  csrrs t0, mscratch, zero
  ld t1, 8(t0)
  jal ra, .enter
  wsync
  tmc zero
.enter:
  csrrs t2, mhartid, zero
  mul t1, t1, t2
  ld sp, 0(t0)
  sub sp, sp, t1
  csrrs t3, kernel_entry, zero
  jalr zero, 0(t3)
)";

}  // namespace kiesel::isa
