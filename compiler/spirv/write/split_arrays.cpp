#include <llvm/IR/Constants.h>
#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/Module.h>

#include <vector>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

// What fits into one OpConstantComposite, whose length has 16 bits, behind opcode, type and result.
constexpr std::uint64_t kMostElements = 65535 - 3;
// SPIR-V's limit of members; a longer array is more than any device has room for, which is told later.
constexpr std::uint64_t kMostMembers = 16383;

// The same layout, with a struct of arrays for an array that is too long.
llvm::Type* split(llvm::Type* type) {
  auto& context = type->getContext();
  if (auto* record = llvm::dyn_cast<llvm::StructType>(type)) {
    if (record->isOpaque()) return type;
    llvm::SmallVector<llvm::Type*> members;
    for (auto* member : record->elements()) members.push_back(split(member));
    return record->elements().equals(members) ? type
                                              : llvm::StructType::get(context, members, record->isPacked());
  }
  auto* array = llvm::dyn_cast<llvm::ArrayType>(type);
  if (!array) return type;
  auto* element = split(array->getElementType());
  auto count = array->getNumElements();
  if (count <= kMostElements || count > kMostElements * kMostMembers)
    return llvm::ArrayType::get(element, count);
  llvm::SmallVector<llvm::Type*> parts(count / kMostElements, llvm::ArrayType::get(element, kMostElements));
  if (count % kMostElements) parts.push_back(llvm::ArrayType::get(element, count % kMostElements));
  return llvm::StructType::get(context, parts);
}

llvm::Constant* split(llvm::Constant* value) {
  auto* type = value->getType();
  auto* new_type = split(type);
  if (new_type == type) return value;
  if (value->isNullValue()) return llvm::Constant::getNullValue(new_type);
  if (llvm::isa<llvm::UndefValue>(value)) return llvm::UndefValue::get(new_type);
  const auto elements = [&](std::uint64_t first, std::uint64_t count) {
    std::vector<llvm::Constant*> result;
    for (auto i = first; i < first + count; ++i)
      result.push_back(split(value->getAggregateElement(static_cast<unsigned>(i))));
    return result;
  };
  if (auto* array = llvm::dyn_cast<llvm::ArrayType>(new_type))
    return llvm::ConstantArray::get(array, elements(0, array->getNumElements()));
  auto* record = llvm::cast<llvm::StructType>(new_type);
  if (type->isStructTy()) return llvm::ConstantStruct::get(record, elements(0, record->getNumElements()));
  std::vector<llvm::Constant*> parts;
  for (auto* part : record->elements())
    parts.push_back(llvm::ConstantArray::get(
        llvm::cast<llvm::ArrayType>(part),
        elements(parts.size() * kMostElements, llvm::cast<llvm::ArrayType>(part)->getNumElements())));
  return llvm::ConstantStruct::get(record, parts);
}

void split(llvm::GlobalVariable& variable, llvm::Type* type) {
  auto* made = new llvm::GlobalVariable(*variable.getParent(), type, variable.isConstant(),
                                        variable.getLinkage(), nullptr, "", &variable,
                                        variable.getThreadLocalMode(), variable.getAddressSpace());
  if (variable.hasInitializer()) made->setInitializer(split(variable.getInitializer()));
  made->copyAttributesFrom(&variable);
  made->copyMetadata(&variable, 0);
  made->takeName(&variable);
  variable.replaceAllUsesWith(llvm::ConstantExpr::getBitCast(made, variable.getType()));
  variable.eraseFromParent();
}

}  // namespace

void split_arrays(llvm::Module& module) {
  std::vector<llvm::GlobalVariable*> variables;
  for (auto& variable : module.globals()) variables.push_back(&variable);
  for (auto* variable : variables)
    if (auto* type = split(variable->getValueType()); type != variable->getValueType())
      split(*variable, type);
}

}  // namespace kiesel::compiler
