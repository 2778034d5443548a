// Calls of printf become: reserve a record, write it if there was room (isa/launch_block.hpp).
#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <set>
#include <vector>

#include "compiler/builtins/builtins.hpp"

namespace kiesel::compiler::builtins {
namespace {

constexpr const char* kReserve = "__kiesel_printf_reserve";
constexpr unsigned kGlobal = 1;
constexpr std::uint64_t kFormatOffset = 8;
constexpr std::uint64_t kFirstArgument = 16;

std::uint64_t element_bytes(llvm::Type* vector) { return vector->getScalarSizeInBits() / 8; }

// Bytes of an argument in the record.
std::uint64_t argument_bytes(llvm::Type* type) {
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector ? (vector->getNumElements() * element_bytes(type) + 7) / 8 * 8 : 8;
}

llvm::FunctionCallee reserve_function(llvm::Module& module) {
  llvm::LLVMContext& context = module.getContext();
  auto* type = llvm::FunctionType::get(llvm::PointerType::get(context, kGlobal),
                                       {llvm::Type::getInt32Ty(context)}, false);
  llvm::FunctionCallee callee = module.getOrInsertFunction(kReserve, type);
  llvm::cast<llvm::Function>(callee.getCallee())->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  return callee;
}

class RecordWriter {
 public:
  RecordWriter(llvm::IRBuilder<>& builder, llvm::Value* record) : builder_(builder), record_(record) {}

  void store(llvm::Value* value, std::uint64_t offset) {
    llvm::Value* address = builder_.CreateConstInBoundsGEP1_64(builder_.getInt8Ty(), record_, offset);
    builder_.CreateAlignedStore(value, address, llvm::Align(value->getType()->getPrimitiveSizeInBits() / 8));
  }

  void store_argument(llvm::Value* value, std::uint64_t offset) {
    if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(value->getType())) {
      for (unsigned lane = 0; lane < vector->getNumElements(); ++lane)
        store(builder_.CreateExtractElement(value, lane), offset + lane * element_bytes(vector));
      return;
    }
    store(widened(value), offset);
  }

 private:
  llvm::Value* widened(llvm::Value* value) {
    llvm::Type* type = value->getType();
    if (type->isPointerTy()) return builder_.CreatePtrToInt(value, builder_.getInt64Ty());
    if (type->isFloatingPointTy()) return builder_.CreateFPExt(value, builder_.getDoubleTy());
    return builder_.CreateSExtOrTrunc(value, builder_.getInt64Ty());
  }

  llvm::IRBuilder<>& builder_;
  llvm::Value* record_;
};

void lower_call(llvm::CallInst& call) {
  std::uint64_t bytes = kFirstArgument;
  for (unsigned i = 1; i < call.arg_size(); ++i) bytes += argument_bytes(call.getArgOperand(i)->getType());

  llvm::IRBuilder<> builder(&call);
  llvm::FunctionCallee reserve = reserve_function(*call.getModule());
  llvm::CallInst* record = builder.CreateCall(reserve, {builder.getInt32(static_cast<std::uint32_t>(bytes))});
  record->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  llvm::Value* has_room = builder.CreateIsNotNull(record);
  llvm::BasicBlock* before = call.getParent();
  llvm::Instruction* end_of_then = llvm::SplitBlockAndInsertIfThen(has_room, &call, false);

  builder.SetInsertPoint(end_of_then);
  RecordWriter writer(builder, record);
  writer.store(builder.getInt64(bytes), 0);
  writer.store_argument(call.getArgOperand(0), kFormatOffset);
  std::uint64_t offset = kFirstArgument;
  for (unsigned i = 1; i < call.arg_size(); ++i) {
    writer.store_argument(call.getArgOperand(i), offset);
    offset += argument_bytes(call.getArgOperand(i)->getType());
  }

  builder.SetInsertPoint(&call);
  llvm::PHINode* result = builder.CreatePHI(builder.getInt32Ty(), 2);
  result->addIncoming(builder.getInt32(0), end_of_then->getParent());
  result->addIncoming(builder.getInt32(~0u), before);
  call.replaceAllUsesWith(result);
  call.eraseFromParent();
}

bool reaches_printf(const llvm::Function& function, std::set<const llvm::Function*>& seen) {
  if (function.getName() == kReserve) return true;
  if (!seen.insert(&function).second) return false;
  for (const llvm::Instruction& instruction : llvm::instructions(function))
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
      if (const llvm::Function* callee = call->getCalledFunction(); callee && reaches_printf(*callee, seen))
        return true;
  return false;
}

}  // namespace

bool lower_printf(llvm::Module& module) {
  llvm::Function* printf = module.getFunction("printf");
  if (!printf || !printf->isDeclaration()) return false;
  std::vector<llvm::CallInst*> calls;
  for (llvm::User* user : printf->users())
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(user); call && call->getCalledOperand() == printf)
      calls.push_back(call);
  for (llvm::CallInst* call : calls) lower_call(*call);
  if (printf->use_empty()) printf->eraseFromParent();
  return !calls.empty();
}

bool uses_printf(const llvm::Function& kernel) {
  std::set<const llvm::Function*> seen;
  return reaches_printf(kernel, seen);
}

}  // namespace kiesel::compiler::builtins
