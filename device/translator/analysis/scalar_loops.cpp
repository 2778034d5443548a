#include "device/translator/analysis/scalar_loops.hpp"

#include <algorithm>
#include <optional>

namespace kiesel::translator {
namespace {

// Other instructions for each access to places apart: with more, vectors are faster. Where all lanes are
// active they lose less.
constexpr std::size_t kMostOthers = 12, kMostOthersWhenFull = 4;

bool is_access(const Item& item) { return (is_load(item.in) || is_store(item.in)) && item.slot == kNone; }

bool suits(const Item& item) {
  if (is_access(item)) return !item.may_be_private;
  switch (item.in.op) {
    case isa::Op::split:
    case isa::Op::join:
    case isa::Op::pred:
      return true;
    case isa::Op::fence:
    case isa::Op::fence_i:
      return false;
    default:
      break;
  }
  switch (family_of(item.in.op)) {
    case isa::Family::kAtomic:
    case isa::Family::kCompareSwap:
    case isa::Family::kReserve:
    case isa::Family::kControl:
    case isa::Family::kVote:
    case isa::Family::kShuffle:
    case isa::Family::kMatrix:
      return false;
    case isa::Family::kCsr:
      return !item.result.is(Constant::Base::kUnknown);
    default:
      return true;
  }
}

class Finder {
 public:
  Finder(const Code& code, const Liveness& liveness, const Kinds& kinds,
         const std::vector<BlockAccesses>& accesses, const std::function<bool(const Item&)>& is_stepped,
         std::uint32_t predicate)
      : code_(code),
        liveness_(liveness),
        kinds_(kinds),
        accesses_(accesses),
        is_stepped_(is_stepped),
        last_(code.blocks[predicate]) {
    loop_.head = last_.stay;
    loop_.predicate = predicate;
    loop_.branch = last_.next[0];
    loop_.body = last_.body;
    loop_.touched = loop_.written = Set(code.registers);
  }

  std::optional<ScalarLoop> run() {
    if (!is_plain() || !add_sides() || !is_worth_it(false, kMostOthers) || !add_rows() || !leaves_well())
      return std::nullopt;
    loop_.when_full = node(loop_.head, true) && is_worth_it(true, kMostOthersWhenFull);
    find_walks();
    return std::move(loop_);
  }

 private:
  const Block& block(std::uint32_t number) const { return code_.blocks[number]; }
  const Node* node(std::uint32_t number, bool full) const {
    const std::uint32_t found = kinds_.find(number, full);
    return found == kNone ? nullptr : &kinds_.nodes()[found];
  }
  // The branch behind a split with a side on which nothing is done: the split goes to the other one itself.
  bool is_passed_over(std::uint32_t number) const {
    const auto& before = block(number).before;
    return before.size() == 1 && block(before[0]).only_side != kNone && block(before[0]).next[0] == number;
  }
  bool has(std::uint32_t number) const {
    return std::binary_search(loop_.body.begin(), loop_.body.end(), number);
  }
  std::size_t depth() const { return block(loop_.head).open.size(); }

  // One way in, one way back, one way out, and splits at most one deep.
  bool is_plain() {
    const Block& head = block(loop_.head);
    if (head.spins || head.may_wait) return false;
    for (const std::uint32_t b : loop_.body) {
      const Block& at = block(b);
      if ((!node(b, false) && !is_passed_over(b)) || at.open.size() > depth() + 1 || !ends_well(b))
        return false;
      if (b != loop_.head &&
          !std::all_of(at.before.begin(), at.before.end(), [&](std::uint32_t from) { return has(from); }))
        return false;
      for (const std::uint32_t to : at.next) {
        const bool is_end = b == loop_.branch && (to == loop_.head || to == last_.leave);
        if (!is_end && (!has(to) || to <= b)) return false;
      }
      for (const Item& item : at.items) {
        if (!suits(item) || is_stepped_(item)) return false;
        touch(item);
      }
      if (at.open.size() == depth()) (b == loop_.branch ? loop_.second_part : loop_.first_part) += count(b);
    }
    const Item& pred = last_.last();
    if (!pred.second.is(Constant::Base::kUnknown)) return true;
    return !loop_.written.test(pred.in.rs2) &&
           kinds_.kind_of(pred.in.rs2, pred.second, node(loop_.head, false)->start).rep == Rep::kUniform;
  }

  bool ends_well(std::uint32_t b) const {
    const Block& at = block(b);
    const bool outside = at.open.size() == depth();
    switch (at.ending) {
      case Ending::kFalls:
        return true;
      case Ending::kJoin:
        return !outside && has_token(at);
      case Ending::kSplit:  // nobody but the join has a use for its register
        return outside && !(at.last().in.rd && liveness_.start[last_.leave].test(at.last().in.rd));
      case Ending::kPredicate:
        return outside && b == loop_.predicate;
      case Ending::kBranch:
        if (!at.agreed || at.next[0] == at.next[1]) return false;
        return outside ? b == loop_.branch : block(at.open.back()).next[0] == b;
      default:
        return false;
    }
  }

  std::int64_t count(std::uint32_t b) const { return static_cast<std::int64_t>(block(b).items.size()); }

  void touch(const Item& item) {
    const Operands uses = uses_of(item);
    for (unsigned i = 0; i < uses.count; ++i) loop_.touched.set(uses.reads[i]);
    if (uses.writes == kNone) return;
    loop_.touched.set(uses.writes);
    loop_.written.set(uses.writes);
  }

