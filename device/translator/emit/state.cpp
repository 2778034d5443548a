// Where translated code meets the interpreter: registers to and from its state, one instruction done by it,
// and the warp given back to it.
#include <llvm/IR/IntrinsicsX86.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

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
  unsigned bytes = v->getType()->getScalarSizeInBits() / 8;
  if (v->getType()->isVectorTy() && offset % 64 == 0) bytes = 64;
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

Emitter::Form Emitter::form_of(const Value& value) const {
  const StateLayout& at = request_.layout;
  const bool is_line = value.kind.rep == Rep::kLine && rows_ == 1;
  if (value.kind.rep != Rep::kUniform && !is_line) return {at.form_varies, 0};
  const std::int64_t slope = is_line ? value.kind.stride : 0;
  return {slope ? at.form_sloped : at.form_uniform, slope};
}

void Emitter::put_value(Register r, const Value& value) {
  const StateLayout& at = request_.layout;
  const std::uint32_t row = at.width * 8;
  if (r >= kFloat) {
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(value.v) : value.v;
    if (is_uniform(value.kind.rep)) v = splat(v);
    store_state(at.f + (r - kFloat) * row, v);
  } else if (form_of(value).form == at.form_varies) {
    put_row(at.x + r * row, value);
  } else {
    store_state(at.base + r * 8, value.v);
  }
}

// 64 bits a lane. Where they fill many of the host's registers a function writes them: this is done at many
// places, and hardly ever.
void Emitter::put_row(std::uint32_t offset, const Value& value) {
  const Rep rep = value.kind.rep;
  const bool is_line = rep == Rep::kLine;
  if (host_.has_masks || (!is_line && rep != Rep::kNarrow && rep != Rep::kOffset))
    return store_state(offset, wide(value));
  llvm::Value* step = value.step ? value.step : number64(0);
  llvm::Value* stride = number64(rep == Rep::kNarrow ? 1 : value.kind.stride);
  b_.CreateCall(row_helper(is_line), {state(offset), value.v, step, stride});
}

// fn(place, v, step, stride), of a Value's parts. Keeps all registers.
llvm::Function* Emitter::row_helper(bool is_line) {
  const char* name = is_line ? "put_line" : "put_offsets";
  if (llvm::Function* made = module_.getFunction(name)) return made;
  llvm::Type* number = is_line ? i64_ : lanes(i32_);
  auto* type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, number, i64_, i64_}, false);
  auto* made = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, module_);
  made->addFnAttr(llvm::Attribute::Cold);
  set_helper_attributes(*made);
  const llvm::IRBuilderBase::InsertPointGuard guard(b_);
  b_.SetInsertPoint(llvm::BasicBlock::Create(context_, "start", made));
  llvm::Value *v = made->getArg(1), *step = made->getArg(2), *stride = made->getArg(3);
  if (is_line) {
    std::vector<llvm::Constant*> lane, row;
    for (unsigned l = 0; l < lanes_; ++l) {
      lane.push_back(b_.getInt64(l % row_));
      row.push_back(b_.getInt64(l / row_));
    }
    v = b_.CreateAdd(splat(v), b_.CreateMul(splat(stride), llvm::ConstantVector::get(lane)));
    v = b_.CreateAdd(v, b_.CreateMul(splat(step), llvm::ConstantVector::get(row)));
  } else {
    v = b_.CreateAdd(splat(step), b_.CreateMul(b_.CreateSExt(v, lanes(i64_)), splat(stride)));
  }
  b_.CreateAlignedStore(v, made->getArg(0), llvm::Align(64))
      ->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
  b_.CreateRetVoid();
  return made;
}

void Emitter::put_singles(std::uint32_t singles, std::uint32_t others) {
  if (!(singles | others)) return;
  llvm::Value* kept = b_.CreateAnd(load_state(request_.layout.single, i32_), ~others);
  store_state(request_.layout.single, b_.CreateOr(kept, singles));
}

