// Flexible array members and arrays without elements, which SPIR-V does not have.
//
// Addresses through types that have them are counted in bytes; then only size and alignment of such a type
// matter, and another one of these takes its place. LLVM's types cannot change, so what has such a type is
// made once more.
#include <llvm/ADT/MapVector.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Operator.h>
#include <llvm/IR/TypeFinder.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <map>
#include <vector>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

bool has_empty_array(const llvm::Type& type) {
  if (const auto* array = llvm::dyn_cast<llvm::ArrayType>(&type))
    return array->getNumElements() == 0 || has_empty_array(*array->getElementType());
  const auto* record = llvm::dyn_cast<llvm::StructType>(&type);
  return record &&
         llvm::any_of(record->elements(), [](const llvm::Type* of) { return has_empty_array(*of); });
}

bool has_empty_array(const llvm::Module& module) {
  llvm::TypeFinder records;
  records.run(module, /*onlyNamed=*/false);
  const auto in_memory = [](const llvm::Instruction& instruction) {
    const auto* alloca = llvm::dyn_cast<llvm::AllocaInst>(&instruction);
    const auto* address = llvm::dyn_cast<llvm::GetElementPtrInst>(&instruction);
    return (alloca && has_empty_array(*alloca->getAllocatedType())) ||
           (address && has_empty_array(*address->getSourceElementType()));
  };
  return llvm::any_of(records, [](const llvm::StructType* record) { return has_empty_array(*record); }) ||
         llvm::any_of(module.globals(),
                      [](const auto& variable) { return has_empty_array(*variable.getValueType()); }) ||
         llvm::any_of(module, [&](const llvm::Function& function) {
           return llvm::any_of(llvm::instructions(function), in_memory);
         });
}

class Types final : public llvm::ValueMapTypeRemapper {
 public:
  explicit Types(const llvm::DataLayout& layout) : layout_(layout) {}

  llvm::Type* remapType(llvm::Type* type) override {
    llvm::SmallPtrSet<llvm::Type*, 16> seen;
    if (!leads_to_empty_array(type, seen)) return type;
    if (has_empty_array(*type)) return replacement(type);
    if (auto* pointer = llvm::dyn_cast<llvm::PointerType>(type))
      return remapType(pointer->getNonOpaquePointerElementType())->getPointerTo(pointer->getAddressSpace());
    if (auto* array = llvm::dyn_cast<llvm::ArrayType>(type))
      return llvm::ArrayType::get(remapType(array->getElementType()), array->getNumElements());
    if (auto* function = llvm::dyn_cast<llvm::FunctionType>(type))
      return llvm::FunctionType::get(remapType(function->getReturnType()), remap(function->params()),
                                     function->isVarArg());
    return remap(*llvm::cast<llvm::StructType>(type));
  }

 private:
  static bool leads_to_empty_array(llvm::Type* type, llvm::SmallPtrSetImpl<llvm::Type*>& seen) {
    if (!seen.insert(type).second) return false;
    if (has_empty_array(*type)) return true;
    if (auto* pointer = llvm::dyn_cast<llvm::PointerType>(type))
      return leads_to_empty_array(pointer->getNonOpaquePointerElementType(), seen);
    return llvm::any_of(type->subtypes(), [&](llvm::Type* part) { return leads_to_empty_array(part, seen); });
  }

  llvm::SmallVector<llvm::Type*> remap(llvm::ArrayRef<llvm::Type*> types) {
    llvm::SmallVector<llvm::Type*> remapped;
    for (auto* type : types) remapped.push_back(remapType(type));
    return remapped;
  }

  // It may lead to itself.
  llvm::Type* remap(llvm::StructType& record) {
    auto*& made = structs_[&record];
    if (made) return made;
    made = llvm::StructType::create(record.getContext());
    llvm::cast<llvm::StructType>(made)->setBody(remap(record.elements()), record.isPacked());
    return structs_[&record];
  }

  // Integers of the alignment, as many as fill the size; a struct, since it may be one's argument.
  llvm::Type* replacement(llvm::Type* type) {
    auto*& made = structs_[type];
    if (made) return made;
    const auto alignment = layout_.getABITypeAlign(type).value();
    auto& context = type->getContext();
    llvm::Type* unit =
        llvm::IntegerType::get(context, static_cast<unsigned>(std::min<std::uint64_t>(alignment, 8) * 8));
    if (alignment > 8) unit = llvm::FixedVectorType::get(unit, static_cast<unsigned>(alignment / 8));
    const auto count = std::max<std::uint64_t>(layout_.getTypeAllocSize(type).getFixedSize() / alignment, 1);
    return made = llvm::StructType::create(context, {llvm::ArrayType::get(unit, count)});
  }

