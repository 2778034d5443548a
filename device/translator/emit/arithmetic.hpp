// What integer instructions do to numbers, or to vectors of one number a lane: nothing but that. A function
// for each operation of operations.def; one that is missing is an error of the build.
#pragma once

#include "device/translator/analysis/instruction.hpp"
#include "device/translator/emit/builder.hpp"

namespace kiesel::translator {

// Of operands of 64 bits, or of their lower halves in 32 where that is enough (isa::Values).
llvm::Value* compute(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b);
// Of operands of 64 bits.
llvm::Value* compute64(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b);

// Vectors of 32 bits divide as doubles: quotients are exact there once the fraction is cut off.
llvm::Value* divided_as_doubles(Builder& ir, llvm::Value* a, llvm::Value* b, bool is_signed, bool quotient);

}  // namespace kiesel::translator
