#include "compiler/spirv/vector_hints.hpp"

#include <llvm/IR/Constants.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>

#include <cstring>

#include "compiler/il/words.hpp"
#include "compiler/spirv/names.hpp"

namespace kiesel::compiler {
namespace {

constexpr llvm::StringLiteral kMetadata = "vec_type_hint";  // of a type and whether it is signed
constexpr std::string_view kPrefix = "vec_type_hint.unsigned.";

bool is_unsigned_integer(const llvm::MDNode& hint) {
  const auto* type = llvm::dyn_cast_or_null<llvm::ValueAsMetadata>(hint.getOperand(0));
  const auto* is_signed = llvm::mdconst::dyn_extract_or_null<llvm::ConstantInt>(hint.getOperand(1));
  return type && is_signed && is_signed->isZero() && type->getType()->isIntOrIntVectorTy();
}

Words make_string(std::uint32_t id, const std::string& text) {
  const auto length = 2 + text.size() / sizeof(std::uint32_t) + 1;  // the end is a zero
  Words instruction(length);
  instruction[0] = static_cast<std::uint32_t>(length) << 16 | kOpString;
  instruction[1] = id;
  std::memcpy(&instruction[2], text.data(), text.size());
  return instruction;
}

}  // namespace

std::vector<std::string> kernels_with_unsigned_hints(const llvm::Module& module) {
  std::vector<std::string> kernels;
  for (const auto& function : module) {
    const auto* hint = function.getMetadata(kMetadata);
    if (hint && hint->getNumOperands() == 2 && is_unsigned_integer(*hint))
      kernels.push_back(function.getName().str());
  }
  return kernels;
}

void add_unsigned_hints(Words& words, const std::vector<std::string>& kernels) {
  if (words.size() < kHeaderWords || kernels.empty()) return;
  Words strings;
  for (const auto& kernel : kernels) {
    const auto string = make_string(words[kBoundWord]++, std::string(kPrefix) + kernel);
    strings.insert(strings.end(), string.begin(), string.end());
  }
  const auto place = words.begin() + static_cast<std::ptrdiff_t>(end_of_modes(words));
  words.insert(place, strings.begin(), strings.end());
}

void restore_unsigned_hints(llvm::Module& module, std::span<const std::uint32_t> words) {
  for_each_instruction(words, [&](Instruction instruction) {
    const auto text = opcode(instruction) == kOpString ? literal_at(instruction, 2) : std::string_view();
    if (!text.starts_with(kPrefix)) return;
    auto* kernel = module.getFunction(std::string(kOwnPrefix).append(text.substr(kPrefix.size())));
    const auto* hint = kernel ? kernel->getMetadata(kMetadata) : nullptr;
    if (!hint || hint->getNumOperands() != 2) return;
    auto& context = module.getContext();
    auto* is_signed =
        llvm::ConstantAsMetadata::get(llvm::ConstantInt::get(llvm::Type::getInt32Ty(context), 0));
    kernel->setMetadata(kMetadata, llvm::MDNode::get(context, {hint->getOperand(0).get(), is_signed}));
  });
}

}  // namespace kiesel::compiler
