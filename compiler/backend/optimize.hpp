// LLVM's scalar optimisations. Vectorisers stay off: a work-item is a lane, width comes from the warp.
#pragma once

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace kiesel::compiler {

struct BuildOptions;

// Puts the freedom that the build options give into the instructions: calls lose it on the way through
// SPIR-V.
void apply_math_options(llvm::Module& module, const BuildOptions& options);

// Inlines and optimises the whole module.
void optimize(llvm::Module& module, llvm::TargetMachine& machine, const BuildOptions& options);

// After lowerings of ours: folds what they left, and introduces no intrinsic that they removed.
void clean_up(llvm::Module& module, llvm::TargetMachine& machine);

}  // namespace kiesel::compiler
