#include "device/translator/emit/access.hpp"

#include <cstring>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/fields.hpp"
#include "device/translator/emit/host_calls.hpp"
#include "device/translator/emit/launch.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/targets.hpp"
#include "device/translator/emit/transfer.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

constexpr std::int64_t kLaunchBlockBytes = 4096;  // at least, behind mscratch

Value load_known(Builder& ir, const Item& item, const Kind& kind, const std::byte* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, access_bytes(item.in.op));
  llvm::Type* type = memory_type(ir, item.in);
  llvm::Constant* v = llvm::ConstantInt::get(ir.getIntNTy(type->getScalarSizeInBits()), word);
  return from_memory(ir, item.in, ir.CreateBitCast(v, type), kind);
}

void access_in_run(Cursor& here, const Item& item, const Value& address, const Kind& kind) {
  Builder& ir = here.ir;
  const Operands uses = operands_of(item.in);
  Value loaded;
  if (here.way == Way::kStep) {
    loaded = step(here, item, here.groups[group_of(here, here.item)].site, kind);
  } else {
    llvm::Value* is_inside = nullptr;
    std::uint32_t site = kNoSite;
    const Target target = target_of(here, item, address, is_inside, site);
    if (is_store(item.in)) {
      const bool together = target.shape == Target::Shape::kScattered && store_fields(here, address);
      return together ? void() : store_to(here, target, item);
    }
    loaded = from_memory(ir, item.in, load_from(here, target, item.in), kind);
  }
  if (uses.writes != kNone) write(here, uses.writes, {kind, loaded.v});
}

}  // namespace

void slot_access(Cursor& here, const Item& item) {
  Builder& ir = here.ir;
  const Operands uses = uses_of(item);
  const auto& slot = here.known.code.slot[item.slot];
  Value value = uses.count == 0 ? constant(ir, 0)
                                : read(here, uses.reads[0],
                                       is_store(item.in) && !slot.is_float ? item.second : Constant());
  if (uses.writes == kNone) return;
  if (uses.count) here.operand_kinds[uses.reads[0]] = value.kind;
  const Kind kind = here.known.kinds.result(item, here.operand_kinds);
  if (slot.bytes == 4 && !slot.is_float && value.kind.rep == Rep::kUniform && !value.kind.narrow)
    value = {kind, ir.CreateSExt(ir.CreateTrunc(value.v, ir.i32), ir.i64)};
  if (slot.bytes == 4 && slot.is_float && is_double(value.kind.rep)) {  // its lower half, boxed
    const bool once = is_uniform(value.kind.rep);
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(ir, value.v) : value.v;
    v = ir.CreateTrunc(ir.CreateBitCast(v, once ? ir.i64 : vector_of(ir, ir.i64)),
                       once ? ir.i32 : vector_of(ir, ir.i32));
    value = {kind, ir.CreateBitCast(v, once ? ir.f32 : vector_of(ir, ir.f32))};
  }
  write(here, uses.writes, convert(ir, value, kind));
}

void access(Cursor& here, const Item& item) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const Operands uses = operands_of(in);
  const bool load_it = is_load(in);
  Value address = read_first(here, item);
  Kind kind;
  if (load_it) {
    here.operand_kinds[in.rs1] = address.kind;
    kind = here.known.kinds.result(item, here.operand_kinds);
    const std::byte* bytes = fixed_bytes(here.known.request, item);
    const bool of_launch = item.first.is(Constant::Base::kLaunchBlock) && item.first.value + in.imm >= 0 &&
                           item.first.value + in.imm + 8 <= kLaunchBlockBytes &&
                           ((item.first.value + in.imm) & (access_bytes(in.op) - 1)) == 0;
    if (!item.result.is(Constant::Base::kUnknown)) {
      if (uses.writes != kNone) write(here, uses.writes, known(here.segment, item.result));
      return;
    }
    if (bytes) {
      if (uses.writes != kNone) write(here, uses.writes, load_known(ir, item, kind, bytes));
      return;
    }
    if (of_launch) {
      if (uses.writes == kNone) return;
      llvm::Value* made = launch_value(here.segment, item.first.value + in.imm, memory_type(ir, in));
      return write(here, uses.writes, from_memory(ir, in, made, kind));
    }
  }
  // Values that all ways need are read before they part.
  if (!load_it) read(here, in.rs2);
  if (here.way != Way::kBoth && group_of(here, here.item) != kNone)
    return access_in_run(here, item, address, kind);
  llvm::BasicBlock* done = new_block(ir, "done");
  std::vector<std::pair<llvm::Value*, llvm::BasicBlock*>> results;
  const auto arrive = [&](const Value& value) {
    results.emplace_back(value.v, ir.GetInsertBlock());
    ir.CreateBr(done);
  };
  const auto attempt = [&](const Target& target, llvm::Value* is_inside) {
    llvm::BasicBlock *fast = new_block(ir, "fast"), *other = new_block(ir, "other");
    branch_likely(ir, is_inside, fast, other);
    ir.SetInsertPoint(fast);
    Value loaded;
    if (load_it)
      loaded = from_memory(ir, in, load_from(here, target, in), kind);
    else
      store_to(here, target, item);
    arrive(loaded);
    ir.SetInsertPoint(other);
  };
  llvm::Value* is_inside = nullptr;
  std::uint32_t site = kNoSite;
  if (item.may_be_private) {
    Target target{};
    is_inside = in_window(here, displaced(ir, address, in.imm), access_bytes(in.op), target);
    attempt(target, is_inside);
  }
  if (!item.first.is(Constant::Base::kWindowEnd)) {
    const Target target = target_of(here, item, address, is_inside, site);
    attempt(target, is_inside);
  }
  arrive(step(here, item, site, kind));
  ir.SetInsertPoint(done);
  if (!load_it || uses.writes == kNone) return;
  llvm::PHINode* phi = ir.CreatePHI(results[0].first->getType(), 3);
  for (const auto& [v, from] : results) phi->addIncoming(v, from);
  write(here, uses.writes, {kind, phi});
}

// Only a fence of writes before reads costs the host an instruction; the others keep the order of the code.
void fence(Cursor& here, const Item& item) {
  Builder& ir = here.ir;
  forget_words(here);
  const std::uint32_t word = item.in.word;
  const bool tso = (word >> 28) == 8;
  const bool stores_before_loads = (word >> 24 & 1) && (word >> 21 & 1) && !tso;
  ir.CreateFence(stores_before_loads ? llvm::AtomicOrdering::SequentiallyConsistent
                                     : llvm::AtomicOrdering::AcquireRelease);
}

}  // namespace kiesel::translator
