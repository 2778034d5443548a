#include "compiler/spirv/prepare.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <cstring>
#include <map>

namespace kiesel::compiler {
namespace {

constexpr std::uint64_t kDimensions = 3;

struct WorkItemFunction {
  const char* symbol;
  std::uint64_t otherwise;  // for a dimension out of range
};
constexpr WorkItemFunction kWorkItemFunctions[] = {
    {"_Z13get_global_idj", 0},           {"_Z12get_local_idj", 0},    {"_Z12get_group_idj", 0},
    {"_Z17get_global_offsetj", 0},       {"_Z15get_global_sizej", 1}, {"_Z14get_local_sizej", 1},
    {"_Z23get_enqueued_local_sizej", 1}, {"_Z14get_num_groupsj", 1},
};

std::vector<llvm::CallInst*> calls_of(llvm::Function& function) {
  std::vector<llvm::CallInst*> calls;
  for (auto* user : function.users())
    if (auto* call = llvm::dyn_cast<llvm::CallInst>(user); call && call->getCalledFunction() == &function)
      calls.push_back(call);
  return calls;
}

void bound_dimension(llvm::CallInst& call, std::uint64_t otherwise) {
  auto* dimension = call.getArgOperand(0);
  auto* value = llvm::ConstantInt::get(call.getType(), otherwise);
  if (const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(dimension)) {
    if (constant->getZExtValue() < kDimensions) return;
    call.replaceAllUsesWith(value);
    call.eraseFromParent();
    return;
  }
  llvm::IRBuilder<> before(&call);
  auto* in_range = before.CreateICmpULT(dimension, llvm::ConstantInt::get(dimension->getType(), kDimensions));
  call.setArgOperand(
      0, before.CreateSelect(in_range, dimension, llvm::Constant::getNullValue(dimension->getType())));
  llvm::IRBuilder<> after(call.getNextNode());
  auto* result = after.CreateSelect(in_range, &call, value);
  call.replaceUsesWithIf(result, [&](const llvm::Use& use) { return use.getUser() != result; });
}

struct Strong {
  llvm::StringLiteral weak, strong;  // beginnings of mangled names
};
constexpr Strong kStrong[] = {
    {"_Z37atomic_compare_exchange_weak_explicit", "_Z39atomic_compare_exchange_strong_explicit"},
    {"_Z28atomic_compare_exchange_weak", "_Z30atomic_compare_exchange_strong"},
};

// `..strong..U7_AtomiciPii..` for `..weak..U7_AtomicfPff..`: the mangled name of the exchange that SPIR-V
// has. The name itself for any other function.
std::string writable_name(llvm::StringRef name) {
  std::string result = name.str();
  for (const auto& [weak, strong] : kStrong)
    if (name.startswith(weak)) {
      result = (strong + name.substr(weak.size())).str();
      break;
    }
  const auto atomic = result.find("U7_Atomic");
  if (result.find("atomic_compare_exchange_strong") == std::string::npos || atomic == std::string::npos)
    return name.str();
  const auto end = std::min(result.find("12memory_order"), result.size());
  for (auto i = atomic + std::strlen("U7_Atomic"); i < end; ++i) {
    if (result[i] == 'f') result[i] = 'i';
    if (result[i] == 'd') result[i] = 'l';
  }
  return result;
}

llvm::Type* integer_type(llvm::Type* type) {
  if (auto* pointer = llvm::dyn_cast<llvm::PointerType>(type))
    return integer_type(pointer->getNonOpaquePointerElementType())->getPointerTo(pointer->getAddressSpace());
  if (!type->isFloatingPointTy()) return type;
  return llvm::IntegerType::get(type->getContext(), type->getPrimitiveSizeInBits());
}

void replace_exchange(llvm::Function& function, const std::string& name) {
  llvm::SmallVector<llvm::Type*, 6> types;
  for (auto* type : function.getFunctionType()->params()) types.push_back(integer_type(type));
  auto* type = llvm::FunctionType::get(function.getReturnType(), types, false);
  auto* exchange = llvm::cast<llvm::Function>(
      function.getParent()->getOrInsertFunction(name, type, function.getAttributes()).getCallee());
  exchange->setCallingConv(function.getCallingConv());
  for (auto* call : calls_of(function)) {
    llvm::IRBuilder<> builder(call);
    for (unsigned i = 0; i < call->arg_size(); ++i)
      call->setArgOperand(i, builder.CreateBitCast(call->getArgOperand(i), types[i]));
    call->setCalledFunction(exchange);
  }
}

// Of an unsigned integer, by its size.
char mangled(const llvm::Type& integer) {
  switch (integer.getIntegerBitWidth()) {
    case 8:
      return 'h';
    case 16:
      return 't';
    case 32:
      return 'j';
    default:
      return 'm';
  }
}

// Follows the addresses in initialisers.
class AddressWalk {
 public:
  // Whether a walk from the constant meets one that it is still inside of.
  bool returns(const llvm::Constant& constant) {
    const auto [visit, fresh] = finished_.try_emplace(&constant, false);
    if (!fresh) return !visit->second;
    for (const auto& operand : constant.operands())
      if (const auto* next = llvm::dyn_cast<llvm::Constant>(operand); next && returns(*next)) return true;
    finished_[&constant] = true;
    return false;
  }

