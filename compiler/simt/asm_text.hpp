// The inline assembly through which IR and machine code speak of SIMT instructions: one place that writes it
// and recognises it.
#pragma once

#include <cstdint>

namespace llvm {
class CallInst;
class InlineAsm;
class LLVMContext;
class StringRef;
class Type;
class Value;
class IRBuilderBase;
}  // namespace llvm

namespace kiesel::simt {

enum class AsmKind : std::uint8_t {
  kOther,     // unknown: its results count as divergent
  kPure,      // results depend on the operands alone: czero, the opaque copy
  kCsrRead,   // csrr
  kSplit,     // results: token, predicate
  kJoin,      // operand: token
  kPred,      // result: condition; operands: condition (1 keeps looping), mask
  kPredNot,   // as kPred, 0 keeps looping
  kVote,      // result the same in all lanes
  kNoResult,  // barrier, fence and the like
};

struct AsmText {
  AsmKind kind = AsmKind::kOther;
  std::uint32_t csr = 0;  // kCsrRead: its number
};

inline constexpr std::uint32_t kNoCsr = 0xffffffff;
inline constexpr std::uint32_t kActiveLanes = 0xCC4;

// `pure`: no side effects declared and no memory touched.
AsmText classify(llvm::StringRef text, bool pure);
AsmText classify(const llvm::InlineAsm& code);

// {i64 token, i64 predicate}: the branch must test the second result, which is the register that split read.
llvm::CallInst* emit_split(llvm::IRBuilderBase& at, llvm::Value* predicate);
llvm::CallInst* emit_join(llvm::IRBuilderBase& at, llvm::Value* token);
// The condition again, as the register that pred read.
llvm::CallInst* emit_pred(llvm::IRBuilderBase& at, llvm::Value* condition, llvm::Value* mask, bool negate);
llvm::CallInst* emit_active_lanes(llvm::IRBuilderBase& at);
// A copy of an integer that the optimiser cannot see through.
llvm::Value* emit_opaque(llvm::IRBuilderBase& at, llvm::Value* value);
// Zicond: `value` where `condition` is not zero (eqz) or where it is (nez), else 0.
llvm::Value* emit_czero_eqz(llvm::IRBuilderBase& at, llvm::Value* value, llvm::Value* condition);
llvm::Value* emit_czero_nez(llvm::IRBuilderBase& at, llvm::Value* value, llvm::Value* condition);
// amocas.w / amocas.d by the type of `expected` (i32, i64), acquire and release; the old value.
llvm::Value* emit_compare_and_swap(llvm::IRBuilderBase& at, llvm::Value* address, llvm::Value* expected,
                                   llvm::Value* desired);
// The same by lr and sc in a loop, for one lane alone.
llvm::Value* emit_reserved_swap(llvm::IRBuilderBase& at, llvm::Value* address, llvm::Value* expected,
                                llvm::Value* desired);
// CSR lane_id.
llvm::Value* emit_lane_id(llvm::IRBuilderBase& at);

}  // namespace kiesel::simt
