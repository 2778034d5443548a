#include "compiler/simt/asm_text.hpp"

#include <fmt/format.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>

#include "device/isa/csr.hpp"

namespace kiesel::simt {
namespace {

using llvm::FunctionType;
using llvm::InlineAsm;
using llvm::StringRef;
using llvm::Type;
using llvm::Value;

constexpr char kSplitText[] = ".insn r 0x0b, 2, 0, $0, $1, x0";
constexpr char kJoinText[] = ".insn r 0x0b, 3, 0, x0, $0, x0";
constexpr char kPredText[] = ".insn r 0x0b, 5, 0, x0, $0, $2";
constexpr char kPredNotText[] = ".insn r 0x0b, 5, 0, x1, $0, $2";
constexpr char kMaskText[] = "csrr $0, 0xcc4";
constexpr char kCzeroEqzText[] = ".insn r 0x33, 5, 7, $0, $1, $2";
constexpr char kCzeroNezText[] = ".insn r 0x33, 7, 7, $0, $1, $2";
// funct7 = amocas (00101) with both aq and rl.
constexpr char kCasWordText[] = ".insn r 0x2f, 2, 0x17, $0, $2, $3";
constexpr char kCasDoubleText[] = ".insn r 0x2f, 3, 0x17, $0, $2, $3";

constexpr char kReservedSwapText[] = R"(
1: lr.{0}.aqrl $0, ($1)
bne $0, $2, 2f
sc.{0}.rl t6, $3, ($1)
bnez t6, 1b
2:)";
constexpr char kLaneText[] = "csrr $0, 0xcc0";

struct Known {
  const char* text;
  AsmKind kind;
};
constexpr Known kKnown[] = {
    {kSplitText, AsmKind::kSplit},
    {kJoinText, AsmKind::kJoin},
    {kPredText, AsmKind::kPred},
    {kPredNotText, AsmKind::kPredNot},
};

std::uint32_t csr_number(StringRef operand) {
  std::uint32_t number = 0;
  if (!operand.getAsInteger(0, number)) return number;
  const isa::CsrInfo* info = isa::find_csr(std::string_view(operand.data(), operand.size()));
  return info ? info->number : kNoCsr;
}

// Opcode 0x0b, funct7 1, funct3 below 4: vote.all, any, uni, ballot.
bool is_vote(StringRef text) {
  llvm::SmallVector<StringRef, 8> part;
  text.split(part, ',');
  if (part.size() < 3) return false;
  unsigned opcode = 0, funct3 = 0, funct7 = 0;
  const StringRef head = part[0].trim();
  if (!head.startswith(".insn") || head.rsplit(' ').second.getAsInteger(0, opcode)) return false;
  if (part[1].trim().getAsInteger(0, funct3) || part[2].trim().getAsInteger(0, funct7)) return false;
  return opcode == 0x0b && funct7 == 1 && funct3 < 4;
}

llvm::CallInst* call(llvm::IRBuilderBase& at, Type* result, llvm::ArrayRef<Value*> operands, StringRef text,
                     StringRef constraints, bool effects) {
  llvm::SmallVector<Type*, 4> types;
  for (Value* operand : operands) types.push_back(operand->getType());
  auto* type = FunctionType::get(result, types, false);
  auto* made = at.CreateCall(type, InlineAsm::get(type, text, constraints, effects), operands);
  made->setDoesNotThrow();
  if (!effects) {
    made->setDoesNotAccessMemory();
    return made;
  }
  // Which lanes run it is part of its meaning: no pass may copy it, merge it or make it depend on more.
  made->setConvergent();
  made->setCannotDuplicate();
  made->addFnAttr(llvm::Attribute::NoMerge);
  return made;
}

}  // namespace

AsmText classify(StringRef text, bool pure) {
  const StringRef trimmed = text.trim();
  for (const Known& known : kKnown)
    if (trimmed == known.text) return {known.kind, 0};
  if (trimmed.startswith("csrr")) {
    const auto [head, operand] = trimmed.rsplit(',');
    // csrr, or csrrs with x0 as its last operand.
    if (head.startswith("csrr ")) return {AsmKind::kCsrRead, csr_number(operand.trim())};
    return {AsmKind::kOther, 0};
  }
  if (is_vote(trimmed)) return {AsmKind::kVote, 0};
  // A shuffle reads other lanes, so it is never pure, whatever its author declared.
  if (pure && !trimmed.contains_insensitive(" 0x0b")) return {AsmKind::kPure, 0};
  return {AsmKind::kOther, 0};
}

AsmText classify(const InlineAsm& code) {
  return classify(code.getAsmString(),
                  !code.hasSideEffects() && !StringRef(code.getConstraintString()).contains("{memory}"));
}

llvm::CallInst* emit_split(llvm::IRBuilderBase& at, Value* predicate) {
  Type* word = at.getInt64Ty();
  return call(at, llvm::StructType::get(word, word), {predicate}, kSplitText, "=r,=r,1,~{memory}", true);
}

llvm::CallInst* emit_join(llvm::IRBuilderBase& at, Value* token) {
  return call(at, at.getVoidTy(), {token}, kJoinText, "r,~{memory}", true);
}

llvm::CallInst* emit_pred(llvm::IRBuilderBase& at, Value* condition, Value* mask, bool negate) {
  return call(at, at.getInt64Ty(), {condition, mask}, negate ? kPredNotText : kPredText, "=r,0,r,~{memory}",
              true);
}

llvm::CallInst* emit_active_lanes(llvm::IRBuilderBase& at) {
  return call(at, at.getInt64Ty(), {}, kMaskText, "=r,~{memory}", true);
}

Value* emit_opaque(llvm::IRBuilderBase& at, Value* value) {
  return call(at, value->getType(), {value}, "", "=r,0", false);
}

Value* emit_czero_eqz(llvm::IRBuilderBase& at, Value* value, Value* condition) {
  return call(at, value->getType(), {value, condition}, kCzeroEqzText, "=r,r,r", false);
}

Value* emit_czero_nez(llvm::IRBuilderBase& at, Value* value, Value* condition) {
  return call(at, value->getType(), {value, condition}, kCzeroNezText, "=r,r,r", false);
}

Value* emit_compare_and_swap(llvm::IRBuilderBase& at, Value* address, Value* expected, Value* desired) {
  const bool word = expected->getType()->isIntegerTy(32);
  auto* made = call(at, expected->getType(), {expected, address, desired},
                    word ? kCasWordText : kCasDoubleText, "=&r,0,r,r,~{memory}", true);
  return made;
}

Value* emit_reserved_swap(llvm::IRBuilderBase& at, Value* address, Value* expected, Value* desired) {
  const bool word = expected->getType()->isIntegerTy(32);
  // lr.w extends the sign of what it reads, and the comparison is one of whole registers.
  Value* wanted = at.CreateSExt(expected, at.getInt64Ty());
  return call(at, expected->getType(), {address, wanted, desired},
              fmt::format(kReservedSwapText, word ? 'w' : 'd'), "=&r,r,r,r,~{t6},~{memory}", true);
}

Value* emit_lane_id(llvm::IRBuilderBase& at) { return call(at, at.getInt64Ty(), {}, kLaneText, "=r", false); }

}  // namespace kiesel::simt
