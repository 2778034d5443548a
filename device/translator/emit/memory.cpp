// Loads and stores. Where an access goes is compared with the range that the interpreter found for
// this place before (SiteRange); what is outside, misaligned or of private memory's odd kind is the
// interpreter's.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

constexpr std::int64_t kLaunchBlockBytes = 4096;  // at least, behind mscratch

}  // namespace

// For accesses of `bytes` at `place`, a multiple of `alignment`, of a line for those of a whole row.
std::uint32_t Emitter::new_site(const Value& place, std::uint64_t bytes, unsigned alignment, bool writes) {
  if (is_row(place, alignment)) bytes += static_cast<std::uint64_t>(std::abs(place.kind.stride)) * (row_ - 1);
  out_.sites.push_back({static_cast<std::uint32_t>(bytes),
                        static_cast<std::uint8_t>(llvm::Log2_32(alignment)), is_offset(place.kind), writes});
  return static_cast<std::uint32_t>(out_.sites.size() - 1);
}

// Bytes as units of 1 << shift; a large number where they are no multiple of it.
llvm::Value* Emitter::rotated(llvm::Value* bytes, unsigned shift) {
  llvm::Type* type = bytes->getType();
  if (shift == 0) return bytes;
  return b_.CreateIntrinsic(llvm::Intrinsic::fshr, {type},
                            {bytes, bytes, llvm::ConstantInt::get(type, shift)});
}

// A line that is aligned where its first lane is; one that falls, whose last lane is the lowest, of full
// warps only. It is checked and accessed row by row.
bool Emitter::is_row(const Value& place, unsigned alignment) const {
  return is_line(place.kind) && place.kind.stride % alignment == 0 && (place.kind.stride >= 0 || node_->full);
}

// The lowest addresses of rows.
std::vector<llvm::Value*> Emitter::row_starts(const Value& place) {
  std::vector<llvm::Value*> rows = row_bases(place);
  if (place.kind.stride < 0)
    for (llvm::Value*& row : rows) row = b_.CreateAdd(row, number64(place.kind.stride * (row_ - 1)));
  return rows;
}

// The site's units from `begin` to an address, one or a vector.
llvm::Value* Emitter::units_from(std::uint32_t site, llvm::Value* begin, llvm::Value* address) {
  llvm::Value* bytes = b_.CreateSub(address, address->getType()->isVectorTy() ? splat(begin) : begin);
  return rotated(bytes, out_.sites[site].shift);
}

// Address, or each lane's, lies in the site's range.
llvm::Value* Emitter::site_check(std::uint32_t site, llvm::Value* address) {
  const auto [begin, limit] = site_range(site);
  llvm::Value* units = units_from(site, begin, address);
  return b_.CreateICmpULT(units, units->getType()->isVectorTy() ? splat(limit) : limit);
}

std::pair<llvm::Value*, llvm::Value*> Emitter::site_range(std::uint32_t site) {
  const auto field = [&](std::size_t offset) {
    auto* made =
        b_.CreateLoad(i64_, b_.CreateConstInBoundsGEP1_64(i8_, sites_, site * sizeof(SiteRange) + offset));
    made->setMetadata(llvm::LLVMContext::MD_tbaa, state_tag_);
    return made;
  };
  llvm::Value* begin = field(offsetof(SiteRange, begin));
  return {begin, field(offsetof(SiteRange, limit))};
}

llvm::Type* Emitter::memory_type(const Instruction& in) const {
  const unsigned bytes = access_bytes(in.op);
  if (isa::info(in.op).format == isa::Format::kFloatLoad ||
      isa::info(in.op).format == isa::Format::kFloatStore)
    return bytes == 2 ? i16_ : bytes == 4 ? float_ : double_;
  return bytes == 1 ? i8_ : bytes == 2 ? i16_ : bytes == 4 ? i32_ : i64_;
}

