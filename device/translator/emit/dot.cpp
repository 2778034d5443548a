#include "device/translator/emit/dot.hpp"

#include <llvm/Analysis/VectorUtils.h>
#include <llvm/IR/IntrinsicsX86.h>

#include <numeric>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/registers.hpp"

namespace kiesel::translator {
namespace {

using isa::Op;

struct Signs {
  bool first, second;
};

// By the names of operations.def.
namespace dots {
constexpr Signs ss{true, true}, uu{false, false}, su{true, false};
}  // namespace dots

Signs signs_of(Op op) {
  switch (op) {
#define FAMILY_Dot(id, operation, values) \
  case Op::id:                            \
    return dots::operation;
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no dot product");
  }
}

// Byte `number` of each lane's word.
llvm::Value* byte_of(Builder& ir, llvm::Value* word, unsigned number, bool is_signed) {
  llvm::Value* high = ir.CreateShl(word, 24 - 8 * number);
  return is_signed ? ir.CreateAShr(high, 24) : ir.CreateLShr(high, 24);
}

constexpr unsigned kAtOnce = 16;  // lanes of the host's instruction

llvm::Value* in_steps(Builder& ir, Signs are_signed, llvm::Value* a, llvm::Value* b, llvm::Value* sum) {
  for (unsigned number = 0; number < 4; ++number)
    sum = ir.CreateAdd(sum, ir.CreateMul(byte_of(ir, a, number, are_signed.first),
                                         byte_of(ir, b, number, are_signed.second)));
  return sum;
}

// The host's instruction: bytes of `a` are unsigned, those of `b` signed.
llvm::Value* host_dot(Builder& ir, llvm::Value* a, llvm::Value* b, llvm::Value* sum) {
  llvm::SmallVector<llvm::Value*> made;
  for (unsigned first = 0; first < ir.lanes; first += kAtOnce) {
    std::vector<int> lanes(kAtOnce);
    std::iota(lanes.begin(), lanes.end(), static_cast<int>(first));
    const auto part = [&](llvm::Value* of) { return ir.CreateShuffleVector(of, lanes); };
    made.push_back(
        ir.CreateIntrinsic(llvm::Intrinsic::x86_avx512_vpdpbusd_512, {}, {part(sum), part(a), part(b)}));
  }
  return llvm::concatenateVectors(ir, made);
}

// Signed bytes are raised by 128, unsigned ones lowered, and what that adds is taken off.
llvm::Value* by_host(Builder& ir, Signs are_signed, llvm::Value* a, llvm::Value* b, llvm::Value* sum) {
  if (are_signed.first != are_signed.second) return host_dot(ir, b, a, sum);
  llvm::Value* high = splat(ir, ir.getInt32(0x80808080));
  llvm::Value* none = llvm::Constant::getNullValue(sum->getType());
  if (are_signed.first)
    return ir.CreateSub(host_dot(ir, ir.CreateXor(a, high), b, sum), host_dot(ir, high, b, none));
  return ir.CreateSub(host_dot(ir, a, ir.CreateXor(b, high), sum), host_dot(ir, a, high, none));
}

}  // namespace

Value dot(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  const Signs are_signed = signs_of(item.in.op);
  llvm::Value *a = narrow(ir, read_first(here, item)), *b = narrow(ir, read_second(here, item));
  llvm::Value* sum = narrow(ir, read(here, item.in.rs3));
  const bool at_once = host_has_dots() && ir.host.has_masks && ir.lanes % kAtOnce == 0;
  return {kind, at_once ? by_host(ir, are_signed, a, b, sum) : in_steps(ir, are_signed, a, b, sum)};
}

}  // namespace kiesel::translator
