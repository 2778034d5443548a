#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

#include "compiler/backend/lower_memory.hpp"

namespace kiesel::compiler {
namespace {

bool is_cast_expression(const llvm::Value* value) {
  const auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(value);
  return expression && expression->getOpcode() == llvm::Instruction::AddrSpaceCast;
}

bool contains_cast(const llvm::Constant& constant) {
  if (is_cast_expression(&constant)) return true;
  if (llvm::isa<llvm::GlobalValue>(constant)) return false;
  for (const auto& operand : constant.operands())
    if (contains_cast(*llvm::cast<llvm::Constant>(operand))) return true;
  return false;
}

// The same constant with each cast through an integer of the pointer's size.
llvm::Constant* rebuild(llvm::Constant* constant) {
  if (!contains_cast(*constant)) return constant;
  std::vector<llvm::Constant*> operands;
  for (auto& operand : constant->operands()) operands.push_back(rebuild(llvm::cast<llvm::Constant>(operand)));
  if (is_cast_expression(constant)) {
    auto* integer =
        llvm::ConstantExpr::getPtrToInt(operands[0], llvm::Type::getInt64Ty(constant->getContext()));
    return llvm::ConstantExpr::getIntToPtr(integer, constant->getType());
  }
  if (auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(constant))
    return expression->getWithOperands(operands);
  if (auto* type = llvm::dyn_cast<llvm::StructType>(constant->getType()))
    return llvm::ConstantStruct::get(type, operands);
  if (auto* type = llvm::dyn_cast<llvm::ArrayType>(constant->getType()))
    return llvm::ConstantArray::get(type, operands);
  return llvm::ConstantVector::get(operands);
}

void flatten(llvm::Function& function) {
  std::vector<llvm::AddrSpaceCastInst*> casts;
  for (auto& instruction : llvm::instructions(function)) {
    if (auto* cast = llvm::dyn_cast<llvm::AddrSpaceCastInst>(&instruction)) casts.push_back(cast);
    for (auto& operand : instruction.operands())
      if (auto* constant = llvm::dyn_cast<llvm::Constant>(operand)) operand = rebuild(constant);
  }
  for (auto* cast : casts) {
    llvm::IRBuilder<> builder(cast);
    auto* integer = builder.CreatePtrToInt(cast->getPointerOperand(), builder.getInt64Ty());
    cast->replaceAllUsesWith(builder.CreateIntToPtr(integer, cast->getType()));
    cast->eraseFromParent();
  }
}

}  // namespace

void flatten_address_spaces(llvm::Module& module) {
  for (auto& variable : module.globals())
    if (variable.hasInitializer()) variable.setInitializer(rebuild(variable.getInitializer()));
  for (auto& function : module) flatten(function);
}

}  // namespace kiesel::compiler
