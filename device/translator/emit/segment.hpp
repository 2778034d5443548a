// What lives as long as one function of a translation, which runs warps from the kernel's start or a barrier
// to the next one or to their end.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "device/translator/emit/kernel.hpp"

namespace kiesel::translator {

using Variables = std::map<std::pair<Register, int>, llvm::AllocaInst*>;
using Checks = std::map<std::pair<std::uint32_t, std::uint32_t>, llvm::AllocaInst*>;  // by block and group

struct SplitVariables {
  llvm::AllocaInst *open, *in_second, *before, *second, *second_holds;
};

struct Segment {
  Segment(Kernel& of, std::size_t number);

  Kernel& kernel;
  const Analysis& known;
  Builder& ir;
  const bool first_segment;
  const std::uint32_t root;               // the node that it starts with
  const std::vector<std::uint8_t> acted;  // by block, since its start (analysis/effects.hpp)
  llvm::Function* const function;
  llvm::BasicBlock* const entry;
  // Where a group starts, which is more than once in the first segment, and where a warp does.
  llvm::BasicBlock *const next_group, *const next_warp;
  llvm::BasicBlock *const faulted, *const exit;

  // The same for all that it runs.
  llvm::Value *const warp, *const shared;  // arguments: warp, context
  llvm::Value *start_mask = nullptr, *first_rank = nullptr, *end_rank = nullptr, *module_base = nullptr,
              *window_end = nullptr, *launch_block = nullptr, *sites = nullptr, *local_ids = nullptr;
  std::map<TableCsr, llvm::Value*> csrs;                                // read where the group starts
  std::map<std::pair<std::int64_t, llvm::Type*>, llvm::Value*> launch;  // so is the launch block, by offset

  // Of the warp that runs.
  llvm::AllocaInst* rank = nullptr;
  llvm::AllocaInst *mask_variable = nullptr, *executed = nullptr, *idle = nullptr, *executed_before = nullptr,
                   *idle_before = nullptr;
  llvm::Value *frame_pointer = nullptr, *private_memory = nullptr;
  Variables variables;
  std::map<std::uint32_t, SplitVariables> splits;
  Checks checks;
  llvm::AllocaInst* scratch[3] = {};
  llvm::AllocaInst *did = nullptr, *result = nullptr;  // the last warp that has arrived

  // What is still to be made, and what to come back to.
  std::map<std::uint32_t, llvm::BasicBlock*> blocks;  // by node
  std::vector<std::uint32_t> left;
  std::map<const Node*, llvm::BasicBlock*> backs;       // to the interpreter, from where a node starts
  llvm::BasicBlock* anew = nullptr;                     // likewise, from where the segment does
  std::map<std::uint32_t, llvm::BasicBlock*> arrivals;  // by what the warp did
  std::map<llvm::AllocaInst*, llvm::LoadInst*> taken;   // variables from the frame
  std::vector<std::pair<llvm::StoreInst*, const llvm::Value*>> puts;  // variables to the frame
};

}  // namespace kiesel::translator
