// Where translated code meets the interpreter: registers to and from its state, one instruction done by it,
// and the warp given back to it.
#include <cstddef>

#include "device/model/translator/emitter.hpp"

namespace kiesel::model::translator {

llvm::Value* Emitter::state(std::uint32_t offset) {
  return b_.CreateConstInBoundsGEP1_64(i8_, warp_, offset);
}

llvm::Value* Emitter::load_state(std::uint32_t offset, llvm::Type* type) {
  auto* made = b_.CreateAlignedLoad(type, state(offset), llvm::Align(type->isVectorTy() ? 64 : 8));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
  if (type == i32_) made->setAlignment(llvm::Align(4));
  if (type == i8_) made->setAlignment(llvm::Align(1));
  return made;
}

void Emitter::store_state(std::uint32_t offset, llvm::Value* v) {
  const unsigned bytes = v->getType()->isVectorTy() ? 64 : v->getType()->getScalarSizeInBits() / 8;
  auto* made = b_.CreateAlignedStore(v, state(offset), llvm::Align(bytes));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
}

llvm::Value* Emitter::load_context(std::size_t offset, llvm::Type* type) {
  auto* made = b_.CreateLoad(type, b_.CreateConstInBoundsGEP1_64(i8_, shared_, offset));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
  return made;
}

void Emitter::add_to_context(std::size_t offset, llvm::Value* v) {
  llvm::Value* sum = b_.CreateAdd(load_context(offset, i64_), v);
  auto* made = b_.CreateStore(sum, b_.CreateConstInBoundsGEP1_64(i8_, shared_, offset));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
}

// What is the same for all warps is read once, where the function starts: calls of the interpreter in the
// loop over warps would keep LLVM from seeing that it does not change.
llvm::Value* Emitter::table_csr(std::uint32_t which) {
  llvm::Value*& made = csrs_[which];
  if (made) return made;
  const llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(entry_->getTerminator());
  return made = load_context(offsetof(WarpContext, csrs) + which * 8, i64_);
}

// No kernel can write to the launch block.
llvm::Value* Emitter::launch_value(std::int64_t offset, llvm::Type* type) {
  llvm::Value*& made = launch_[{offset, type}];
  if (made) return made;
  const llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(entry_->getTerminator());
  llvm::Value* pointer = b_.CreateIntToPtr(b_.CreateAdd(launch_block_, number64(offset)), pointer_);
  auto* load = b_.CreateAlignedLoad(type, pointer, llvm::Align(type->getScalarSizeInBits() / 8));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, memory_tag_);
  return made = load;
}

void Emitter::put_register(Register r, const Value& value) {
  const StateLayout& at = request_.layout;
  const std::uint32_t row = at.width * 8;
  if (r >= kFloat) {
    const unsigned f = r - kFloat;
    const bool one = is_single(value.kind.rep);
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(value.v) : value.v;
    if (is_uniform(value.kind.rep)) v = splat(v);
    llvm::Value* single = load_state(at.single, i32_);
    const std::uint32_t bit = 1u << f;
    single = one ? b_.CreateOr(single, bit) : b_.CreateAnd(single, ~bit);
    store_state(at.single, single);
    store_state(at.f + f * row, v);
    return;
  }
  const auto form = [&](std::uint8_t f) { store_state(at.form + r, llvm::ConstantInt::get(i8_, f)); };
  const bool is_line = value.kind.rep == Rep::kLine && rows_ == 1;
  if (value.kind.rep == Rep::kUniform || is_line) {
    form(is_line && value.kind.stride ? at.form_sloped : at.form_uniform);
    store_state(at.base + r * 8, value.v);
    store_state(at.slope + r * 8, number64(is_line ? value.kind.stride : 0));
    return;
  }
  form(at.form_varies);
  store_state(at.x + r * row, wide(value));
}

// What put_register() left, or the row that step() filled.
Value Emitter::take_register(Register r, const Kind& kind) {
  const StateLayout& at = request_.layout;
  const std::uint32_t row = at.width * 8;
  if (r >= kFloat) {
    const std::uint32_t place = at.f + (r - kFloat) * row;
    const bool one = is_single(kind.rep), once = is_uniform(kind.rep);
    llvm::Type* element = one ? float_ : double_;
    return {kind, load_state(place, once ? element : lanes(element))};
  }
  if (kind.rep == Rep::kUniform || (kind.rep == Rep::kLine && rows_ == 1))
    return {kind, load_state(at.base + r * 8, i64_)};
  if (kind.rep == Rep::kLine) {
    llvm::Value* base = load_state(at.x + r * row, i64_);
    return {kind, base, b_.CreateSub(load_state(at.x + r * row + row_ * 8, i64_), base)};
  }
  llvm::Value* all = load_state(at.x + r * row, lanes(i64_));
  return {kind, kind.rep == Rep::kNarrow ? b_.CreateTrunc(all, lanes(i32_)) : all};
}

