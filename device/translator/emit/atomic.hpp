#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

void atomic(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
