#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include <map>

#include "compiler/backend/entries.hpp"
#include "compiler/backend/undefined.hpp"

namespace kiesel::compiler {
namespace {

enum class Visit { kNew, kOpen, kDone };

// The first function that is met again while its own calls are being followed.
const llvm::Function* find_cycle(const llvm::Function& function,
                                 std::map<const llvm::Function*, Visit>& visits) {
  auto& visit = visits[&function];
  if (visit == Visit::kOpen) return &function;
  if (visit == Visit::kDone) return nullptr;
  visit = Visit::kOpen;
  for (const auto& instruction : llvm::instructions(function))
    if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
      if (const auto* callee = call->getCalledFunction())
        if (const auto* found = find_cycle(*callee, visits)) return found;
  visit = Visit::kDone;
  return nullptr;
}

}  // namespace

std::string find_recursion(const std::vector<KernelFunction>& kernels) {
  std::map<const llvm::Function*, Visit> visits;
  for (const auto& kernel : kernels)
    if (const auto* found = find_cycle(*kernel.body, visits)) return readable_name(*found);
  return {};
}

}  // namespace kiesel::compiler
