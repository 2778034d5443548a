#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IRBuilder.h>

#include <set>

#include "compiler/builtins/pack/mangling.hpp"
#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

constexpr int kGeneric = 4;
constexpr int kWidths[] = {2, 3, 4, 8, 16};

const std::set<std::string, std::less<>>& elementwise_names() {
  static const std::set<std::string, std::less<>> names{
#define ELEMENTWISE(name) #name,
#include "compiler/builtins/pack/elementwise.def"
#undef ELEMENTWISE
  };
  return names;
}

// A new function under `signature`'s name, or null when there is one.
llvm::Function* add_function(llvm::Module& module, const Signature& signature, llvm::FunctionType* type) {
  std::string name = mangle(signature);
  llvm::Function* present = module.getFunction(name);
  if (present && !present->isDeclaration()) return nullptr;
  llvm::Function* function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, module);
  if (present) {
    present->replaceAllUsesWith(function);
    function->takeName(present);
    present->eraseFromParent();
  }
  function->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  llvm::BasicBlock::Create(module.getContext(), "", function);
  return function;
}

llvm::CallInst* call(llvm::IRBuilder<>& builder, llvm::Function& callee,
                     llvm::ArrayRef<llvm::Value*> arguments) {
  llvm::CallInst* result = builder.CreateCall(&callee, arguments);
  result->setCallingConv(callee.getCallingConv());
  return result;
}

void finish(llvm::IRBuilder<>& builder, llvm::Value* result) {
  if (result->getType()->isVoidTy()) {
    builder.CreateRetVoid();
  } else {
    builder.CreateRet(result);
  }
}

void add_generic_form(llvm::Function& function, Signature signature) {
  std::vector<llvm::Type*> parameters = function.getFunctionType()->params();
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    ParameterType& type = signature.parameters[i];
    if (!type.is_pointer || type.address_space != 0) continue;
    type.address_space = kGeneric;
    parameters[i] = llvm::PointerType::get(function.getContext(), kGeneric);
  }
  llvm::Function* form = add_function(*function.getParent(), signature,
                                      llvm::FunctionType::get(function.getReturnType(), parameters, false));
  if (!form) return;
  llvm::IRBuilder<> builder(&form->getEntryBlock());
  std::vector<llvm::Value*> arguments;
  for (auto [argument, type] : llvm::zip(form->args(), function.getFunctionType()->params()))
    arguments.push_back(argument.getType() == type ? &argument
                                                   : builder.CreateAddrSpaceCast(&argument, type));
  finish(builder, call(builder, function, arguments));
}

llvm::Value* lane_of(llvm::IRBuilder<>& builder, llvm::Value* value, llvm::Type* scalar_pointee,
                     unsigned lane) {
  if (scalar_pointee) return builder.CreateConstInBoundsGEP1_64(scalar_pointee, value, lane);
  return builder.CreateExtractElement(value, lane);
}

llvm::Type* pointee(llvm::LLVMContext& context, const ParameterType& type) {
  if (!type.is_pointer) return nullptr;
  if (type.scalar == "Dh") return llvm::Type::getHalfTy(context);
  if (type.scalar == "f") return llvm::Type::getFloatTy(context);
  if (type.scalar == "d") return llvm::Type::getDoubleTy(context);
  return llvm::Type::getInt32Ty(context);
}

bool is_conversion(std::string_view name) { return name.starts_with("convert_"); }

// convert_int_sat becomes convert_int4_sat; other names stay.
std::string vector_name(const std::string& scalar, int width) {
  if (!is_conversion(scalar)) return scalar;
  std::size_t end_of_type = scalar.find('_', std::string_view("convert_").size());
  std::string name = scalar.substr(0, end_of_type) + std::to_string(width);
  return end_of_type == std::string::npos ? name : name + scalar.substr(end_of_type);
}

void add_vector_form(llvm::Function& scalar, const Signature& scalar_signature, int width) {
  Signature signature = scalar_signature;
  signature.name = vector_name(signature.name, width);
  std::vector<llvm::Type*> parameters = scalar.getFunctionType()->params();
  auto widen = [width](llvm::Type* type) {
    return llvm::FixedVectorType::get(type, static_cast<unsigned>(width));
  };
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    signature.parameters[i].width = width;
    if (!signature.parameters[i].is_pointer) parameters[i] = widen(parameters[i]);
  }
  llvm::Function* form =
      add_function(*scalar.getParent(), signature,
                   llvm::FunctionType::get(widen(scalar.getReturnType()), parameters, false));
  if (!form) return;
  llvm::IRBuilder<> builder(&form->getEntryBlock());
  llvm::Value* result = llvm::PoisonValue::get(form->getReturnType());
  for (unsigned lane = 0; lane < static_cast<unsigned>(width); ++lane) {
    std::vector<llvm::Value*> arguments;
    for (auto [argument, type] : llvm::zip(form->args(), scalar_signature.parameters))
      arguments.push_back(lane_of(builder, &argument, pointee(scalar.getContext(), type), lane));
    result = builder.CreateInsertElement(result, call(builder, scalar, arguments), lane);
  }
  finish(builder, result);
}

std::vector<std::pair<llvm::Function*, Signature>> definitions(llvm::Module& module) {
  std::vector<std::pair<llvm::Function*, Signature>> all;
  for (llvm::Function& function : module)
    if (!function.isDeclaration())
      if (auto signature = demangle({function.getName().data(), function.getName().size()}))
        all.emplace_back(&function, *signature);
  return all;
}

}  // namespace

bool is_elementwise(std::string_view name) { return elementwise_names().contains(name); }

void add_generic_pointers(llvm::Module& module) {
  auto private_pointer = [](const ParameterType& type) { return type.is_pointer && type.address_space == 0; };
  for (auto& [function, signature] : definitions(module))
    if (llvm::any_of(signature.parameters, private_pointer)) add_generic_form(*function, signature);
}

void add_vector_forms(llvm::Module& module) {
  auto scalar = [](const ParameterType& type) { return type.width == 1; };
  for (auto& [function, signature] : definitions(module))
    if ((is_elementwise(signature.name) || is_conversion(signature.name)) &&
        llvm::all_of(signature.parameters, scalar))
      for (int width : kWidths) add_vector_form(*function, signature, width);
}

}  // namespace kiesel::compiler::builtins
