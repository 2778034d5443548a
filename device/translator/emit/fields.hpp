// What each lane has side by side in memory: the members of a structure or of a vector. Accesses of one group
// are made together: loads of the words that are loaded from it next, up to the next store, and stores that
// follow each other. Members lie lane after lane there, and a register has one of all lanes: what is loaded
// is taken apart, what is stored is put together.
#pragma once

#include "device/translator/emit/targets.hpp"

namespace kiesel::translator {

void forget_words(Cursor& here);  // memory may be another one now
// Up to where a group's check holds.
std::int64_t whole_end(Cursor& here, const AccessGroup& group, const Value& address);
// For loads that take a word, or a part of one: which, and of which chunk.
void find_word(Cursor& here, const Item& item, const Value& address, Target& target);
llvm::Value* load_part(Cursor& here, const Target& target, const Instruction& in);
// Whether it has made the stores that write a chunk together; the item is the last of them then.
bool store_fields(Cursor& here, const Value& address);

}  // namespace kiesel::translator
