// Sites, and the groups of accesses that are checked together: whether addresses are in the range that the
// interpreter found for a site before (SiteRange).
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

// For accesses of `bytes` at `place`, a multiple of `alignment`, of a line for those of a whole row.
std::uint32_t new_site(Cursor& here, const Value& place, std::uint64_t bytes, unsigned alignment,
                       bool writes);
// Whether the place is a line that is checked and accessed row by row; the lowest addresses of its rows.
bool is_row(Cursor& here, const Value& place, unsigned alignment);
std::vector<llvm::Value*> row_starts(Builder& ir, const Value& place);
// The site's units from `begin` to an address, one or a vector.
llvm::Value* units_from(Kernel& kernel, std::uint32_t site, llvm::Value* begin, llvm::Value* address);
std::pair<llvm::Value*, llvm::Value*> site_range(Segment& segment, std::uint32_t site);  // begin, limit
// Whether loads touch active lanes only: where others lie outside of the range is no reason to ask then.
bool loads_active_only(Cursor& here);
// Whether the site's bytes from each active lane's address on are in one known range, and the address a
// multiple of its unit.
llvm::Value* inside(Cursor& here, std::uint32_t site, const Value& place);
inline std::uint32_t group_of(const Cursor& here, std::size_t item) {  // or kNone
  return here.known.accesses[here.node.block].group_of[item];
}
void find_groups(Cursor& here);
void check(Cursor& here, std::uint32_t number, const Value& address);  // a group

}  // namespace kiesel::translator
