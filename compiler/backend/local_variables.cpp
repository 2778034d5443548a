#include <fmt/format.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "compiler/backend/csr_access.hpp"
#include "compiler/backend/lower_memory.hpp"
#include "compiler/backend/undefined.hpp"

namespace kiesel::compiler {
namespace {

constexpr unsigned kLocalSpace = 3;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;  // of a variable: sums of them are still sizes

using Functions = std::set<llvm::Function*>;

// The functions that a kernel may run. Calls are direct in OpenCL C.
void add_callees(llvm::Function& function, Functions& reached) {
  if (!reached.insert(&function).second) return;
  for (auto& instruction : llvm::instructions(function))
    if (auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction))
      if (auto* callee = call->getCalledFunction()) add_callees(*callee, reached);
}

Functions users_of(llvm::GlobalVariable& variable) {
  Functions functions;
  for (auto* user : variable.users())
    if (auto* instruction = llvm::dyn_cast<llvm::Instruction>(user))
      functions.insert(instruction->getFunction());
  return functions;
}

// One address computation per function, at its start.
void replace_by_offset(llvm::GlobalVariable& variable, std::uint64_t offset) {
  std::map<llvm::Function*, llvm::Value*> addresses;
  while (!variable.use_empty()) {
    auto& use = *variable.use_begin();
    auto* instruction = llvm::dyn_cast<llvm::Instruction>(use.getUser());
    if (!instruction) break;
    auto*& address = addresses[instruction->getFunction()];
    if (!address) {
      llvm::IRBuilder<> builder(&*instruction->getFunction()->getEntryBlock().getFirstInsertionPt());
      auto* base = builder.CreateIntToPtr(read_csr(builder, isa::csr::group_local), variable.getType());
      address = builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, offset, variable.getName());
    }
    use.set(address);
  }
}

// Bytes may be taken for anything: at least as many as fit, up to eight.
std::uint64_t alignment_of(const llvm::GlobalVariable& variable) {
  const auto& layout = variable.getParent()->getDataLayout();
  const auto bytes = layout.getTypeAllocSize(variable.getValueType()).getFixedSize();
  return std::max<std::uint64_t>(layout.getPreferredAlign(&variable).value(), llvm::MinAlign(bytes, 8));
}

}  // namespace

std::string too_large_local_variable(const llvm::Module& module) {
  for (const auto& variable : module.globals()) {
    const std::uint64_t bytes =
        module.getDataLayout().getTypeAllocSize(variable.getValueType()).getFixedSize();
    if (variable.getAddressSpace() == kLocalSpace && bytes > kMostBytes)
      return fmt::format("error: variable '{}' has {} bytes: one in local memory may have {}\n",
                         readable_name(variable), bytes, kMostBytes);
  }
  return {};
}

void lower_local_variables(llvm::Module& module, std::vector<KernelFunction>& kernels) {
  std::vector<Functions> reached(kernels.size());
  for (std::size_t i = 0; i < kernels.size(); ++i) add_callees(*kernels[i].entry, reached[i]);

  std::vector<llvm::GlobalVariable*> variables;
  for (auto& variable : module.globals())
    if (variable.getAddressSpace() == kLocalSpace) variables.push_back(&variable);
  // Those with the largest alignment first, so that little lies between.
  std::ranges::stable_sort(variables, std::greater(),
                           [](const auto* variable) { return alignment_of(*variable); });
  for (auto* variable : variables) {
    expand_constant_users(*variable);
    const auto& layout = module.getDataLayout();
    const auto alignment = alignment_of(*variable);
    const auto users = users_of(*variable);
    const auto uses = [&](const Functions& functions) {
      return std::ranges::any_of(users, [&](auto* user) { return functions.contains(user); });
    };
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < kernels.size(); ++i)
      if (uses(reached[i]))
        offset = std::max<std::uint64_t>(offset, kernels[i].description.local_memory_bytes);
    offset = (offset + alignment - 1) / alignment * alignment;
    const auto end = offset + layout.getTypeAllocSize(variable->getValueType()).getFixedSize();
    for (std::size_t i = 0; i < kernels.size(); ++i)
      if (uses(reached[i])) kernels[i].description.local_memory_bytes = end;
    replace_by_offset(*variable, offset);
    if (variable->use_empty()) variable->eraseFromParent();
  }
}

}  // namespace kiesel::compiler
