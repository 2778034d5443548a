// Values that OpenCL C leaves unspecified and LLVM takes for the end of the program: division of integers by
// zero and of the least integer by -1 (6.4, arithmetic operators), which concern one component of a vector
// only, and SPIR-V's OpUndef, which is what front ends make of such divisions of constants.
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Before anything is optimised: the program divides by 1 and computes with 0 instead.
void specify_values(llvm::Module& module);

}  // namespace kiesel::compiler