// A loaded value, one or a vector, as the register holds it.
Value Emitter::from_memory(const Instruction& in, llvm::Value* v, const Kind& kind) {
  const bool is_vector = v->getType()->isVectorTy();
  const auto shape = [&](llvm::Type* element) { return is_vector ? lanes(element) : element; };
  if (is_float(kind.rep)) {
    if (in.op == Op::flh) {
      llvm::Value* word =
          b_.CreateOr(b_.CreateZExt(v, shape(i32_)), llvm::ConstantInt::get(shape(i32_), 0xFFFF0000));
      v = b_.CreateBitCast(word, shape(float_));
    }
    if (!is_vector && !is_uniform(kind.rep)) v = splat(v);
    return {kind, v};
  }
  const bool is_unsigned = in.op == Op::lbu || in.op == Op::lhu || in.op == Op::lwu;
  llvm::Type* type = shape(kind.rep == Rep::kNarrow ? i32_ : i64_);
  if (v->getType()->getScalarSizeInBits() > type->getScalarSizeInBits())
    v = b_.CreateTrunc(v, type);
  else
    v = is_unsigned ? b_.CreateZExt(v, type) : b_.CreateSExt(v, type);
  if (!is_vector && kind.rep != Rep::kUniform) v = splat(v);
  return {kind, v};
}

// What a store writes: one value or one a lane.
llvm::Value* Emitter::to_memory(const Item& item, bool once) {
  const Instruction& in = item.in;
  llvm::Type* element = memory_type(in);
  if (isa::info(in.op).format == isa::Format::kFloatStore) {
    Value value = read(in.rs2);
    if (in.op == Op::fsd) value = boxed(value);
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(value.v) : value.v;
    const bool one = is_uniform(value.kind.rep);
    if (in.op != Op::fsd) {
      llvm::Type* whole = is_double(value.kind.rep) ? i64_ : i32_;
      v = b_.CreateBitCast(v, one ? whole : lanes(whole));
      llvm::Type* part = in.op == Op::fsh ? i16_ : i32_;
      v = b_.CreateTrunc(v, one ? part : lanes(part));
      if (in.op == Op::fsw) v = b_.CreateBitCast(v, one ? float_ : lanes(float_));
    }
    return one && !once ? splat(v) : v;
  }
  const Value value = read_second(item);
  if (value.kind.rep == Rep::kUniform) {
    llvm::Value* v = b_.CreateTrunc(value.v, element);
    return once ? v : splat(v);
  }
  return element == i64_ ? wide(value) : b_.CreateTrunc(narrow(value), lanes(element));
}

void Emitter::slot_access(const Item& item) {
  const Operands uses = uses_of(item);
  const auto& slot = code_.slot[item.slot];
  Value value = uses.count == 0
                    ? constant(0)
                    : read(uses.reads[0], is_store(item.in) && !slot.is_float ? item.second : Constant());
  if (uses.writes == kNone) return;
  if (uses.count) operand_kinds_[uses.reads[0]] = value.kind;
  const Kind kind = kinds_.result(item, operand_kinds_);
  if (slot.bytes == 4 && !slot.is_float && value.kind.rep == Rep::kUniform && !value.kind.narrow)
    value = {kind, b_.CreateSExt(b_.CreateTrunc(value.v, i32_), i64_)};
  if (slot.bytes == 4 && slot.is_float && is_double(value.kind.rep)) {  // its lower half, boxed
    const bool once = is_uniform(value.kind.rep);
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(value.v) : value.v;
    v = b_.CreateTrunc(b_.CreateBitCast(v, once ? i64_ : lanes(i64_)), once ? i32_ : lanes(i32_));
    value = {kind, b_.CreateBitCast(v, once ? float_ : lanes(float_))};
  }
  write(uses.writes, convert(value, kind));
}

Value Emitter::load_known(const Item& item, const Kind& kind, const std::byte* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, access_bytes(item.in.op));
  llvm::Type* type = memory_type(item.in);
  llvm::Constant* v = llvm::ConstantInt::get(b_.getIntNTy(type->getScalarSizeInBits()), word);
  return from_memory(item.in, b_.CreateBitCast(v, type), kind);
}

