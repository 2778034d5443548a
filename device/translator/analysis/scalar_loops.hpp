// Loops whose lanes run one after the other, each in the host's scalar registers to its exit: what hosts
// without mask registers do where lanes leave one by one and most of the work is loads from places of their
// own, which vectors do not make faster there.
//
// Lanes cannot tell: nothing in such a loop orders what one does before what another one does, as atomics,
// fences and barriers do, and none of them waits. Instructions are counted as if all had run at once.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "device/translator/analysis/access_groups.hpp"
#include "device/translator/analysis/code.hpp"
#include "device/translator/analysis/kinds.hpp"
#include "device/translator/analysis/liveness.hpp"

namespace kiesel::translator {

struct ScalarLoop {
  std::uint32_t head, predicate, branch;  // blocks: its first one, that of its `pred`, and the one behind
  std::vector<std::uint32_t> body;        // all of them, in order
  Set touched, written;                   // registers
  Set left;                               // registers that lanes read behind the predicate that leave there
  // Instructions of an iteration: up to the predicate, behind it, and, by the branch behind a split and which
  // of its ways, of a side from that branch to the join.
  std::int64_t first_part = 0, second_part = 0;
  std::map<std::pair<std::uint32_t, unsigned>, std::int64_t> sides;
  std::map<Register, Kind> rows;  // what each lane has of its own when it comes or goes: how it is kept
  // Accesses, by block and group, whose register moves up by `step` bytes in each iteration and by nothing
  // else; they are `first` bytes from what it holds when the iteration starts.
  struct Walk {
    std::int64_t step, first;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Walk> walks;
  bool when_full = false;  // also where all lanes are active
};

// `is_stepped`: whether the interpreter does an instruction, which it does for all lanes at once.
std::vector<ScalarLoop> find_scalar_loops(const Code& code, const Liveness& liveness, const Kinds& kinds,
                                          const std::vector<BlockAccesses>& accesses,
                                          const std::function<bool(const Item&)>& is_stepped);

}  // namespace kiesel::translator
