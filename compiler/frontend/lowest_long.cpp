#include "compiler/frontend/lowest_long.hpp"

#include <clang/Frontend/CompilerInstance.h>
#include <clang/Lex/LexDiagnostic.h>
#include <clang/Lex/Preprocessor.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/Analysis/InstructionSimplify.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <vector>

namespace kiesel::compiler {
namespace {

using llvm::Instruction;

constexpr llvm::StringLiteral kNumber = "9223372036854775808", kExactNumber = "9223372036854775808wb";
constexpr unsigned kBits = 64;

bool is_number(const clang::Token& token) {
  if (token.isNot(clang::tok::numeric_constant)) return false;
  return llvm::StringRef(token.getLiteralData(), token.getLength()).rtrim("lL") == kNumber;
}

bool is_exact(const llvm::Value* value) { return value->getType()->isIntegerTy(kExactBits); }

bool is_for_printf(const Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  return call && call->getFunctionType()->isVarArg();
}

// Memory and other functions have a say in types.
bool is_narrowable(const Instruction* instruction) {
  return llvm::isa<llvm::CastInst, llvm::BinaryOperator, llvm::ICmpInst, llvm::SelectInst, llvm::PHINode>(
             instruction) ||
         is_for_printf(*instruction);
}

std::vector<Instruction*> exact_instructions(llvm::Function& function) {
  std::vector<Instruction*> found;
  for (auto& instruction : llvm::instructions(function))
    if (is_exact(&instruction) || llvm::any_of(instruction.operand_values(), is_exact))
      found.push_back(&instruction);
  return found;
}

void replace(Instruction& instruction, llvm::Value* value) {
  instruction.replaceAllUsesWith(value);
  instruction.eraseFromParent();
}

void narrow(Instruction& instruction) {
  auto* type = llvm::Type::getIntNTy(instruction.getContext(), kBits);
  for (auto& operand : instruction.operands())
    if (auto* constant = llvm::dyn_cast<llvm::Constant>(operand); constant && is_exact(constant))
      operand = llvm::ConstantExpr::getTrunc(constant, type);
  if (!is_exact(&instruction)) return;
  instruction.mutateType(type);
  instruction.dropPoisonGeneratingFlags();  // what overflows here did not there
}

void drop_empty_cast(Instruction& instruction) {
  if (!llvm::isa<llvm::SExtInst, llvm::ZExtInst, llvm::TruncInst>(instruction)) return;
  auto* value = instruction.getOperand(0);
  if (instruction.getType() == value->getType()) replace(instruction, value);
}

void narrow_exact_numbers(llvm::Function& function) {
  const auto& layout = function.getParent()->getDataLayout();
  // What is known in 65 bits, comparisons with what no long can be, may be unknown in 64.
  for (auto* instruction : exact_instructions(function))
    if (auto* value = llvm::simplifyInstruction(instruction, layout)) replace(*instruction, value);
  const auto instructions = exact_instructions(function);
  if (!llvm::all_of(instructions, is_narrowable)) return;
  for (auto* instruction : instructions) narrow(*instruction);
  for (auto* instruction : instructions) drop_empty_cast(*instruction);
}

}  // namespace

void make_lowest_long_exact(clang::CompilerInstance& compiler) {
  if (compiler.getLangOpts().CPlusPlus) return;
  compiler.getDiagnostics().setSeverity(clang::diag::ext_c2x_bitint_suffix, clang::diag::Severity::Ignored,
                                        {});
  compiler.getPreprocessor().setTokenWatcher([is_minus = false](const clang::Token& token) mutable {
    if (is_minus && is_number(token)) {
      // The parser's own token: nothing else gives it another text and leaves its place.
      auto& number = const_cast<clang::Token&>(token);
      number.setLiteralData(kExactNumber.data());
      number.setLength(kExactNumber.size());
    }
    is_minus = token.is(clang::tok::minus);
  });
}

void narrow_exact_numbers(llvm::Module& module) {
  for (auto& function : module) narrow_exact_numbers(function);
}

}  // namespace kiesel::compiler
