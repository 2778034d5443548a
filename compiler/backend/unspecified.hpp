// Values that OpenCL C leaves unspecified and LLVM takes for the end of the program: division of integers by
// zero and of the least integer by -1 (6.4, arithmetic operators), which concern one component of a vector
// only, and SPIR-V's OpUndef, which is what front ends make of such divisions of constants. Likewise what
// LLVM calls poison: a number out of range converted to an integer, and a shift by more than the width.
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Before anything is optimised: the program divides by 1, computes with 0 and shifts by the low bits instead.
void specify_values(llvm::Module& module);

}  // namespace kiesel::compiler
