#include "device/translator/analysis/liveness.hpp"

#include <algorithm>

namespace kiesel::translator {
namespace {

using isa::Op;

// How an instruction's result depends on the upper halves of what it reads.
enum class Upper : std::uint8_t {
  kNever,   // it reads lower halves only
  kPasses,  // the lower half of the result comes from lower halves
  kAlways
};

Upper upper_of(const Item& item) {
  const Instruction& in = item.in;
  switch (values_of(in.op)) {
    case isa::Values::word:
    case isa::Values::extend:
      return Upper::kNever;
    case isa::Values::bits:
      return in.op == Op::andi && in.imm >= 0 ? Upper::kNever : Upper::kPasses;
    case isa::Values::ring:
      return in.op == Op::slli && in.imm >= 32 ? Upper::kNever : Upper::kPasses;
    default:
      break;
  }
  switch (family_of(in.op)) {
    case isa::Family::kWholeToFloat:
      return whole_of(in.op).bits == 32 ? Upper::kNever : Upper::kAlways;
    case isa::Family::kVote:
    case isa::Family::kMatrix:
      return Upper::kNever;
    default:
      break;
  }
  const bool reads_lower = in.op == Op::fmv_w_x || in.op == Op::fmv_h_x || in.op == Op::split;
  return reads_lower ? Upper::kNever : Upper::kAlways;
}

// The register of which only the lower half is read, whatever the result: the index that Zba zero-extends,
// what narrow stores and atomics take.
Register lower_only(const Item& item) {
  const isa::Family family = family_of(item.in.op);
  if ((family == isa::Family::kStore || family == isa::Family::kAtomic) && access_bytes(item.in.op) < 8)
    return item.in.rs2;
  switch (item.in.op) {
    case Op::add_uw:
    case Op::sh1add_uw:
    case Op::sh2add_uw:
    case Op::sh3add_uw:
    case Op::slli_uw:
    case Op::pred:
      return item.in.rs1;
    default:
      return 0;
  }
}

void step_back_high(Set& high, Item& item, bool note) {
  const Operands uses = uses_of(item);
  const bool matters = uses.writes != kNone && uses.writes != 0 && high.test(uses.writes);
  if (note) item.high_matters = matters;
  if (uses.writes != kNone) high.reset(uses.writes);
  if (item.slot != kNone) {  // a load or store that moves a register
    if (matters && uses.count) high.set(uses.reads[0]);
    return;
  }
  const Upper upper = upper_of(item);
  if (upper == Upper::kNever || (upper == Upper::kPasses && !matters)) return;
  const Register lower = lower_only(item);
  for (unsigned i = 0; i < uses.count; ++i) {
    const Register r = uses.reads[i];
    if (r == lower && !(item.in.rs1 == item.in.rs2)) continue;
    high.set(r);
  }
}

class Finder {
 public:
  explicit Finder(Code& code) : code_(code), registers_(code.registers) {}

  Liveness run() {
    const std::size_t count = code_.blocks.size();
    out_.start.assign(count, Set(registers_));
    out_.high.assign(count, Set(registers_));
    out_.waiting.assign(count, Set(registers_));
    iterate([&](std::uint32_t b) { return back(out_.start, b, [](Set& s, Item& i) { step_back(s, i); }); });
    iterate([&](std::uint32_t b) {
      return back(out_.high, b, [](Set& s, Item& i) { step_back_high(s, i, false); });
    });
    for (std::uint32_t b = 0; b < count; ++b)
      back(out_.high, b, [](Set& s, Item& i) { step_back_high(s, i, true); });
    find_waiting();
    find_spins();
    return std::move(out_);
  }

 private:
  template <class Visit>
  void iterate(Visit visit) {
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t b = static_cast<std::uint32_t>(code_.blocks.size()); b-- > 0;) changed |= visit(b);
    }
  }

  template <class Step>
  bool back(std::vector<Set>& sets, std::uint32_t b, Step step) {
    Set set(registers_);
    for (const std::uint32_t to : code_.blocks[b].next) set |= sets[to];
    auto& items = code_.blocks[b].items;
    for (auto item = items.rbegin(); item != items.rend(); ++item) step(set, *item);
    if (set == sets[b]) return false;
    sets[b] = std::move(set);
    return true;
  }

