#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

#include <optional>
#include <vector>

#include "compiler/backend/csr_access.hpp"
#include "compiler/backend/lower_memory.hpp"

namespace kiesel::compiler {
namespace {

namespace csr = isa::csr;

// The CSR with the size in the direction of a local id that an instruction reads.
std::optional<std::uint16_t> size_beside(const llvm::Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  const auto* assembly = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
  if (!assembly) return std::nullopt;
  const llvm::StringRef text = assembly->getAsmString();
  std::uint64_t number = 0;
  if (!text.startswith("csrr $0, ") || text.substr(9).getAsInteger(0, number)) return std::nullopt;
  if (number == csr::local_id_y) return csr::local_size_y;
  if (number == csr::local_id_z) return csr::local_size_z;
  return std::nullopt;
}

void mend(llvm::Instruction& id, std::uint16_t size_number) {
  llvm::IRBuilder<> builder(id.getNextNode());
  auto* has_others = builder.CreateICmpNE(read_csr(builder, size_number), builder.getInt64(1));
  auto* mask = builder.CreateSExt(has_others, id.getType());
  auto* mended = builder.CreateAnd(&id, mask);
  id.replaceUsesWithIf(mended, [&](const llvm::Use& use) { return use.getUser() != mended; });
}

}  // namespace

void mend_local_ids(llvm::Module& module) {
  for (auto& function : module) {
    std::vector<std::pair<llvm::Instruction*, std::uint16_t>> ids;
    for (auto& instruction : llvm::instructions(function))
      if (const auto size = size_beside(instruction)) ids.emplace_back(&instruction, *size);
    for (const auto& [id, size] : ids) mend(*id, size);
  }
}

}  // namespace kiesel::compiler
