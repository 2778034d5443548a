// Floating point in software: every instruction, rounding mode and exception flag of F, D and Zfh exactly as
// RISC-V has them. The interpreter uses it where the host's arithmetic does not do: flags that somebody
// reads, rounding other than to nearest even, half precision.
#pragma once

#include <cstdint>

#include "device/isa/instruction.hpp"

namespace kiesel::model {

inline constexpr unsigned kInexact = 1, kUnderflow = 2, kOverflow = 4, kDivideByZero = 8, kInvalid = 16;

// Operands and result are whole registers: float registers with NaN boxing, integer registers sign-extended.
// `rounding` is 0..4. Flags are added to `flags`.
std::uint64_t soft_float(isa::Op op, unsigned rounding, std::uint64_t a, std::uint64_t b, std::uint64_t c,
                         unsigned& flags);

}  // namespace kiesel::model
