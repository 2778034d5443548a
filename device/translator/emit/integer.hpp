// Integer instructions: which way a result is computed, by the kinds of what it is made from.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

Value integer(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
