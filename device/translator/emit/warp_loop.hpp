// The functions of segments: the loop over warps, and what follows when all have arrived.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

std::uint32_t segment_of(Kernel& kernel, std::uint32_t node, std::uint32_t barrier);
void emit_segment(Kernel& kernel, std::size_t number);
void arrive(Segment& segment, std::uint32_t did);  // the warp has done its part of the segment
void emit_barrier(Cursor& here);

}  // namespace kiesel::translator
