// Where lanes agree on a condition, and splits of which one side does nothing.
#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {
namespace {

using isa::Op;

// A split or predicate on a truth leaves lanes that agree on it; the branch behind it needs no check.
void find_agreement(const Code& code, Block& block) {
  const Instruction& branch = block.last().in;
  if ((branch.op != Op::beq && branch.op != Op::bne) || branch.rs2 != 0) return;
  for (const Item& item : block.items)
    if (operands_of(item.in).writes == branch.rs1) return;
  for (const std::uint32_t from : block.before) {
    const Block& before = code.blocks[from];
    const bool splits = before.ending == Ending::kSplit || before.ending == Ending::kPredicate;
    if (!splits || before.last().in.rs1 != branch.rs1 || !before.last().first_is_truth ||
        operands_of(before.last().in).writes == branch.rs1)
      return;
  }
  block.agreed = true;
}

void find_only_side(Code& code, std::uint32_t number) {
  Block& split = code.blocks[number];
  if (split.ending != Ending::kSplit) return;
  const Block& branch = code.blocks[split.next[0]];
  if (branch.ending != Ending::kBranch || !branch.agreed || branch.items.size() != 1 ||
      branch.before.size() != 1)
    return;
  const auto is_join = [&](std::uint32_t b) {
    const Block& block = code.blocks[b];
    return block.ending == Ending::kJoin && block.split == number && block.items.size() == 1 &&
           has_token(block);
  };
  for (const bool taken : {false, true}) {
    const std::uint32_t side = branch.next[taken ? 0 : 1], other = branch.next[taken ? 1 : 0];
    if (!is_join(other) || is_join(side)) continue;
    split.only_side = side;
    split.join = other;
    split.only_side_holds = taken == (branch.last().in.op == Op::bne);
  }
}

}  // namespace

void find_agreement(Code& code) {
  for (Block& block : code.blocks) find_agreement(code, block);
  for (std::uint32_t b = 0; b < code.blocks.size(); ++b) find_only_side(code, b);
}

}  // namespace kiesel::translator
