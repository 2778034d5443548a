// Half for machines without Zfh: its conversions, all that a program may do there, become calls of
// cl/soft_half.cl.
#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <string>

#include "compiler/builtins/builtins.hpp"

namespace kiesel::compiler::builtins {
namespace {

llvm::Value* call(llvm::IRBuilder<>& at, const std::string& name, llvm::Type* result, llvm::Value* argument) {
  auto* type = llvm::FunctionType::get(result, {argument->getType()}, false);
  llvm::FunctionCallee callee = at.GetInsertBlock()->getModule()->getOrInsertFunction(name, type);
  llvm::cast<llvm::Function>(callee.getCallee())->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  llvm::CallInst* made = at.CreateCall(callee, argument);
  made->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  return made;
}

llvm::Value* widen(llvm::IRBuilder<>& at, llvm::Value* half, llvm::Type* to) {
  llvm::Value* bits = at.CreateBitCast(half, at.getInt16Ty());
  return at.CreateFPExt(call(at, "__kiesel_half_value", at.getFloatTy(), bits), to);
}

llvm::Value* narrow(llvm::IRBuilder<>& at, llvm::Value* value, const std::string& mode) {
  llvm::Value* wide = at.CreateFPExt(value, at.getDoubleTy());
  llvm::Value* bits = call(at, "__kiesel_half_of_" + mode, at.getInt16Ty(), wide);
  return at.CreateBitCast(bits, at.getHalfTy());
}

// "fcvt.h.s $0, $1, rup": to nearest where no mode is named.
llvm::Value* narrow_by_instruction(llvm::IRBuilder<>& at, llvm::CallInst& call, const llvm::InlineAsm& text) {
  const llvm::StringRef words = text.getAsmString();
  if (!words.startswith("fcvt.h.s") && !words.startswith("fcvt.h.d")) return nullptr;
  for (const char* mode : {"rtz", "rdn", "rup"})
    if (words.endswith(mode)) return narrow(at, call.getArgOperand(0), mode);
  return narrow(at, call.getArgOperand(0), "rne");
}

llvm::Value* in_software(llvm::Instruction& instruction) {
  llvm::IRBuilder<> at(&instruction);
  if (auto* cast = llvm::dyn_cast<llvm::FPExtInst>(&instruction))
    return cast->getSrcTy()->isHalfTy() ? widen(at, cast->getOperand(0), cast->getDestTy()) : nullptr;
  if (auto* cast = llvm::dyn_cast<llvm::FPTruncInst>(&instruction))
    return cast->getDestTy()->isHalfTy() ? narrow(at, cast->getOperand(0), "rne") : nullptr;
  auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  auto* text = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
  return text ? narrow_by_instruction(at, *call, *text) : nullptr;
}

}  // namespace

bool lower_half(llvm::Module& module) {
  bool changed = false;
  for (llvm::Function& function : module)
    for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function)))
      if (llvm::Value* made = in_software(instruction)) {
        instruction.replaceAllUsesWith(made);
        instruction.eraseFromParent();
        changed = true;
      }
  return changed;
}

}  // namespace kiesel::compiler::builtins
