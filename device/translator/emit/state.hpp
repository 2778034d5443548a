// The warp's state as the interpreter has it, and the context that a segment is called with.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

llvm::Value* state(Segment& segment, std::uint32_t offset);
llvm::Value* load_state(Segment& segment, std::uint32_t offset, llvm::Type* type);
void store_state(Segment& segment, std::uint32_t offset, llvm::Value* v);
llvm::Value* load_context(Segment& segment, std::size_t offset, llvm::Type* type);
void store_context(Segment& segment, std::size_t offset, llvm::Value* v);
void add_to_context(Segment& segment, std::size_t offset, llvm::Value* v);
void put_register(Segment& segment, Register r, const Value& value);
void put_divergence(Cursor& here);
// Into the interpreter's registers; `waiting`: what lanes that are not active wait with.
void put_registers(Cursor& here, const Set& live, const Set& waiting);

}  // namespace kiesel::translator