// Private memory: bytes of all lanes in rows of 8 bytes a lane. Where all lanes access the same address that
// is a part of one row.
llvm::Value* Emitter::in_window(const Value& place, unsigned bytes, Target& target) {
  const bool once = place.kind.rep == Rep::kUniform;
  llvm::Value* address = once ? place.v : wide(place);
  const auto n = [&](std::int64_t v) { return once ? number64(v) : splat(number64(v)); };
  llvm::Value* size = load_context(offsetof(WarpContext, window_bytes), i64_);
  llvm::Value* begin = b_.CreateSub(window_end_, size);
  llvm::Value* offset = b_.CreateSub(address, once ? begin : splat(begin));
  llvm::Value* inside = b_.CreateICmpULT(offset, once ? size : splat(size));
  inside = b_.CreateAnd(inside, b_.CreateICmpEQ(b_.CreateAnd(address, n(bytes - 1)), n(0)));
  llvm::Value *row = b_.CreateMul(b_.CreateLShr(offset, n(3)), n(8 * lanes_)),
              *byte = b_.CreateAnd(offset, n(7));
  if (once) {
    target.shape = Target::Shape::kPartOfRow;
    target.pointer = b_.CreateGEP(i8_, private_memory_, row);
    target.shift = b_.CreateShl(byte, n(3));
    return inside;
  }
  std::vector<llvm::Constant*> steps;
  for (unsigned l = 0; l < lanes_; ++l) steps.push_back(b_.getInt64(l * 8));
  target.shape = Target::Shape::kScattered;
  target.pointer = b_.CreateGEP(i8_, private_memory_,
                                b_.CreateAdd(b_.CreateAdd(row, byte), llvm::ConstantVector::get(steps)));
  llvm::Value* ok = bits(inside);
  if (!node_->full) ok = b_.CreateOr(ok, b_.CreateNot(mask()));
  return b_.CreateICmpEQ(ok, all_lanes());
}

// `place` plus an offset.
Value Emitter::displaced(Value place, std::int64_t offset) {
  if (place.kind.rep == Rep::kNarrow) place = {{Rep::kWide, false, Nan::kCanonical, 0}, wide(place)};
  if (place.kind.rep == Rep::kOffset) {
    place.step = b_.CreateAdd(place.step, number64(offset));
    return place;
  }
  llvm::Value* by = number64(offset);
  place.v = b_.CreateAdd(place.v, place.kind.rep == Rep::kWide ? splat(by) : by);
  return place;
}

// Whether loads touch active lanes only: where others lie outside of the range that is no reason to ask then.
bool Emitter::loads_active_only() const { return !node_->full && rows_ == 1 && host_.gathers; }

// Whether the site's bytes from each active lane's address on are in one known range, and the address a
// multiple of its unit. Of a line that is whole, or else, where that is enough, the ends of what is active.
llvm::Value* Emitter::inside(std::uint32_t site, const Value& place) {
  const unsigned alignment = 1u << out_.sites[site].shift;
  if (place.kind.rep == Rep::kUniform) return site_check(site, place.v);
  if (is_row(place, alignment) && loads_active_only()) {
    llvm::BasicBlock *ends = new_block("ends"), *known = new_block("known");
    llvm::Value* whole = site_check(site, place.v);
    llvm::BasicBlock* here = b_.GetInsertBlock();
    branch_likely(whole, known, ends);
    b_.SetInsertPoint(ends);
    const auto stride = static_cast<std::uint64_t>(place.kind.stride);
    llvm::Value* some = call_host("ends_inside", offsetof(WarpContext, ends_inside),
                                  {warp_, b_.getInt32(site), place.v, b_.getInt64(stride),
                                   b_.getInt64(out_.sites[site].span - stride * (row_ - 1)), mask64()});
    b_.CreateBr(known);
    b_.SetInsertPoint(known);
    llvm::PHINode* phi = b_.CreatePHI(i1_, 2);
    phi->addIncoming(b_.getTrue(), here);
    phi->addIncoming(some, ends);
    return phi;
  }
  if (is_row(place, alignment)) {
    llvm::Value* ok = nullptr;
    for (llvm::Value* row : row_starts(place)) {
      llvm::Value* one = site_check(site, row);
      ok = ok ? b_.CreateAnd(ok, one) : one;
    }
    return ok;
  }
  if (is_offset(place.kind)) return offsets_inside(site, place);
  llvm::Value* ok = bits(site_check(site, wide(place)));
  if (!node_->full) ok = b_.CreateOr(ok, b_.CreateNot(mask()));
  return b_.CreateICmpEQ(ok, all_lanes());
}

