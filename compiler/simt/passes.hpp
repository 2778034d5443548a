// The passes of the lowering, in the order they run. Each has a file of its own that says why it is needed.
#pragma once

#include "compiler/simt/simt.hpp"

namespace llvm {
class FunctionPass;
class MachineFunctionPass;
}  // namespace llvm

namespace kiesel::simt {

llvm::FunctionPass* create_prepare_exits();
llvm::FunctionPass* create_hold_locks();
llvm::FunctionPass* create_expand_atomics(const isa::Target& target);
llvm::FunctionPass* create_expand_division();
llvm::FunctionPass* create_structurize();
llvm::FunctionPass* create_thread_flow();
llvm::FunctionPass* create_flatten();
llvm::FunctionPass* create_remove_selects(const isa::Target& target);
llvm::FunctionPass* create_insert_masks(Errors& errors);
llvm::MachineFunctionPass* create_expand_choices();
llvm::MachineFunctionPass* create_sink_guards();
llvm::MachineFunctionPass* create_checker(Errors& errors);

}  // namespace kiesel::simt
