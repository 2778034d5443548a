#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

std::uint32_t new_site(Cursor& here, const Value& place, std::uint64_t bytes, unsigned alignment,
                       bool writes);
bool is_row(Cursor& here, const Value& place, unsigned alignment);
std::vector<llvm::Value*> row_starts(Builder& ir, const Value& place);
llvm::Value* units_from(Kernel& kernel, std::uint32_t site, llvm::Value* begin, llvm::Value* address);
std::pair<llvm::Value*, llvm::Value*> site_range(Segment& segment, std::uint32_t site);  // begin, limit
bool loads_active_only(Cursor& here);
llvm::Value* inside(Cursor& here, std::uint32_t site, const Value& place);
inline std::uint32_t group_of(const Cursor& here, std::size_t item) {  // or kNone
  return here.known.accesses[here.node.block].group_of[item];
}
void find_groups(Cursor& here);
void check(Cursor& here, std::uint32_t number, const Value& address);  // a group

}  // namespace kiesel::translator
