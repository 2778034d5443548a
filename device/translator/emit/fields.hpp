#pragma once

#include "device/translator/emit/targets.hpp"

namespace kiesel::translator {

void forget_words(Cursor& here);
std::int64_t whole_end(Cursor& here, const AccessGroup& group, const Value& address);
void find_word(Cursor& here, const Item& item, const Value& address, Target& target);
llvm::Value* load_part(Cursor& here, const Target& target, const Instruction& in);
bool store_fields(Cursor& here, const Value& address);

}  // namespace kiesel::translator
