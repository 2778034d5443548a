// A segment: the loop over the warps of a work-group, from a barrier or the kernel's start to the next
// barrier or their end, and what they keep between segments, each in its frame.
#include <cstddef>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

namespace {

constexpr unsigned kAlignment = 64;  // of frames and the vectors in them
constexpr int kStep = 1, kMask = 2;  // parts of a frame that are no value of a register
constexpr std::int64_t kLocalIdsBytes = sizeof(*WarpContext::local_ids);

}  // namespace

// The segment that starts with a node; `barrier` is the one that its warps wait at.
std::uint32_t Emitter::segment_of(std::uint32_t node, std::uint32_t barrier) {
  for (std::size_t i = 0; i < roots_.size(); ++i)
    if (roots_[i] == node && out_.segments[i].barrier == barrier) return static_cast<std::uint32_t>(i);
  roots_.push_back(node);
  out_.segments.push_back({0, code_.blocks[kinds_.nodes()[node].block].items[0].index, barrier});
  return static_cast<std::uint32_t>(roots_.size() - 1);
}

llvm::Function* Emitter::segment_function(std::size_t number) {
  if (llvm::Function* made = module_.getFunction(segment_name(number))) return made;
  auto* type = llvm::FunctionType::get(i64_, {pointer_, pointer_}, false);
  return llvm::Function::Create(type, llvm::Function::ExternalLinkage, segment_name(number), module_);
}

void Emitter::begin_function(std::size_t number) {
  function_ = segment_function(number);
  set_host_attributes(*function_);
  warp_ = function_->getArg(0);
  shared_ = function_->getArg(1);
  first_segment_ = number == 0;
  variables_.clear();
  splits_.clear();
  csrs_.clear();
  launch_.clear();
  blocks_.clear();
  left_.clear();
  arrivals_.clear();
  checks_.clear();
  taken_.clear();
  puts_.clear();
  std::fill(std::begin(scratch_), std::end(scratch_), nullptr);
  entry_ = new_block("entry");
  next_group_ = new_block("next_group");
  next_warp_ = new_block("next_warp");
  faulted_ = new_block("faulted");
  exit_ = new_block("exit");
  mask_variable_ = new_variable(mask_type_, "mask");
  executed_ = new_variable(i64_, "executed", number64(0));
  idle_ = new_variable(i64_, "idle", number64(0));
  executed_before_ = new_variable(i64_, "executed_before");
  idle_before_ = new_variable(i64_, "idle_before");
  rank_ = new_variable(i64_, "rank");
  did_ = new_variable(i64_, "did", number64(0));
  result_ = new_variable(i64_, "result");
  b_.SetInsertPoint(entry_);
  start_mask_ = load_state(request_.layout.mask, i64_);
  first_rank_ = load_context(offsetof(WarpContext, rank), i64_);
  end_rank_ = load_context(offsetof(WarpContext, end_rank), i64_);
  module_base_ = load_context(offsetof(WarpContext, module_base), i64_);
  window_end_ = load_context(offsetof(WarpContext, window_end), i64_);
  launch_block_ = load_context(offsetof(WarpContext, csrs), i64_);  // mscratch is the first one
  static_assert(static_cast<int>(TableCsr::mscratch) == 0);
  sites_ = load_context(offsetof(WarpContext, sites), pointer_);
  local_ids_ = load_context(offsetof(WarpContext, local_ids), pointer_);
  llvm::Value* frames = load_context(offsetof(WarpContext, frames), pointer_);
  llvm::Value* frame_bytes = load_context(offsetof(WarpContext, frame_bytes), i64_);
  llvm::Value* private_memory = load_context(offsetof(WarpContext, private_memory), pointer_);
  llvm::Value* private_stride = load_context(offsetof(WarpContext, private_stride), i64_);
  b_.CreateBr(next_group_);
  b_.SetInsertPoint(next_group_);
  b_.CreateStore(first_rank_, rank_);
  b_.CreateBr(next_warp_);
  b_.SetInsertPoint(next_warp_);
  llvm::Value* rank = load(rank_);
  store_context(offsetof(WarpContext, rank), rank);
  frame_pointer_ = b_.CreateGEP(i8_, frames, b_.CreateMul(rank, frame_bytes));
  private_memory_ = b_.CreateGEP(i8_, private_memory, b_.CreateMul(rank, private_stride));
  b_.CreateStore(load(executed_), executed_before_);
  b_.CreateStore(load(idle_), idle_before_);
  b_.CreateStore(b_.CreateTrunc(start_mask_, mask_type_), mask_variable_);
}

