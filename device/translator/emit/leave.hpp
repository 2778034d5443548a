// Ways out of a segment: to its end, and to the interpreter.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

void leave(Segment& segment, Exit exit, std::uint32_t more = 0);
// Gives the warp to the interpreter before the current item, or, where it has done nothing yet that anybody
// can see, at its very start.
void give_back(Cursor& here);
// At the start of a node whose variables are stored.
void give_back_at(Segment& segment, const Node& target);
// Goes on where the condition holds; gives the warp back before the current item where not.
void require(Cursor& here, llvm::Value* condition);

}  // namespace kiesel::translator