  const llvm::DataLayout& layout_;
  std::map<llvm::Type*, llvm::Type*> structs_;
};

// The same constant without steps through types that have empty arrays.
llvm::Constant* in_bytes(llvm::Constant& constant, const llvm::DataLayout& layout) {
  if (llvm::isa<llvm::GlobalValue>(constant) || constant.getNumOperands() == 0) return &constant;
  llvm::SmallVector<llvm::Constant*> operands;
  for (auto& operand : constant.operands())
    operands.push_back(in_bytes(*llvm::cast<llvm::Constant>(operand), layout));
  if (auto* array = llvm::dyn_cast<llvm::ConstantArray>(&constant))
    return llvm::ConstantArray::get(array->getType(), operands);
  if (auto* record = llvm::dyn_cast<llvm::ConstantStruct>(&constant))
    return llvm::ConstantStruct::get(record->getType(), operands);
  auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(&constant);
  if (!expression) return &constant;
  auto* address = llvm::dyn_cast<llvm::GEPOperator>(&constant);
  llvm::APInt offset(64, 0);
  if (!address || !has_empty_array(*address->getSourceElementType()) ||
      !address->accumulateConstantOffset(layout, offset))
    return expression->getWithOperands(operands);
  auto& context = constant.getContext();
  auto* bytes = llvm::ConstantExpr::getBitCast(
      operands[0], llvm::Type::getInt8PtrTy(context, address->getPointerAddressSpace()));
  auto* moved = llvm::ConstantExpr::getGetElementPtr(llvm::Type::getInt8Ty(context), bytes,
                                                     llvm::ConstantInt::get(context, offset));
  return llvm::ConstantExpr::getBitCast(moved, constant.getType());
}

bool goes_through_empty_array(const llvm::Value& value) {
  if (llvm::isa<llvm::GlobalValue>(value)) return false;
  const auto* address = llvm::dyn_cast<llvm::GEPOperator>(&value);
  if (address && has_empty_array(*address->getSourceElementType())) return true;
  const auto* constant = llvm::dyn_cast<llvm::ConstantExpr>(&value);
  return constant && llvm::any_of(constant->operands(), [](const llvm::Use& operand) {
           return goes_through_empty_array(*operand);
         });
}

// The writer mistakes constant casts, so the steps are instructions, which a builder would fold again.
void count_in_bytes(llvm::GetElementPtrInst& address, const llvm::DataLayout& layout) {
  llvm::MapVector<llvm::Value*, llvm::APInt> variable;
  llvm::APInt constant(64, 0);
  if (!address.collectOffset(layout, 64, variable, constant)) return;
  llvm::IRBuilder<> at(&address);
  llvm::Value* offset = at.getInt(constant);
  for (const auto& [index, scale] : variable)
    offset =
        at.CreateAdd(offset, at.CreateMul(at.CreateSExtOrTrunc(index, at.getInt64Ty()), at.getInt(scale)));
  auto* type = at.getInt8PtrTy(address.getPointerAddressSpace());
  auto* bytes = at.Insert(new llvm::BitCastInst(address.getPointerOperand(), type));
  auto* moved = at.Insert(llvm::GetElementPtrInst::Create(at.getInt8Ty(), bytes, {offset}));
  address.replaceAllUsesWith(at.Insert(new llvm::BitCastInst(moved, address.getType())));
  address.eraseFromParent();
}

void count_in_bytes(llvm::Instruction& instruction, const llvm::DataLayout& layout) {
  for (auto& operand : instruction.operands()) {
    auto* constant = llvm::dyn_cast<llvm::ConstantExpr>(operand);
    if (!constant || !goes_through_empty_array(*constant)) continue;
    auto* phi = llvm::dyn_cast<llvm::PHINode>(&instruction);
    auto* made =
        constant->getAsInstruction(phi ? phi->getIncomingBlock(operand)->getTerminator() : &instruction);
    operand = made;
    count_in_bytes(*made, layout);
  }
  if (auto* address = llvm::dyn_cast<llvm::GetElementPtrInst>(&instruction);
      address && goes_through_empty_array(*address))
    count_in_bytes(*address, layout);
}