void Emitter::emit_segment(std::uint32_t root, std::size_t number) {
  begin_function(number);
  if (number != 0) take_frame(root);
  b_.CreateBr(block_of(root));
  while (!left_.empty()) {
    const std::uint32_t next = left_.back();
    left_.pop_back();
    emit_node(next);
  }
  end_function();
  keep_in_frame();
}

void Emitter::arrive(std::uint32_t did) {
  llvm::BasicBlock*& block = arrivals_[did];
  if (!block) block = new_block("arrive");
  b_.CreateBr(block);
}

// All warps have to do the same for the next ones to go on.
void Emitter::end_function() {
  node_ = nullptr;
  b_.SetInsertPoint(faulted_);
  leave(Exit::kFault);
  if (!arrivals_.empty()) emit_arrivals();
  b_.SetInsertPoint(exit_);
  store_context(offsetof(WarpContext, earlier), load(did_));
  put_counters();
  clear_upper_halves(b_);
  b_.CreateRet(load(result_));
}

void Emitter::emit_arrivals() {
  llvm::BasicBlock *next = new_block("arrived"), *all = new_block("all");
  for (const auto& [did, block] : arrivals_) {
    b_.SetInsertPoint(block);
    if (arrivals_.size() > 1) {
      llvm::Value* first = b_.CreateICmpEQ(load(rank_), first_rank_);
      llvm::Value* same = b_.CreateICmpEQ(load(did_), number64(did));
      llvm::BasicBlock *alike = new_block("alike"), *apart = new_block("apart");
      branch_likely(b_.CreateOr(first, same), alike, apart);
      b_.SetInsertPoint(apart);
      leave(Exit::kApart, did);
      b_.SetInsertPoint(alike);
    }
    b_.CreateStore(number64(did), did_);
    b_.CreateBr(next);
  }
  b_.SetInsertPoint(next);
  llvm::Value* rank = b_.CreateAdd(load(rank_), number64(1));
  b_.CreateStore(rank, rank_);
  b_.CreateCondBr(b_.CreateICmpULT(rank, end_rank_), next_warp_, all);
  b_.SetInsertPoint(all);
  if (arrivals_.contains(kWarpEnded)) {
    llvm::BasicBlock *ended = new_block("ended"), *wait = new_block("wait");
    b_.CreateCondBr(b_.CreateICmpEQ(load(did_), number64(kWarpEnded)), ended, wait);
    b_.SetInsertPoint(ended);
    if (first_segment_ || !request_.shape.partial) emit_next_groups();
    leave(Exit::kEnded);
    b_.SetInsertPoint(wait);
  }
  emit_next_segment();
  b_.CreateStore(b_.CreateOr(b_.CreateShl(load(did_), 32), static_cast<std::uint64_t>(Exit::kBarrier)),
                 result_);
  b_.CreateBr(exit_);
}

void Emitter::put_counters() {
  llvm::Value* executed = load(executed_);
  add_to_context(offsetof(WarpContext, executed), executed);
  llvm::Value* of_all = b_.CreateMul(executed, number64(lanes_));
  add_to_context(offsetof(WarpContext, lane_instructions), b_.CreateSub(of_all, load(idle_)));
}

// Goes on where the condition holds, and the call has not done so too often.
void Emitter::chain_if(llvm::Value* condition, llvm::BasicBlock* on, llvm::BasicBlock* back) {
  constexpr std::size_t kPlace = offsetof(WarpContext, chains);
  llvm::BasicBlock* counts = new_block("counts");
  llvm::Value* left = load_context(kPlace, i64_);
  b_.CreateCondBr(b_.CreateAnd(condition, b_.CreateICmpNE(left, number64(0))), counts, back);
  b_.SetInsertPoint(counts);
  store_context(kPlace, b_.CreateSub(left, number64(1)));
  b_.CreateBr(on);
}

// From the first warp on, as if the core called it.
void Emitter::go_on_with(std::uint32_t segment) {
  put_counters();
  store_context(offsetof(WarpContext, rank), first_rank_);
  store_context(offsetof(WarpContext, segment), number64(segment));
  llvm::CallInst* call = b_.CreateCall(segment_function(segment), {warp_, shared_});
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  b_.CreateRet(call);
}

