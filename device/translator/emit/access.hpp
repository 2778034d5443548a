// Loads and stores of an item, the whole of each: the fast way, private memory, and the interpreter's.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

void slot_access(Cursor& here, const Item& item);
void access(Cursor& here, const Item& item);
void fence(Cursor& here, const Item& item);

}  // namespace kiesel::translator