// Likewise, of offsets: they are compared with the range's numbers of units, counted from the base on. What
// an offset counts is so many units, or a part of one.
llvm::Value* Emitter::offsets_inside(std::uint32_t site, const Value& place) {
  const auto [begin, limit] = site_range(site);
  const unsigned stride = llvm::Log2_64(static_cast<std::uint64_t>(place.kind.stride));
  const unsigned shift = out_.sites[site].shift, more = stride > shift ? stride - shift : 0,
                 less = shift > stride ? shift - stride : 0;
  llvm::Value* base = b_.CreateAdd(place.step, b_.getInt64(kUnitsBefore << stride));
  llvm::Value* units = rotated(b_.CreateSub(base, begin), shift - less);
  llvm::Value* near = b_.CreateICmpULT(units, b_.getInt64(std::uint64_t{1} << (31 + more)));
  llvm::Value* first = b_.CreateSub(b_.CreateLShr(units, more), b_.getInt64(kUnitsBefore));
  llvm::Value* count = limit;
  if (more) {
    const std::uint64_t rest = (std::uint64_t{1} << more) - 1;
    count = b_.CreateAdd(b_.CreateSub(limit, b_.CreateAnd(units, rest)), b_.getInt64(rest));
    count = b_.CreateLShr(count, more);
  }
  if (less) count = b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, limit, b_.getInt64(kMostUnits >> less));
  llvm::Value* number = rotated(b_.CreateAdd(place.v, splat(b_.CreateTrunc(first, i32_))), less);
  llvm::Value* outside = bits(b_.CreateICmpUGE(number, splat(b_.CreateTrunc(count, i32_))));
  if (!node_->full) outside = b_.CreateAnd(outside, mask());
  return b_.CreateAnd(near, b_.CreateICmpEQ(outside, no_lanes()));
}

llvm::Value* Emitter::pointers(const Value& place) {
  if (!is_offset(place.kind)) return b_.CreateIntToPtr(wide(place), lanes(pointer_));
  llvm::Type* step = b_.getIntNTy(static_cast<unsigned>(place.kind.stride * 8));
  return b_.CreateGEP(step, b_.CreateIntToPtr(place.step, pointer_), place.v);
}

void Emitter::find_groups() {
  groups_.clear();
  const BlockAccesses& accesses = accesses_[node_->block];
  for (std::uint32_t g = 0; g < accesses.groups.size(); ++g) {
    groups_.push_back({&accesses.groups[g], kNoSite, nullptr, accesses.groups[g].end, {}});
    if (accesses.groups[g].is_asked) b_.CreateStore(b_.getFalse(), check_variable(node_->block, g));
  }
}

// What a group's check found, for those that rely on it.
llvm::AllocaInst* Emitter::check_variable(std::uint32_t block, std::uint32_t group) {
  llvm::AllocaInst*& made = checks_[{block, group}];
  if (!made) made = new_variable(i1_, "inside", b_.getFalse());
  return made;
}

void Emitter::check(std::uint32_t number, const Value& address) {
  Group& group = groups_[number];
  const AccessGroup& of = *group.of;
  if (of.known_in != kNone) {
    group.ok = load(check_variable(of.known_in, of.known_by));
    return;
  }
  const std::pair place{node_->block, number};
  if (turn_ && turn_->walks && turn_->loop.walks.contains(place)) {  // asked where the turn starts
    group.site = turn_->sites.at(place);
    group.ok = b_.getTrue();
  } else {
    group.end = whole_end(of, address);
    group.site = new_site(address, static_cast<std::uint64_t>(group.end - of.first), of.alignment, of.writes);
    group.ok = turn_ ? inside_in_turn(place, group.site, address, of.first)
                     : inside(group.site, displaced(address, of.first));
  }
  if (of.is_asked) b_.CreateStore(group.ok, check_variable(node_->block, number));
}

// Where the lanes' accesses go, and whether the fast way may take them there.
Emitter::Target Emitter::target_of(const Item& item, const Value& address, llvm::Value*& is_inside,
                                   std::uint32_t& site) {
  Target target{};
  const unsigned bytes = access_bytes(item.in.op);
  const Value place = displaced(address, item.in.imm);
  const std::uint32_t number = group_of(item_);
  if (number != kNone) {
    if (!groups_[number].ok) check(number, address);
    is_inside = groups_[number].ok;
    site = groups_[number].site;
  } else {
    site = new_site(place, bytes, bytes, is_store(item.in));
    is_inside = inside(site, place);
  }
  if (place.kind.rep == Rep::kUniform) {
    target.shape = Target::Shape::kOnce;
    target.pointer = b_.CreateIntToPtr(place.v, pointer_);
  } else if (place.kind.rep == Rep::kLine &&
             (place.kind.stride == bytes || (place.kind.stride == 0 && is_load(item.in)) ||
              (place.kind.stride == -std::int64_t{bytes} && is_row(place, bytes)))) {
    target.shape = Target::Shape::kRows;
    target.rows = row_starts(place);
    target.place = place;
  } else {
    target.shape = Target::Shape::kScattered;
    target.place = place;
    target.one_by_one = node_->full && !host_.scatters && is_line(place.kind);
    if (is_load(item.in)) find_word(item, address, target);
  }
  return target;
}