void count_in_bytes(llvm::Module& module) {
  const auto& layout = module.getDataLayout();
  for (auto& variable : module.globals())
    if (variable.hasInitializer()) variable.setInitializer(in_bytes(*variable.getInitializer(), layout));
  for (auto& function : module)
    for (auto& instruction : llvm::make_early_inc_range(llvm::instructions(function)))
      count_in_bytes(instruction, layout);
}

// Everything of a module once more, with other types.
class Remake {
 public:
  explicit Remake(llvm::Module& module) : module_(module), types_(module.getDataLayout()) {}

  void run() {
    for (auto& variable : module_.globals()) variables_.push_back(&variable);
    for (auto& function : module_)
      if (!function.isDeclaration() || remapped(function) != function.getFunctionType())
        functions_.push_back(&function);
    for (auto* variable : variables_) declare(*variable);
    for (auto* function : functions_) declare(*function);
    for (auto* variable : variables_) define(*variable);
    for (auto* function : functions_) define(*function);
    for (auto* function : functions_) replace(*function);
    for (auto* variable : variables_)
      if (map_.count(variable) && map_[variable] != variable) replace(*variable);
  }

 private:
  llvm::FunctionType* remapped(const llvm::Function& function) {
    return llvm::cast<llvm::FunctionType>(types_.remapType(function.getFunctionType()));
  }

  void declare(llvm::GlobalVariable& variable) {
    auto* type = types_.remapType(variable.getValueType());
    if (type == variable.getValueType()) return;
    auto* made =
        new llvm::GlobalVariable(module_, type, variable.isConstant(), variable.getLinkage(), nullptr, "",
                                 &variable, variable.getThreadLocalMode(), variable.getAddressSpace());
    made->copyAttributesFrom(&variable);
    made->copyMetadata(&variable, 0);
    map_[&variable] = made;
  }

  void declare(llvm::Function& function) {
    auto* type = llvm::cast<llvm::FunctionType>(types_.remapType(function.getFunctionType()));
    auto* made =
        llvm::Function::Create(type, function.getLinkage(), function.getAddressSpace(), "", &module_);
    made->copyAttributesFrom(&function);
    for (unsigned i = 0; i < function.arg_size(); ++i) {
      made->getArg(i)->setName(function.getArg(i)->getName());
      map_[function.getArg(i)] = made->getArg(i);
    }
    map_[&function] = made;
  }

  void define(llvm::GlobalVariable& variable) {
    if (!variable.hasInitializer()) return;
    auto* made = map_.count(&variable) ? llvm::cast<llvm::GlobalVariable>(map_[&variable]) : &variable;
    made->setInitializer(llvm::MapValue(variable.getInitializer(), map_, llvm::RF_None, &types_));
  }

  void define(llvm::Function& function) {
    auto* made = llvm::cast<llvm::Function>(map_[&function]);
    llvm::SmallVector<llvm::ReturnInst*> returns;
    if (!function.isDeclaration())
      llvm::CloneFunctionInto(made, &function, map_, llvm::CloneFunctionChangeType::GlobalChanges, returns,
                              "", nullptr, &types_);
    auto attributes = made->getAttributes();
    for (unsigned i = 0; i < made->arg_size(); ++i)
      for (const auto kind : {llvm::Attribute::ByVal, llvm::Attribute::StructRet})
        if (made->hasParamAttribute(i, kind))
          attributes = attributes.replaceAttributeTypeAtIndex(
              made->getContext(), llvm::AttributeList::FirstArgIndex + i, kind,
              types_.remapType(made->getParamAttribute(i, kind).getValueAsType()));
    made->setAttributes(attributes);
  }

  void replace(llvm::GlobalObject& old) {
    llvm::cast<llvm::GlobalObject>(map_[&old])->takeName(&old);
    old.dropAllReferences();
    old.replaceAllUsesWith(llvm::UndefValue::get(old.getType()));  // by what is replaced too
    old.eraseFromParent();
  }

  llvm::Module& module_;
  Types types_;
  llvm::ValueToValueMapTy map_;
  std::vector<llvm::GlobalVariable*> variables_;
  std::vector<llvm::Function*> functions_;
};

}  // namespace

void replace_empty_arrays(llvm::Module& module) {
  if (!has_empty_array(module)) return;
  count_in_bytes(module);
  Remake(module).run();
}

}  // namespace kiesel::compiler
