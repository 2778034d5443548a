#include <llvm/ADT/StringExtras.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IRReader/IRReader.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Transforms/Utils/ValueMapper.h>

#include "compiler/builtins/pack/mangling.hpp"
#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

constexpr unsigned kTheirConstant = 4;
constexpr unsigned kOurConstant = 2;

class ConstantSpace final : public llvm::ValueMapTypeRemapper {
 public:
  llvm::Type* remapType(llvm::Type* type) override {
    auto* pointer = llvm::dyn_cast<llvm::PointerType>(type);
    if (!pointer || pointer->getAddressSpace() != kTheirConstant) return type;
    return llvm::PointerType::get(type->getContext(), kOurConstant);
  }
};

bool takes_pointer_to_constant(const llvm::Function& function) {
  auto is_one = [](llvm::Type* type) {
    return type->isPointerTy() && type->getPointerAddressSpace() == kTheirConstant;
  };
  return llvm::any_of(function.getFunctionType()->params(), is_one) || is_one(function.getReturnType());
}

bool is_wanted(const llvm::Function& function) {
  if (takes_pointer_to_constant(function)) return false;
  auto signature = demangle({function.getName().data(), function.getName().size()});
  if (!signature || !is_elementwise(signature->name)) return false;
  return llvm::all_of(signature->parameters, [](const ParameterType& type) { return type.width == 1; });
}

void drop_unreachable(llvm::Module& module) {
  bool changed = true;
  while (changed) {
    changed = false;
    for (llvm::Function& function : llvm::make_early_inc_range(module)) {
      function.removeDeadConstantUsers();
      if (!function.use_empty() || is_wanted(function)) continue;
      function.eraseFromParent();
      changed = true;
    }
    for (llvm::GlobalVariable& variable : llvm::make_early_inc_range(module.globals())) {
      variable.removeDeadConstantUsers();
      if (variable.use_empty()) variable.eraseFromParent();
    }
  }
}

void move_constants(llvm::Module& module) {
  llvm::ValueToValueMapTy moved;
  std::vector<llvm::GlobalVariable*> old;
  for (llvm::GlobalVariable& variable : module.globals())
    if (variable.getAddressSpace() == kTheirConstant) old.push_back(&variable);
  for (llvm::GlobalVariable* variable : old) {
    auto* copy = new llvm::GlobalVariable(module, variable->getValueType(), true,
                                          llvm::GlobalValue::ExternalLinkage, variable->getInitializer(), "",
                                          nullptr, llvm::GlobalValue::NotThreadLocal, kOurConstant);
    copy->setAlignment(variable->getAlign());
    copy->takeName(variable);
    moved[variable] = copy;
  }
  ConstantSpace types;
  for (llvm::Function& function : module)
    llvm::RemapFunction(function, moved, llvm::RF_IgnoreMissingLocals | llvm::RF_NoModuleLevelChanges,
                        &types);
  for (llvm::GlobalVariable* variable : old) {
    variable->removeDeadConstantUsers();
    variable->eraseFromParent();
  }
}

}  // namespace

std::unique_ptr<llvm::Module> import_libclc(const std::string& path, llvm::LLVMContext& context) {
  llvm::SMDiagnostic error;
  std::unique_ptr<llvm::Module> module = llvm::parseIRFile(path, error, context);
  if (!module) {
    error.print("kiesel_builtins_pack", llvm::errs());
    return nullptr;
  }
  drop_unreachable(*module);
  move_constants(*module);
  return module;
}

}  // namespace kiesel::compiler::builtins
