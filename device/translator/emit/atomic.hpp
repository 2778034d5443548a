// Atomic memory operations. Lanes do them one after the other, except at one address for all: there the warp
// does one, and what each lane gets is computed as if they had gone in order.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

void atomic(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
