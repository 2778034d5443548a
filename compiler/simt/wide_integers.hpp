// Integers of more than one register (i128 and what lies between): what the code generator would turn into
// branches or into calls of a run-time library that does not exist here.
#pragma once

#include <llvm/IR/IRBuilder.h>

namespace kiesel::simt {

// The same result by straight code, which may hold selects and shorter operations of the same kind; null when
// the instruction is none of these. Scalars only: no vector of wide integers comes out of OpenCL C.
llvm::Value* rewrite_wide(llvm::IRBuilder<>& at, llvm::Instruction& instruction);

}  // namespace kiesel::simt
