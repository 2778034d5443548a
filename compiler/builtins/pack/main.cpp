// kiesel_builtins_pack <library file> <libclc's bitcode> <our bitcode>...
// A program of our build: makes the builtin library that is embedded into kiesel-compiler.
#include <llvm/ADT/StringSet.h>
#include <llvm/IR/Verifier.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Linker/Linker.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/builtins/pack/mangling.hpp"
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

// A declaration libclc_<name> in our sources stands for libclc's definition of <name>, which ours replaces.
void keep_theirs(llvm::Module& module, const llvm::Module& ours) {
  constexpr std::string_view kPrefix = "libclc_";
  for (const llvm::Function& function : ours) {
    auto signature = builtins::demangle({function.getName().data(), function.getName().size()});
    if (!signature || !signature->name.starts_with(kPrefix)) continue;
    signature->name.erase(0, kPrefix.size());
    if (llvm::Function* theirs = module.getFunction(builtins::mangle(*signature)))
      theirs->setName(function.getName());
  }
}

std::unique_ptr<llvm::Module> read_ours(const char* path, const llvm::Module& module) {
  llvm::SMDiagnostic error;
  std::unique_ptr<llvm::Module> ours = llvm::parseIRFile(path, error, module.getContext());
  if (!ours) {
    error.print("kiesel_builtins_pack", llvm::errs());
    return nullptr;
  }
  ours->setTargetTriple(module.getTargetTriple());
  ours->setDataLayout(module.getDataLayout());
  return ours;
}

// Among our own files a name stands for one thing; the linker would take the last.
bool is_new(const llvm::Module& ours, llvm::StringSet<>& names) {
  for (const llvm::GlobalValue& value : ours.global_values()) {
    if (value.isDeclaration() || value.hasLocalLinkage() || names.insert(value.getName()).second) continue;
    llvm::errs() << "kiesel_builtins_pack: " << value.getName() << " is defined twice\n";
    return false;
  }
  return true;
}

// Our definitions replace libclc's. What any of our files keeps of theirs gets its new name before the others
// call the function that takes its place.
bool add_ours(llvm::Module& module, llvm::ArrayRef<char*> paths) {
  std::vector<std::unique_ptr<llvm::Module>> all;
  llvm::StringSet<> names;
  for (const char* path : paths) {
    all.push_back(read_ours(path, module));
    if (!all.back() || !is_new(*all.back(), names)) return false;
    keep_theirs(module, *all.back());
  }
  return llvm::none_of(all, [&](std::unique_ptr<llvm::Module>& ours) {
    return llvm::Linker::linkModules(module, std::move(ours), llvm::Linker::OverrideFromSrc);
  });
}

// A definition whose file does not declare the overload that it means to call ends up calling itself.
bool all_return(const llvm::Module& module) {
  bool good = true;
  for (const llvm::Function& function : module) {
    if (function.isDeclaration() || !function.doesNotReturn()) continue;
    llvm::errs() << "kiesel_builtins_pack: " << function.getName() << " never returns\n";
    good = false;
  }
  return good;
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
  if (!add_ours(*module, llvm::makeArrayRef(arguments, argument_count).drop_front(3))) return 1;
  builtins::normalise(*module, *machine);
  builtins::define_values(*module);
  builtins::expand_intrinsics(*module);
  builtins::expand_atomics(*module);
  builtins::add_group_scratch(*module);
  builtins::expand_images(*module);
  builtins::add_generic_pointers(*module);
  builtins::add_vector_forms(*module);
  builtins::optimise(*module, *machine);
  if (llvm::verifyModule(*module, &llvm::errs()) || !all_return(*module)) return 1;
  return builtins::write_library(*module, arguments[1]) ? 0 : 1;
}
