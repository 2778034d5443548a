#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

SplitVariables& split_variables(Segment& segment, std::uint32_t block);
llvm::CmpInst::Predicate comparison(Kernel& kernel, isa::Op op);
llvm::Value* agreed_number(Cursor& here, const Value& value);
void write_token(Cursor& here);  // of a split
void emit_ending(Cursor& here);

}  // namespace kiesel::translator