// Where all warps of the work-group have come to a barrier.
void Emitter::emit_next_segment() {
  llvm::BasicBlock *on = new_block("on"), *back = new_block("back");
  chain_if(b_.getTrue(), on, back);
  b_.SetInsertPoint(on);
  add_to_context(offsetof(WarpContext, barriers), load_context(offsetof(WarpContext, barrier_weight), i64_));
  llvm::Value* did = load(did_);
  for (const auto& [segment, block] : arrivals_) {
    if (segment == kWarpEnded) continue;
    llvm::BasicBlock *this_one = new_block("next"), *other = new_block("other");
    b_.CreateCondBr(b_.CreateICmpEQ(did, number64(segment)), this_one, other);
    b_.SetInsertPoint(this_one);
    go_on_with(segment);
    b_.SetInsertPoint(other);
  }
  b_.CreateUnreachable();
  b_.SetInsertPoint(back);
}

// Goes on with the launch's next work-group, x first, if there is one to be run. Behind a barrier the first
// segment starts anew, with all lanes.
void Emitter::emit_next_groups() {
  constexpr TableCsr kIds[] = {TableCsr::group_id_x, TableCsr::group_id_y, TableCsr::group_id_z};
  constexpr TableCsr kCounts[] = {TableCsr::num_groups_x, TableCsr::num_groups_y, TableCsr::num_groups_z};
  const auto place = [](TableCsr which) {
    return offsetof(WarpContext, csrs) + static_cast<std::size_t>(which) * 8;
  };
  llvm::BasicBlock *more = new_block("more"), *none = new_block("none"), *start = next_group_;
  if (!first_segment_) start = new_block("anew");
  llvm::Value* groups = load_context(offsetof(WarpContext, more_groups), i64_);
  llvm::Value* any = b_.CreateICmpNE(groups, number64(0));
  if (first_segment_)
    b_.CreateCondBr(any, more, none);
  else
    chain_if(any, more, none);
  b_.SetInsertPoint(more);
  store_context(offsetof(WarpContext, more_groups), b_.CreateSub(groups, number64(1)));
  for (unsigned d = 0; d < 3; ++d) {
    llvm::Value* id = b_.CreateAdd(load_context(place(kIds[d]), i64_), number64(1));
    if (d == 2) {
      store_context(place(kIds[d]), id);
      b_.CreateBr(start);
      break;
    }
    llvm::Value* carry = b_.CreateICmpEQ(id, load_context(place(kCounts[d]), i64_));
    store_context(place(kIds[d]), b_.CreateSelect(carry, number64(0), id));
    llvm::BasicBlock* next = new_block("carry");
    b_.CreateCondBr(carry, next, start);
    b_.SetInsertPoint(next);
  }
  if (!first_segment_) {
    b_.SetInsertPoint(start);
    store_state(request_.layout.mask, b_.CreateZExt(all_lanes(), i64_));  // step() may have changed it
    go_on_with(0);
  }
  b_.SetInsertPoint(none);
}

// A barrier for the whole work-group, with all of the warp's lanes; any other is the interpreter's.
void Emitter::emit_barrier() {
  const Item& item = block_->last();
  const bool full = !request_.shape.partial;
  const Constant& id = item.first;
  if (!id.is(Constant::Base::kNumber) || id.value < 0 || id.value >= kNumBarriers ||
      (!full && !block_->open.empty()))
    return give_back();
  if (full && !node_->full) require(b_.CreateICmpEQ(mask(), all_lanes()));
  llvm::Value* warps = agreed_number(read_second(item));
  require(b_.CreateICmpEQ(warps, table_csr(TableCsr::group_warps)));
  count(block_->items.size());
  const std::uint32_t next = kinds_.find(block_->next[0], full);
  const Node& target = kinds_.nodes()[next];
  for (const unsigned r : target.needed.set_bits())
    if (target.start[r].rep != Rep::kNone && !is_in_variable(r, target.start[r]))
      store_variable(r, convert(at_end(r), target.start[r]));
  put_frame(next);
  arrive(segment_of(next, static_cast<std::uint32_t>(id.value)));
}

// Where a register's value has its place in frames of all segments.
llvm::Value* Emitter::frame_place(Register r, int part, llvm::Type* type) {
  const auto [found, fresh] = frame_.try_emplace({r, part}, 0);
  if (fresh) {
    const auto bytes = static_cast<std::uint32_t>(
        (type->getPrimitiveSizeInBits().getFixedSize() + 8 * kAlignment - 1) / (8 * kAlignment) * kAlignment);
    found->second = out_.frame_bytes;
    out_.frame_bytes += bytes;
  }
  return b_.CreateConstInBoundsGEP1_64(i8_, frame_pointer_, found->second);
}

