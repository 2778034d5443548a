#include "compiler/spirv/read/entry_points.hpp"

#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <map>

#include "compiler/spirv/names.hpp"

namespace kiesel::compiler {
namespace {

std::string own(std::string_view name) { return std::string(kOwnPrefix).append(name); }

}  // namespace

void copy_entry_points(llvm::Module& module, std::span<const std::uint32_t> words) {
  std::map<std::uint32_t, std::string_view> first;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) != kOpEntryPoint) return;
    const auto name = literal_at(instruction, place_of_name(instruction));
    const auto [known, fresh] = first.emplace(instruction[2], name);
    auto* kernel = fresh ? nullptr : module.getFunction(own(known->second));
    if (!kernel) return;
    llvm::ValueToValueMapTy values;
    llvm::CloneFunction(kernel, values)->setName(own(name));
  });
}

}  // namespace kiesel::compiler
