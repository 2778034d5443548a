// Calls of functions of the host from translated code, above all of the interpreter for one instruction.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

llvm::Value* call_host(Segment& segment, const std::string& name, std::size_t offset,
                       const std::vector<llvm::Value*>& arguments);
// Goes on where the interpreter has done the instruction; its operands are in the warp's state.
void call_step(Cursor& here, const Item& item, std::uint32_t site);
Value step(Cursor& here, const Item& item, std::uint32_t site, const Kind& kind);

}  // namespace kiesel::translator