// Lane 0's bytes of private memory that lies `offset` from the window's end; lane l's are 8 * l further.
llvm::Value* Emitter::slot_pointer(std::int64_t offset) {
  llvm::Value* window =
      b_.CreateMul(load_context(offsetof(WarpContext, window_bytes), i64_), number64(lanes_));
  llvm::Value* base = load_state(request_.layout.private_memory, pointer_);
  llvm::Value* end = b_.CreateGEP(i8_, base, window);
  return b_.CreateGEP(i8_, end, number64((offset >> 3) * 8 * lanes_ + (offset & 7)));
}

void Emitter::put_slot(std::uint32_t slot, const Value& value) {
  const auto& at = code_.slot[slot];
  llvm::Value* all;
  if (at.is_float) {
    Value real = at.bytes == 4 ? value : boxed(value);
    if (real.kind.nan == Nan::kLoose) real.v = canonical(real.v);
    if (is_uniform(real.kind.rep)) real.v = splat(real.v);
    all = b_.CreateBitCast(real.v, lanes(at.bytes == 4 ? i32_ : i64_));
  } else {
    all = at.bytes == 4 ? narrow(value) : wide(value);
  }
  llvm::Value* pointer = slot_pointer(at.offset & ~std::int64_t{7});
  const auto tagged = [&](llvm::Instruction* made) {
    made->setMetadata(llvm::LLVMContext::MD_tbaa, memory_tag_);
    return made;
  };
  if (at.bytes == 4) {  // half of each lane's 8 bytes
    const std::uint64_t shift = (at.offset & 4) * 8;
    auto* old = tagged(b_.CreateAlignedLoad(lanes(i64_), pointer, llvm::Align(8)));
    llvm::Value* kept =
        b_.CreateAnd(old, llvm::ConstantInt::get(old->getType(), ~(std::uint64_t{0xFFFFFFFF} << shift)));
    all = b_.CreateOr(kept, b_.CreateShl(b_.CreateZExt(all, lanes(i64_)), shift));
  }
  tagged(b_.CreateAlignedStore(all, pointer, llvm::Align(8)));
}

Value Emitter::take_slot(std::uint32_t slot, const Kind& kind) {
  const auto& at = code_.slot[slot];
  auto* rows = b_.CreateAlignedLoad(lanes(i64_), slot_pointer(at.offset & ~std::int64_t{7}), llvm::Align(8));
  rows->setMetadata(llvm::LLVMContext::MD_tbaa, memory_tag_);
  llvm::Value* all = rows;
  if (at.bytes == 4) all = b_.CreateTrunc(b_.CreateLShr(rows, (at.offset & 4) * 8), lanes(i32_));
  if (at.is_float) {
    const bool one = at.bytes == 4;
    const Value real{{one ? Rep::kFloats : Rep::kDoubles, false, Nan::kExact, 0},
                     b_.CreateBitCast(all, lanes(one ? float_ : double_))};
    if (is_uniform(kind.rep)) {
      llvm::Value* first = b_.CreateExtractElement(real.v, std::uint64_t{0});
      return convert({{one ? Rep::kFloat : Rep::kDouble, false, Nan::kExact, 0}, first}, kind);
    }
    return convert(is_single(kind.rep) ? single(real) : real, kind);
  }
  const Value integer{{at.bytes == 4 ? Rep::kNarrow : Rep::kWide, false, Nan::kCanonical, 0}, all};
  llvm::Value* first = nullptr;
  if (kind.rep == Rep::kUniform || kind.rep == Rep::kLine)
    first = b_.CreateExtractElement(wide(integer), std::uint64_t{0});
  if (kind.rep == Rep::kLine && rows_ > 1)
    return {kind, first, b_.CreateSub(b_.CreateExtractElement(wide(integer), std::uint64_t{row_}), first)};
  if (first) return {kind, first};
  return convert(integer, kind);
}

void Emitter::put_counters() {
  const std::size_t items = counted_ ? 0 : item_;
  llvm::Value* n = number64(static_cast<std::int64_t>(items));
  llvm::Value* lanes = number64(lanes_);
  if (!node_->full) lanes = b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, mask64());
  llvm::Value* executed = b_.CreateAdd(load(executed_), n);
  store_state(request_.layout.executed, executed);
  store_state(request_.layout.counted_until, executed);
  store_state(request_.layout.lane_instructions,
              b_.CreateAdd(load(lane_instructions_), b_.CreateMul(lanes, n)));
}

