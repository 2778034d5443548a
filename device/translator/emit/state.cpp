#include "device/translator/emit/state.hpp"

#include <algorithm>
#include <cstddef>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/control.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/transfer.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

struct Form {  // of a register as the interpreter has it
  std::uint8_t form;
  std::int64_t slope;
};

Form form_of(Kernel& kernel, const Value& value) {
  Builder& ir = kernel.ir;
  const StateLayout& at = kernel.known.request.layout;
  const bool is_line = value.kind.rep == Rep::kLine && ir.rows == 1;
  if (value.kind.rep != Rep::kUniform && !is_line) return {at.form_varies, 0};
  const std::int64_t slope = is_line ? value.kind.stride : 0;
  return {slope ? at.form_sloped : at.form_uniform, slope};
}

// fn(place, v, step, stride), of a Value's parts. Keeps all registers.
llvm::Function* row_helper(Kernel& kernel, bool is_line) {
  Builder& ir = kernel.ir;
  const char* name = is_line ? "put_line" : "put_offsets";
  if (llvm::Function* made = kernel.module.getFunction(name)) return made;
  llvm::Type* number = is_line ? ir.i64 : vector_of(ir, ir.i32);
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), {ir.pointer, number, ir.i64, ir.i64}, false);
  auto* made = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, kernel.module);
  made->addFnAttr(llvm::Attribute::Cold);
  set_helper_attributes(*made);
  const llvm::IRBuilderBase::InsertPointGuard guard(ir);
  ir.SetInsertPoint(llvm::BasicBlock::Create(ir.getContext(), "start", made));
  llvm::Value *v = made->getArg(1), *step = made->getArg(2), *stride = made->getArg(3);
  if (is_line) {
    std::vector<llvm::Constant*> lane, row;
    for (unsigned l = 0; l < ir.lanes; ++l) {
      lane.push_back(ir.getInt64(l % ir.row));
      row.push_back(ir.getInt64(l / ir.row));
    }
    v = ir.CreateAdd(splat(ir, v), ir.CreateMul(splat(ir, stride), llvm::ConstantVector::get(lane)));
    v = ir.CreateAdd(v, ir.CreateMul(splat(ir, step), llvm::ConstantVector::get(row)));
  } else {
    v = ir.CreateAdd(splat(ir, step),
                     ir.CreateMul(ir.CreateSExt(v, vector_of(ir, ir.i64)), splat(ir, stride)));
  }
  ir.CreateAlignedStore(v, made->getArg(0), llvm::Align(64))
      ->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
  ir.CreateRetVoid();
  return made;
}

// 64 bits a lane. Where they fill many of the host's registers a function writes them: this is done at many
// places, and hardly ever.
void put_row(Segment& segment, std::uint32_t offset, const Value& value) {
  Builder& ir = segment.ir;
  const Rep rep = value.kind.rep;
  const bool is_line = rep == Rep::kLine;
  if (ir.host.has_masks || (!is_line && rep != Rep::kNarrow && rep != Rep::kOffset))
    return store_state(segment, offset, wide(ir, value));
  llvm::Value* step = value.step ? value.step : number64(ir, 0);
  llvm::Value* stride = number64(ir, rep == Rep::kNarrow ? 1 : value.kind.stride);
  ir.CreateCall(row_helper(segment.kernel, is_line), {state(segment, offset), value.v, step, stride});
}

void put_value(Segment& segment, Register r, const Value& value) {
  Builder& ir = segment.ir;
  const StateLayout& at = segment.known.request.layout;
  const std::uint32_t row = at.width * 8;
  if (r >= kFloat) {
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(ir, value.v) : value.v;
    if (is_uniform(value.kind.rep)) v = splat(ir, v);
    store_state(segment, at.f + (r - kFloat) * row, v);
  } else if (form_of(segment.kernel, value).form == at.form_varies) {
    put_row(segment, at.x + r * row, value);
  } else {
    store_state(segment, at.base + r * 8, value.v);
  }
}

// Bits of float registers: which hold singles from now on, and which do not.
void put_singles(Segment& segment, std::uint32_t singles, std::uint32_t others) {
  Builder& ir = segment.ir;
  if (!(singles | others)) return;
  llvm::Value* kept = ir.CreateAnd(load_state(segment, segment.known.request.layout.single, ir.i32), ~others);
  store_state(segment, segment.known.request.layout.single, ir.CreateOr(kept, singles));
}

// Lane 0's bytes of private memory that lies `offset` from the window's end; lane l's are 8 * l further.
llvm::Value* slot_pointer(Segment& segment, std::int64_t offset) {
  Builder& ir = segment.ir;
  llvm::Value* window = ir.CreateMul(load_context(segment, offsetof(WarpContext, window_bytes), ir.i64),
                                     number64(ir, ir.lanes));
  llvm::Value* end = ir.CreateGEP(ir.i8, segment.private_memory, window);
  return ir.CreateGEP(ir.i8, end, number64(ir, (offset >> 3) * 8 * ir.lanes + (offset & 7)));
}

