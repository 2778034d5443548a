// Where accesses go.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

struct Target {          // where an access goes
  llvm::Value* pointer;  // one, or <lanes x ptr>; null where `place` says it
  enum class Shape : std::uint8_t { kOnce, kRows, kPartOfRow, kScattered } shape;
  Value place;                       // kScattered, kRows
  std::vector<llvm::Value*> rows;    // kRows: lowest address of each row, the last lane's where lines fall
  llvm::Value* shift = nullptr;      // kPartOfRow: the lowest of its bits in each lane's 64
  llvm::AllocaInst* word = nullptr;  // kScattered loads that take their bytes, from `byte` on, of a Word
  unsigned byte = 0;
  std::vector<llvm::AllocaInst*> fresh;  // words that are still to be loaded, from `place` on
  bool side_by_side = false;             // one lane's behind the other's, nothing between them
  bool one_by_one = false;               // kScattered loads of a line by a full warp
};

llvm::Value* in_window(Cursor& here, const Value& place, unsigned bytes, Target& target);
Target target_of(Cursor& here, const Item& item, const Value& address, llvm::Value*& is_inside,
                 std::uint32_t& site);
llvm::Value* pointers(Builder& ir, const Target& target);  // <lanes x ptr>
std::vector<llvm::Value*> each_pointer(Builder& ir, const Target& target);

}  // namespace kiesel::translator
