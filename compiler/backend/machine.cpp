#include "compiler/backend/machine.hpp"

#include <llvm/InitializePasses.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/PassRegistry.h>
#include <llvm/Target/TargetMachine.h>

#include <cassert>
#include <map>
#include <memory>
#include <string>

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

struct Extension {
  const char* features;
  bool isa::Target::*present;
};
constexpr Extension kExtensions[] = {
    {",+a", &isa::Target::atomics},
    {",+zfh", &isa::Target::half},
    {",+zba,+zbb,+zbs", &isa::Target::bitmanip},
};

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
  for (const auto& extension : kExtensions)
    if (target.*extension.present) features += extension.features;
  static std::map<std::string, std::unique_ptr<llvm::TargetMachine>> machines;
  auto& machine = machines[features];
  if (!machine) machine = make_machine(features);
  return *machine;
}

}  // namespace kiesel::compiler
