#include "compiler/backend/optimize.hpp"

#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/Scalar/DCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/SeparateConstOffsetFromGEP.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include "compiler/backend/locks.hpp"
#include "compiler/frontend/options.hpp"

namespace kiesel::compiler {
namespace {

// The analyses of one run; the order of members is the order in which they may refer to each other.
class PassRunner {
 public:
  explicit PassRunner(llvm::TargetMachine& machine) : builder_(&machine, tuning()) {
    // No function of a C library exists here: a call is what the program says, whatever its name.
    llvm::TargetLibraryInfoImpl library(machine.getTargetTriple());
    library.disableAllFunctions();
    functions_.registerPass([library] { return llvm::TargetLibraryAnalysis(library); });
    builder_.registerModuleAnalyses(modules_);
    builder_.registerCGSCCAnalyses(components_);
    builder_.registerFunctionAnalyses(functions_);
    builder_.registerLoopAnalyses(loops_);
    builder_.crossRegisterProxies(loops_, functions_, components_, modules_);
  }
  llvm::PassBuilder& builder() { return builder_; }
  void run(llvm::ModulePassManager passes, llvm::Module& module) { passes.run(module, modules_); }

 private:
  static llvm::PipelineTuningOptions tuning() {
    llvm::PipelineTuningOptions options;
    options.LoopVectorization = false;
    options.SLPVectorization = false;
    return options;
  }
  llvm::LoopAnalysisManager loops_;
  llvm::FunctionAnalysisManager functions_;
  llvm::CGSCCAnalysisManager components_;
  llvm::ModuleAnalysisManager modules_;
  llvm::PassBuilder builder_;
};

}  // namespace

void apply_math_options(llvm::Module& module, const BuildOptions& options) {
  llvm::FastMathFlags flags;
  flags.setNoNaNs(options.finite());
  flags.setNoInfs(options.finite());
  flags.setNoSignedZeros(options.unsigned_zeros());
  flags.setAllowContract(options.mad());
  flags.setAllowReassoc(options.unsafe());
  flags.setAllowReciprocal(options.unsafe());
  flags.setApproxFunc(options.unsafe());
  if (flags.none()) return;
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function))
      if (llvm::isa<llvm::FPMathOperator>(instruction))
        instruction.setFastMathFlags(flags);  // adds to what is there
}

void optimize(llvm::Module& module, llvm::TargetMachine& machine, const BuildOptions& options) {
  keep_tries_single(module);
  PassRunner runner(machine);
  const auto level = options.opt_disable ? llvm::OptimizationLevel::O1 : llvm::OptimizationLevel::O2;
  runner.run(runner.builder().buildPerModuleDefaultPipeline(level), module);
}

void clean_up(llvm::Module& module, llvm::TargetMachine& machine) {
  PassRunner runner(machine);
  llvm::FunctionPassManager functions;
  // Elements of one array get one address and constant offsets, not a register each.
  functions.addPass(llvm::SeparateConstOffsetFromGEPPass());
  functions.addPass(llvm::EarlyCSEPass(true));
  functions.addPass(llvm::SimplifyCFGPass());
  functions.addPass(llvm::DCEPass());
  llvm::ModulePassManager passes;
  passes.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(functions)));
  runner.run(std::move(passes), module);
}

}  // namespace kiesel::compiler
