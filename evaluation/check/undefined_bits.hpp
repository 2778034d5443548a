// Which bits of an instruction's result have no value, when bits of its operands have none. A bit is called
// undefined only if the result could be another one with other values there, as far as is cheap to say: exact
// for masks, shifts and comparisons.
#pragma once

#include <cstdint>

#include "device/isa/instruction.hpp"

namespace kiesel::check {

// An integer operand: its value, and which bits of that mean nothing.
struct Partly {
  std::uint64_t value = 0, undefined = 0;
};

// All bits of a value of 1 to 8 bytes.
inline std::uint64_t low_bits(unsigned bytes) {
  return bytes == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * bytes) - 1;
}
// Of an instruction of the families Integer, Constant; `b` is the immediate where it has one.
std::uint64_t undefined_result(const isa::Instruction& in, const Partly& a, const Partly& b);
// Whether a conditional branch could go another way.
bool undecided(isa::Op op, const Partly& a, const Partly& b);

}  // namespace kiesel::check
