// Division of integers by zero: OpenCL C 6.4 (arithmetic operators) says that the value of that component is
// unspecified, and nothing else. To LLVM all of the program is undefined then, also for one component of a
// vector.
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Before anything is optimised: a divisor of zero that the program may meet becomes one.
void keep_divisors_from_zero(llvm::Module& module);

}  // namespace kiesel::compiler
