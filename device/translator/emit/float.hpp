// Instructions of F, D and Zfh. The device's only difference from the host are canonical NaNs, which are made
// when bits are looked at (Nan in kinds.hpp).
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

Value floating(Cursor& here, const Item& item, const Kind& kind);

}  // namespace kiesel::translator
