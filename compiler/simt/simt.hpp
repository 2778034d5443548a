// The SIMT lowering: makes the control flow of scalar LLVM IR run on lanes in lockstep, and proves it on the
// machine code. docs/simt.md explains it with pictures.
//
// Use, in this order:
//   legacy::PassManager ir;       add_ir_passes(ir, target, errors);  ir.run(module);
//   TargetPassConfig* config;     configure(*config) before addISelPasses()
//                                 add_checker(codegen, errors) after addMachinePasses(), before the printer
//   errors not empty: the module must not be used. Worth one more try from before the lowering, with
//   guard_every_branch() on the functions that the errors name.
// A target of one lane has no divergence: its functions keep their branches, and nothing needs a proof.
#pragma once

#include <string>
#include <vector>

#include "device/isa/target.hpp"

namespace llvm {
class Function;
class TargetPassConfig;
namespace legacy {
class PassManagerBase;
}
}  // namespace llvm

namespace kiesel::simt {

// What went wrong; the text has the function too, and the source line where known.
struct Error {
  std::string function, text;
  bool operator==(const Error&) const = default;
};
// Filled in while passes run: it must outlive the pass manager. One thread.
using Errors = std::vector<Error>;

// Guards also the branches that the analysis finds uniform: always right, slower; for functions that the
// checker cannot follow.
void guard_every_branch(llvm::Function& function);
bool guards_every_branch(const llvm::Function& function);

// Lowers optimised IR (opaque pointers, riscv64 data layout, flat addresses, builtins linked). The passes
// bring a TargetTransformInfo of their own, so `passes` must not be the manager that generates code. Every
// function with a body is lowered; kernel entries are functions without arguments, arguments count as
// divergent.
void add_ir_passes(llvm::legacy::PassManagerBase& passes, const isa::Target& target, Errors& errors);

// What code generation needs on top: no choice becomes a branch, guards stay with theirs. For targets of more
// than one lane.
void configure(llvm::TargetPassConfig& config);

// Adds the proof over the finished machine code that each conditional branch is uniform or guarded.
void add_checker(llvm::legacy::PassManagerBase& passes, Errors& errors);

}  // namespace kiesel::simt
