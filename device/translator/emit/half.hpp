// Half precision, kept as a boxed number in a single. Arithmetic is that of single precision, rounded once
// more, where it is fused after a sum that is rounded to odd: that gives what one rounding gives. Conversions
// are done on the bits where the host has no instructions for them.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

// The 16 bits of a half in numbers of 32; what is not boxed is the canonical NaN.
llvm::Value* half_bits(Cursor& here, Register r, bool once);
llvm::Value* moved_half(Cursor& here, Register r);  // the register's raw bits, sign-extended
llvm::Value* half_to_float(Builder& ir, llvm::Value* bits);
// To nearest even; of a double by way of the single next to it whose last bit is 1 where it is not exact.
llvm::Value* to_half_bits(Builder& ir, llvm::Value* v);
llvm::Value* boxed_half(Builder& ir, llvm::Value* bits);

}  // namespace kiesel::translator