void Emitter::put_register(Register r, const Value& value) {
  put_value(r, value);
  if (r >= kFloat) {
    const std::uint32_t bit = 1u << (r - kFloat);
    return is_single(value.kind.rep) ? put_singles(bit, 0) : put_singles(0, bit);
  }
  const StateLayout& at = request_.layout;
  const Form form = form_of(value);
  store_state(at.form + r, llvm::ConstantInt::get(i8_, form.form));
  if (form.form != at.form_varies) store_state(at.slope + r * 8, number64(form.slope));
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
  store_part(slot_pointer(at.offset & ~std::int64_t{7}), number64((at.offset & 4) * 8), all, nullptr);
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
  std::map<Register, Value> found;  // by what it is originally
  std::map<Register, Register> waits;
  for (const unsigned r : waiting.set_bits()) waits[code_.original(r)] = r;
  for (const unsigned r : live.set_bits()) {
    const auto other = waits.find(code_.original(r));
    if (other == waits.end() || other->second == r)
      found[code_.original(r)] = at_end(r);
    else
      found[code_.original(r)] = blended(read(r), read(other->second));
    if (other != waits.end()) waits.erase(other);
  }
  for (const auto& [original, r] : waits) found[original] = at_end(r);
  if (!node_->full) add_conditions(waiting, found);
  // Forms of all at once: those of the others do not matter.
  constexpr unsigned kIntegers = 32;
  std::array<std::uint8_t, kIntegers> forms;
  forms.fill(request_.layout.form_varies);
  forms[0] = request_.layout.form_uniform;
  std::uint32_t singles = 0, others = 0;
  store_state(request_.layout.slope,
              llvm::Constant::getNullValue(llvm::FixedVectorType::get(i64_, kIntegers)));
  for (const auto& [original, value] : found) {
    if (original >= kSlots) {
      put_slot(original - kSlots, value);
      continue;
    }
    put_value(original, value);
    if (original >= kFloat) {
      (is_single(value.kind.rep) ? singles : others) |= 1u << (original - kFloat);
      continue;
    }
    const Form form = form_of(value);
    forms[original] = form.form;
    if (form.slope) store_state(request_.layout.slope + original * 8, number64(form.slope));
  }
  store_state(request_.layout.form, llvm::ConstantDataVector::get(context_, forms));
  put_singles(singles, others);
  values_ = values;
}

// Conditions that lanes which wait agree on, as the branch behind a split or predicate will read them again:
// nobody keeps them. Lanes that have left a loop come first, since those of a second side inside of it have
// not.
void Emitter::add_conditions(const Set& waiting, std::map<Register, Value>& found) {
  const auto add = [&](const Block& block, llvm::Value* lanes, llvm::Value* holds) {
    const auto [place, fresh] = found.try_emplace(code_.original(block.last().in.rs1), constant(0));
    const Value condition{{Rep::kUniform, true, Nan::kCanonical, 0}, holds};
    const Kind kind = merged(varying(place->second.kind, true), varying(condition.kind, true), true);
    llvm::Value *theirs = convert(condition, kind).v, *others = convert(place->second, kind).v;
    place->second = {kind, b_.CreateSelect(flags(lanes), theirs, others)};
  };
  const auto is_agreed = [&](const Block& block) {
    const Item& last = block.last();
    return last.first_is_truth && last.in.rs1 != 0 && !waiting.test(last.in.rs1);
  };
  for (const Block& block : code_.blocks) {
    const auto in_loop = [&](std::uint32_t b) {
      return std::binary_search(block.body.begin(), block.body.end(), b);
    };
    if (block.ending != Ending::kPredicate || !is_agreed(block) || !in_loop(node_->block)) continue;
    llvm::Value* stay = mask();
    for (auto split = block_->open.rbegin(); split != block_->open.rend() && in_loop(*split); ++split) {
      SplitVariables& variables = split_variables(*split);
      stay = b_.CreateSelect(load(variables.open), load(variables.before), stay);
    }
    const Value restore = read(block.last().in.rs2, block.last().second);
    llvm::Value* all = restore.v;
    if (restore.kind.rep != Rep::kUniform) {
      llvm::Value* first = first_lane();
      all = b_.CreateExtractElement(wide(restore), first);
    }
    add(block, b_.CreateAnd(b_.CreateTrunc(all, mask_type_), b_.CreateNot(stay)),
        number64(block.last().in.negate));
  }
  for (const std::uint32_t split : block_->open) {
    if (!is_agreed(code_.blocks[split])) continue;
    SplitVariables& variables = split_variables(split);
    llvm::Value* waits = b_.CreateAnd(load(variables.open), b_.CreateNot(load(variables.in_second)));
    add(code_.blocks[split], b_.CreateSelect(waits, load(variables.second), no_lanes()),
        load(variables.second_holds));
  }
}

// Before code that was not made for AVX runs.
void Emitter::clear_upper_halves(llvm::IRBuilder<>& b) const {
  if (host_.has_avx) b.CreateIntrinsic(llvm::Intrinsic::x86_avx_vzeroupper, {}, {});
}

void Emitter::leave(Exit exit, std::uint32_t more) {
  b_.CreateStore(number64(static_cast<std::int64_t>(exit) | std::int64_t{more} << 32), result_);
  b_.CreateBr(exit_);
}