void Emitter::put_divergence() {
  const StateLayout& at = request_.layout;
  if (node_->full || block_->open.empty()) return;
  llvm::Value* depth = load_state(at.depth, i32_);
  for (const std::uint32_t split : block_->open) {
    SplitVariables& variables = split_variables(split);
    // An entry above the top does no harm where the split is not open.
    llvm::Value* entry = b_.CreateGEP(
        i8_, state(at.divergence), b_.CreateMul(b_.CreateZExt(depth, i64_), number64(at.divergence_stride)));
    const auto put = [&](std::uint32_t offset, llvm::Value* v) {
      auto* made = b_.CreateStore(v, b_.CreateConstInBoundsGEP1_64(i8_, entry, offset));
      made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
    };
    put(at.divergence_before, b_.CreateZExt(load(variables.before), i64_));
    put(at.divergence_second_side, b_.CreateZExt(load(variables.second), i64_));
    const std::uint64_t next = code_.blocks[split].last().index + 1;
    put(at.divergence_second_start, b_.CreateGEP(i8_, load_context(offsetof(WarpContext, insns), pointer_),
                                                 number64(static_cast<std::int64_t>(next * at.insn_bytes))));
    put(at.divergence_in_second, b_.CreateZExt(load(variables.in_second), i8_));
    depth = b_.CreateAdd(depth, b_.CreateZExt(load(variables.open), i32_));
  }
  store_state(at.depth, depth);
}

void Emitter::put_registers(const Set& live) {
  const auto values = values_;
  for (const unsigned r : live.set_bits()) {
    const Value value = at_end(r);
    if (r >= kSlots)
      put_slot(r - kSlots, value);
    else
      put_register(r, value);
  }
  values_ = values;
}

void Emitter::leave(Exit exit, std::uint32_t index) {
  b_.CreateRet(number64(static_cast<std::int64_t>(exit) | std::int64_t{index} << 32));
}

void Emitter::give_back() {
  if (restarts()) {
    store_state(request_.layout.mask, start_mask_);  // step() may have changed it
    return leave(Exit::kInterpret, roots_[0].first);
  }
  Set live = liveness_.before(code_, node_->block, item_);
  if (!node_->full) live |= liveness_.waiting[node_->block];
  put_registers(live);
  put_divergence();
  store_state(request_.layout.mask, mask64());
  put_counters();
  leave(Exit::kInterpret, block_->items[item_].index);
}

void Emitter::require(llvm::Value* condition) {
  if (const auto* fixed = llvm::dyn_cast<llvm::ConstantInt>(condition); fixed && fixed->isOne()) return;
  llvm::BasicBlock *on = new_block("on"), *back = new_block("back");
  branch_likely(condition, on, back);
  b_.SetInsertPoint(back);
  give_back();
  b_.SetInsertPoint(on);
}

// The instruction as the interpreter does it; `kind` is what its result is read as.
Value Emitter::step(const Item& item, std::uint32_t site, const Kind& kind) {
  const Operands uses = operands_of(item.in);
  const auto values = values_;
  for (unsigned i = 0; i < uses.count; ++i) {
    const Register r = uses.reads[i];
    Constant constant;
    if (r == item.in.rs1) constant = item.first;
    if (r == item.in.rs2 && constant.is(Constant::Base::kUnknown)) constant = item.second;
    put_register(r, read(r, r < kFloat ? constant : Constant()));
  }
  values_ = values;
  // step() leaves all lanes of the result in its row, singles in 64 bits.
  const Register d = uses.writes;
  llvm::Type* result = nullptr;
  if (d != kNone) {
    const bool narrow_lanes = kind.rep == Rep::kNarrow || is_single(kind.rep);
    result = is_uniform(kind.rep) ? i64_ : lanes(narrow_lanes ? i32_ : i64_);
  }
  const std::uint32_t row = request_.layout.width * 8;
  const std::uint32_t place = d == kNone    ? 0
                              : d >= kFloat ? request_.layout.f + (d - kFloat) * row
                                            : request_.layout.x + d * row;
  llvm::Function* ask = asking_function(result);
  llvm::CallInst* answer = b_.CreateCall(
      ask, {warp_, shared_, b_.getInt32(item.index), b_.getInt32(site), mask64(), number64(place)});
  answer->setCallingConv(ask->getCallingConv());
  llvm::BasicBlock* on = new_block("stepped");
  llvm::Value* done = result ? b_.CreateExtractValue(answer, 1) : answer;
  branch_likely(done, on, faulted_);  // nobody asks what a warp counted that had a fault
  b_.SetInsertPoint(on);
  if (!result) return {};
  llvm::Value* v = b_.CreateExtractValue(answer, 0);
  if (is_float(kind.rep)) {
    if (is_single(kind.rep) && is_uniform(kind.rep)) v = b_.CreateTrunc(v, i32_);
    llvm::Type* element = is_single(kind.rep) ? float_ : double_;
    v = b_.CreateBitCast(v, is_uniform(kind.rep) ? element : lanes(element));
  }
  return {kind, v};
}

