// The SIMT lowering: makes the control flow of scalar LLVM IR run on lanes in lockstep, and proves it on the
// machine code. docs/simt.md explains it with pictures.
//
// Use, in this order:
//   legacy::PassManager ir;       add_ir_passes(ir, target, errors);  ir.run(module);
//   TargetPassConfig* config;     configure(*config) before addISelPasses()
//                                 add_checker(codegen, errors) after addMachinePasses(), before the printer
//   errors not empty: the module must not be used. Worth one more try with Precision::kAllDivergent.
#pragma once

#include <string>
#include <vector>

#include "device/isa/target.hpp"

namespace llvm {
class TargetPassConfig;
namespace legacy {
class PassManagerBase;
}
}  // namespace llvm

namespace kiesel::simt {

// What went wrong, one text each, with function and source line where known. Filled in while passes run: it
// must outlive the pass manager. One thread.
using Errors = std::vector<std::string>;

enum class Precision {
  kAnalysed,      // branches that the analysis finds uniform stay plain
  kAllDivergent,  // every branch is guarded: always right, slower; for what the checker cannot follow
};

// Lowers optimised IR (opaque pointers, riscv64 data layout, flat addresses, builtins linked). The passes
// bring a TargetTransformInfo of their own, so `passes` must not be the manager that generates code. Every
// function with a body is lowered; kernel entries are functions without arguments, arguments count as
// divergent.
void add_ir_passes(llvm::legacy::PassManagerBase& passes, const isa::Target& target, Errors& errors,
                   Precision precision = Precision::kAnalysed);

// Turns off the code-generation passes that would break the pairing of split and join.
void configure(llvm::TargetPassConfig& config);

// Adds the proof over the finished machine code that each conditional branch is uniform or guarded.
void add_checker(llvm::legacy::PassManagerBase& passes, Errors& errors);

}  // namespace kiesel::simt