 private:
  std::map<const llvm::Constant*, bool> finished_;
};

}  // namespace

std::string address_cycle(const llvm::Module& module) {
  AddressWalk walk;
  for (const auto& variable : module.globals())
    if (walk.returns(variable)) return variable.getName().str();
  return {};
}

void drop_loop_hints(llvm::Module& module) {
  for (auto& function : module)
    for (auto& block : function)
      if (auto* branch = block.getTerminator()) branch->setMetadata("llvm.loop", nullptr);
}

void own_inline_definitions(llvm::Module& module) {
  for (auto& function : module)
    if (function.hasAvailableExternallyLinkage()) function.setLinkage(llvm::GlobalValue::InternalLinkage);
}

void bound_dimensions(llvm::Module& module) {
  for (const auto& [symbol, otherwise] : kWorkItemFunctions)
    if (auto* function = module.getFunction(symbol))
      for (auto* call : calls_of(*function)) bound_dimension(*call, otherwise);
}

void make_exchanges_writable(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module)) {
    if (!function.isDeclaration()) continue;
    const auto name = writable_name(function.getName());
    if (name == function.getName()) continue;
    replace_exchange(function, name);
    if (function.use_empty()) function.eraseFromParent();
  }
}

void call_bit_reverse(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module)) {
    if (function.getIntrinsicID() != llvm::Intrinsic::bitreverse) continue;
    const auto name = std::string("_Z11bit_reverse") + mangled(*function.getReturnType());
    auto* builtin =
        llvm::cast<llvm::Function>(module.getOrInsertFunction(name, function.getFunctionType()).getCallee());
    builtin->setCallingConv(llvm::CallingConv::SPIR_FUNC);
    for (auto* call : calls_of(function)) {
      call->setCalledFunction(builtin);
      call->setCallingConv(llvm::CallingConv::SPIR_FUNC);
    }
  }
}

void convert_plainly(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module)) {
    const auto intrinsic = function.getIntrinsicID();
    const bool is_signed = intrinsic == llvm::Intrinsic::fptosi_sat;
    if (!is_signed && intrinsic != llvm::Intrinsic::fptoui_sat) continue;
    const auto operation = is_signed ? llvm::Instruction::FPToSI : llvm::Instruction::FPToUI;
    for (auto* call : calls_of(function)) {
      // Not by a builder, which would fold it.
      auto* plain = llvm::CastInst::Create(operation, call->getArgOperand(0), call->getType(), "", call);
      plain->setDebugLoc(call->getDebugLoc());
      plain->takeName(call);
      call->replaceAllUsesWith(plain);
      call->eraseFromParent();
    }
    function.eraseFromParent();
  }
}

}  // namespace kiesel::compiler
