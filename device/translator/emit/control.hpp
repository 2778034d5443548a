// What ends a block: branches, splits, joins, predicates, returns.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

// Of the split that a block ends with.
SplitVariables& split_variables(Segment& segment, std::uint32_t block);
llvm::CmpInst::Predicate comparison(isa::Op op);  // of a branch
// What must be one number in all active lanes; where it is not, the interpreter has the fault.
llvm::Value* agreed_number(Cursor& here, const Value& value);
void write_token(Cursor& here);  // of a split
void emit_ending(Cursor& here);  // and the edges that leave the node

}  // namespace kiesel::translator
