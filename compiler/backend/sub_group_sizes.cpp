#include "compiler/backend/sub_group_sizes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <map>
#include <set>

#include "compiler/builtins/builtins.hpp"
#include "compiler/spirv/write/calls.hpp"
#include "device/isa/sub_groups.hpp"

namespace kiesel::compiler {
namespace {

void answer(llvm::CallInst& question, std::uint32_t part) {
  question.replaceAllUsesWith(llvm::ConstantInt::get(question.getType(), part));
  question.eraseFromParent();
}

class Copies {
 public:
  explicit Copies(llvm::Function& question) : question_(question) { add_callers(question); }

  // `function`, or a copy of it, for sub-groups of `part` work-items.
  llvm::Function& of(llvm::Function& function, std::uint32_t part) {
    if (!asking_.contains(&function)) return function;
    auto*& copy = copies_[{&function, part}];
    if (!copy) {
      copy = function.use_empty() ? &function : clone(function);
      settle(*copy, part);
    }
    return *copy;
  }

 private:
  void add_callers(llvm::Function& function) {
    for (auto* call : calls_of(function))
      if (asking_.insert(call->getFunction()).second) add_callers(*call->getFunction());
  }

  static llvm::Function* clone(llvm::Function& function) {
    llvm::ValueToValueMapTy values;
    return llvm::CloneFunction(&function, values);
  }

  void settle(llvm::Function& function, std::uint32_t part) {
    for (auto& instruction : llvm::make_early_inc_range(llvm::instructions(function))) {
      auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
      auto* callee = call ? call->getCalledFunction() : nullptr;
      if (callee == &question_)
        answer(*call, part);
      else if (callee)
        call->setCalledFunction(&of(*callee, part));
    }
  }

  llvm::Function& question_;
  std::set<llvm::Function*> asking_;
  std::map<std::pair<llvm::Function*, std::uint32_t>, llvm::Function*> copies_;
};

}  // namespace

std::string missing_sub_group_size(const std::vector<KernelFunction>& kernels, const isa::Target& target) {
  const auto sizes = isa::sub_group_sizes(target);
  for (const auto& [kernel, body, entry] : kernels)
    if (const auto size = kernel.required_sub_group_size; size && !llvm::is_contained(sizes, size))
      return fmt::format("kernel '{}' requires sub-groups of {} work-items: this device's may have {}",
                         kernel.name, size, fmt::join(sizes, ", "));
  return {};
}

void settle_sub_group_sizes(llvm::Module& module, std::vector<KernelFunction>& kernels, std::uint32_t lanes) {
  auto* question = module.getFunction(builtins::kSubGroupPart);
  if (!question) return;
  Copies copies(*question);
  for (auto& kernel : kernels)
    if (const auto size = kernel.description.required_sub_group_size; size && size != lanes)
      kernel.body = &copies.of(*kernel.body, size);
  for (auto* call : calls_of(*question)) answer(*call, 0);
  question->eraseFromParent();
}

}  // namespace kiesel::compiler
