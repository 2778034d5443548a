// A module as bytes and back: how it goes into another context, or is kept for a second try.
#pragma once

#include <llvm/ADT/SmallVector.h>

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

using Bitcode = llvm::SmallVector<char, 0>;

// Without the symbol table, which only linkers read and which takes longer to make than the rest.
Bitcode write_bitcode(const llvm::Module& module);

// `bitcode` as write_bitcode() made it. A context of the other kind turns typed pointers into opaque ones.
std::unique_ptr<llvm::Module> read_bitcode(llvm::LLVMContext& context, const Bitcode& bitcode);

}  // namespace kiesel::compiler
