#include "device/translator/emit/emitter.hpp"

#include <llvm/IR/MDBuilder.h>

#include <algorithm>
#include <cstddef>

namespace kiesel::translator {

Emitter::Emitter(const TranslationRequest& request, const Code& code, const Liveness& liveness,
                 const Kinds& kinds, llvm::LLVMContext& context, llvm::Module& module)
    : request_(request),
      host_(host_traits(request.host_level)),
      code_(code),
      liveness_(liveness),
      kinds_(kinds),
      context_(context),
      module_(module),
      b_(context),
      lanes_(request.target.lanes),
      rows_(kinds.rows()),
      row_(lanes_ / rows_),
      i1_(b_.getInt1Ty()),
      i8_(b_.getInt8Ty()),
      i16_(b_.getInt16Ty()),
      i32_(b_.getInt32Ty()),
      i64_(b_.getInt64Ty()),
      float_(b_.getFloatTy()),
      double_(b_.getDoubleTy()),
      mask_type_(b_.getIntNTy(lanes_)),
      pointer_(b_.getPtrTy()),
      accesses_(find_access_groups(code)),
      scalar_loops_(host_.has_masks
                        ? std::vector<ScalarLoop>()
                        : find_scalar_loops(code, liveness, kinds, accesses_,
                                            [this](const Item& item) { return needs_interpreter(item); })),
      operand_kinds_(code.registers) {
  llvm::MDBuilder metadata(context);
  llvm::MDNode* root = metadata.createTBAARoot("kiesel");
  llvm::MDNode* state = metadata.createTBAAScalarTypeNode("state", root);
  llvm::MDNode* memory = metadata.createTBAAScalarTypeNode("memory", root);
  state_tag_ = metadata.createTBAAStructTagNode(state, state, 0);
  memory_tag_ = metadata.createTBAAStructTagNode(memory, memory, 0);
  likely_ = metadata.createBranchWeights(1 << 20, 1);
}

namespace {

constexpr std::int64_t kVeryLong = 1 << 28;  // instructions of one warp: a tenth of a second and more

bool acts(const Item& item) {
  if (is_store(item.in)) return item.slot == kNone;
  return is_atomic(item.in) || item.in.op == isa::Op::bar || item.in.op == isa::Op::bar_arrive ||
         item.in.op == isa::Op::bar_wait;
}

// Blocks before which a warp may have done what others can see.
std::vector<std::uint8_t> find_acted(const Code& code) {
  std::vector<std::uint8_t> acted(code.blocks.size(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t b = 0; b < code.blocks.size(); ++b) {
      const Block& block = code.blocks[b];
      if (!acted[b] && std::none_of(block.items.begin(), block.items.end(), acts)) continue;
      const auto mark = [&](std::uint32_t to) {
        changed |= !acted[to];
        acted[to] = 1;
      };
      for (const std::uint32_t to : block.next) mark(to);
      if (block.ending == Ending::kJoin) mark(code.blocks[block.split].next[0]);
    }
  }
  return acted;
}

}  // namespace

bool Emitter::restarts() const {
  if (!first_segment_ || acted_[node_->block]) return false;
  const auto end = block_->items.begin() + static_cast<std::ptrdiff_t>(item_);
  return std::none_of(block_->items.begin(), end, acts);
}

Translation Emitter::run() {
  acted_ = find_acted(code_);
  segment_of(kinds_.find(0, !request_.shape.partial), 0);
  for (std::size_t i = 0; i < roots_.size(); ++i) emit_segment(roots_[i], i);  // emit_barrier() adds to them
  if (!unknown_.empty()) out_.refusal = "the translator does not know the instruction " + unknown_;
  return std::move(out_);
}

// Nothing is made of what nobody has said the meaning of: the interpreter has the kernel.
llvm::Value* Emitter::unknown(isa::Op op, llvm::Type* type) {
  unknown_ = isa::info(op).name;
  return llvm::PoisonValue::get(type);
}

llvm::BasicBlock* Emitter::new_block(const char* name) {
  return llvm::BasicBlock::Create(context_, name, function_);
}

void Emitter::branch_likely(llvm::Value* condition, llvm::BasicBlock* likely, llvm::BasicBlock* other) {
  b_.CreateCondBr(condition, likely, other, likely_);
}

void Emitter::set_host_attributes(llvm::Function& function) {
  function.addFnAttr(llvm::Attribute::NoUnwind);
  function.addFnAttr("no-trapping-math", "true");
  function.addFnAttr("prefer-vector-width", "512");
  function.addFnAttr("min-legal-vector-width", "512");
}

void Emitter::set_helper_attributes(llvm::Function& function) {
  function.addFnAttr(llvm::Attribute::NoInline);
  function.addFnAttr("no_caller_saved_registers");
  set_host_attributes(function);
}

llvm::BasicBlock* Emitter::block_of(std::uint32_t node) {
  auto& made = blocks_[node];
  if (!made) {
    made = new_block(kinds_.nodes()[node].full ? "full" : "masked");
    left_.push_back(node);
  }
  return made;
}

void Emitter::forget_values() {
  values_.clear();
  wholes_.clear();
  written_.clear();
}

void Emitter::emit_node(std::uint32_t number) {
  node_ = &kinds_.nodes()[number];
  block_ = &code_.blocks[node_->block];
  forget_values();
  blended_ = false;
  mask_ = active_ = nullptr;
  counted_ = false;
  b_.SetInsertPoint(blocks_[number]);
  if (const ScalarLoop* loop = scalar_loop_at(*node_)) return emit_scalar_loop(*loop);
  active();
  emit_items();
  emit_ending();
}

void Emitter::emit_items() {
  find_groups();
  find_runs();
  auto run = runs_.begin();
  for (item_ = 0; item_ < block_->items.size();) {
    if (run != runs_.end() && run->first == item_) {
      emit_run(*run++);  // moves item_ behind it
    } else {
      emit_item(block_->items[item_]);
      ++item_;
    }
  }
  item_ = block_->items.size() - 1;
}

void Emitter::emit_item(const Item& item) {
  const isa::Format format = isa::info(item.in.op).format;
  if (item.slot != kNone) return slot_access(item);
  if (is_load(item.in) || is_store(item.in)) return access(item);
  if (is_fence(item.in)) return fence(item);
  if (item.in.op == isa::Op::wsync) return;
  if (item.in.op == isa::Op::split) return;  // emit_split() writes its register
  const Operands uses = operands_of(item.in);
  const bool step_only = item.in.op == isa::Op::bar_arrive;
  if (uses.writes == kNone && !step_only && format != isa::Format::kAtomic) {
    const char first = isa::info(item.in.op).syntax[0];  // a result into x0 is all that it would do
    if (first != 'd' && first != 'D' && &item != &block_->last()) unknown(item.in.op, i64_);
    return;
  }
  for (unsigned i = 0; i < uses.count; ++i) operand_kinds_[uses.reads[i]] = read(uses.reads[i]).kind;
  const Kind kind = kinds_.result(item, operand_kinds_);
  if (is_atomic(item.in)) return atomic(item, kind);
  Value value;
  if (!item.result.is(Constant::Base::kUnknown))
    value = known(item.result);
  else if (needs_interpreter(item))
    value = step(item, kNoSite, kind);
  else if (format == isa::Format::kCsr || format == isa::Format::kCsrImmediate)
    value = csr(item, kind);
  else if (isa::info(item.in.op).extension == isa::Extension::kVote)
    value = vote(item, kind);
  else if (item.in.op == isa::Op::jal || item.in.op == isa::Op::jalr || item.in.op == isa::Op::lui ||
           item.in.op == isa::Op::auipc)
    value = known(item.result);
  else if (isa::info(item.in.op).extension == isa::Extension::kF ||
           isa::info(item.in.op).extension == isa::Extension::kD ||
           isa::info(item.in.op).extension == isa::Extension::kZfh)
    value = floating(item, kind);
  else
    value = integer(item, kind);
  if (uses.writes != kNone) write(uses.writes, convert(value, kind));
}

llvm::Value* Emitter::active_lanes() {
  if (node_->full) return number64(lanes_);
  return b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, mask64());
}

