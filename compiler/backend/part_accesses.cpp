// The quirk mixed-access: accesses whose lanes mean local memory and other memory at once become two, one for
// each half of the lanes.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "compiler/backend/csr_access.hpp"
#include "compiler/backend/lower_memory.hpp"
#include "compiler/backend/origins.hpp"
#include "device/isa/launch_block.hpp"

namespace kiesel::compiler {
namespace {

bool mixes(llvm::Instruction& instruction) {
  const llvm::Value* pointer = pointer_of(instruction);
  if (!pointer) return false;
  const Origins origins = origins_of(*pointer);
  return origins.local && origins.other;
}

// Of the core's local memory, at a function's start.
struct LocalRange {
  llvm::Value *begin, *bytes;

  explicit LocalRange(llvm::Function& function) {
    llvm::IRBuilder<> at(&*function.getEntryBlock().getFirstInsertionPt());
    begin = read_csr(at, isa::csr::local_base);
    auto* header = at.CreateIntToPtr(read_csr(at, isa::csr::mscratch), at.getPtrTy());
    auto* field =
        at.CreateConstInBoundsGEP1_64(at.getInt8Ty(), header, offsetof(isa::LaunchHeader, local_bytes));
    auto* load = at.CreateAlignedLoad(at.getInt64Ty(), field, llvm::Align(8));
    load->setMetadata(llvm::LLVMContext::MD_invariant_load, llvm::MDNode::get(at.getContext(), {}));
    bytes = load;
  }
};

// Assembly without an instruction keeps later passes from making one access of the two again.
llvm::Instruction* copy_to(llvm::Instruction& instruction, llvm::Instruction* end) {
  auto* copy = instruction.clone();
  copy->insertBefore(end);
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(instruction.getContext()), false);
  llvm::CallInst::Create(type, llvm::InlineAsm::get(type, "", "", /*hasSideEffects=*/true), "", end);
  return copy;
}

void part(llvm::Instruction& instruction, const LocalRange& range) {
  llvm::IRBuilder<> at(&instruction);
  auto* address = at.CreatePtrToInt(pointer_of(instruction), at.getInt64Ty());
  auto* is_local = at.CreateICmpULT(at.CreateSub(address, range.begin), range.bytes);
  llvm::Instruction *local_end = nullptr, *other_end = nullptr;
  llvm::SplitBlockAndInsertIfThenElse(is_local, &instruction, &local_end, &other_end);
  auto *local = copy_to(instruction, local_end), *other = copy_to(instruction, other_end);
  if (!instruction.getType()->isVoidTy()) {
    auto* result = llvm::PHINode::Create(instruction.getType(), 2, "", &instruction);
    result->addIncoming(local, local_end->getParent());
    result->addIncoming(other, other_end->getParent());
    instruction.replaceAllUsesWith(result);
  }
  instruction.eraseFromParent();
}

}  // namespace

void part_mixed_accesses(llvm::Module& module) {
  for (auto& function : module) {
    std::vector<llvm::Instruction*> mixed;
    for (auto& instruction : llvm::instructions(function))
      if (mixes(instruction)) mixed.push_back(&instruction);
    if (mixed.empty()) continue;
    const LocalRange range(function);
    for (auto* instruction : mixed) part(*instruction, range);
  }
}

}  // namespace kiesel::compiler
