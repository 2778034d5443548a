// Lanes one after the other in a loop, for what the host has no vector instruction.
#pragma once

#include <functional>
#include <string>

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

// What is done for one lane: of its address, its value and what its result was, the result or null.
using LaneBody = std::function<llvm::Value*(llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value,
                                            llvm::Value* before)>;

llvm::AllocaInst* scratch(Segment& segment, unsigned number);  // a row of 64 bits a lane in the host's memory
llvm::Value* lane_loop(Cursor& here, const std::string& name, llvm::Value* addresses, llvm::Value* values,
                       const LaneBody& body, llvm::Value* before = nullptr);

}  // namespace kiesel::translator
