// Integer instructions whose results are 0 or 1, computed in one bit a lane.
#pragma once

#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

bool is_offset_below(const Item& item, const Value& a, const Value& b);
llvm::Value* offset_below(Builder& ir, const Item& item, const Value& a, const Value& b);
llvm::Value* truth_of(Builder& ir, const Item& item, const Value& a, const Value& b);

}  // namespace kiesel::translator
