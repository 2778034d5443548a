#include "device/translator/emit/masks.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/lane_by_lane.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

llvm::Value* mask(Cursor& here) {
  Builder& ir = here.ir;
  if (here.turn)
    return ir.CreateShl(llvm::ConstantInt::get(ir.mask, 1), ir.CreateTrunc(here.turn->lane, ir.mask));
  if (here.node.full) return all_lanes(ir);
  if (here.known.request.shape.single) return llvm::ConstantInt::get(ir.mask, 1);
  if (!here.mask) here.mask = load(ir, here.segment.mask_variable);
  return here.mask;
}

llvm::Value* mask64(Cursor& here) {
  Builder& ir = here.ir;
  return ir.CreateZExt(mask(here), ir.i64);
}

llvm::Value* first_lane(Cursor& here) {
  Builder& ir = here.ir;
  if (here.turn) return here.turn->lane;
  return ir.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, mask64(here), ir.getTrue());
}

llvm::Value* last_lane(Cursor& here) {
  Builder& ir = here.ir;
  llvm::Value* zeros = ir.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, mask64(here), ir.getTrue());
  return ir.CreateSub(number64(ir, 63), zeros);
}

llvm::Value* active(Cursor& here) {
  Builder& ir = here.ir;
  if (here.node.full) return nullptr;
  if (!here.active) here.active = flags(ir, mask(here));
  return here.active;
}

llvm::Value* active_lanes(Cursor& here) {
  Builder& ir = here.ir;
  if (here.node.full) return number64(ir, ir.lanes);
  return ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, mask64(here));
}

llvm::Value* predicate(Cursor& here, const Value& value, bool negate) {
  Builder& ir = here.ir;
  llvm::Value* yes;
  if (value.kind.rep == Rep::kUniform) {
    yes = ir.CreateSelect(ir.CreateTrunc(value.v, ir.i1), all_lanes(ir), no_lanes(ir));
  } else {
    llvm::Value* low = narrow(ir, value);
    yes = bits(ir, ir.CreateTrunc(low, vector_of(ir, ir.i1)));
  }
  if (negate) yes = ir.CreateNot(yes);
  return here.node.full ? yes : ir.CreateAnd(yes, mask(here));
}

}  // namespace kiesel::translator
