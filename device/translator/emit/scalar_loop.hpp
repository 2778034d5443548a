// Loops whose lanes run one after the other (analysis/scalar_loops.hpp). A lane that has its turn is a full
// warp of one lane, whose registers are numbers; they come from rows in the host's memory, and go there. A
// turn is 64 iterations at most: each has a bit in what is kept to count instructions by.
#pragma once

#include "device/translator/emit/cursor.hpp"
#include "device/translator/emit/lane_by_lane.hpp"

namespace kiesel::translator {

const ScalarLoop* scalar_loop_at(const Kernel& kernel, const Node& node);
void emit_scalar_loop(Cursor& here, const ScalarLoop& loop);
llvm::Value* inside_in_turn(Cursor& here, const std::pair<std::uint32_t, std::uint32_t>& place,
                            std::uint32_t site, const Value& address, std::int64_t displacement);
// What a turn keeps of a site's range.
void keep_range(Segment& segment, const LaneByLane& lanes, std::uint32_t site);

}  // namespace kiesel::translator
