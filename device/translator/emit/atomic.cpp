// Atomic memory operations. Lanes do them one after the other, except at one address for all: there the warp
// does one, and what each lane gets is computed as if they had gone in order.
#include <cstddef>
#include <optional>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

using isa::Op;
using Rmw = llvm::AtomicRMWInst;

namespace {

constexpr auto kOrder = llvm::AtomicOrdering::SequentiallyConsistent;

// What the memory becomes; none where that is no host's operation, and of amocas.
std::optional<Rmw::BinOp> operation(const Instruction& in) {
  switch (in.op) {
    case Op::amoswap_w:
    case Op::amoswap_d:
      return Rmw::Xchg;
    case Op::amoadd_w:
    case Op::amoadd_d:
      return Rmw::Add;
    case Op::amoand_w:
    case Op::amoand_d:
      return Rmw::And;
    case Op::amoor_w:
    case Op::amoor_d:
      return Rmw::Or;
    case Op::amoxor_w:
    case Op::amoxor_d:
      return Rmw::Xor;
    case Op::amomin_w:
    case Op::amomin_d:
      return Rmw::Min;
    case Op::amomax_w:
    case Op::amomax_d:
      return Rmw::Max;
    case Op::amominu_w:
    case Op::amominu_d:
      return Rmw::UMin;
    case Op::amomaxu_w:
    case Op::amomaxu_d:
      return Rmw::UMax;
    default:
      return std::nullopt;
  }
}

llvm::Value* apply(llvm::IRBuilder<>& b, Rmw::BinOp op, llvm::Value* old, llvm::Value* v) {
  switch (op) {
    case Rmw::Xchg:
      return v;
    case Rmw::Add:
      return b.CreateAdd(old, v);
    case Rmw::And:
      return b.CreateAnd(old, v);
    case Rmw::Or:
      return b.CreateOr(old, v);
    case Rmw::Xor:
      return b.CreateXor(old, v);
    case Rmw::Min:
      return b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, old, v);
    case Rmw::Max:
      return b.CreateBinaryIntrinsic(llvm::Intrinsic::smax, old, v);
    case Rmw::UMin:
      return b.CreateBinaryIntrinsic(llvm::Intrinsic::umin, old, v);
    default:
      return b.CreateBinaryIntrinsic(llvm::Intrinsic::umax, old, v);
  }
}

// With this the operation leaves memory as it is.
llvm::APInt neutral(Rmw::BinOp op, unsigned bits) {
  switch (op) {
    case Rmw::And:
    case Rmw::UMin:
      return llvm::APInt::getAllOnes(bits);
    case Rmw::Min:
      return llvm::APInt::getSignedMaxValue(bits);
    case Rmw::Max:
      return llvm::APInt::getSignedMinValue(bits);
    default:
      return llvm::APInt::getZero(bits);
  }
}

llvm::Value* reduced(llvm::IRBuilder<>& b, Rmw::BinOp op, llvm::Value* v) {
  switch (op) {
    case Rmw::Add:
      return b.CreateAddReduce(v);
    case Rmw::And:
      return b.CreateAndReduce(v);
    case Rmw::Or:
      return b.CreateOrReduce(v);
    case Rmw::Xor:
      return b.CreateXorReduce(v);
    case Rmw::Min:
    case Rmw::UMin:
      return b.CreateIntMinReduce(v, op == Rmw::Min);
    default:
      return b.CreateIntMaxReduce(v, op == Rmw::Max);
  }
}

}  // namespace

// Only the thread that runs a work-group touches its local memory.
llvm::Value* Emitter::in_local_memory(std::uint32_t site) {
  return b_.CreateICmpEQ(site_range(site).first, table_csr(TableCsr::local_base));
}

llvm::Value* Emitter::lanes_before(llvm::Type* element) {
  const unsigned width = element->getScalarSizeInBits();
  std::vector<llvm::Constant*> numbers, below;
  for (unsigned l = 0; l < lanes_; ++l) {
    numbers.push_back(llvm::ConstantInt::get(element, l));
    below.push_back(llvm::ConstantInt::get(lanes_ > width ? i64_ : element, (std::uint64_t{1} << l) - 1));
  }
  if (node_->full) return llvm::ConstantVector::get(numbers);
  llvm::Value* others = splat(b_.CreateZExt(mask(), below[0]->getType()));
  llvm::Value* count =
      b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, b_.CreateAnd(others, llvm::ConstantVector::get(below)));
  return b_.CreateTrunc(count, lanes(element));
}

// All lanes at one address: a vector of what each finds there, or null where nobody asks.
llvm::Value* Emitter::combined_atomic(const Item& item, bool is_wanted) {
  const Rmw::BinOp op = *operation(item.in);
  llvm::Type* element = access_bytes(item.in.op) == 8 ? i64_ : i32_;
  const Value operand = read_second(item);
  const bool counts = op == Rmw::Add && operand.kind.rep == Rep::kUniform;
  llvm::Value *total = nullptr, *before = nullptr;  // of all lanes; of those below each
  if (counts) {
    llvm::Value* v = b_.CreateTrunc(operand.v, element);
    llvm::Value* count = b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, mask64());
    total = b_.CreateMul(v, b_.CreateTrunc(count, element));
    if (is_wanted) before = b_.CreateMul(splat(v), lanes_before(element));
  } else {
    llvm::Value* v = element == i64_ ? wide(operand) : narrow(operand);
    llvm::Constant* none = llvm::ConstantInt::get(v->getType(), neutral(op, element->getScalarSizeInBits()));
    if (llvm::Value* on = active()) v = b_.CreateSelect(on, v, none);
    const auto shifted = [&](llvm::Value* from, unsigned by) {
      llvm::SmallVector<int, 64> order;
      for (unsigned l = 0; l < lanes_; ++l) order.push_back(static_cast<int>(l >= by ? l - by : lanes_));
      return b_.CreateShuffleVector(from, none, order);
    };
    if (is_wanted) {
      for (unsigned by = 1; by < lanes_; by *= 2) v = apply(b_, op, shifted(v, by), v);
      total = b_.CreateExtractElement(v, std::uint64_t{lanes_ - 1});
      before = shifted(v, 1);
    } else {
      total = reduced(b_, op, v);
    }
  }
  llvm::Value* pointer = b_.CreateIntToPtr(read_first(item).v, pointer_);
  const llvm::Align natural(access_bytes(item.in.op));
  llvm::Value* old = b_.CreateAtomicRMW(op, pointer, total, natural, kOrder);
  return is_wanted ? apply(b_, op, splat(old), before) : nullptr;
}

