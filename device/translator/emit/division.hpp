// Divisions of 64 bits, for which hosts have no vector instruction.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

Value wide_division(Cursor& here, const Item& item, const Kind& kind, const Value& a, const Value& b);

}  // namespace kiesel::translator
