// Instructions of the device: word to operands and back, and assembler text, all from operations.def.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "device/isa/target.hpp"

namespace kiesel::isa {

enum class Op : std::uint16_t {
  illegal,
#define OPERATION(id, ...) id,
#include "device/isa/operations.def"
#undef OPERATION
  kCount
};

enum class Format : std::uint8_t {
#define FORMAT(name, syntax) k##name,
#include "device/isa/formats.def"
#undef FORMAT
};

// `kLegacy` is of no target (operations.def).
enum class Extension : std::uint8_t {
  kI,
  kM,
  kF,
  kD,
  kZicsr,
  kZifencei,
  kSimt,
  kLegacy,
#define EXTENSION(member, name, usual, needs, features, ...) __VA_ARGS__,
#include "device/isa/extensions.def"
#undef EXTENSION
};

// Which part of interpreter and translator does an instruction, and to what: columns of operations.def.
enum class Family : std::uint8_t {
  kConstant,
  kJump,
  kBranch,
  kLoad,
  kStore,
  kInteger,
  kFence,
  kTrap,
  kCsr,
  kReserve,
  kAtomic,
  kCompareSwap,
  kFloatLoad,
  kFloatStore,
  kFloatMath,
  kFloatChoice,
  kFloatSign,
  kFloatCompare,
  kFloatClass,
  kFloatMove,
  kFloatToWhole,
  kWholeToFloat,
  kFloatToFloat,
  kControl,
  kVote,
  kShuffle,
  kDot,
  kMatrix,
  kLegacy
};
enum class Values : std::uint8_t {
  none,
  i8,
  u8,
  i16,
  u16,
  i32,
  u32,
  i64,
  u64,
  f16,
  f32,
  f64,
  word,
  extend,
  bits,
  ring,
  truth,
  both,
  first,
  small,
  wide
};

struct OpInfo {
  std::string_view name;
  Format format;
  std::string_view syntax;  // see formats.def
  std::uint32_t match, mask;
  Extension extension;
  Family family;
  Values values;
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

// Anything that is not in the table, compressed encodings, reserved rounding modes and products of matrices
// that do not exist are `illegal`.
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
