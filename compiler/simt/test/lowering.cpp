#include "compiler/simt/test/lowering.hpp"

#include <llvm/AsmParser/Parser.h>
#include <llvm/CodeGen/MachineModuleInfo.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/Transforms/IPO/AlwaysInliner.h>

#include <memory>
#include <stdexcept>

extern "C" {
void LLVMInitializeRISCVTargetInfo(void);
void LLVMInitializeRISCVTarget(void);
void LLVMInitializeRISCVTargetMC(void);
void LLVMInitializeRISCVAsmPrinter(void);
void LLVMInitializeRISCVAsmParser(void);
}

namespace kiesel::simt::test {
namespace {

constexpr std::string_view kPrelude = R"(
define internal i64 @lane() alwaysinline {
  %v = call i64 asm "csrr $0, 0xcd3", "=r"() readnone
  ret i64 %v
}
define internal i64 @uniform() alwaysinline {
  %v = call i64 asm "csrr $0, 0xcd6", "=r"() readnone
  ret i64 %v
}
)";

std::unique_ptr<llvm::TargetMachine> make_machine(bool bitmanip) {
  LLVMInitializeRISCVTargetInfo();
  LLVMInitializeRISCVTarget();
  LLVMInitializeRISCVTargetMC();
  LLVMInitializeRISCVAsmPrinter();
  LLVMInitializeRISCVAsmParser();
  std::string error;
  const auto* riscv = llvm::TargetRegistry::lookupTarget("riscv64", error);
  llvm::TargetOptions options;
  options.MCOptions.ABIName = "lp64d";
  return std::unique_ptr<llvm::TargetMachine>(
      riscv->createTargetMachine("riscv64-unknown-elf", "generic-rv64",
                                 bitmanip ? "+m,+a,+f,+d,+zfh,+zba,+zbb,+zbs" : "+m,+a,+f,+d,+zfh", options,
                                 llvm::Reloc::PIC_, llvm::CodeModel::Medium, llvm::CodeGenOpt::Default));
}

std::unique_ptr<llvm::Module> parse(std::string_view text, llvm::LLVMContext& context,
                                    llvm::TargetMachine& machine) {
  llvm::SMDiagnostic diagnostic;
  const std::string whole = std::string(kPrelude) + std::string(text);
  auto module = llvm::parseAssemblyString(whole, diagnostic, context);
  if (!module) throw std::runtime_error("test IR: " + diagnostic.getMessage().str());
  module->setTargetTriple("riscv64-unknown-elf");
  module->setDataLayout(machine.createDataLayout());
  llvm::legacy::PassManager passes;
  passes.add(llvm::createAlwaysInlinerLegacyPass());
  passes.run(*module);
  return module;
}

// `configured`: as the lowering wants code generation to be.
void generate(llvm::Module& module, llvm::TargetMachine& machine, bool configured, Lowered& lowered) {
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  auto& target = static_cast<llvm::LLVMTargetMachine&>(machine);
  auto* information = new llvm::MachineModuleInfoWrapperPass(&target);
  auto* config = target.createPassConfig(passes);
  if (configured) configure(*config);
  passes.add(config);
  passes.add(information);
  if (config->addISelPasses()) throw std::runtime_error("no instruction selection");
  config->addMachinePasses();
  config->setInitialized();
  add_checker(passes, lowered.errors);
  target.addAsmPrinter(passes, stream, nullptr, llvm::CGFT_AssemblyFile, information->getMMI().getContext());
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(module);
  lowered.assembly = text.str().str();
}

unsigned count_in(std::string_view whole, std::string_view part) {
  unsigned found = 0;
  for (std::size_t at = whole.find(part); at != std::string_view::npos; at = whole.find(part, at + 1))
    ++found;
  return found;
}

}  // namespace

unsigned Lowered::count(std::string_view text) const { return count_in(ir, text); }

unsigned Lowered::machine_branches() const {
  unsigned found = 0;
  for (const char* name : {"\tbeq", "\tbne", "\tblt", "\tbge", "\tbgt", "\tble"})
    found += count_in(assembly, name);
  return found;
}

Lowered lower(std::string_view text, Precision precision, isa::Target target) {
  Lowered lowered;
  llvm::LLVMContext context;
  context.setOpaquePointers(true);
  const auto machine = make_machine(target.bitmanip);
  const auto module = parse(text, context, *machine);
  {
    llvm::legacy::PassManager passes;
    if (precision == Precision::kAllDivergent)
      for (llvm::Function& function : *module) guard_every_branch(function);
    add_ir_passes(passes, target, lowered.errors);
    passes.run(*module);
  }
  if (llvm::verifyModule(*module, &llvm::errs()))
    lowered.errors.push_back({"", "the lowered module is not valid"});
  llvm::raw_string_ostream(lowered.ir) << *module;
  if (lowered.errors.empty()) generate(*module, *machine, true, lowered);
  return lowered;
}

Lowered check_only(std::string_view text) {
  Lowered lowered;
  llvm::LLVMContext context;
  context.setOpaquePointers(true);
  const auto machine = make_machine(true);
  const auto module = parse(text, context, *machine);
  generate(*module, *machine, false, lowered);
  return lowered;
}

}  // namespace kiesel::simt::test