  void find_waiting() {
    std::vector<Set> of_split(code_.blocks.size(), Set(registers_));
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) {
      const Block& block = code_.blocks[b];
      if (block.ending == Ending::kJoin) of_split[block.split] |= out_.start[block.next[0]];
    }
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b)
      for (const std::uint32_t split : code_.blocks[b].open) out_.waiting[b] |= of_split[split];
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b)
      if (code_.blocks[b].ending == Ending::kSplit) add_other_side(b);
    for (const Block& block : code_.blocks) {
      if (block.ending != Ending::kPredicate) continue;
      Set leaving = out_.start[block.leave];
      auto& rest = code_.blocks[block.next[0]].items;
      for (auto item = rest.rbegin(); item != rest.rend(); ++item) step_back(leaving, *item);
      if (block.last().first_is_truth) leaving.reset(block.last().in.rs1);  // known of all that leave
      for (const std::uint32_t b : block.body) out_.waiting[b] |= leaving;
    }
  }

  // Blocks that lanes come to from one block before their split's join, and the join.
  Set side_of(std::uint32_t split, std::uint32_t first) const {
    Set side(static_cast<unsigned>(code_.blocks.size()));
    std::vector<std::uint32_t> left{first};
    while (!left.empty()) {
      const std::uint32_t b = left.back();
      left.pop_back();
      if (side.test(b)) continue;
      side.set(b);
      if (code_.blocks[b].ending == Ending::kJoin && code_.blocks[b].split == split) continue;
      for (const std::uint32_t next : code_.blocks[b].next) left.push_back(next);
    }
    return side;
  }

  // What lanes read that wait for their side of a split: of the side that the block is not on, where the
  // branch behind the split takes each side one way.
  void add_other_side(std::uint32_t split) {
    const Block& block = code_.blocks[split];
    const Block& branch = code_.blocks[block.next[0]];
    const auto add = [&](const Set& to, Set reads) {
      if (block.last().first_is_truth) reads.reset(block.last().in.rs1);  // known of either side
      for (const unsigned b : to.set_bits()) out_.waiting[b] |= reads;
    };
    Set inside(static_cast<unsigned>(code_.blocks.size()));
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) {
      const auto& open = code_.blocks[b].open;
      if (std::find(open.begin(), open.end(), split) != open.end()) inside.set(b);
    }
    if (branch.ending != Ending::kBranch || !branch.agreed) return add(inside, out_.start[block.next[0]]);
    const Set sides[] = {side_of(split, branch.next[0]), side_of(split, branch.next[1])};
    for (unsigned side = 0; side < 2; ++side) {
      Set reads = out_.start[branch.next[1 - side]];
      for (auto item = branch.items.rbegin(); item != branch.items.rend(); ++item) step_back(reads, *item);
      add(sides[side], std::move(reads));
      inside.reset(sides[side]);
    }
    add(inside, out_.start[block.next[0]]);
  }

  // Loops that do the same again until memory changes.
  void find_spins() {
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b)
      for (const std::uint32_t head : code_.blocks[b].next) {
        if (head > b) continue;
        Set written(registers_);
        for (std::uint32_t in = head; in <= b; ++in)  // a loop's blocks are contiguous
          for (const Item& item : code_.blocks[in].items) {
            if (const Operands uses = uses_of(item); uses.writes != kNone) written.set(uses.writes);
            code_.blocks[head].may_wait |= is_atomic(item.in) || item.in.op == isa::Op::fence;
          }
        code_.blocks[head].spins |= !written.anyCommon(out_.start[head]);
      }
  }

  Code& code_;
  unsigned registers_;
  Liveness out_;
};

}  // namespace

void step_back(Set& live, const Item& item) {
  const Operands uses = uses_of(item);
  if (uses.writes != kNone) live.reset(uses.writes);
  for (unsigned i = 0; i < uses.count; ++i) live.set(uses.reads[i]);
}

Operands uses_of(const Item& item) {
  if (item.slot == kNone) return operands_of(item.in);
  Operands out;
  if (is_store(item.in)) {
    out.writes = item.slot_register;
    out.reads[0] = item.in.rs2;
    out.count = out.reads[0] == 0 ? 0 : 1;
  } else {
    out.writes = item.in.rd == 0 ? kNone : item.in.rd;
    out.reads[0] = item.slot_register;
    out.count = 1;
  }
  return out;
}

Set Liveness::before(const Code& code, std::uint32_t block, std::size_t item) const {
  Set live(code.registers);
  for (const std::uint32_t to : code.blocks[block].next) live |= start[to];
  const auto& items = code.blocks[block].items;
  for (std::size_t i = items.size(); i-- > item;) step_back(live, items[i]);
  return live;
}

Liveness find_liveness(Code& code) { return Finder(code).run(); }

}  // namespace kiesel::translator
