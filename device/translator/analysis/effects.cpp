#include "device/translator/analysis/effects.hpp"

#include <algorithm>

namespace kiesel::translator {

bool acts(const Item& item) {
  if (is_store(item.in)) return item.slot == kNone;
  return is_atomic(item.in) || item.in.op == isa::Op::bar || item.in.op == isa::Op::bar_arrive ||
         item.in.op == isa::Op::bar_wait;
}

std::vector<std::uint8_t> find_acted(const Code& code) {
  std::vector<std::uint8_t> acted(code.blocks.size(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t b = 0; b < code.blocks.size(); ++b) {
      const Block& block = code.blocks[b];
      if (!acted[b] && std::none_of(block.items.begin(), block.items.end(), acts)) continue;
      const auto mark = [&](std::uint32_t to) {
        changed |= !acted[to];
        acted[to] = 1;
      };
      for (const std::uint32_t to : block.next) mark(to);
      if (block.ending == Ending::kJoin) mark(code.blocks[block.split].next[0]);
    }
  }
  return acted;
}

}  // namespace kiesel::translator
