#include "compiler/backend/inlining.hpp"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <cstdint>
#include <map>

namespace kiesel::compiler {
namespace {

// In LLVM instructions before optimisation. A function above the first, if all its calls together copy more
// than the second, is called. A math function of double precision has some hundreds of instructions.
constexpr std::uint64_t kLargeFunction = 400;
constexpr std::uint64_t kMostCopied = 20'000;

bool is_inlined(const llvm::Function& function) {
  return function.hasFnAttribute(llvm::Attribute::AlwaysInline);
}

class Sizes {
 public:
  // The function's instructions with everything that is inlined into it.
  std::uint64_t expanded(llvm::Function& function) {
    if (const auto known = sizes_.find(&function); known != sizes_.end()) return known->second;
    std::uint64_t size = 0;
    for (auto& instruction : llvm::instructions(function)) {
      ++size;
      if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
        if (auto* callee = call->getCalledFunction(); callee && !callee->isDeclaration()) {
          const auto callee_size = expanded(*callee);
          if (is_inlined(*callee)) size += callee_size;
        }
    }
    if (size > kLargeFunction && size * function.getNumUses() > kMostCopied && is_inlined(function)) {
      function.removeFnAttr(llvm::Attribute::AlwaysInline);
      function.addFnAttr(llvm::Attribute::NoInline);
    }
    return sizes_[&function] = size;
  }

 private:
  std::map<llvm::Function*, std::uint64_t> sizes_;
};

}  // namespace

void limit_inlining(llvm::Module& module) {
  Sizes sizes;
  for (auto& function : module)
    if (!function.isDeclaration()) sizes.expanded(function);
}

}  // namespace kiesel::compiler