void put_slot(Segment& segment, std::uint32_t slot, const Value& value) {
  Builder& ir = segment.ir;
  const auto& at = segment.known.code.slot[slot];
  llvm::Value* all;
  if (at.is_float) {
    Value real = at.bytes == 4 ? value : boxed(ir, value);
    if (real.kind.nan == Nan::kLoose) real.v = canonical(ir, real.v);
    if (is_uniform(real.kind.rep)) real.v = splat(ir, real.v);
    all = ir.CreateBitCast(real.v, vector_of(ir, at.bytes == 4 ? ir.i32 : ir.i64));
  } else {
    all = at.bytes == 4 ? narrow(ir, value) : wide(ir, value);
  }
  store_part(ir, slot_pointer(segment, at.offset & ~std::int64_t{7}), number64(ir, (at.offset & 4) * 8), all,
             nullptr);
}

// Conditions that lanes which wait agree on, as the branch behind a split or predicate will read them again:
// nobody keeps them. Lanes that have left a loop come first, since those of a second side inside of it have
// not.
void add_conditions(Cursor& here, const Set& waiting, std::map<Register, Value>& found) {
  Builder& ir = here.ir;
  const auto add = [&](const Block& block, llvm::Value* lanes, llvm::Value* holds) {
    const auto [place, fresh] =
        found.try_emplace(here.known.code.original(block.last().in.rs1), constant(ir, 0));
    const Value condition{{Rep::kUniform, true, Nan::kCanonical, 0}, holds};
    const Kind kind = merged(varying(place->second.kind, true), varying(condition.kind, true), true);
    llvm::Value *theirs = convert(ir, condition, kind).v, *others = convert(ir, place->second, kind).v;
    place->second = {kind, ir.CreateSelect(flags(ir, lanes), theirs, others)};
  };
  const auto is_agreed = [&](const Block& block) {
    const Item& last = block.last();
    return last.first_is_truth && last.in.rs1 != 0 && !waiting.test(last.in.rs1);
  };
  for (const Block& block : here.known.code.blocks) {
    const auto in_loop = [&](std::uint32_t b) {
      return std::binary_search(block.body.begin(), block.body.end(), b);
    };
    if (block.ending != Ending::kPredicate || !is_agreed(block) || !in_loop(here.node.block)) continue;
    llvm::Value* stay = mask(here);
    for (auto split = here.block.open.rbegin(); split != here.block.open.rend() && in_loop(*split); ++split) {
      SplitVariables& variables = split_variables(here.segment, *split);
      stay = ir.CreateSelect(load(ir, variables.open), load(ir, variables.before), stay);
    }
    const Value restore = read(here, block.last().in.rs2, block.last().second);
    llvm::Value* all = restore.v;
    if (restore.kind.rep != Rep::kUniform) {
      llvm::Value* first = first_lane(here);
      all = ir.CreateExtractElement(wide(ir, restore), first);
    }
    add(block, ir.CreateAnd(ir.CreateTrunc(all, ir.mask), ir.CreateNot(stay)),
        number64(ir, block.last().in.negate));
  }
  for (const std::uint32_t split : here.block.open) {
    if (!is_agreed(here.known.code.blocks[split])) continue;
    SplitVariables& variables = split_variables(here.segment, split);
    llvm::Value* waits = ir.CreateAnd(load(ir, variables.open), ir.CreateNot(load(ir, variables.in_second)));
    add(here.known.code.blocks[split], ir.CreateSelect(waits, load(ir, variables.second), no_lanes(ir)),
        load(ir, variables.second_holds));
  }
}

}  // namespace

llvm::Value* state(Segment& segment, std::uint32_t offset) {
  Builder& ir = segment.ir;
  return ir.CreateConstInBoundsGEP1_64(ir.i8, segment.warp, offset);
}

llvm::Value* load_state(Segment& segment, std::uint32_t offset, llvm::Type* type) {
  Builder& ir = segment.ir;
  auto* made = ir.CreateAlignedLoad(type, state(segment, offset), llvm::Align(type->isVectorTy() ? 64 : 8));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
  if (type == ir.i32) made->setAlignment(llvm::Align(4));
  if (type == ir.i8) made->setAlignment(llvm::Align(1));
  return made;
}

void store_state(Segment& segment, std::uint32_t offset, llvm::Value* v) {
  Builder& ir = segment.ir;
  unsigned bytes = v->getType()->getScalarSizeInBits() / 8;
  if (v->getType()->isVectorTy() && offset % 64 == 0) bytes = 64;
  auto* made = ir.CreateAlignedStore(v, state(segment, offset), llvm::Align(bytes));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
}

llvm::Value* load_context(Segment& segment, std::size_t offset, llvm::Type* type) {
  Builder& ir = segment.ir;
  auto* made = ir.CreateLoad(type, ir.CreateConstInBoundsGEP1_64(ir.i8, segment.shared, offset));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
  return made;
}