// Lanes in a loop: what each finds, or null. In local memory, where the instruction orders nothing else
// either, the host needs no atomic operation.
llvm::Value* Emitter::atomic_loop(const Item& item, std::uint32_t site, bool is_wanted) {
  const Instruction& in = item.in;
  llvm::Type* element = access_bytes(in.op) == 8 ? i64_ : i32_;
  const llvm::Align natural(access_bytes(in.op));
  llvm::Value *each = wide(read_first(item)), *values = wide(read_second(item));
  llvm::Value* expected = is_compare_and_swap(in) ? wide(read(in.rd)) : nullptr;
  const auto locked = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value,
                          llvm::Value* before) -> llvm::Value* {
    value = b.CreateTrunc(value, element);
    llvm::Value* old =
        before ? b.CreateExtractValue(b.CreateAtomicCmpXchg(pointer, b.CreateTrunc(before, element), value,
                                                            natural, kOrder, kOrder),
                                      0)
               : b.CreateAtomicRMW(*operation(in), pointer, value, natural, kOrder);
    return is_wanted ? old : nullptr;
  };
  const auto plain = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value,
                         llvm::Value* before) -> llvm::Value* {
    value = b.CreateTrunc(value, element);
    llvm::Value* old = b.CreateAlignedLoad(element, pointer, natural);
    llvm::Value* fresh = before
                             ? b.CreateSelect(b.CreateICmpEQ(old, b.CreateTrunc(before, element)), value, old)
                             : apply(b, *operation(in), old, value);
    b.CreateAlignedStore(fresh, pointer, natural);
    return is_wanted ? old : nullptr;
  };
  const std::string name = std::string(isa::info(in.op).name) + (is_wanted ? "" : ".quiet");
  const bool orders = in.word >> 25 & 3;  // aq, rl
  if (orders) {
    llvm::Value* rows = lane_loop(name, each, values, locked, expected);
    return is_wanted ? b_.CreateTrunc(rows, lanes(element)) : nullptr;
  }
  llvm::BasicBlock *local = new_block("local"), *shared = new_block("shared"), *done = new_block("found");
  b_.CreateCondBr(in_local_memory(site), local, shared);
  b_.SetInsertPoint(local);
  llvm::Value* here = lane_loop(name + ".local", each, values, plain, expected);
  b_.CreateBr(done);
  b_.SetInsertPoint(shared);
  llvm::Value* there = lane_loop(name, each, values, locked, expected);
  b_.CreateBr(done);
  b_.SetInsertPoint(done);
  if (!is_wanted) return nullptr;
  llvm::PHINode* phi = b_.CreatePHI(here->getType(), 2);
  phi->addIncoming(here, local);
  phi->addIncoming(there, shared);
  return b_.CreateTrunc(phi, lanes(element));
}

void Emitter::atomic(const Item& item, const Kind& kind) {
  const Instruction& in = item.in;
  const Operands uses = operands_of(in);
  forget_words();
  if (!operation(in) && !is_compare_and_swap(in)) {
    const Value value = step(item, kNoSite, kind);
    if (uses.writes != kNone) write(uses.writes, value);
    return;
  }
  const bool is_wanted =
      uses.writes != kNone && liveness_.before(code_, node_->block, item_ + 1).test(uses.writes);
  const Value address = read_first(item);
  read_second(item);  // before the ways part
  const unsigned bytes = access_bytes(in.op);
  const std::uint32_t site = new_site(address, bytes, bytes, true);
  const bool combines =
      address.kind.rep == Rep::kUniform && !is_compare_and_swap(in) && operation(in) != Rmw::Xchg;
  llvm::BasicBlock *fast = new_block("fast"), *slow = new_block("slow"), *done = new_block("done");
  if (is_compare_and_swap(in)) read(in.rd);
  branch_likely(inside(site, address), fast, slow);
  b_.SetInsertPoint(fast);
  llvm::Value* found = combines ? combined_atomic(item, is_wanted) : atomic_loop(item, site, is_wanted);
  llvm::Type* type = lanes(kind.rep == Rep::kNarrow ? i32_ : i64_);
  llvm::Value* fresh = found ? b_.CreateSExtOrTrunc(found, type) : llvm::Constant::getNullValue(type);
  llvm::BasicBlock* fast_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(slow);
  const Value stepped = step(item, site, kind);
  llvm::BasicBlock* slow_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(done);
  if (uses.writes == kNone) return;
  llvm::PHINode* phi = b_.CreatePHI(type, 2);
  phi->addIncoming(fresh, fast_end);
  phi->addIncoming(stepped.v, slow_end);
  write(uses.writes, {kind, phi});
}

}  // namespace kiesel::translator