void Emitter::give_back() {
  if (restarts()) {  // and is counted anew
    b_.CreateStore(load(executed_before_), executed_);
    b_.CreateStore(load(idle_before_), idle_);
    store_state(request_.layout.mask, start_mask_);  // step() may have changed it
    return leave(Exit::kInterpret, code_.blocks[0].items[0].index);
  }
  if (!counted_) count(number64(static_cast<std::int64_t>(item_)), active_lanes());
  put_registers(liveness_.before(code_, node_->block, item_),
                node_->full ? Set(code_.registers) : liveness_.waiting[node_->block]);
  put_divergence();
  store_state(request_.layout.mask, mask64());
  leave(Exit::kInterpret, block_->items[item_].index);
}

// At the start of a node whose variables are stored.
void Emitter::give_back_at(const Node& target) {
  const auto values = std::exchange(values_, {});
  const auto written = std::exchange(written_, {});
  const auto* node = std::exchange(node_, &target);
  const auto* block = std::exchange(block_, &code_.blocks[target.block]);
  const auto item = std::exchange(item_, 0);
  const auto counted = std::exchange(counted_, true);
  auto *mask = std::exchange(mask_, nullptr), *active = std::exchange(active_, nullptr);
  give_back();
  values_ = values;
  written_ = written;
  node_ = node;
  block_ = block;
  item_ = item;
  counted_ = counted;
  mask_ = mask;
  active_ = active;
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
  llvm::Value* done = call_host("step", offsetof(WarpContext, step),
                                {warp_, b_.getInt32(item.index), b_.getInt32(site), mask64()});
  llvm::BasicBlock* on = new_block("stepped");
  branch_likely(done, on, faulted_);  // nobody asks what a warp counted that had a fault
  b_.SetInsertPoint(on);
  if (turn_ && turn_->ranges.contains(site)) keep_range(site);
  if (uses.writes == kNone) return {};
  // All lanes of the result are in its row, singles in 64 bits.
  const Register d = code_.original(uses.writes);
  const StateLayout& at = request_.layout;
  const std::uint32_t row = at.width * 8, place = d >= kFloat ? at.f + (d - kFloat) * row : at.x + d * row;
  const bool once = is_uniform(kind.rep);
  llvm::Value* v;
  if (once) {
    llvm::Value* lane = first_lane();
    auto* made = b_.CreateLoad(i64_, b_.CreateGEP(i64_, state(place), lane));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
    v = made;
  } else {
    v = load_state(place, lanes(i64_));
  }
  if (is_single(kind.rep) || kind.rep == Rep::kNarrow) v = b_.CreateTrunc(v, once ? i32_ : lanes(i32_));
  if (is_float(kind.rep)) {
    llvm::Type* element = is_single(kind.rep) ? float_ : double_;
    v = b_.CreateBitCast(v, once ? element : lanes(element));
  }
  return {kind, v};
}

// Calls a function of the context, step() or poll(), through one of the module that keeps all registers, so
// that nothing has to be saved where the code leaves its usual way.
llvm::Value* Emitter::call_host(const std::string& name, std::size_t offset,
                                const std::vector<llvm::Value*>& arguments) {
  llvm::Function* made = module_.getFunction(name);
  if (!made) {
    std::vector<llvm::Type*> types;
    for (llvm::Value* argument : arguments) types.push_back(argument->getType());
    auto* passed = llvm::FunctionType::get(i1_, types, false);
    types.push_back(pointer_);
    made = llvm::Function::Create(llvm::FunctionType::get(i1_, types, false), llvm::Function::InternalLinkage,
                                  name, module_);
    made->addFnAttr(llvm::Attribute::Cold);
    set_helper_attributes(*made);
    llvm::IRBuilder<> b(llvm::BasicBlock::Create(context_, "start", made));
    std::vector<llvm::Value*> given;
    for (unsigned i = 0; i < arguments.size(); ++i) given.push_back(made->getArg(i));
    llvm::Value* shared = made->getArg(static_cast<unsigned>(arguments.size()));
    llvm::Value* function = b.CreateLoad(pointer_, b.CreateConstInBoundsGEP1_64(i8_, shared, offset));
    clear_upper_halves(b);
    llvm::CallInst* done = b.CreateCall(passed, function, given);
    done->addRetAttr(llvm::Attribute::ZExt);
    for (unsigned i = 0; i < given.size(); ++i)
      if (types[i] == i1_) done->addParamAttr(i, llvm::Attribute::ZExt);
    b.CreateRet(done);
  }
  std::vector<llvm::Value*> all = arguments;
  all.push_back(shared_);
  return b_.CreateCall(made, all);
}

}  // namespace kiesel::translator
