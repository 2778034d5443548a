// Instructions of the device: word to operands and back, and assembler text, all from instructions.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "device/isa/target.hpp"

namespace kiesel::isa {

enum class Op : std::uint16_t {
  illegal,
#define INSTRUCTION(id, name, format, match, mask, extension) id,
#include "device/isa/instructions.def"
#undef INSTRUCTION
  kCount
};

enum class Format : std::uint8_t {
#define FORMAT(name, syntax) k##name,
#include "device/isa/formats.def"
#undef FORMAT
};

enum class Extension : std::uint8_t {
  kI,
  kM,
  kA,
  kF,
  kD,
  kZicsr,
  kZifencei,
  kZicond,
  kZfh,
  kZba,
  kZbb,
  kZbs,
  kZacas,
  kSimt,
  kVote,
  kLegacy
};

struct OpInfo {
  std::string_view name;
  Format format;
  std::string_view syntax;  // see formats.def
  std::uint32_t match, mask;
  Extension extension;
};
const OpInfo& info(Op op);  // of a real instruction, not of `illegal`

inline constexpr std::uint8_t kRoundNearestEven = 0, kRoundTowardsZero = 1, kRoundDown = 2, kRoundUp = 3,
                              kRoundNearestAway = 4, kRoundDynamic = 7;

// A decoded instruction. Fields that its format does not have are zero.
struct Instruction {
  Op op = Op::illegal;
  std::uint8_t rd = 0, rs1 = 0, rs2 = 0, rs3 = 0;
  std::uint8_t rounding = 0;
  bool negate = false;   // split, pred
  std::int64_t imm = 0;  // lui and auipc: the value, low 12 bits zero; csr: the number
  std::uint32_t word = 0;

  bool operator==(const Instruction&) const = default;
};

// Anything that is not in the table, compressed encodings and reserved rounding modes are `illegal`.
Instruction decode(std::uint32_t word);

// The word of an instruction whose operands are in range; nothing where they are not. `word` is ignored.
std::optional<std::uint32_t> encode(const Instruction& instruction);

// Assembler text as GNU and LLVM tools write it without aliases; offsets of branches become addresses
// relative to `pc`. An illegal word reads ".word 0x...".
std::string disassemble(std::uint32_t word, std::uint64_t pc);

std::optional<Op> find_op(std::string_view name);
std::string_view register_name(unsigned number);        // "a0"
std::string_view float_register_name(unsigned number);  // "fa0"

bool available(Extension extension, const Target& target);

}  // namespace kiesel::isa