// Of scattered accesses. The base and the offsets have to be in one block with what uses them for LLVM to see
// that there is one base.
llvm::Value* Emitter::pointers(const Target& target) {
  return target.pointer ? target.pointer : pointers(target.place);
}

// Where each lane's access goes, for hosts that do one after the other: of lines and of offsets nothing is
// computed for all lanes.
std::vector<llvm::Value*> Emitter::each_pointer(const Target& target) {
  std::vector<llvm::Value*> out;
  const Value& place = target.place;
  if (!target.pointer && is_line(place.kind)) {
    for (llvm::Value* row : row_bases(place))
      for (unsigned l = 0; l < row_; ++l)
        out.push_back(b_.CreateConstGEP1_64(i8_, b_.CreateIntToPtr(row, pointer_), place.kind.stride * l));
  } else if (!target.pointer && is_offset(place.kind)) {
    llvm::Type* step = b_.getIntNTy(static_cast<unsigned>(place.kind.stride * 8));
    llvm::Value* base = b_.CreateIntToPtr(place.step, pointer_);
    for (unsigned l = 0; l < lanes_; ++l)
      out.push_back(b_.CreateGEP(step, base, b_.CreateSExt(b_.CreateExtractElement(place.v, l), i64_)));
  } else {
    llvm::Value* all = pointers(target);
    for (unsigned l = 0; l < lanes_; ++l) out.push_back(b_.CreateExtractElement(all, l));
  }
  return out;
}

// Lanes one after the other in a loop, for what the host has no vector instruction: a function of the module,
// fn(addresses, values, mask, results), of rows of 64 bits. `body` makes what is done for one lane, and what
// it gives goes to the lane's place in the row of results, which starts as `before`.
llvm::Value* Emitter::lane_loop(const std::string& name, llvm::Value* addresses, llvm::Value* values,
                                const LaneBody& body, llvm::Value* before) {
  auto* type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, pointer_, i64_, pointer_}, false);
  llvm::Function* loop = module_.getFunction(name);
  if (!loop) {
    loop = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, module_);
    set_helper_attributes(*loop);
    llvm::IRBuilder<> b(context_);
    auto *start = llvm::BasicBlock::Create(context_, "start", loop),
         *each = llvm::BasicBlock::Create(context_, "lane", loop),
         *end = llvm::BasicBlock::Create(context_, "end", loop);
    b.SetInsertPoint(start);
    llvm::Value* all = loop->getArg(2);
    b.CreateCondBr(b.CreateICmpEQ(all, b.getInt64(0)), end, each);
    b.SetInsertPoint(each);
    llvm::PHINode* left = b.CreatePHI(i64_, 2);
    left->addIncoming(all, start);
    llvm::Value* lane = b.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, left, b.getTrue());
    const auto row = [&](unsigned argument) { return b.CreateGEP(i64_, loop->getArg(argument), lane); };
    llvm::Value* pointer = b.CreateIntToPtr(b.CreateLoad(i64_, row(0)), pointer_);
    llvm::Value* value = values ? b.CreateLoad(i64_, row(1)) : nullptr;
    llvm::Value* result = body(b, pointer, value, before ? b.CreateLoad(i64_, row(3)) : nullptr);
    if (result) b.CreateStore(b.CreateZExt(result, i64_), row(3));
    llvm::Value* rest = b.CreateAnd(left, b.CreateSub(left, b.getInt64(1)));
    left->addIncoming(rest, each);
    b.CreateCondBr(b.CreateICmpEQ(rest, b.getInt64(0)), end, each);
    b.SetInsertPoint(end);
    b.CreateRetVoid();
  }
  b_.CreateStore(addresses, scratch(0));
  if (values) b_.CreateStore(values, scratch(1));
  if (before) b_.CreateStore(before, scratch(2));
  b_.CreateCall(loop, {scratch(0), scratch(1), mask64(), scratch(2)});
  return b_.CreateLoad(lanes(i64_), scratch(2));
}

llvm::AllocaInst* Emitter::scratch(unsigned number) {
  if (!scratch_[number]) {
    scratch_[number] = new_variable(lanes(i64_), "row");
    scratch_[number]->setAlignment(llvm::Align(64));
  }
  return scratch_[number];
}

