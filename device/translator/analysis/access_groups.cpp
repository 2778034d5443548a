#include "device/translator/analysis/access_groups.hpp"

#include <algorithm>
#include <map>

#include "device/translator/analysis/liveness.hpp"

namespace kiesel::translator {
namespace {

constexpr std::int64_t kMostSpan = 2048;

struct Check {
  std::uint32_t block, group;
};
using Checks = std::map<Register, Check>;  // by base register

class Finder {
 public:
  explicit Finder(const Code& code) : code_(code), out_(code.blocks.size()), at_end_(code.blocks.size()) {}

  std::vector<BlockAccesses> run() {
    for (std::uint32_t b = 0; b < code_.blocks.size(); ++b) visit(b);
    return std::move(out_);
  }

 private:
  const AccessGroup& group(const Check& check) const { return out_[check.block].groups[check.group]; }

  // Blocks are in an order in which the only one before a block comes first. A loop's lanes that come back
  // behind a predicate, and those that meet at a join, are others.
  const Checks* before(std::uint32_t number) const {
    const Block& block = code_.blocks[number];
    if (block.before.size() != 1 || block.before[0] >= number) return nullptr;
    switch (code_.blocks[block.before[0]].ending) {
      case Ending::kFalls:
      case Ending::kBranch:
      case Ending::kReturn:
      case Ending::kSplit:
        return &at_end_[block.before[0]];
      default:
        return nullptr;
    }
  }

  void visit(std::uint32_t number) {
    BlockAccesses& accesses = out_[number];
    const auto& items = code_.blocks[number].items;
    accesses.group_of.assign(items.size(), kNone);
    Checks known, open;
    if (const Checks* checks = before(number)) known = *checks;
    std::vector<Check> earlier;  // by group: what is known of its register where it starts
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      const bool plain = (is_load(item.in) || is_store(item.in)) && item.slot == kNone &&
                         item.first.is(Constant::Base::kUnknown) && !item.may_be_private;
      if (plain && !join(accesses, open, item, accesses.group_of[i])) {
        const std::int64_t offset = item.in.imm, bytes = access_bytes(item.in.op);
        accesses.group_of[i] = static_cast<std::uint32_t>(accesses.groups.size());
        open[item.in.rs1] = {number, accesses.group_of[i]};
        accesses.groups.push_back({.base = item.in.rs1,
                                   .first = offset,
                                   .end = offset + bytes,
                                   .alignment = static_cast<unsigned>(bytes),
                                   .writes = is_store(item.in)});
        const auto found = known.find(item.in.rs1);
        earlier.push_back(found == known.end() ? Check{kNone, 0} : found->second);
      }
      const Operands uses = uses_of(item);
      if (uses.writes == kNone) continue;
      open.erase(uses.writes);
      known.erase(uses.writes);
    }
    for (std::size_t g = 0; g < earlier.size(); ++g) rely_on(accesses.groups[g], earlier[g]);
    for (const auto& [base, check] : open)
      if (const AccessGroup& own = group(check); own.known_in == kNone) known[base] = check;
    at_end_[number] = std::move(known);
  }

  // Whether the access is one more of its register's group.
  static bool join(BlockAccesses& accesses, const Checks& open, const Item& item, std::uint32_t& joined) {
    const auto found = open.find(item.in.rs1);
    if (found == open.end()) return false;
    AccessGroup& group = accesses.groups[found->second.group];
    const std::int64_t offset = item.in.imm, bytes = access_bytes(item.in.op);
    const std::int64_t first = std::min(group.first, offset), end = std::max(group.end, offset + bytes);
    const bool aligned = (offset - first) % bytes == 0 && (group.first - first) % group.alignment == 0;
    if (end - first > kMostSpan || !aligned) return false;
    group.first = first;
    group.end = end;
    group.alignment = std::max(group.alignment, static_cast<unsigned>(bytes));
    group.writes |= is_store(item.in);
    joined = found->second.group;
    return true;
  }

  void rely_on(AccessGroup& group, const Check& check) {
    if (check.block == kNone) return;
    AccessGroup& other = out_[check.block].groups[check.group];
    if (group.first < other.first || group.end > other.end || other.alignment % group.alignment ||
        (group.first - other.first) % group.alignment)
      return;
    group.known_in = check.block;
    group.known_by = check.group;
    other.is_asked = true;
    other.writes |= group.writes;
  }

  const Code& code_;
  std::vector<BlockAccesses> out_;
  std::vector<Checks> at_end_;
};

}  // namespace

std::vector<BlockAccesses> find_access_groups(const Code& code) { return Finder(code).run(); }

}  // namespace kiesel::translator
