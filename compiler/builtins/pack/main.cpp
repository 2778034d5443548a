// kiesel_builtins_pack <library file> <libclc's bitcode> <our bitcode>...
// A program of our build: makes the builtin library that is embedded into kiesel-compiler.
#include <llvm/IR/Verifier.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Linker/Linker.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/builtins/pack/pack.hpp"

namespace {

namespace builtins = kiesel::compiler::builtins;

std::unique_ptr<llvm::TargetMachine> make_machine() {
  LLVMInitializeRISCVTargetInfo();
  LLVMInitializeRISCVTarget();
  LLVMInitializeRISCVTargetMC();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget("riscv64", error);
  if (!target) {
    llvm::errs() << error << "\n";
    return nullptr;
  }
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      "riscv64-unknown-elf", "generic-rv64", "+m,+a,+f,+d,+zba,+zbb,+zbs,+zfh", {}, llvm::Reloc::PIC_));
}

// Our definitions replace libclc's.
bool add_ours(llvm::Module& module, const char* path) {
  llvm::SMDiagnostic error;
  std::unique_ptr<llvm::Module> ours = llvm::parseIRFile(path, error, module.getContext());
  if (!ours) {
    error.print("kiesel_builtins_pack", llvm::errs());
    return false;
  }
  ours->setTargetTriple(module.getTargetTriple());
  ours->setDataLayout(module.getDataLayout());
  return !llvm::Linker::linkModules(module, std::move(ours), llvm::Linker::OverrideFromSrc);
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3) {
    llvm::errs() << "usage: kiesel_builtins_pack <library> <libclc bitcode> <our bitcode>...\n";
    return 2;
  }
  llvm::LLVMContext context;
  context.setOpaquePointers(true);
  context.setDiscardValueNames(true);
  auto machine = make_machine();
  auto module = machine ? builtins::import_libclc(arguments[2], context) : nullptr;
  if (!module) return 1;
  builtins::normalise(*module, *machine);
  for (int i = 3; i < argument_count; ++i)
    if (!add_ours(*module, arguments[i])) return 1;
  builtins::normalise(*module, *machine);
  builtins::expand_intrinsics(*module);
  builtins::expand_atomics(*module);
  builtins::add_generic_pointers(*module);
  builtins::add_vector_forms(*module);
  builtins::optimise(*module, *machine);
  if (llvm::verifyModule(*module, &llvm::errs())) return 1;
  return builtins::write_library(*module, arguments[1]) ? 0 : 1;
}