llvm::Value* Emitter::load_from(const Target& target, const Instruction& in) {
  llvm::Type* element = memory_type(in);
  const unsigned bytes = access_bytes(in.op);
  if (target.shape == Target::Shape::kOnce)
    return tagged(b_.CreateAlignedLoad(element, target.pointer, llvm::Align(bytes)));
  if (target.shape == Target::Shape::kPartOfRow) {
    llvm::Value* row = tagged(b_.CreateAlignedLoad(lanes(i64_), target.pointer, llvm::Align(8)));
    llvm::Type* part = lanes(b_.getIntNTy(bytes * 8));
    if (bytes < 8) row = b_.CreateTrunc(b_.CreateLShr(row, splat(target.shift)), part);
    return b_.CreateBitCast(row, lanes(element));
  }
  if (target.shape == Target::Shape::kRows) {
    const bool same = target.place.kind.stride == 0, is_reversed = target.place.kind.stride < 0;
    std::vector<llvm::Value*> parts;
    for (llvm::Value* row : target.rows) {
      llvm::Value* pointer = b_.CreateIntToPtr(row, pointer_);
      llvm::Type* type = same ? element : llvm::FixedVectorType::get(element, row_);
      if (!same && loads_active_only() && bytes < 4 && !host_.has_masks) return load_part(target, in);
      if (!same && loads_active_only()) {
        return tagged(b_.CreateMaskedLoad(type, pointer, llvm::Align(bytes), active()));
      }
      llvm::Value* part = tagged(b_.CreateAlignedLoad(type, pointer, llvm::Align(bytes)));
      parts.push_back(is_reversed ? b_.CreateVectorReverse(part) : part);
    }
    if (same) return rows_ == 1 ? splat(parts[0]) : spread_rows(parts);
    return joined(std::move(parts));
  }
  if (target.word) return load_part(target, in);
  if (target.one_by_one) {
    llvm::Value* all = llvm::PoisonValue::get(lanes(element));
    unsigned l = 0;
    for (llvm::Value* pointer : each_pointer(target))
      all = b_.CreateInsertElement(all, tagged(b_.CreateAlignedLoad(element, pointer, llvm::Align(bytes))),
                                   l++);
    return all;
  }
  if (host_.gathers && bytes >= 4) {
    return tagged(b_.CreateMaskedGather(lanes(element), pointers(target), llvm::Align(bytes), active()));
  }
  if (host_.gathers) return load_part(target, in);
  llvm::Type* plain = b_.getIntNTy(bytes * 8);
  const auto load = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value*, llvm::Value*) {
    return b.CreateAlignedLoad(plain, pointer, llvm::Align(bytes));
  };
  llvm::Value* rows = lane_loop("load" + std::to_string(bytes),
                                b_.CreatePtrToInt(pointers(target), lanes(i64_)), nullptr, load);
  return b_.CreateBitCast(b_.CreateTrunc(rows, lanes(plain)), lanes(element));
}

// fn(pointer, values, mask): stores active lanes of a row, for hosts whose masked stores are slow and are not
// forwarded to loads. Of each few lanes mostly all or none are active. Keeps all registers.
llvm::Function* Emitter::row_store(llvm::Type* row) {
  constexpr unsigned kAtOnce = 8;
  llvm::Type* element = row->getScalarType();
  const unsigned count = std::min(row_, kAtOnce);
  const std::string name = "store_row" + std::to_string(element->getScalarSizeInBits()) +
                           (element->isFloatingPointTy() ? "f" : "i");
  if (llvm::Function* made = module_.getFunction(name)) return made;
  auto* type = llvm::FunctionType::get(b_.getVoidTy(), {pointer_, row, i64_}, false);
  auto* made = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, module_);
  set_helper_attributes(*made);
  const auto block = [&] { return llvm::BasicBlock::Create(context_, "", made); };
  llvm::IRBuilder<> b(block());
  for (unsigned first = 0; first < row_; first += count) {
    llvm::BasicBlock *any = block(), *all = block(), *some = block(), *next = block();
    llvm::Value* on = b.CreateTrunc(b.CreateLShr(made->getArg(2), first), b.getIntNTy(count));
    llvm::SmallVector<int, kAtOnce> order;
    for (unsigned l = 0; l < count; ++l) order.push_back(static_cast<int>(first + l));
    b.CreateCondBr(b.CreateIsNull(on), next, any);
    b.SetInsertPoint(any);
    llvm::Value* part = b.CreateShuffleVector(made->getArg(1), order);
    llvm::Value* place = b.CreateConstGEP1_64(element, made->getArg(0), first);
    const llvm::Align alignment(element->getScalarSizeInBits() / 8);
    b.CreateCondBr(b.CreateICmpEQ(on, llvm::Constant::getAllOnesValue(on->getType())), all, some);
    b.SetInsertPoint(all);
    b.CreateAlignedStore(part, place, alignment);
    b.CreateBr(next);
    b.SetInsertPoint(some);
    b.CreateMaskedStore(part, place, alignment, b.CreateBitCast(on, llvm::FixedVectorType::get(i1_, count)));
    b.CreateBr(next);
    b.SetInsertPoint(next);
  }
  b.CreateRetVoid();
  return made;
}

