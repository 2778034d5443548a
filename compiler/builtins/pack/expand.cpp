#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

#include <array>

#include "compiler/builtins/pack/mangling.hpp"
#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

struct Expansion {
  llvm::Intrinsic::ID intrinsic;
  const char* builtin;
};

// RISC-V's F and D have no rounding to an integral value, and nothing has the transcendental ones.
constexpr std::array<Expansion, 15> kExpansions{{
    {llvm::Intrinsic::floor, "floor"},
    {llvm::Intrinsic::ceil, "ceil"},
    {llvm::Intrinsic::trunc, "trunc"},
    {llvm::Intrinsic::rint, "rint"},
    {llvm::Intrinsic::nearbyint, "rint"},
    {llvm::Intrinsic::round, "round"},
    {llvm::Intrinsic::roundeven, "rint"},
    {llvm::Intrinsic::sin, "sin"},
    {llvm::Intrinsic::cos, "cos"},
    {llvm::Intrinsic::exp, "exp"},
    {llvm::Intrinsic::exp2, "exp2"},
    {llvm::Intrinsic::log, "log"},
    {llvm::Intrinsic::log10, "log10"},
    {llvm::Intrinsic::log2, "log2"},
    {llvm::Intrinsic::pow, "pow"},
}};

const char* builtin_for(llvm::Intrinsic::ID intrinsic) {
  for (const Expansion& expansion : kExpansions)
    if (expansion.intrinsic == intrinsic) return expansion.builtin;
  return nullptr;
}

llvm::FunctionCallee scalar_builtin(llvm::Module& module, const char* name, llvm::Type* scalar,
                                    std::size_t arity) {
  Signature signature{name, {}};
  signature.parameters.resize(arity);
  for (ParameterType& type : signature.parameters) type.scalar.assign(1, scalar->isDoubleTy() ? 'd' : 'f');
  std::vector<llvm::Type*> parameters(arity, scalar);
  llvm::FunctionCallee callee =
      module.getOrInsertFunction(mangle(signature), llvm::FunctionType::get(scalar, parameters, false));
  llvm::cast<llvm::Function>(callee.getCallee())->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  return callee;
}

llvm::Value* call_lane(llvm::IRBuilder<>& builder, llvm::IntrinsicInst& intrinsic, const char* name,
                       int lane) {
  std::vector<llvm::Value*> arguments;
  for (llvm::Value* argument : intrinsic.args())
    arguments.push_back(lane < 0 ? argument
                                 : builder.CreateExtractElement(argument, static_cast<std::uint64_t>(lane)));
  llvm::FunctionCallee callee =
      scalar_builtin(*intrinsic.getModule(), name, arguments[0]->getType(), arguments.size());
  llvm::CallInst* call = builder.CreateCall(callee, arguments);
  call->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  return call;
}

}  // namespace

void expand_intrinsics(llvm::Module& module) {
  std::vector<llvm::IntrinsicInst*> found;
  for (llvm::Function& function : module)
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if (auto* intrinsic = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
          intrinsic && builtin_for(intrinsic->getIntrinsicID()))
        found.push_back(intrinsic);
  for (llvm::IntrinsicInst* intrinsic : found) {
    llvm::IRBuilder<> builder(intrinsic);
    const char* name = builtin_for(intrinsic->getIntrinsicID());
    llvm::Value* result;
    if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(intrinsic->getType())) {
      result = llvm::PoisonValue::get(vector);
      for (unsigned lane = 0; lane < vector->getNumElements(); ++lane)
        result = builder.CreateInsertElement(
            result, call_lane(builder, *intrinsic, name, static_cast<int>(lane)), lane);
    } else {
      result = call_lane(builder, *intrinsic, name, -1);
    }
    intrinsic->replaceAllUsesWith(result);
    intrinsic->eraseFromParent();
  }
}

}  // namespace kiesel::compiler::builtins
