#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/write/calls.hpp"

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

}  // namespace

void bound_dimensions(llvm::Module& module) {
  for (const auto& [symbol, otherwise] : kWorkItemFunctions)
    if (auto* function = module.getFunction(symbol))
      for (auto* call : calls_of(*function)) bound_dimension(*call, otherwise);
}

}  // namespace kiesel::compiler
