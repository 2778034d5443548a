// The lowest long as programs write it: -9223372036854775808.
//
// The number behind the minus fits no type of 64 bits, so that Clang takes it for an ulong, and what was
// meant to be negative for positive. Where long long has 128 bits, as in other compilers for OpenCL C, it is
// exact. Here it is exact, too, in a type of 65 bits, of which nothing is left in the module.
#pragma once

namespace clang {
class CompilerInstance;
}
namespace llvm {
class Module;
}

namespace kiesel::compiler {

inline constexpr unsigned kExactBits = 65;

// For C; C++ has no such numbers: there it stays unsigned, and Clang warns.
void make_lowest_long_exact(clang::CompilerInstance& compiler);

// What was computed in 65 bits is computed in a long.
void narrow_exact_numbers(llvm::Module& module);

}  // namespace kiesel::compiler
