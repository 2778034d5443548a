#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

Value float_operand(Cursor& here, Register r, char type, bool uniform);
Value whole_result(Builder& ir, const Kind& kind, llvm::Value* v);  // sign-extended
Value floating(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
