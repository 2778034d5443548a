// Instructions as the translator sees them, and what it asks of one, all from operations.def.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "device/isa/instruction.hpp"

namespace kiesel::translator {

// Registers in one numbering: x0-x31, f0-f31, the slots of the stack that are kept in registers, and from
// rename_registers() on, what each of these holds at places that have nothing to do with each other.
using Register = std::uint32_t;
inline constexpr Register kFloat = 32, kSlots = 64;
inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

// `wmma` is several items: some read three registers each, then one does it all and writes the first register
// of the sums, and the others write those behind it.
enum class Part : std::uint8_t { kWhole, kOperands, kProduct, kSum };

// isa::Instruction with operands in that numbering.
struct Instruction {
  isa::Op op = isa::Op::illegal;
  Register rd = 0, rs1 = 0, rs2 = 0, rs3 = 0;
  std::uint8_t rounding = 0;
  bool negate = false;
  std::int64_t imm = 0;
  std::uint32_t word = 0;
  Part part = Part::kWhole;  // the first part counts as the instruction: kWhole, too
};
Instruction numbered(const isa::Instruction& in);
// The items that an instruction becomes.
std::vector<Instruction> parts_of(const Instruction& in, unsigned lanes);

// The registers of an instruction, x0 left out.
struct Operands {
  std::uint32_t writes = kNone;
  unsigned count = 0;
  Register reads[4] = {};
};
Operands operands_of(const Instruction& in);

inline isa::Family family_of(isa::Op op) { return isa::info(op).family; }
inline isa::Values values_of(isa::Op op) { return isa::info(op).values; }

bool is_load(const Instruction& in);
bool is_store(const Instruction& in);
bool is_atomic(const Instruction& in);            // lr and sc, too
bool is_compare_and_swap(const Instruction& in);  // reads rd too
inline bool is_fence(const Instruction& in) { return family_of(in.op) == isa::Family::kFence; }
inline bool is_csr(const Instruction& in) { return family_of(in.op) == isa::Family::kCsr; }
bool is_float(isa::Op op);  // of F, D, Zfh, but loads and stores

// Bytes of a load's, store's or atomic's value.
unsigned access_bytes(isa::Op op);
// Of the lower halves of its operands, to a sign-extended result.
inline bool is_word(isa::Op op) { return values_of(op) == isa::Values::word; }
bool divides(isa::Op op);
// Zba's sums: (rs1 << shift) + rs2, where rs1 may be the lower half without a sign.
struct ShiftedSum {
  unsigned shift;
  bool is_unsigned;
};
std::optional<ShiftedSum> shifted_sum(isa::Op op);

// The type of a float instruction's result, or of what it asks about: 's', 'd'; a boxed half is kept in a
// single.
char float_type(isa::Op op);
// Of conversions between floats and integers: the integer.
struct Whole {
  bool is_signed;
  unsigned bits;
};
Whole whole_of(isa::Op op);
isa::Values source_of(isa::Op op);  // of conversions between floats

}  // namespace kiesel::translator
