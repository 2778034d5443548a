#include "device/translator/emit/atomic.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/fields.hpp"
#include "device/translator/emit/host_calls.hpp"
#include "device/translator/emit/lane_loop.hpp"
#include "device/translator/emit/launch.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;
using Rmw = llvm::AtomicRMWInst;

namespace {

constexpr auto kOrder = llvm::AtomicOrdering::SequentiallyConsistent;

// By the names of operations.def.
namespace memory {
constexpr auto amoswap = Rmw::Xchg, amoadd = Rmw::Add, amoxor = Rmw::Xor, amoand = Rmw::And, amoor = Rmw::Or,
               amomin = Rmw::Min, amomax = Rmw::Max, amominu = Rmw::UMin, amomaxu = Rmw::UMax;
}  // namespace memory

// What the memory becomes, but of amocas.
Rmw::BinOp operation_of(const Instruction& in) {
  switch (in.op) {
#define FAMILY_Atomic(id, operation, values) \
  case Op::id:                               \
    return memory::operation;
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no atomic operation");
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

// Only the thread that runs a work-group touches its local memory.
llvm::Value* in_local_memory(Segment& segment, std::uint32_t site) {
  Builder& ir = segment.ir;
  return ir.CreateICmpEQ(site_range(segment, site).first, table_csr(segment, TableCsr::local_base));
}

// How many active lanes are below each.
llvm::Value* lanes_before(Cursor& here, llvm::Type* element) {
  Builder& ir = here.ir;
  const unsigned width = element->getScalarSizeInBits();
  std::vector<llvm::Constant*> numbers, below;
  for (unsigned l = 0; l < ir.lanes; ++l) {
    numbers.push_back(llvm::ConstantInt::get(element, l));
    below.push_back(llvm::ConstantInt::get(ir.lanes > width ? ir.i64 : element, (std::uint64_t{1} << l) - 1));
  }
  if (here.node.full) return llvm::ConstantVector::get(numbers);
  llvm::Value* others = splat(ir, ir.CreateZExt(mask(here), below[0]->getType()));
  llvm::Value* count =
      ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateAnd(others, llvm::ConstantVector::get(below)));
  return ir.CreateTrunc(count, vector_of(ir, element));
}

// All lanes at one address: a vector of what each finds there, or null where nobody asks.
llvm::Value* combined_atomic(Cursor& here, const Item& item, bool is_wanted) {
  Builder& ir = here.ir;
  const Rmw::BinOp op = operation_of(item.in);
  llvm::Type* element = access_bytes(item.in.op) == 8 ? ir.i64 : ir.i32;
  const Value operand = read_second(here, item);
  const bool counts = op == Rmw::Add && operand.kind.rep == Rep::kUniform;
  llvm::Value *total = nullptr, *before = nullptr;  // of all lanes; of those below each
  if (counts) {
    llvm::Value* v = ir.CreateTrunc(operand.v, element);
    llvm::Value* count = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, mask64(here));
    total = ir.CreateMul(v, ir.CreateTrunc(count, element));
    if (is_wanted) before = ir.CreateMul(splat(ir, v), lanes_before(here, element));
  } else {
    llvm::Value* v = element == ir.i64 ? wide(ir, operand) : narrow(ir, operand);
    llvm::Constant* none = llvm::ConstantInt::get(v->getType(), neutral(op, element->getScalarSizeInBits()));
    if (llvm::Value* on = active(here)) v = ir.CreateSelect(on, v, none);
    const auto shifted = [&](llvm::Value* from, unsigned by) {
      llvm::SmallVector<int, 64> order;
      for (unsigned l = 0; l < ir.lanes; ++l) order.push_back(static_cast<int>(l >= by ? l - by : ir.lanes));
      return ir.CreateShuffleVector(from, none, order);
    };
    if (is_wanted) {
      for (unsigned by = 1; by < ir.lanes; by *= 2) v = apply(ir, op, shifted(v, by), v);
      total = ir.CreateExtractElement(v, std::uint64_t{ir.lanes - 1});
      before = shifted(v, 1);
    } else {
      total = reduced(ir, op, v);
    }
  }
  llvm::Value* pointer = ir.CreateIntToPtr(read_first(here, item).v, ir.pointer);
  const llvm::Align natural(access_bytes(item.in.op));
  llvm::Value* old = ir.CreateAtomicRMW(op, pointer, total, natural, kOrder);
  return is_wanted ? apply(ir, op, splat(ir, old), before) : nullptr;
}

// Lanes in a loop: what each finds, or null. In local memory, where the instruction orders nothing else
// either, the host needs no atomic operation.
llvm::Value* atomic_loop(Cursor& here, const Item& item, std::uint32_t site, bool is_wanted) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  llvm::Type* element = access_bytes(in.op) == 8 ? ir.i64 : ir.i32;
  const llvm::Align natural(access_bytes(in.op));
  llvm::Value *each = wide(ir, read_first(here, item)), *values = wide(ir, read_second(here, item));
  llvm::Value* expected = is_compare_and_swap(in) ? wide(ir, read(here, in.rd)) : nullptr;
  const auto locked = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value,
                          llvm::Value* before) -> llvm::Value* {
    value = b.CreateTrunc(value, element);
    llvm::Value* old =
        before ? b.CreateExtractValue(b.CreateAtomicCmpXchg(pointer, b.CreateTrunc(before, element), value,
                                                            natural, kOrder, kOrder),
                                      0)
               : b.CreateAtomicRMW(operation_of(in), pointer, value, natural, kOrder);
    return is_wanted ? old : nullptr;
  };
  const auto plain = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value,
                         llvm::Value* before) -> llvm::Value* {
    value = b.CreateTrunc(value, element);
    llvm::Value* old = b.CreateAlignedLoad(element, pointer, natural);
    llvm::Value* fresh = before
                             ? b.CreateSelect(b.CreateICmpEQ(old, b.CreateTrunc(before, element)), value, old)
                             : apply(b, operation_of(in), old, value);
    b.CreateAlignedStore(fresh, pointer, natural);
    return is_wanted ? old : nullptr;
  };
  const std::string name = std::string(isa::info(in.op).name) + (is_wanted ? "" : ".quiet");
  const bool orders = in.word >> 25 & 3;  // aq, rl
  if (orders) {
    llvm::Value* rows = lane_loop(here, name, each, values, locked, expected);
    return is_wanted ? ir.CreateTrunc(rows, vector_of(ir, element)) : nullptr;
  }
  llvm::BasicBlock *local = new_block(ir, "local"), *shared = new_block(ir, "shared"),
                   *done = new_block(ir, "found");
  ir.CreateCondBr(in_local_memory(here.segment, site), local, shared);
  ir.SetInsertPoint(local);
  llvm::Value* in_order = lane_loop(here, name + ".local", each, values, plain, expected);
  ir.CreateBr(done);
  ir.SetInsertPoint(shared);
  llvm::Value* there = lane_loop(here, name, each, values, locked, expected);
  ir.CreateBr(done);
  ir.SetInsertPoint(done);
  if (!is_wanted) return nullptr;
  llvm::PHINode* phi = ir.CreatePHI(in_order->getType(), 2);
  phi->addIncoming(in_order, local);
  phi->addIncoming(there, shared);
  return ir.CreateTrunc(phi, vector_of(ir, element));
}