// Calls step() and fetches the result's row: a function of the module, so that the rare way is short where it
// leaves the code. With AVX-512 its calling convention keeps half of the vector registers, which therefore
// need not be saved there. (With AVX it would, too, if LLVM did not clear their upper halves before the
// call.)
llvm::Function* Emitter::asking_function(llvm::Type* result) {
  const std::string name = !result                               ? "ask"
                           : result == i64_                      ? "ask_one"
                           : result->getScalarSizeInBits() == 32 ? "ask_narrow"
                                                                 : "ask_wide";
  if (llvm::Function* made = module_.getFunction(name)) return made;
  llvm::Type* answer = result ? static_cast<llvm::Type*>(llvm::StructType::get(result, i1_)) : i1_;
  auto* type = llvm::FunctionType::get(answer, {pointer_, pointer_, i32_, i32_, i64_, i64_}, false);
  auto* made = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, module_);
  made->addFnAttr(llvm::Attribute::NoInline);
  made->addFnAttr(llvm::Attribute::Cold);
  set_host_attributes(*made);
  if (request_.host_level == 2) {
    made->setCallingConv(llvm::CallingConv::Intel_OCL_BI);
    made->addFnAttr("frame-pointer",
                    "all");  // the convention forgets rbp, which the caller's frame may hang on
  }
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context_, "start", made));
  llvm::Value *warp = made->getArg(0), *shared = made->getArg(1);
  auto* step_type = llvm::FunctionType::get(i1_, {pointer_, i32_, i32_, i64_}, false);
  llvm::Value* step =
      b.CreateLoad(pointer_, b.CreateConstInBoundsGEP1_64(i8_, shared, offsetof(WarpContext, step)));
  llvm::CallInst* done =
      b.CreateCall(step_type, step, {warp, made->getArg(2), made->getArg(3), made->getArg(4)});
  done->addRetAttr(llvm::Attribute::ZExt);
  if (!result) {
    b.CreateRet(done);
    return made;
  }
  llvm::Value* place = b.CreateGEP(i8_, warp, made->getArg(5));
  llvm::Value* v;
  if (result == i64_) {
    llvm::Value* lane = b.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, made->getArg(4), b.getTrue());
    v = b.CreateLoad(i64_, b.CreateGEP(i64_, place, lane));
  } else {
    v = b.CreateAlignedLoad(lanes(i64_), place, llvm::Align(64));
    if (result->getScalarSizeInBits() == 32) v = b.CreateTrunc(v, result);
  }
  llvm::Value* all = b.CreateInsertValue(llvm::PoisonValue::get(answer), v, 0);
  b.CreateRet(b.CreateInsertValue(all, done, 1));
  return made;
}

// The registers are left as the next segment takes them.
void Emitter::emit_barrier() {
  const Item& item = block_->last();
  const bool goes_on = node_->full || (request_.shape.partial && block_->open.empty());
  if (!goes_on) return give_back();
  const std::uint32_t next = kinds_.find(block_->next[0], node_->full);
  const Node& target = kinds_.nodes()[next];
  const Operands uses = operands_of(item.in);
  for (unsigned i = 0; i < uses.count; ++i)
    if (!target.needed.test(uses.reads[i])) put_register(uses.reads[i], at_end(uses.reads[i]));
  for (const unsigned r : target.needed.set_bits())
    if (target.start[r].rep != Rep::kNone) store_variable(r, convert(at_end(r), target.start[r]));
  leave_for_segment(next, Exit::kInterpretOne, item.index);
}

void Emitter::leave_for_segment(std::uint32_t node, Exit exit, std::uint32_t index) {
  const Node& target = kinds_.nodes()[node];
  for (const unsigned r : target.needed.set_bits()) {
    if (target.start[r].rep == Rep::kNone) continue;
    const Value value = load_variable(r, target.start[r]);
    if (r >= kSlots)
      put_slot(r - kSlots, value);
    else
      put_register(r, value);
  }
  store_state(request_.layout.mask,
              target.full ? b_.CreateZExt(all_lanes(), i64_) : b_.CreateZExt(load(mask_variable_), i64_));
  put_counters();
  leave(exit, index);
  if (root_of_.contains(node)) return;
  root_of_[node] = roots_.size();
  roots_.push_back({node, code_.blocks[target.block].items[0].index});
}

}  // namespace kiesel::model::translator
