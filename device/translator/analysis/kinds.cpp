#include "device/translator/analysis/kinds.hpp"

#include <algorithm>
#include <cstring>

#include "device/isa/csr.hpp"

namespace kiesel::translator {
namespace {

using isa::Format;
using isa::Op;

bool fits(std::int64_t v) { return v == static_cast<std::int32_t>(v); }
bool is_upper(std::int64_t v) { return (v & 0xFFFFFFFF) == 0; }

Kind known(const Constant& constant) {
  Kind kind = uniform(false);
  if (!constant.is(Constant::Base::kNumber)) return kind;
  kind.narrow = fits(constant.value);
  kind.upper = is_upper(constant.value);
  return kind;
}
Kind real(bool is_uniform, char type, Nan nan) {
  const Rep one = type == 'd' ? Rep::kDouble : Rep::kFloat, each = type == 'd' ? Rep::kDoubles : Rep::kFloats;
  return {is_uniform ? one : each, false, nan, 0};
}

Nan nan_of(std::uint64_t bits, unsigned bytes) {
  double d = 0;
  float f = 0;
  if (bytes == 8) std::memcpy(&d, &bits, 8);
  if (bytes == 4) std::memcpy(&f, &bits, 4);
  return d == d && f == f ? Nan::kCanonical : Nan::kExact;
}

Nan merged(Nan a, Nan b) {
  if (a == b) return a;
  if (a == Nan::kExact || b == Nan::kExact) return Nan::kExact;
  return Nan::kLoose;
}

}  // namespace

const std::byte* fixed_bytes(const TranslationRequest& request, const Item& item) {
  if (!item.first.is(Constant::Base::kModule)) return nullptr;
  const auto at = static_cast<std::uint64_t>(item.first.value + item.in.imm);
  const unsigned bytes = access_bytes(item.in.op);
  if (at < request.image_begin || at - request.image_begin > request.image.size() ||
      bytes > request.image.size() - (at - request.image_begin) || (at & (bytes - 1)))
    return nullptr;
  const bool loaded_otherwise = std::any_of(request.relocated.begin(), request.relocated.end(),
                                            [&](std::uint64_t r) { return at < r + 8 && r < at + bytes; });
  return loaded_otherwise ? nullptr : request.image.data() + (at - request.image_begin);
}

Kind literal_kind(const Literal& literal) {
  if (!literal.bytes) return known(literal.number);
  return real(true, literal.bytes == 8 ? 'd' : 's', nan_of(literal.bits, literal.bytes));
}

Kind varying(const Kind& kind, bool high) {
  switch (kind.rep) {
    case Rep::kUniform:
    case Rep::kLine:
      return lanes_of(!kind.narrow && high);
    case Rep::kOffset:
    case Rep::kWide:
      return lanes_of(high);
    case Rep::kFloat:
    case Rep::kFloats:
      return real(false, 's', kind.nan);
    case Rep::kDouble:
    case Rep::kDoubles:
      return real(false, 'd', kind.nan);
    default:
      return kind;
  }
}

Kind merged(const Kind& a, const Kind& b, bool high) {
  if (a.rep == Rep::kNone || a == b) return b;
  if (b.rep == Rep::kNone) return a;
  if (is_float(a.rep) != is_float(b.rep)) return a;  // cannot be: registers are of one sort, slots are too
  if (is_float(a.rep)) {
    const bool both = is_uniform(a.rep) && is_uniform(b.rep);
    const bool wide = is_double(a.rep) || is_double(b.rep);
    // A single that becomes a double is boxed: exact bits.
    const Nan nan = is_double(a.rep) == is_double(b.rep) ? merged(a.nan, b.nan) : Nan::kExact;
    return real(both, wide ? 'd' : 's', nan);
  }
  const bool alike = (a.rep == Rep::kLine || a.rep == Rep::kOffset) && a.rep == b.rep && a.stride == b.stride;
  if (alike || (a.rep == Rep::kUniform && b.rep == Rep::kUniform))
    return {a.rep, a.narrow && b.narrow, Nan::kCanonical, a.stride, a.upper && b.upper};
  return lanes_of(high && !(is_narrow(a) && is_narrow(b)));
}

Kinds::Kinds(const Code& code, const Liveness& liveness, const TranslationRequest& request)
    : code_(code), liveness_(liveness), request_(request), number_(code.blocks.size() * 2, kNone) {
  const unsigned lanes = request.target.lanes;
  if (request.shape.row && request.shape.row < lanes) rows_ = lanes / request.shape.row;
  const std::vector<Kind> nothing(code.registers);
  flow(kNone, {0, !request.shape.partial}, nothing);
  if (request.shape.tail) flow(kNone, {0, false}, nothing);
  for (bool again = true; again;) {
    again = false;
    for (std::uint32_t b = 0; b < code.blocks.size(); ++b)
      for (const bool full : {true, false})
        if (const std::uint32_t node = find(b, full); node != kNone && dirty_[node]) {
          again = true;
          visit(node);
        }
  }
}

bool Kinds::keeps(const Node& node, Register r) const {
  return !node.full && !request_.shape.single && liveness_.waiting[node.block].test(r) &&
         node.start[r].rep != Rep::kNone;
}

// The second side of a split is entered from its join.
Register Kinds::agreed(std::uint32_t from, std::uint32_t to, bool full) const {
  if (from == kNone) return kNone;
  const Block* block = &code_.blocks[from];
  if (block->ending == Ending::kJoin && to == code_.blocks[block->split].next[0] && to != block->next[0])
    block = &code_.blocks[block->split];
  if (block->ending != Ending::kSplit && block->ending != Ending::kPredicate) return kNone;
  const Item& last = block->last();
  const Register r = last.in.rs1;
  if (r == 0 || !last.first_is_truth || operands_of(last.in).writes == r) return kNone;
  return !full && liveness_.waiting[to].test(r) ? kNone : r;
}

void Kinds::flow(std::uint32_t from, const Edge& to, const std::vector<Kind>& kinds) {
  std::uint32_t& number = number_[to.block * 2 + to.full];
  if (number == kNone) {
    number = static_cast<std::uint32_t>(nodes_.size());
    Set needed = liveness_.start[to.block];
    if (!to.full) needed |= liveness_.waiting[to.block];
    for (Register r = 0; r < code_.registers; ++r)
      if (code_.literals[r]) needed.reset(r);
    nodes_.push_back({to.block, to.full, std::move(needed), std::vector<Kind>(code_.registers)});
    dirty_.push_back(1);
  }
  Node& node = nodes_[number];
  const Set& high = liveness_.high[to.block];
  const Register known = agreed(from, to.block, to.full);
  for (const unsigned r : node.needed.set_bits()) {
    const bool upper = high.test(r) || (!node.full && liveness_.waiting[to.block].test(r));
    const Kind kind = merged(node.start[r], r == known ? uniform(true) : kinds[r], upper);
    if (kind == node.start[r]) continue;
    node.start[r] = kind;
    dirty_[number] = 1;
  }
}

void Kinds::visit(std::uint32_t number) {
  dirty_[number] = 0;
  std::vector<Kind> kinds = nodes_[number].start;
  const Node& node = nodes_[number];
  std::vector<Register> written;
  for (const Item& item : code_.blocks[node.block].items) {
    const Operands uses = uses_of(item);
    if (uses.writes == kNone) continue;
    kinds[uses.writes] = result(item, kinds);
    written.push_back(uses.writes);
  }
  const auto before_blend = kinds;
  for (const Register r : written)
    if (keeps(node, r)) kinds[r] = merged(varying(before_blend[r], true), varying(node.start[r], true), true);
  for (const Edge& edge : edges(node, before_blend)) flow(node.block, edge, kinds);
}

std::vector<Kinds::Edge> Kinds::edges(const Node& node, const std::vector<Kind>& kinds) const {
  const Block& block = code_.blocks[node.block];
  const bool may_fill = !request_.shape.partial;
  std::vector<Edge> out;
  switch (block.ending) {
    case Ending::kFalls:
    case Ending::kReturn:
    case Ending::kBranch:
      for (const std::uint32_t to : block.next) out.push_back({to, node.full});
      break;
    case Ending::kSplit: {
      const std::uint32_t side = block.only_side == kNone ? block.next[0] : block.only_side;
      if (side != block.next[0]) out.push_back({code_.blocks[block.join].next[0], node.full});
      out.push_back({side, node.full && !block.masked_only});
      if (node.full && kind_of(block.last().in.rs1, block.last().first, kinds).rep != Rep::kUniform)
        out.push_back({side, false});
      break;
    }
    case Ending::kJoin:
      out.push_back({block.next[0], node.full});
      if (node.full) break;
      if (code_.blocks[block.split].only_side == kNone)
        out.push_back({code_.blocks[block.split].next[0], false});
      if (may_fill) out.push_back({block.next[0], true});
      break;
    case Ending::kPredicate:
      out.push_back({block.next[0], node.full});
      if (node.full && kind_of(block.last().in.rs1, block.last().first, kinds).rep != Rep::kUniform)
        out.push_back({block.next[0], false});
      if (!node.full && may_fill) out.push_back({block.next[0], true});
      break;
    case Ending::kBarrier:
      if (may_fill) out.push_back({block.next[0], true});
      if ((!may_fill || (request_.shape.tail && !node.full)) && block.open.empty())
        out.push_back({block.next[0], false});
      break;
    case Ending::kEnd:
      break;
  }
  return out;
}

Kind Kinds::kind_of(Register r, const Constant& constant, const std::vector<Kind>& kinds) const {
  if (r == 0) return uniform(true);
  if (!constant.is(Constant::Base::kUnknown) && !code_.is_float(r)) return known(constant);
  if (const auto& literal = code_.literals[r]) return literal_kind(*literal);
  const Kind& kind = kinds[r];
  if (kind.rep == Rep::kNone) return code_.is_float(r) ? real(true, 's', Nan::kCanonical) : uniform(true);
  return kind;
}

Kind Kinds::result(const Item& item, const std::vector<Kind>& kinds) const {
  const Instruction& in = item.in;
  const Kind a = kind_of(in.rs1, item.first, kinds);
  if (item.slot != kNone) {
    const Operands uses = uses_of(item);
    Kind kind = uses.count == 0 ? uniform(true) : kind_of(uses.reads[0], {}, kinds);
    const auto& slot = code_.slot[item.slot];
    if (is_store(in) && !slot.is_float) kind = kind_of(in.rs2, item.second, kinds);
    if (kind.rep == Rep::kNone) kind = uniform(true);
    if (slot.bytes == 4 && !slot.is_float && !is_narrow(kind))  // as a load of 4 bytes will give it back
      kind = kind.rep == Rep::kUniform ? uniform(true) : lanes_of(false);
    if (slot.bytes == 4 && slot.is_float && is_double(kind.rep))
      kind = real(is_uniform(kind.rep), 's', Nan::kExact);
    return kind;
  }
  if (!item.result.is(Constant::Base::kUnknown)) return known(item.result);
  if (is_load(in)) return loaded(item, a);
  using isa::Family;
  switch (family_of(in.op)) {
    case Family::kCsr:
      return of_csr(static_cast<std::uint32_t>(in.imm));
    case Family::kInteger: {
      const bool has_second = isa::info(in.op).format == Format::kR;
      return integer(item, a, has_second ? kind_of(in.rs2, item.second, kinds) : uniform(true));
    }
    case Family::kVote:
      return uniform(in.op != Op::vote_ballot);
    case Family::kShuffle:
      return lanes_of(item.high_matters);
    case Family::kDot:
      return lanes_of(false);
    case Family::kMatrix:
      return real(false, 's', Nan::kExact);
    case Family::kControl:
      return in.op == Op::split ? uniform(true) : lanes_of(item.high_matters);
    case Family::kAtomic:
    case Family::kCompareSwap:
    case Family::kReserve:
      if (request_.shape.single) return uniform(access_bytes(in.op) < 8);
      return lanes_of(access_bytes(in.op) == 8 && item.high_matters);
    case Family::kFloatMath:
    case Family::kFloatChoice:
    case Family::kFloatSign:
    case Family::kFloatCompare:
    case Family::kFloatClass:
    case Family::kFloatMove:
    case Family::kFloatToWhole:
    case Family::kWholeToFloat:
    case Family::kFloatToFloat:
      return floating(item, kinds);
    case Family::kLoad:  // loaded() has said it
    case Family::kFloatLoad:
    case Family::kConstant:
    case Family::kJump:
    case Family::kBranch:
    case Family::kStore:
    case Family::kFloatStore:
    case Family::kFence:
    case Family::kTrap:
    case Family::kLegacy:
      break;
  }
  return uniform(false);
}

Kind Kinds::of_csr(std::uint32_t number) const {
  namespace csr = isa::csr;
  const bool rows = rows_ > 1;
  const bool is_place = number == csr::lane_id || number == csr::mhartid || number == csr::local_id_x ||
                        number == csr::local_id_y || number == csr::local_id_z;
  if (request_.shape.single && is_place) return uniform(true);
  switch (number) {
    case csr::lane_id:
    case csr::mhartid:
      return line_of(1, true);
    case csr::local_id_x:
      return request_.shape.row ? line_of(1, true) : lanes_of(false);
    case csr::local_id_y:
      if (!request_.shape.row) return lanes_of(false);
      return rows ? line_of(0, true) : uniform(true);
    case csr::local_id_z:
      return request_.shape.row ? uniform(true) : lanes_of(false);
    case csr::active_lanes:
    case csr::mscratch:
    case csr::group_local:
    case csr::local_base:
    case csr::kernel_entry:
    case csr::group_id_x:
    case csr::group_id_y:
    case csr::group_id_z:
    case csr::num_groups_x:
    case csr::num_groups_y:
    case csr::num_groups_z:
      return uniform(false);
    default:
      return uniform(true);
  }
}

Kind Kinds::loaded(const Item& item, const Kind& address) const {
  const Instruction& in = item.in;
  const bool is_real = isa::info(in.op).format == Format::kFloatLoad;
  const bool once = address.rep == Rep::kUniform && (!item.may_be_private || request_.shape.single);
  if (is_real) {
    Nan nan = Nan::kExact;
    if (const std::byte* bytes = fixed_bytes(request_, item)) {  // constants are numbers
      std::uint64_t word = 0;
      std::memcpy(&word, bytes, access_bytes(in.op));
      if (in.op != Op::flh) nan = nan_of(word, access_bytes(in.op));
    }
    return real(once, float_type(in.op), nan);
  }
  const bool narrow = in.op != Op::ld && in.op != Op::lwu;
  if (once) return uniform(narrow);
  return lanes_of(!narrow && item.high_matters);
}

Kind Kinds::floating(const Item& item, const std::vector<Kind>& kinds) const {
  const Instruction& in = item.in;
  const std::string_view syntax = isa::info(in.op).syntax;
  const bool is_half = isa::info(in.op).extension == isa::Extension::kZfh;
  const isa::Family family = family_of(in.op);
  bool once = true;
  for (const char c : syntax) {
    if (c == 's') once &= kind_of(in.rs1, item.first, kinds).rep == Rep::kUniform;
    if (c == 'S') once &= is_uniform(kind_of(in.rs1, {}, kinds).rep);
    if (c == 'T') once &= is_uniform(kind_of(in.rs2, {}, kinds).rep);
    if (c == 'R') once &= is_uniform(kind_of(in.rs3, {}, kinds).rep);
  }
  if (syntax[0] == 'd') {  // an integer
    const bool wide =
        family == isa::Family::kFloatToWhole ? whole_of(in.op).bits == 64 : in.op == Op::fmv_x_d;
    if (once) return uniform(!wide);
    return lanes_of(wide && item.high_matters);
  }
  const char type = float_type(in.op);
  if (is_half)
    return real(once, type, in.op == Op::fcvt_s_h || in.op == Op::fcvt_d_h ? Nan::kLoose : Nan::kExact);
  if (family == isa::Family::kFloatSign) {
    const Kind a = kind_of(in.rs1, {}, kinds);
    const bool same = in.rs1 == in.rs2 && is_double(a.rep) == (type == 'd');
    if (same && (in.op == Op::fsgnj_s || in.op == Op::fsgnj_d)) return a;
    if (same && (in.op == Op::fsgnjx_s || in.op == Op::fsgnjx_d))
      return real(once, type, a.nan == Nan::kExact ? Nan::kExact : Nan::kCanonical);
    return real(once, type, Nan::kExact);
  }
  if (family == isa::Family::kFloatMove) {
    const Constant& c = item.first;
    const bool zero = in.rs1 == 0 || (c.is(Constant::Base::kNumber) && c.value == 0);
    return real(once, type, zero ? Nan::kCanonical : Nan::kExact);
  }
  if (family == isa::Family::kWholeToFloat) return real(once, type, Nan::kCanonical);
  if (family == isa::Family::kFloatChoice) {
    const auto is_number = [&](Register r) {
      const auto& literal = code_.literals[r];
      return literal && literal->bytes == (type == 'd' ? 8U : 4U) &&
             nan_of(literal->bits, literal->bytes) == Nan::kCanonical;
    };
    const auto is_canonical = [&](Register r) { return kind_of(r, {}, kinds).nan == Nan::kCanonical; };
    const bool canonical =
        is_number(in.rs1) || is_number(in.rs2) || (is_canonical(in.rs1) && is_canonical(in.rs2));
    return real(once, type, canonical ? Nan::kCanonical : Nan::kLoose);
  }
  return real(once, type, Nan::kLoose);
}

}  // namespace kiesel::translator
