// What lives as long as a loop is made whose lanes run one after the other (scalar_loop.cpp).
#pragma once

#include <map>
#include <utility>

#include "device/translator/emit/segment.hpp"

namespace kiesel::translator {

struct LaneByLane {
  explicit LaneByLane(const ScalarLoop& of) : loop(of) {}
  const ScalarLoop& loop;
  llvm::Value* lane = nullptr;        // that has its turn
  llvm::BasicBlock* end = nullptr;    // of a turn
  llvm::AllocaInst* all = nullptr;    // lanes that have a turn
  llvm::AllocaInst* left = nullptr;   // lanes that have not had it
  llvm::AllocaInst* again = nullptr;  // lanes that need another one
  // Iterations of a turn: the lane's, how many any lane has begun at most, and, a bit for each, those in
  // which any took a way.
  llvm::AllocaInst *now = nullptr, *most = nullptr;
  std::map<std::pair<std::uint32_t, unsigned>, llvm::AllocaInst*> ways;
  llvm::AllocaInst *iterations = nullptr, *of_ways = nullptr;  // of all lanes: whole ones; instructions
  std::map<Register, llvm::AllocaInst*> rows;
  std::map<std::uint32_t, Node> nodes;  // by block, as one lane runs it
  Variables variables;
  Checks checks;
  // The loop is there twice where it walks: with all checks, and for so many iterations as are inside
  // without those of the walks.
  bool walks = false;  // which of them is being made
  std::map<std::uint32_t, llvm::BasicBlock*> blocks;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> sites;  // by block and group
  // What is kept of the range of a site: how many units it has, less what a walk needs for a turn; where
  // indices are compared also the units from its begin to `displacement` bytes behind the base.
  struct Range {
    llvm::AllocaInst* bound;
    std::int64_t less;
    llvm::AllocaInst* base;
    std::int64_t displacement;
    llvm::AllocaInst* first;
  };
  std::map<std::uint32_t, Range> ranges;  // by site
};

}  // namespace kiesel::translator