void store_context(Segment& segment, std::size_t offset, llvm::Value* v) {
  Builder& ir = segment.ir;
  auto* made = ir.CreateStore(v, ir.CreateConstInBoundsGEP1_64(ir.i8, segment.shared, offset));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
}

void add_to_context(Segment& segment, std::size_t offset, llvm::Value* v) {
  Builder& ir = segment.ir;
  store_context(segment, offset, ir.CreateAdd(load_context(segment, offset, ir.i64), v));
}

void put_register(Segment& segment, Register r, const Value& value) {
  Builder& ir = segment.ir;
  put_value(segment, r, value);
  if (r >= kFloat) {
    const std::uint32_t bit = 1u << (r - kFloat);
    return is_single(value.kind.rep) ? put_singles(segment, bit, 0) : put_singles(segment, 0, bit);
  }
  const StateLayout& at = segment.known.request.layout;
  const Form form = form_of(segment.kernel, value);
  store_state(segment, at.form + r, llvm::ConstantInt::get(ir.i8, form.form));
  if (form.form != at.form_varies) store_state(segment, at.slope + r * 8, number64(ir, form.slope));
}

void put_divergence(Cursor& here) {
  Builder& ir = here.ir;
  const StateLayout& at = here.known.request.layout;
  if (here.node.full || here.block.open.empty()) return;
  llvm::Value* depth = load_state(here.segment, at.depth, ir.i32);
  for (const std::uint32_t split : here.block.open) {
    SplitVariables& variables = split_variables(here.segment, split);
    // An entry above the top does no harm where the split is not open.
    llvm::Value* entry =
        ir.CreateGEP(ir.i8, state(here.segment, at.divergence),
                     ir.CreateMul(ir.CreateZExt(depth, ir.i64), number64(ir, at.divergence_stride)));
    const auto put = [&](std::uint32_t offset, llvm::Value* v) {
      auto* made = ir.CreateStore(v, ir.CreateConstInBoundsGEP1_64(ir.i8, entry, offset));
      made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
    };
    put(at.divergence_before, ir.CreateZExt(load(ir, variables.before), ir.i64));
    put(at.divergence_second_side, ir.CreateZExt(load(ir, variables.second), ir.i64));
    const std::uint64_t next = here.known.code.blocks[split].last().index + 1;
    put(at.divergence_second_start,
        ir.CreateGEP(ir.i8, load_context(here.segment, offsetof(WarpContext, insns), ir.pointer),
                     number64(ir, static_cast<std::int64_t>(next * at.insn_bytes))));
    put(at.divergence_in_second, ir.CreateZExt(load(ir, variables.in_second), ir.i8));
    depth = ir.CreateAdd(depth, ir.CreateZExt(load(ir, variables.open), ir.i32));
  }
  store_state(here.segment, at.depth, depth);
}

void put_registers(Cursor& here, const Set& live, const Set& waiting) {
  Builder& ir = here.ir;
  const auto values = here.values;
  std::map<Register, Value> found;  // by what it is originally
  std::map<Register, Register> waits;
  for (const unsigned r : waiting.set_bits()) waits[here.known.code.original(r)] = r;
  for (const unsigned r : live.set_bits()) {
    const auto other = waits.find(here.known.code.original(r));
    if (other == waits.end() || other->second == r)
      found[here.known.code.original(r)] = at_end(here, r);
    else
      found[here.known.code.original(r)] = blended(here, read(here, r), read(here, other->second));
    if (other != waits.end()) waits.erase(other);
  }
  for (const auto& [original, r] : waits) found[original] = at_end(here, r);
  if (!here.node.full) add_conditions(here, waiting, found);
  // Forms of all at once: those of the others do not matter.
  constexpr unsigned kIntegers = 32;
  std::array<std::uint8_t, kIntegers> forms;
  forms.fill(here.known.request.layout.form_varies);
  forms[0] = here.known.request.layout.form_uniform;
  std::uint32_t singles = 0, others = 0;
  store_state(here.segment, here.known.request.layout.slope,
              llvm::Constant::getNullValue(llvm::FixedVectorType::get(ir.i64, kIntegers)));
  for (const auto& [original, value] : found) {
    if (original >= kSlots) {
      put_slot(here.segment, original - kSlots, value);
      continue;
    }
    put_value(here.segment, original, value);
    if (original >= kFloat) {
      (is_single(value.kind.rep) ? singles : others) |= 1u << (original - kFloat);
      continue;
    }
    const Form form = form_of(here.kernel, value);
    forms[original] = form.form;
    if (form.slope)
      store_state(here.segment, here.known.request.layout.slope + original * 8, number64(ir, form.slope));
  }
  store_state(here.segment, here.known.request.layout.form,
              llvm::ConstantDataVector::get(ir.getContext(), forms));
  put_singles(here.segment, singles, others);
  here.values = values;
}

}  // namespace kiesel::translator
