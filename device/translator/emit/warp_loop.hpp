// The functions of segments: the loop over warps, and what follows when all have arrived.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

std::uint32_t segment_of(Kernel& kernel, std::uint32_t node, std::uint32_t barrier);
// Of a warp that runs: whether it is the work-group's last one, and where that starts if not as the others
// do, or kNone.
llvm::Value* is_last(Segment& segment);
std::uint32_t masked_root(const Segment& segment);
void emit_segment(Kernel& kernel, std::size_t number);
void arrive(Segment& segment, std::uint32_t did);  // the warp has done its part of the segment
void emit_barrier(Cursor& here);

}  // namespace kiesel::translator
