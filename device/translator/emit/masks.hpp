// Which lanes are active where the cursor is.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

llvm::Value* mask(Cursor& here);  // of the node, an integer of `lanes` bits
llvm::Value* mask64(Cursor& here);
llvm::Value* first_lane(Cursor& here);  // number of the lowest active one
llvm::Value* last_lane(Cursor& here);
llvm::Value* active(Cursor& here);        // flags of the node's mask, or null where all are
llvm::Value* active_lanes(Cursor& here);  // their number
llvm::Value* predicate(Cursor& here, const Value& value, bool negate);  // mask, of active lanes

}  // namespace kiesel::translator