  bool add_sides() {
    for (const std::uint32_t b : loop_.body) {
      if (block(b).ending != Ending::kBranch || b == loop_.branch) continue;
      Set seen(static_cast<unsigned>(code_.blocks.size()));
      for (unsigned way = 0; way < 2; ++way) {
        std::int64_t& items = loop_.sides[{b, way}] = count(b);
        Set side(static_cast<unsigned>(code_.blocks.size()));
        std::vector<std::uint32_t> left{block(b).next[way]};
        while (!left.empty()) {
          const std::uint32_t at = left.back();
          left.pop_back();
          if (side.test(at)) continue;
          side.set(at);
          items += count(at);
          if (block(at).ending == Ending::kJoin) continue;
          if (seen.test(at)) return false;
          for (const std::uint32_t next : block(at).next) left.push_back(next);
        }
        seen |= side;
      }
    }
    return true;
  }

  bool is_worth_it(bool full, std::size_t most_others) const {
    std::size_t apart = 0, others = 0;
    for (const std::uint32_t b : loop_.body) {
      if (is_passed_over(b)) continue;
      std::vector<Kind> kinds = node(b, full && node(b, true))->start;
      for (const Item& item : block(b).items) {
        const Rep rep = kinds_.kind_of(item.in.rs1, item.first, kinds).rep;
        if (!is_access(item))
          ++others;
        else if (rep != Rep::kUniform && rep != Rep::kLine)
          ++apart;
        if (const Operands uses = uses_of(item); uses.writes != kNone)
          kinds[uses.writes] = kinds_.result(item, kinds);
      }
    }
    return apart > 0 && others <= most_others * apart;
  }

  bool add_rows() {
    const Node &head = *node(loop_.head, false), &branch = *node(loop_.branch, false);
    for (const unsigned r : loop_.touched.set_bits()) {
      const Kind here = head.needed.test(r) ? head.start[r] : Kind();
      const Kind there = branch.needed.test(r) ? branch.start[r] : Kind();
      if (!loop_.written.test(r)) {
        if (here.rep != Rep::kNone && !is_uniform(here.rep)) loop_.rows[r] = varying(here, true);
        continue;
      }
      const Kind both = varying(merged(here, there, true), true);
      if (both.rep == Rep::kNone) continue;
      if (here.rep != Rep::kNone && is_double(here.rep) != is_double(both.rep)) return false;
      loop_.rows[r] = both;
    }
    return true;
  }

  // What the loop writes and somebody reads behind it is kept lane by lane there.
  bool leaves_well() {
    Set& leaving = loop_.left;
    leaving = liveness_.start[last_.leave];
    const auto& items = block(loop_.branch).items;
    for (auto item = items.rbegin(); item != items.rend(); ++item) step_back(leaving, *item);
    for (const bool full : {false, true}) {
      const Node* to = node(loop_.branch, full);
      if (!to) continue;
      Set read = leaving;
      if (!full) read |= liveness_.waiting[loop_.branch];
      read &= loop_.written;
      read &= to->needed;
      for (const unsigned r : read.set_bits()) {
        const Rep rep = to->start[r].rep;
        const bool is_known = kinds_.agreed(loop_.predicate, loop_.branch, full) == r;
        if (!is_known && (!is_lanes(rep) || !loop_.rows.contains(r))) return false;
      }
    }
    return true;
  }

  void find_walks() {
    struct Write {
      std::uint32_t block = 0;
      std::size_t item = 0;
      unsigned times = 0;
    };
    std::map<Register, Write> writes;
    for (const std::uint32_t b : loop_.body)
      for (std::size_t i = 0; i < block(b).items.size(); ++i)
        if (const Register r = uses_of(block(b).items[i]).writes; r != kNone)
          writes[r] = {b, i, writes[r].times + 1};
    for (const std::uint32_t b : loop_.body) {
      if (block(b).open.size() != depth()) continue;
      for (std::uint32_t g = 0; g < accesses_[b].groups.size(); ++g) {
        const AccessGroup& group = accesses_[b].groups[g];
        const auto found = writes.find(group.base);
        if (group.known_in != kNone || found == writes.end() || found->second.times != 1) continue;
        const Write& write = found->second;
        const Instruction& in = block(write.block).items[write.item].in;
        const bool moves =
            in.op == isa::Op::addi && in.rs1 == in.rd && in.imm > 0 && in.imm % group.alignment == 0;
        if (!moves || block(write.block).open.size() != depth()) continue;
        const auto& of = accesses_[b].group_of;
        const auto first = static_cast<std::size_t>(std::find(of.begin(), of.end(), g) - of.begin());
        const bool is_moved = write.block < b || (write.block == b && write.item < first);
        loop_.walks[{b, g}] = {in.imm, group.first + (is_moved ? in.imm : 0)};
      }
    }
  }

  const Code& code_;
  const Liveness& liveness_;
  const Kinds& kinds_;
  const std::vector<BlockAccesses>& accesses_;
  const std::function<bool(const Item&)>& is_stepped_;
  const Block& last_;
  ScalarLoop loop_{};
};

}  // namespace

std::vector<ScalarLoop> find_scalar_loops(const Code& code, const Liveness& liveness, const Kinds& kinds,
                                          const std::vector<BlockAccesses>& accesses,
                                          const std::function<bool(const Item&)>& is_stepped) {
  std::vector<ScalarLoop> out;
  for (std::uint32_t b = 0; b < code.blocks.size(); ++b)
    if (code.blocks[b].ending == Ending::kPredicate)
      if (auto loop = Finder(code, liveness, kinds, accesses, is_stepped, b).run())
        out.push_back(std::move(*loop));
  return out;
}

}  // namespace kiesel::translator
