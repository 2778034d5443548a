// Votes and shuffles.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

Value vote(Cursor& here, const Item& item);
Value shuffle(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
