#include "compiler/backend/machine.hpp"

#include <llvm/InitializePasses.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/PassRegistry.h>
#include <llvm/Target/TargetMachine.h>

#include <cassert>
#include <map>
#include <memory>
#include <string>

#include "device/isa/extensions.hpp"

extern "C" {
void LLVMInitializeRISCVTargetInfo(void);
void LLVMInitializeRISCVTarget(void);
void LLVMInitializeRISCVTargetMC(void);
void LLVMInitializeRISCVAsmPrinter(void);
void LLVMInitializeRISCVAsmParser(void);
void LLVMInitializeRISCVDisassembler(void);
}

namespace kiesel::compiler {
namespace {

std::unique_ptr<llvm::TargetMachine> make_machine(const std::string& features) {
  std::string error;
  const auto* riscv = llvm::TargetRegistry::lookupTarget("riscv64-unknown-elf", error);
  assert(riscv && "initialize_llvm() registers it");
  llvm::TargetOptions options;
  options.MCOptions.ABIName = "lp64d";
  options.ExceptionModel = llvm::ExceptionHandling::None;
  options.FunctionSections = true;
  return std::unique_ptr<llvm::TargetMachine>(
      riscv->createTargetMachine("riscv64-unknown-elf", "generic-rv64", features, options, llvm::Reloc::PIC_,
                                 llvm::CodeModel::Medium, llvm::CodeGenOpt::Default));
}

}  // namespace

void initialize_llvm() {
  LLVMInitializeRISCVTargetInfo();
  LLVMInitializeRISCVTarget();
  LLVMInitializeRISCVTargetMC();
  LLVMInitializeRISCVAsmPrinter();
  LLVMInitializeRISCVAsmParser();
  LLVMInitializeRISCVDisassembler();
  auto& registry = *llvm::PassRegistry::getPassRegistry();
  llvm::initializeCore(registry);
  llvm::initializeAnalysis(registry);
  llvm::initializeTransformUtils(registry);
  llvm::initializeScalarOpts(registry);
  llvm::initializeCodeGen(registry);
}

llvm::TargetMachine& target_machine(const isa::Target& target) {
  std::string features = "+m,+f,+d";
  for (const auto& extension : isa::kExtensions)
    if (target.*extension.member) features += extension.features;
  static std::map<std::string, std::unique_ptr<llvm::TargetMachine>> machines;
  auto& machine = machines[features];
  if (!machine) machine = make_machine(features);
  return *machine;
}

}  // namespace kiesel::compiler
