// Products of four bytes and a sum.
#pragma once

#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

struct Cursor;
Value dot(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
