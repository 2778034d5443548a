// Numbers of bfloat16 (SPV_KHR_bfloat16): the upper half of a float's bits.
#pragma once

#include "compiler/il/words.hpp"
#include "compiler/spirv/read/rewriting.hpp"

namespace kiesel::compiler {

// The type of such numbers. Before lower_bfloat16(): after it they are integers.
bool is_bfloat16_type(Instruction instruction);

// `value` is a number, or a vector of `count`, that was declared as bfloat16 and is integers of 16 bits. The
// result: the bits of the floats that are the same numbers, integers of 32 bits.
std::uint32_t bits_of_bfloat16(Rewriting& to, std::uint32_t value, std::uint32_t count);

// The same as floats.
std::uint32_t float_of_bfloat16(Rewriting& to, std::uint32_t value, std::uint32_t count);

// `value`: floats. The result: integers of 32 bits with the nearest bfloat16, even of two, in the low half
// and zeros above. Infinity from the middle between the largest number and the next power of two on; NaN is
// quiet with the upper bits of its payload; subnormal numbers stay.
std::uint32_t round_to_bfloat16(Rewriting& to, std::uint32_t value, std::uint32_t count);

}  // namespace kiesel::compiler