// To a row of private memory, whose other bytes nobody else writes; of the lanes that are on, or of all.
void Emitter::store_part(llvm::Value* row, llvm::Value* shift, llvm::Value* v, llvm::Value* lanes_on) {
  const unsigned bits = v->getType()->getScalarSizeInBits();
  llvm::Value* before = tagged(b_.CreateAlignedLoad(lanes(i64_), row, llvm::Align(8)));
  v = b_.CreateZExt(b_.CreateBitCast(v, lanes(b_.getIntNTy(bits))), lanes(i64_));
  if (bits < 64) {
    llvm::Value* part = b_.CreateShl(b_.getInt64((std::uint64_t{1} << bits) - 1), shift);
    llvm::Value* others = b_.CreateAnd(before, splat(b_.CreateNot(part)));
    v = b_.CreateOr(others, b_.CreateShl(v, splat(shift)));
  }
  if (lanes_on) v = b_.CreateSelect(lanes_on, v, before);
  tagged(b_.CreateAlignedStore(v, row, llvm::Align(8)));
}

void Emitter::store_to(const Target& target, const Item& item) {
  forget_words();
  const unsigned bytes = access_bytes(item.in.op);
  if (target.shape == Target::Shape::kOnce) {  // the highest active lane is the last to write
    llvm::Value* v = to_memory(item, true);
    if (v->getType()->isVectorTy()) {
      v = b_.CreateExtractElement(v, last_lane());
    }
    tagged(b_.CreateAlignedStore(v, target.pointer, llvm::Align(bytes)));
    return;
  }
  llvm::Value* v = to_memory(item, false);
  if (target.shape == Target::Shape::kPartOfRow) return store_part(target.pointer, target.shift, v, active());
  if (target.shape == Target::Shape::kRows) {
    for (unsigned r = 0; r < rows_; ++r) {
      llvm::Value* pointer = b_.CreateIntToPtr(target.rows[r], pointer_);
      const auto row_of = [&](llvm::Value* all) { return rows_ == 1 ? all : part_of(all, r * row_, row_); };
      llvm::Value *part = row_of(v), *lanes_on = active();
      if (target.place.kind.stride < 0) part = b_.CreateVectorReverse(part);
      if (lanes_on && host_.has_masks)
        tagged(b_.CreateMaskedStore(part, pointer, llvm::Align(bytes), row_of(lanes_on)));
      else if (lanes_on)
        tagged(b_.CreateCall(row_store(part->getType()),
                             {pointer, part, b_.CreateLShr(mask64(), number64(r * row_))}));
      else
        tagged(b_.CreateAlignedStore(part, pointer, llvm::Align(bytes)));
    }
    return;
  }
  if (host_.scatters && bytes >= 4) {
    tagged(b_.CreateMaskedScatter(v, pointers(target), llvm::Align(bytes), active()));
    return;
  }
  if (node_->full) {
    unsigned l = 0;
    for (llvm::Value* pointer : each_pointer(target))
      tagged(b_.CreateAlignedStore(b_.CreateExtractElement(v, l++), pointer, llvm::Align(bytes)));
    return;
  }
  store_lanes(target, v);
}

void Emitter::store_lanes(const Target& target, llvm::Value* v) {
  const unsigned bytes = v->getType()->getScalarSizeInBits() / 8;
  llvm::Type* plain = b_.getIntNTy(bytes * 8);
  const auto store = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value, llvm::Value*) {
    b.CreateAlignedStore(b.CreateTrunc(value, plain), pointer, llvm::Align(1));
    return nullptr;
  };
  llvm::Value* rows = b_.CreateZExt(b_.CreateBitCast(v, lanes(plain)), lanes(i64_));
  lane_loop("store" + std::to_string(bytes), b_.CreatePtrToInt(pointers(target), lanes(i64_)), rows, store);
}

