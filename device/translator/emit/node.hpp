// The items of a node, one after the other, and its edges to others.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

llvm::BasicBlock* block_of(Segment& segment, std::uint32_t node);
void emit_node(Segment& segment, std::uint32_t number);
void emit_items(Cursor& here);  // of the node, up to what ends it
Kind kind_of_result(Cursor& here, const Item& item);
void emit_item(Cursor& here, const Item& item);
void count(Cursor& here, std::size_t items);
void count(Cursor& here, llvm::Value* items, llvm::Value* active);
void poll(Cursor& here, const Node& target, std::uint32_t number);
// Makes the block's last stores for that successor and goes there; `poll` where a loop closes.
void go_to(Cursor& here, std::uint32_t block, bool full, llvm::Value* agreed = nullptr);

}  // namespace kiesel::translator