// Of a warp of one lane: what it finds, or null.
llvm::Value* atomic_once(Cursor& here, const Item& item, bool is_wanted) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  llvm::Type* element = access_bytes(in.op) == 8 ? ir.i64 : ir.i32;
  const llvm::Align natural(access_bytes(in.op));
  const auto one = [&](const Value& value) {
    const bool once = value.kind.rep == Rep::kUniform;
    return once ? value.v : ir.CreateExtractElement(wide(ir, value), std::uint64_t{0});
  };
  llvm::Value* pointer = ir.CreateIntToPtr(one(read_first(here, item)), ir.pointer);
  llvm::Value* operand = ir.CreateTrunc(one(read_second(here, item)), element);
  llvm::Value* old = nullptr;
  if (is_compare_and_swap(in))
    old =
        ir.CreateExtractValue(ir.CreateAtomicCmpXchg(pointer, ir.CreateTrunc(one(read(here, in.rd)), element),
                                                     operand, natural, kOrder, kOrder),
                              0);
  else
    old = ir.CreateAtomicRMW(operation_of(in), pointer, operand, natural, kOrder);
  return is_wanted ? old : nullptr;
}

}  // namespace

void atomic(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const Operands uses = operands_of(in);
  forget_words(here);
  if (family_of(in.op) == isa::Family::kReserve) {
    const Value value = step(here, item, kNoSite, kind);
    if (uses.writes != kNone) write(here, uses.writes, value);
    return;
  }
  const bool is_wanted =
      uses.writes != kNone &&
      here.known.liveness.before(here.known.code, here.node.block, here.item + 1).test(uses.writes);
  const Value address = read_first(here, item);
  read_second(here, item);  // before the ways part
  const unsigned bytes = access_bytes(in.op);
  const std::uint32_t site = new_site(here, address, bytes, bytes, true);
  const bool combines =
      address.kind.rep == Rep::kUniform && !is_compare_and_swap(in) && operation_of(in) != Rmw::Xchg;
  llvm::BasicBlock *fast = new_block(ir, "fast"), *slow = new_block(ir, "slow"),
                   *done = new_block(ir, "done");
  if (is_compare_and_swap(in)) read(here, in.rd);
  branch_likely(ir, inside(here, site, address), fast, slow);
  ir.SetInsertPoint(fast);
  const bool once = kind.rep == Rep::kUniform;
  llvm::Value* found = once       ? atomic_once(here, item, is_wanted)
                       : combines ? combined_atomic(here, item, is_wanted)
                                  : atomic_loop(here, item, site, is_wanted);
  llvm::Type* type = once ? ir.i64 : vector_of(ir, kind.rep == Rep::kNarrow ? ir.i32 : ir.i64);
  llvm::Value* fresh = found ? ir.CreateSExtOrTrunc(found, type) : llvm::Constant::getNullValue(type);
  llvm::BasicBlock* fast_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(slow);
  const Value stepped = step(here, item, site, kind);
  llvm::BasicBlock* slow_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(done);
  if (uses.writes == kNone) return;
  llvm::PHINode* phi = ir.CreatePHI(type, 2);
  phi->addIncoming(fresh, fast_end);
  phi->addIncoming(stepped.v, slow_end);
  write(here, uses.writes, {kind, phi});
}

}  // namespace kiesel::translator
