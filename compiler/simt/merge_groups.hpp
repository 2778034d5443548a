// Merges of values that are no merges: groups that only hand one value of outside around.
#pragma once

#include <functional>
#include <map>
#include <vector>

namespace kiesel::simt {

using ValueId = unsigned;

// A merge of several values, or a value behind a loop. Inputs that are no nodes are plain values.
struct MergeNode {
  std::vector<ValueId> inputs;
};
using MergeNodes = std::map<ValueId, MergeNode>;

// Which nodes are but another value, with that value. `may_be(node, value)` may veto.
// M. Braun and others, "Simple and Efficient Construction of Static Single Assignment Form", 2013,
// section 3.2: a strongly connected group of merges with one input from outside is that input; one with
// several keeps the merges that see outside, and is looked at again without them.
std::map<ValueId, ValueId> find_superfluous(const MergeNodes& nodes,
                                            const std::function<bool(ValueId, ValueId)>& may_be);

}  // namespace kiesel::simt
