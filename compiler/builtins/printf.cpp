// Calls of printf become: reserve a record, write it if there was room (isa/printf_record.hpp).
#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/Endian.h>
#include <llvm/Support/MathExtras.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include <set>
#include <vector>

#include "compiler/builtins/builtins.hpp"
#include "device/isa/printf_record.hpp"

namespace kiesel::compiler::builtins {
namespace {

constexpr const char* kReserve = "__kiesel_printf_reserve";         // in the one buffer of a launch
constexpr const char* kReserveOwn = "__kiesel_printf_reserve_own";  // in the buffer of the hart
constexpr unsigned kGlobal = 1;
constexpr unsigned kMostElements = 16;

using isa::PrintfArgument;
using isa::PrintfKind;
constexpr PrintfArgument kNotPrintable{PrintfKind::kOther, 0, 1};

// Of what is no vector. Truth values are stored as bytes.
PrintfArgument scalar_type(llvm::Type* type, unsigned elements) {
  const unsigned bits = type->getPrimitiveSizeInBits();
  if (type->isIntegerTy(1)) return {PrintfKind::kInteger, 0, elements};
  if (type->isIntegerTy() && llvm::isPowerOf2_32(bits) && bits >= 8 && bits <= 64)
    return {PrintfKind::kInteger, llvm::Log2_32(bits / 8), elements};
  if (type->isHalfTy() || type->isFloatTy() || type->isDoubleTy())
    return {PrintfKind::kFloat, llvm::Log2_32(bits / 8), elements};
  if (type->isPointerTy() && elements == 1) return {PrintfKind::kOther, 3, 1};
  return kNotPrintable;
}

PrintfArgument argument_type(llvm::Type* type) {
  if (auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(type))
    return vector->getNumElements() <= kMostElements
               ? scalar_type(vector->getElementType(), vector->getNumElements())
               : kNotPrintable;
  return scalar_type(type, 1);
}

llvm::FunctionCallee reserve_function(llvm::Module& module, bool has_atomics) {
  llvm::LLVMContext& context = module.getContext();
  auto* type = llvm::FunctionType::get(llvm::PointerType::get(context, kGlobal),
                                       {llvm::Type::getInt32Ty(context)}, false);
  llvm::FunctionCallee callee = module.getOrInsertFunction(has_atomics ? kReserve : kReserveOwn, type);
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

  void store_argument(llvm::Value* value, PrintfArgument type, std::uint64_t offset) {
    if (!type.has_bytes()) return;
    value = plain(value);
    if (!value->getType()->isVectorTy()) return store(value, offset);
    for (unsigned lane = 0; lane < type.elements(); ++lane)
      store(builder_.CreateExtractElement(value, lane), offset + lane * type.element_bytes());
  }

 private:
  // What has a size in memory: pointers as numbers, truth values as bytes.
  llvm::Value* plain(llvm::Value* value) {
    llvm::Type* type = value->getType();
    if (type->isPointerTy()) return builder_.CreatePtrToInt(value, builder_.getInt64Ty());
    if (!type->isIntOrIntVectorTy(1)) return value;
    return builder_.CreateZExt(value, type->getWithNewType(builder_.getInt8Ty()));
  }

  llvm::IRBuilder<>& builder_;
  llvm::Value* record_;
};

// A record, as far as it is known now: all but the format's address and the arguments.
std::vector<std::uint8_t> known_bytes(llvm::ArrayRef<llvm::Value*> arguments) {
  std::vector<std::uint8_t> out(isa::printf_arguments_offset(arguments.size()));
  std::uint64_t bytes = out.size();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto type = argument_type(arguments[i]->getType());
    out[isa::printf_type_offset(i)] = type.code();
    bytes += type.stored_bytes();
  }
  llvm::support::endian::write32le(out.data(), static_cast<std::uint32_t>(bytes));
  return out;
}

void write_record(RecordWriter& writer, llvm::IRBuilder<>& builder, llvm::ArrayRef<std::uint8_t> known,
                  llvm::Value* format, llvm::ArrayRef<llvm::Value*> arguments) {
  for (std::uint64_t offset = 0; offset < known.size(); offset += 8)
    if (offset != isa::kPrintfFormatOffset)
      writer.store(builder.getInt64(llvm::support::endian::read64le(known.data() + offset)), offset);
  writer.store(builder.CreatePtrToInt(format, builder.getInt64Ty()), isa::kPrintfFormatOffset);
  std::uint64_t offset = known.size();
  for (llvm::Value* value : arguments) {
    const auto type = argument_type(value->getType());
    writer.store_argument(value, type, offset);
    offset += type.stored_bytes();
  }
}

void lower_call(llvm::CallInst& call, bool has_atomics) {
  const std::vector<llvm::Value*> arguments(call.arg_begin() + 1, call.arg_end());
  const auto known = known_bytes(arguments);

  llvm::IRBuilder<> builder(&call);
  llvm::FunctionCallee reserve = reserve_function(*call.getModule(), has_atomics);
  llvm::CallInst* record =
      builder.CreateCall(reserve, {builder.getInt32(llvm::support::endian::read32le(known.data()))});
  record->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  llvm::Value* has_room = builder.CreateIsNotNull(record);
  llvm::BasicBlock* before = call.getParent();
  llvm::Instruction* end_of_then = llvm::SplitBlockAndInsertIfThen(has_room, &call, false);

  builder.SetInsertPoint(end_of_then);
  RecordWriter writer(builder, record);
  write_record(writer, builder, known, call.getArgOperand(0), arguments);

  builder.SetInsertPoint(&call);
  llvm::PHINode* result = builder.CreatePHI(builder.getInt32Ty(), 2);
  result->addIncoming(builder.getInt32(0), end_of_then->getParent());
  result->addIncoming(builder.getInt32(~0u), before);
  call.replaceAllUsesWith(result);
  call.eraseFromParent();
}

bool reaches_printf(const llvm::Function& function, std::set<const llvm::Function*>& seen) {
  if (function.getName() == kReserve || function.getName() == kReserveOwn) return true;
  if (!seen.insert(&function).second) return false;
  for (const llvm::Instruction& instruction : llvm::instructions(function))
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
      if (const llvm::Function* callee = call->getCalledFunction(); callee && reaches_printf(*callee, seen))
        return true;
  return false;
}

}  // namespace

bool lower_printf(llvm::Module& module, bool has_atomics) {
  llvm::Function* printf = module.getFunction("printf");
  if (!printf || !printf->isDeclaration()) return false;
  std::vector<llvm::CallInst*> calls;
  for (llvm::User* user : printf->users())
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(user); call && call->getCalledOperand() == printf)
      calls.push_back(call);
  for (llvm::CallInst* call : calls) lower_call(*call, has_atomics);
  if (printf->use_empty()) printf->eraseFromParent();
  return !calls.empty();
}

bool uses_printf(const llvm::Function& kernel) {
  std::set<const llvm::Function*> seen;
  return reaches_printf(kernel, seen);
}

}  // namespace kiesel::compiler::builtins
