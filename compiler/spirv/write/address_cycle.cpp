#include "compiler/spirv/write/address_cycle.hpp"

#include <llvm/IR/Module.h>

#include <map>

namespace kiesel::compiler {
namespace {

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

}  // namespace kiesel::compiler
