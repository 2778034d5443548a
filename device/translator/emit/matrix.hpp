// The matrix instruction.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

void emit_matrix_part(Cursor& here, const Item& item);

}  // namespace kiesel::translator
