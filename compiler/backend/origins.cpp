#include "compiler/backend/origins.hpp"

#include <llvm/IR/Instructions.h>
#include <llvm/IR/Operator.h>

#include <set>

namespace kiesel::compiler {
namespace {

constexpr unsigned kLocalSpace = 3, kGenericSpace = 4;

class Search {
 public:
  void add(const llvm::Value* pointer) {
    if (!seen_.insert(pointer).second) return;
    const unsigned space = pointer->getType()->getPointerAddressSpace();
    if (space != kGenericSpace) {
      (space == kLocalSpace ? found_.local : found_.other) = true;
    } else if (const auto* address = llvm::dyn_cast<llvm::GEPOperator>(pointer)) {
      add(address->getPointerOperand());
    } else if (const auto* cast = llvm::dyn_cast<llvm::AddrSpaceCastOperator>(pointer)) {
      add(cast->getPointerOperand());
    } else if (const auto* choice = llvm::dyn_cast<llvm::SelectInst>(pointer)) {
      add(choice->getTrueValue());
      add(choice->getFalseValue());
    } else if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(pointer)) {
      for (const auto& value : phi->incoming_values()) add(value);
    } else if (!llvm::isa<llvm::ConstantPointerNull>(pointer)) {
      found_.local = found_.other = true;
    }
  }
  Origins found() const { return found_; }

 private:
  std::set<const llvm::Value*> seen_;
  Origins found_;
};

}  // namespace

Origins origins_of(const llvm::Value& pointer) {
  Search search;
  search.add(&pointer);
  return search.found();
}

llvm::Value* pointer_of(llvm::Instruction& instruction) {
  if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) return load->getPointerOperand();
  if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) return store->getPointerOperand();
  if (auto* update = llvm::dyn_cast<llvm::AtomicRMWInst>(&instruction)) return update->getPointerOperand();
  if (auto* swap = llvm::dyn_cast<llvm::AtomicCmpXchgInst>(&instruction)) return swap->getPointerOperand();
  return nullptr;
}

}  // namespace kiesel::compiler
