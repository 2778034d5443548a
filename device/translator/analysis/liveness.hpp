// Which registers lanes still read, which upper halves matter, and what lanes that wait need kept.
#pragma once

#include <llvm/ADT/BitVector.h>

#include <vector>

#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {

using Set = llvm::BitVector;  // of registers

struct Liveness {
  std::vector<Set> start;  // by block: what a lane may read that starts there
  // By block: what lanes read that do not run it but wait for the others (at the second side of a split, at
  // its join, or at the end of a loop). A write under a mask must leave their values alone.
  std::vector<Set> waiting;
  // By block: registers whose upper half may be read by a lane that starts there.
  std::vector<Set> high;

  // What a lane may read before item `item` of the block.
  Set before(const Code& code, std::uint32_t block, std::size_t item) const;
};

// What an item reads and writes, slots included.
Operands uses_of(const Item& item);
// From what is read behind an item to what is read before it.
void step_back(Set& live, const Item& item);

// Gives what a register holds at places that have nothing to do with each other numbers of their own
// (renaming.cpp): what is done with one does not concern the other. Lanes that wait still find one of each
// register at most. The liveness is that of the new numbers.
Liveness rename_registers(Code& code);

// Sets Item::high_matters and Block::spins too.
Liveness find_liveness(Code& code);

}  // namespace kiesel::translator
