#include "device/translator/analysis/effects.hpp"

#include <algorithm>

namespace kiesel::translator {

bool acts(const Item& item) {
  if (is_store(item.in)) return item.slot == kNone;
  return is_atomic(item.in) || item.in.op == isa::Op::bar || item.in.op == isa::Op::bar_arrive ||
         item.in.op == isa::Op::bar_wait;
}

std::vector<std::uint8_t> find_acted(const Code& code, std::uint32_t start, const Ways& ways) {
  std::vector<std::uint8_t> acted(code.blocks.size(), 0), reached(code.blocks.size(), 0);
  std::vector<std::uint32_t> left{start};
  reached[start] = 1;
  while (!left.empty()) {
    const std::uint32_t b = left.back();
    left.pop_back();
    const Block& block = code.blocks[b];
    const bool has = acted[b] || std::any_of(block.items.begin(), block.items.end(), acts);
    const auto mark = [&](std::uint32_t to) {
      const std::uint8_t then = has || (ways.around_loops && to <= b);
      if (reached[to] && acted[to] >= then) return;
      reached[to] = 1;
      acted[to] |= then;
      left.push_back(to);
    };
    if (block.ending == Ending::kBarrier && !ways.past_barriers) continue;
    for (const std::uint32_t to : block.next) mark(to);
    if (block.ending == Ending::kJoin) mark(code.blocks[block.split].next[0]);
  }
  return acted;
}

}  // namespace kiesel::translator
