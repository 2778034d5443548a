#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

llvm::Value* sign_injected(Builder& ir, const Item& item, llvm::Value* a, llvm::Value* b);
llvm::Value* minimum_or_maximum(Builder& ir, llvm::Value* a, llvm::Value* b, bool maximum);
llvm::Value* to_integer(Cursor& here, llvm::Value* v, unsigned rounding, bool is_signed, unsigned width);
llvm::Value* from_rounded(Builder& ir, llvm::Value* whole);
llvm::Value* classes(Builder& ir, llvm::Value* bits, unsigned exponent_bits, unsigned fraction_bits);
llvm::Value* float_comparison(Kernel& kernel, isa::Op op, llvm::Value* a, llvm::Value* b);

}  // namespace kiesel::translator
