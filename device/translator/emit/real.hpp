// Floating point in the host's arithmetic, on numbers or vectors of one number a lane, rounding to nearest
// even. A function for each operation of operations.def; one that is missing is an error of the build.
#pragma once

#include "device/translator/analysis/instruction.hpp"
#include "device/translator/emit/builder.hpp"

namespace kiesel::translator {

// FloatMath and FloatChoice. Of halves, which are given as singles: a single that is to be rounded once more.
llvm::Value* float_math(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b, llvm::Value* c);
llvm::Value* float_comparison(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b);  // <lanes x i1>
// FloatSign, of bits; `sign` is the one that counts.
llvm::Value* with_sign(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b, std::uint64_t sign);
// What fclass says of a number's bits.
llvm::Value* classes(Builder& ir, llvm::Value* bits, unsigned exponent_bits, unsigned fraction_bits);

// Saturating; NaN becomes the largest. `whole`, if not null, is what was rounded, as a float.
llvm::Value* to_integer(Builder& ir, llvm::Value* v, unsigned rounding, const Whole& to,
                        llvm::Value** whole = nullptr);
// What to_integer() made of a double as a double again: hosts without AVX-512 have instructions for neither
// conversion, but one that rounds.
llvm::Value* from_rounded(Builder& ir, llvm::Value* whole);
llvm::Value* to_float(Builder& ir, llvm::Value* v, const Whole& from, llvm::Type* real);

// The single next to a number, as bits: the one whose last bit is 1 where it is not exact. `above`: the
// nearest one, `word`, is the larger in size.
llvm::Value* rounded_to_odd(Builder& ir, llvm::Value* word, llvm::Value* inexact, llvm::Value* above);

}  // namespace kiesel::translator
