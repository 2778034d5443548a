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

void Emitter::store_context(std::size_t offset, llvm::Value* v) {
  auto* made = b_.CreateStore(v, b_.CreateConstInBoundsGEP1_64(i8_, shared_, offset));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
}

void Emitter::add_to_context(std::size_t offset, llvm::Value* v) {
  store_context(offset, b_.CreateAdd(load_context(offset, i64_), v));
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

// Lane 0's bytes of private memory that lies `offset` from the window's end; lane l's are 8 * l further.
llvm::Value* Emitter::slot_pointer(std::int64_t offset) {
  llvm::Value* window =
      b_.CreateMul(load_context(offsetof(WarpContext, window_bytes), i64_), number64(lanes_));
  llvm::Value* end = b_.CreateGEP(i8_, private_memory_, window);
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

void Emitter::put_registers(const Set& live, const Set& waiting) {
  const auto values = values_;
  const auto put = [&](Register original, const Value& value) {
    if (original >= kSlots)
      put_slot(original - kSlots, value);
    else
      put_register(original, value);
  };
  std::map<Register, Register> waits;  // by what it is originally
  for (const unsigned r : waiting.set_bits()) waits[code_.original(r)] = r;
  for (const unsigned r : live.set_bits()) {
    const auto other = waits.find(code_.original(r));
    if (other == waits.end() || other->second == r)
      put(code_.original(r), at_end(r));
    else
      put(code_.original(r), blended(read(r), read(other->second)));
    if (other != waits.end()) waits.erase(other);
  }
  for (const auto& [original, r] : waits) put(original, at_end(r));
  values_ = values;
}

void Emitter::leave(Exit exit, std::uint32_t more) {
  b_.CreateRet(number64(static_cast<std::int64_t>(exit) | std::int64_t{more} << 32));
}

void Emitter::part(Exit exit, std::uint32_t more) {
  store_context(offsetof(WarpContext, earlier), load(did_));
  leave(exit, more);
}

void Emitter::give_back() {
  put_counters();
  if (restarts()) {
    store_state(request_.layout.mask, start_mask_);  // step() may have changed it
    return part(Exit::kInterpret, code_.blocks[0].items[0].index);
  }
  put_registers(liveness_.before(code_, node_->block, item_),
                node_->full ? Set(code_.registers) : liveness_.waiting[node_->block]);
  put_divergence();
  store_state(request_.layout.mask, mask64());
  part(Exit::kInterpret, block_->items[item_].index);
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
    put_register(code_.original(r), read(r, constant));
  }
  values_ = values;
  // step() leaves all lanes of the result in its row, singles in 64 bits.
  const Register d = uses.writes == kNone ? kNone : code_.original(uses.writes);
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

}  // namespace kiesel::model::translator
