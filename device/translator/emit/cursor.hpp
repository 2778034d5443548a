// What lives as long as one node is being made: where that is, and what is known there.
#pragma once

#include <map>
#include <vector>

#include "device/translator/emit/segment.hpp"

namespace kiesel::translator {

struct LaneByLane;

// Four bytes a lane of which loads take theirs.
struct Word {
  std::int64_t offset;  // from the address of its group's register
  llvm::AllocaInst* value;
};

// Accesses that are checked together (analysis/access_groups.hpp).
struct Group {
  const AccessGroup* of;
  std::uint32_t site;
  llvm::Value* ok;          // once it is known
  std::int64_t end;         // of what it holds for, not before the group's
  std::vector<Word> words;  // that are loaded
};

// How accesses are made.
enum class Way : std::uint8_t {
  kBoth,  // one asks by itself, and has two ways
  kFast,  // its group has been asked
  kStep   // the interpreter does it
};

struct Cursor {
  Cursor(Segment& in, const Node& of, LaneByLane* lanes = nullptr);

  Segment& segment;
  Kernel& kernel;
  const Analysis& known;
  Builder& ir;
  const Node& node;
  const Block& block;
  LaneByLane* const turn;  // in a scalar loop: one lane runs the node

  std::size_t item = 0;  // of the block
  bool counted = false;  // the block's instructions are in the counters
  std::map<Register, Value> values;
  std::vector<Register> written;
  bool blended = false;                         // what was written is blended where lanes wait
  std::map<llvm::Value*, llvm::Value*> wholes;  // by what to_integer() made: the rounded double before it
  std::vector<Kind> operand_kinds;              // by register, of what the item reads
  llvm::Value *mask = nullptr, *active = nullptr;
  std::vector<Group> groups;
  Way way = Way::kBoth;
};

}  // namespace kiesel::translator