// The node's variables, which are stored.
void Emitter::put_frame(std::uint32_t node) {
  const auto put = [&](Register r, int part, llvm::Value* v) {
    auto* made = b_.CreateAlignedStore(v, frame_place(r, part, v->getType()), llvm::Align(kAlignment));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
    if (const auto* from = llvm::dyn_cast<llvm::LoadInst>(v))
      puts_.emplace_back(made, from->getPointerOperand());
  };
  const Node& target = kinds_.nodes()[node];
  for (const unsigned r : target.needed.set_bits()) {
    if (target.start[r].rep == Rep::kNone) continue;
    const Value value = load_variable(r, target.start[r]);
    put(r, static_cast<int>(value.kind.rep) * 4, value.v);
    if (value.step) put(r, static_cast<int>(value.kind.rep) * 4 + kStep, value.step);
  }
  if (!target.full) put(0, kMask, b_.CreateZExt(load(mask_variable_), i64_));
}

void Emitter::take_frame(std::uint32_t node) {
  const auto take = [&](Register r, int part, llvm::Type* type) {
    auto* made = b_.CreateAlignedLoad(type, frame_place(r, part, type), llvm::Align(kAlignment));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
    return made;
  };
  const Node& start = kinds_.nodes()[node];
  for (const unsigned r : start.needed.set_bits()) {
    const Kind& kind = start.start[r];
    if (kind.rep == Rep::kNone) continue;
    const auto take_part = [&](bool step) {
      llvm::AllocaInst* made = variable(r, kind.rep, step);
      auto* from = take(r, static_cast<int>(kind.rep) * 4 + (step ? kStep : 0), made->getAllocatedType());
      b_.CreateStore(from, made);
      taken_[made] = from;
    };
    take_part(false);
    if (has_step(kind)) take_part(true);
  }
  if (!start.full) b_.CreateStore(b_.CreateTrunc(take(0, kMask, i64_), mask_type_), mask_variable_);
}

// What a segment only reads stays in the frame.
void Emitter::keep_in_frame() {
  std::vector<llvm::Instruction*> useless;
  for (const auto& [variable, from] : taken_) {
    unsigned stores = 0;
    for (const llvm::User* user : variable->users()) stores += llvm::isa<llvm::StoreInst>(user);
    if (stores != 2) continue;  // where it is made, and where it is taken
    for (llvm::User* user : variable->users()) {
      auto* use = llvm::cast<llvm::Instruction>(user);
      if (llvm::isa<llvm::LoadInst>(use)) {
        llvm::Instruction* load = from->clone();
        load->insertBefore(use);
        use->replaceAllUsesWith(load);
      }
      useless.push_back(use);
    }
    for (const auto& [store, what] : puts_)
      if (what == variable) useless.push_back(store);
    useless.push_back(variable);
  }
  for (llvm::Instruction* each : useless) each->dropAllReferences();
  for (llvm::Instruction* each : useless) each->eraseFromParent();
}

// What is the same for all warps is read once, where the group starts: calls of the interpreter in the loop
// over warps would keep LLVM from seeing that it does not change.
llvm::Value* Emitter::table_csr(TableCsr which) {
  llvm::Value*& made = csrs_[which];
  if (made) return made;
  const llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(next_group_->getTerminator());
  return made = load_context(offsetof(WarpContext, csrs) + static_cast<std::size_t>(which) * 8, i64_);
}

// No kernel can write to the launch block.
llvm::Value* Emitter::launch_value(std::int64_t offset, llvm::Type* type) {
  llvm::Value*& made = launch_[{offset, type}];
  if (made) return made;
  const llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(entry_->getTerminator());
  llvm::Value* pointer = b_.CreateIntToPtr(b_.CreateAdd(launch_block_, number64(offset)), pointer_);
  return made = tagged(b_.CreateAlignedLoad(type, pointer, llvm::Align(type->getScalarSizeInBits() / 8)));
}

// Of the warp's lanes from the first one on.
llvm::Value* Emitter::local_ids(unsigned dimension, llvm::Type* type) {
  llvm::Value* at = b_.CreateAdd(b_.CreateMul(load(rank_), number64(kLocalIdsBytes)),
                                 number64(dimension * kLocalIdsBytes / 3));
  auto* made = b_.CreateAlignedLoad(type, b_.CreateGEP(i8_, local_ids_, at), llvm::Align(4));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
  return made;
}

}  // namespace kiesel::translator
