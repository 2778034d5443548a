// Registers where the cursor is, and the variables that they are between nodes.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

// What is known without a register.
Value known(Segment& segment, const Constant& c);
llvm::AllocaInst* variable(Segment& segment, Register r, Rep rep, bool step);
Value load_variable(Segment& segment, Register r, const Kind& kind);
void store_variable(Segment& segment, Register r, const Value& value);
Value read(Cursor& here, Register r, const Constant& c = {});
inline Value read_first(Cursor& here, const Item& item) { return read(here, item.in.rs1, item.first); }
inline Value read_second(Cursor& here, const Item& item) { return read(here, item.in.rs2, item.second); }
void write(Cursor& here, Register r, Value value);
bool is_in_variable(Cursor& here, Register r, const Kind& kind);
Value at_end(Cursor& here, Register r);  // as the node leaves it: blended where lanes wait
// For all ways that leave the node; what is written has its last value.
void blend_written(Cursor& here);
Value blended(Cursor& here, const Value& fresh, const Value& old);

}  // namespace kiesel::translator
