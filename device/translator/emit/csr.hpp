// Reads of control and status registers.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

Value csr(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