void Emitter::access(const Item& item) {
  const Instruction& in = item.in;
  const Operands uses = operands_of(in);
  const bool load_it = is_load(in);
  Value address = read_first(item);
  Kind kind;
  if (load_it) {
    operand_kinds_[in.rs1] = address.kind;
    kind = kinds_.result(item, operand_kinds_);
    const std::byte* bytes = fixed_bytes(request_, item);
    const bool of_launch = item.first.is(Constant::Base::kLaunchBlock) && item.first.value + in.imm >= 0 &&
                           item.first.value + in.imm + 8 <= kLaunchBlockBytes &&
                           ((item.first.value + in.imm) & (access_bytes(in.op) - 1)) == 0;
    if (!item.result.is(Constant::Base::kUnknown)) {
      if (uses.writes != kNone) write(uses.writes, known(item.result));
      return;
    }
    if (bytes) {
      if (uses.writes != kNone) write(uses.writes, load_known(item, kind, bytes));
      return;
    }
    if (of_launch) {
      if (uses.writes == kNone) return;
      llvm::Value* made = launch_value(item.first.value + in.imm, memory_type(in));
      return write(uses.writes, from_memory(in, made, kind));
    }
  }
  // Values that all ways need are read before they part.
  if (!load_it) read(in.rs2);
  if (way_ != Way::kBoth && group_of(item_) != kNone) return access_in_run(item, address, kind);
  llvm::BasicBlock* done = new_block("done");
  std::vector<std::pair<llvm::Value*, llvm::BasicBlock*>> results;
  const auto arrive = [&](const Value& value) {
    results.emplace_back(value.v, b_.GetInsertBlock());
    b_.CreateBr(done);
  };
  const auto attempt = [&](const Target& target, llvm::Value* is_inside) {
    llvm::BasicBlock *fast = new_block("fast"), *other = new_block("other");
    branch_likely(is_inside, fast, other);
    b_.SetInsertPoint(fast);
    Value loaded;
    if (load_it)
      loaded = from_memory(in, load_from(target, in), kind);
    else
      store_to(target, item);
    arrive(loaded);
    b_.SetInsertPoint(other);
  };
  llvm::Value* is_inside = nullptr;
  std::uint32_t site = kNoSite;
  if (item.may_be_private) {
    Target target{};
    is_inside = in_window(displaced(address, in.imm), access_bytes(in.op), target);
    attempt(target, is_inside);
  }
  if (!item.first.is(Constant::Base::kWindowEnd)) {
    const Target target = target_of(item, address, is_inside, site);
    attempt(target, is_inside);
  }
  arrive(step(item, site, kind));
  b_.SetInsertPoint(done);
  if (!load_it || uses.writes == kNone) return;
  llvm::PHINode* phi = b_.CreatePHI(results[0].first->getType(), 3);
  for (const auto& [v, from] : results) phi->addIncoming(v, from);
  write(uses.writes, {kind, phi});
}

void Emitter::access_in_run(const Item& item, const Value& address, const Kind& kind) {
  const Operands uses = operands_of(item.in);
  Value loaded;
  if (way_ == Way::kStep) {
    loaded = step(item, groups_[group_of(item_)].site, kind);
  } else {
    llvm::Value* is_inside = nullptr;
    std::uint32_t site = kNoSite;
    const Target target = target_of(item, address, is_inside, site);
    if (is_store(item.in)) {
      const bool together = target.shape == Target::Shape::kScattered && store_fields(address);
      return together ? void() : store_to(target, item);
    }
    loaded = from_memory(item.in, load_from(target, item.in), kind);
  }
  if (uses.writes != kNone) write(uses.writes, {kind, loaded.v});
}

// Only a fence of writes before reads costs the host an instruction; the others keep the order of the code.
void Emitter::fence(const Item& item) {
  forget_words();
  const std::uint32_t word = item.in.word;
  const bool tso = (word >> 28) == 8;
  const bool stores_before_loads = (word >> 24 & 1) && (word >> 21 & 1) && !tso;
  b_.CreateFence(stores_before_loads ? llvm::AtomicOrdering::SequentiallyConsistent
                                     : llvm::AtomicOrdering::AcquireRelease);
}

}  // namespace kiesel::translator
