// What warps keep from segment to segment.
#pragma once

#include "device/translator/emit/segment.hpp"

namespace kiesel::translator {

void put_frame(Segment& segment, std::uint32_t node);
void take_frame(Segment& segment, std::uint32_t node);
void keep_in_frame(Segment& segment);

}  // namespace kiesel::translator
