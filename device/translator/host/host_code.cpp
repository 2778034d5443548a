#include "device/translator/host/host_code.hpp"

#include <fmt/format.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/TargetLibraryInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/RegAllocRegistry.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>

#include <algorithm>

#include "device/translator/host/place_code.hpp"

// LLVM's library has the registry: a copy of it here would be nobody's.
extern template class llvm::RegisterRegAllocBase<llvm::RegisterRegAlloc>;

namespace kiesel::translator {
namespace {

// Beyond so many instructions of the module nothing stays in registers for long that could be hoisted out of
// loops, of a function nothing that LLVM's best allocator finds a place for.
constexpr std::size_t kSmallModule = 4000, kSmallFunction = 5000;
// Joining registers ahead of that takes longer than in proportion: 45 s of a function where all is done in 8
// without.
constexpr std::size_t kHugeFunction = 20'000;

// What gives code as fast as all of -O2 in half the time.
llvm::FunctionPassManager passes(bool small) {
  llvm::FunctionPassManager out;
  out.addPass(llvm::SROAPass());
  out.addPass(llvm::EarlyCSEPass(true));
  out.addPass(llvm::InstCombinePass());
  out.addPass(llvm::SimplifyCFGPass());
  if (small)
    out.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()),
                                                      /*UseMemorySSA=*/true,
                                                      /*UseBlockFrequencyInfo=*/false));
  out.addPass(llvm::EarlyCSEPass(true));
  out.addPass(llvm::ADCEPass());
  return out;
}

void optimise(llvm::Module& module, llvm::TargetMachine& machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  // There is no C library where the code will run.
  llvm::TargetLibraryInfoImpl library(machine.getTargetTriple());
  library.disableAllFunctions();
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager all;
  all.addPass(llvm::createModuleToFunctionPassAdaptor(passes(module.getInstructionCount() < kSmallModule)));
  all.run(module, modules);
}

// How registers are given out where the longest function has so many instructions.
void choose_allocator(std::size_t longest) {
  using Make = llvm::FunctionPass* (*)();
  const Make thorough = llvm::createGreedyRegisterAllocator, quick = llvm::createFastRegisterAllocator;
  llvm::RegisterRegAlloc::setDefault(longest < kSmallFunction ? thorough : quick);
  auto* prepared = llvm::cl::getRegisteredOptions().lookup("optimize-regalloc");
  static_cast<llvm::cl::opt<llvm::cl::boolOrDefault>*>(prepared)->setValue(
      longest < kHugeFunction ? llvm::cl::BOU_UNSET : llvm::cl::BOU_FALSE);
}

Result<llvm::SmallVector<char, 0>> make_object(llvm::Module& module, llvm::TargetMachine& machine) {
  std::size_t longest = 0;
  for (const auto& function : module)
    longest = std::max<std::size_t>(longest, function.getInstructionCount());
  choose_allocator(longest);
  llvm::SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager code;
  llvm::MCContext* context = nullptr;
  if (machine.addPassesToEmitMC(code, context, stream, /*DisableVerify=*/true))
    return Error{Errc::kUnsupported, "LLVM makes no object files for this host"};
  code.run(module);
  return object;
}

}  // namespace

Result<HostCode> make_host_code(std::unique_ptr<llvm::Module> module, HostLevel level,
                                const std::vector<std::string>& functions) {
  const auto machine = host_machine(level);
  if (!machine) return machine.error();
  module->setTargetTriple((*machine)->getTargetTriple().getTriple());
  module->setDataLayout((*machine)->createDataLayout());
  for (auto& function : *module) function.setDoesNotThrow();  // no unwind tables
  optimise(*module, **machine);
  const auto object = make_object(*module, **machine);
  if (!object) return object.error();
  return place_code({object->data(), object->size()}, functions);
}

}  // namespace kiesel::translator