void Emitter::count(std::size_t items) {
  count(number64(static_cast<std::int64_t>(items)), active_lanes());
  counted_ = true;
}

// Idle lanes are counted, so that where there are none one number is.
void Emitter::count(llvm::Value* items, llvm::Value* active) {
  b_.CreateStore(b_.CreateAdd(load(executed_), items), executed_);
  llvm::Value* all = number64(lanes_);
  if (active == all) return;
  b_.CreateStore(b_.CreateAdd(load(idle_), b_.CreateMul(b_.CreateSub(all, active), items)), idle_);
}

// Where a loop closes, towards `target`, whose variables are stored. A loop that only waits gives way:
// between segments where a frame holds all that the warp is, else for good. One that may wait, and counts
// meanwhile, say, does after very long.
void Emitter::poll(const Node& target, std::uint32_t number) {
  const Block& head = code_.blocks[target.block];
  llvm::BasicBlock *ask = new_block("ask"), *on = new_block("on"), *stop = new_block("stop");
  llvm::Value* early = b_.CreateICmpULT(load(executed_), load_context(offsetof(WarpContext, poll_at), i64_));
  branch_likely(early, on, ask);
  b_.SetInsertPoint(ask);
  llvm::Value* waits = b_.getInt1(head.spins);
  if (head.may_wait && !head.spins)
    waits = b_.CreateICmpUGT(b_.CreateSub(load(executed_), load(executed_before_)), number64(kVeryLong));
  llvm::Value* answer = call_host("poll", offsetof(WarpContext, poll), {warp_, load(executed_), waits});
  branch_likely(answer, on, stop);
  b_.SetInsertPoint(stop);
  if (!head.spins && !head.may_wait) {
    leave(Exit::kStopped);
  } else if (head.spins && head.open.empty() && (target.full || request_.shape.partial)) {
    put_frame(number);
    leave(Exit::kYield, segment_of(number, 0));
  } else {
    give_back_at(target);
  }
  b_.SetInsertPoint(on);
}

void Emitter::go_to(std::uint32_t block, bool full, llvm::Value* agreed) {
  const std::uint32_t number = kinds_.find(block, full);
  const Node& target = kinds_.nodes()[number];
  const Register known = kinds_.agreed(node_->block, block, full);
  const auto values = values_;  // what is read here is not there on other paths
  for (const unsigned r : target.needed.set_bits()) {
    const Kind& kind = target.start[r];
    if (kind.rep == Rep::kNone) continue;
    if (agreed && r == known) {
      store_variable(r, convert({{Rep::kUniform, true, Nan::kCanonical, 0}, agreed}, kind));
      continue;
    }
    if (is_in_variable(r, kind)) continue;
    store_variable(r, convert(at_end(r), kind));
  }
  values_ = values;
  if (block <= node_->block) poll(target, number);
  b_.CreateBr(block_of(number));
}

}  // namespace kiesel::translator
