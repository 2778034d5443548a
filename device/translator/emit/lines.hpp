// Integer instructions whose results are lines.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

// Of lines and single numbers.
Value line_result(Cursor& here, const Item& item, const Kind& kind, const Value& a, const Value& b);

}  // namespace kiesel::translator
