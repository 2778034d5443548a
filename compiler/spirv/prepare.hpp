// What Clang makes and the SPIR-V writer cannot take, put into other words.
#pragma once

#include <string>

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Loop hints become a form that spirv-val rejects.
void drop_loop_hints(llvm::Module& module);

// C99's inline definitions (OpenCL C 6.9) stand in for an external one that nobody writes: the program's own
// copy.
void own_inline_definitions(llvm::Module& module);

// SPIR-V has the work-item functions as vectors of 3. OpenCL C 6.15.1 gives a value for any other dimension;
// after this the functions are asked for dimensions 0 to 2 only.
void bound_dimensions(llvm::Module& module);

// SPIR-V compares and exchanges integers only, and since 1.4 only strongly: atomic_float and atomic_double
// (OpenCL C 6.15.12.7) become integers of their size, which compares the bits as the language has it, and
// the weak functions become strong ones.
void make_exchanges_writable(llvm::Module& module);

// __builtin_bitreverse32 and the like become calls of bit_reverse: the writer knows the capability for that
// one.
void call_bit_reverse(llvm::Module& module);

// Conversions of floats that are to have a value out of range, too, become those that SPIR-V has.
void convert_plainly(llvm::Module& module);

// SPIR-V wants a block behind those that dominate it; the writer keeps the order of the source, which goto
// can turn round. Blocks of such a function come into reverse post order.
void order_blocks(llvm::Module& module);

// as_uint2 of a scalar that is a constant: Clang leaves a cast of a vector of one element, which SPIR-V does
// not have. It becomes the vector's value.
void fold_reinterpreted_scalars(llvm::Module& module);

// Samplers as the writer takes them: arguments of one type, literals with a filter.
void make_samplers_writable(llvm::Module& module);

// Types with a flexible array member or an array without elements become others of their size and alignment.
void replace_empty_arrays(llvm::Module& module);

// Initialisers of arrays that are too long for one instruction: the variables become structs of arrays, in
// every module alike, so that linked ones agree on the type.
void split_arrays(llvm::Module& module);

// A variable whose initialiser leads back to its own address, or "": SPIR-V declares what it uses before, so
// no order of declarations can say that.
std::string address_cycle(const llvm::Module& module);

}  // namespace kiesel::compiler
