// Values from memory and to it, once it is known where they are.
#pragma once

#include "device/translator/emit/targets.hpp"

namespace kiesel::translator {

llvm::Type* memory_type(Builder& ir, const Instruction& in);
// A loaded value, one or a vector, as the register holds it; what a store writes: one value or one a lane.
Value from_memory(Builder& ir, const Instruction& in, llvm::Value* v, const Kind& kind);
llvm::Value* to_memory(Cursor& here, const Item& item, bool once);
llvm::Value* load_from(Cursor& here, const Target& target, const Instruction& in);
// To a row of private memory, whose other bytes nobody else writes; of the lanes that are on, or of all.
void store_part(Builder& ir, llvm::Value* row, llvm::Value* shift, llvm::Value* v, llvm::Value* lanes_on);
void store_lanes(Cursor& here, const Target& target, llvm::Value* v);  // active ones, in a loop
void store_to(Cursor& here, const Target& target, const Item& item);

}  // namespace kiesel::translator
