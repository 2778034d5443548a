// What warps keep from segment to segment.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

void put_frame(Segment& segment, std::uint32_t node);
void take_frame(Segment& segment, std::uint32_t node);
// Makes the cursor read what a warp had where the segment started, at its node.
void read_frame(Cursor& there);
void keep_in_frame(Segment& segment);

}  // namespace kiesel::translator
