#include "device/translator/emit/targets.hpp"

#include <cstddef>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/fields.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/state.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

// Private memory: bytes of all lanes in rows of 8 bytes a lane. Where all lanes access the same address that
// is a part of one row.
llvm::Value* in_window(Cursor& here, const Value& place, unsigned bytes, Target& target) {
  Builder& ir = here.ir;
  const bool once = place.kind.rep == Rep::kUniform;
  llvm::Value* address = once ? place.v : wide(ir, place);
  const auto n = [&](std::int64_t v) { return once ? number64(ir, v) : splat(ir, number64(ir, v)); };
  llvm::Value* size = load_context(here.segment, offsetof(WarpContext, window_bytes), ir.i64);
  llvm::Value* begin = ir.CreateSub(here.segment.window_end, size);
  llvm::Value* offset = ir.CreateSub(address, once ? begin : splat(ir, begin));
  llvm::Value* inside = ir.CreateICmpULT(offset, once ? size : splat(ir, size));
  inside = ir.CreateAnd(inside, ir.CreateICmpEQ(ir.CreateAnd(address, n(bytes - 1)), n(0)));
  llvm::Value *row = ir.CreateMul(ir.CreateLShr(offset, n(3)), n(8 * ir.lanes)),
              *byte = ir.CreateAnd(offset, n(7));
  if (once && here.known.request.shape.single) {
    target.shape = Target::Shape::kOnce;
    target.pointer = ir.CreateGEP(ir.i8, here.segment.private_memory, ir.CreateAdd(row, byte));
    return inside;
  }
  if (once) {
    target.shape = Target::Shape::kPartOfRow;
    target.pointer = ir.CreateGEP(ir.i8, here.segment.private_memory, row);
    target.shift = ir.CreateShl(byte, n(3));
    return inside;
  }
  std::vector<llvm::Constant*> steps;
  for (unsigned l = 0; l < ir.lanes; ++l) steps.push_back(ir.getInt64(l * 8));
  target.shape = Target::Shape::kScattered;
  target.pointer = ir.CreateGEP(ir.i8, here.segment.private_memory,
                                ir.CreateAdd(ir.CreateAdd(row, byte), llvm::ConstantVector::get(steps)));
  llvm::Value* ok = bits(ir, inside);
  if (!here.node.full) ok = ir.CreateOr(ok, ir.CreateNot(mask(here)));
  return ir.CreateICmpEQ(ok, all_lanes(ir));
}

// Where the lanes' accesses go, and whether the fast way may take them there.
Target target_of(Cursor& here, const Item& item, const Value& address, llvm::Value*& is_inside,
                 std::uint32_t& site) {
  Builder& ir = here.ir;
  Target target{};
  const unsigned bytes = access_bytes(item.in.op);
  const Value place = displaced(ir, address, item.in.imm);
  const std::uint32_t number = group_of(here, here.item);
  if (number != kNone) {
    if (!here.groups[number].ok) check(here, number, address);
    is_inside = here.groups[number].ok;
    site = here.groups[number].site;
  } else {
    site = new_site(here, place, bytes, bytes, is_store(item.in));
    is_inside = inside(here, site, place);
  }
  if (place.kind.rep == Rep::kUniform) {
    target.shape = Target::Shape::kOnce;
    target.pointer = ir.CreateIntToPtr(place.v, ir.pointer);
  } else if (place.kind.rep == Rep::kLine &&
             (place.kind.stride == bytes || (place.kind.stride == 0 && is_load(item.in)) ||
              (place.kind.stride == -std::int64_t{bytes} && is_row(here, place, bytes)))) {
    target.shape = Target::Shape::kRows;
    target.rows = row_starts(ir, place);
    target.place = place;
  } else {
    target.shape = Target::Shape::kScattered;
    target.place = place;
    target.one_by_one = here.node.full && !ir.host.scatters && is_line(place.kind);
    if (is_load(item.in)) find_word(here, item, address, target);
  }
  return target;
}

// Of scattered accesses. The base and the offsets have to be in one block with what uses them for LLVM to see
// that there is one base.
llvm::Value* pointers(Builder& ir, const Target& target) {
  return target.pointer ? target.pointer : pointers(ir, target.place);
}

// Where each lane's access goes, for hosts that do one after the other: of lines and of offsets nothing is
// computed for all lanes.
std::vector<llvm::Value*> each_pointer(Builder& ir, const Target& target) {
  std::vector<llvm::Value*> out;
  const Value& place = target.place;
  if (!target.pointer && is_line(place.kind)) {
    for (llvm::Value* row : row_bases(ir, place))
      for (unsigned l = 0; l < ir.row; ++l)
        out.push_back(
            ir.CreateConstGEP1_64(ir.i8, ir.CreateIntToPtr(row, ir.pointer), place.kind.stride * l));
  } else if (!target.pointer && is_offset(place.kind)) {
    llvm::Type* step = ir.getIntNTy(static_cast<unsigned>(place.kind.stride * 8));
    llvm::Value* base = ir.CreateIntToPtr(place.step, ir.pointer);
    for (unsigned l = 0; l < ir.lanes; ++l)
      out.push_back(ir.CreateGEP(step, base, ir.CreateSExt(ir.CreateExtractElement(place.v, l), ir.i64)));
  } else {
    llvm::Value* all = pointers(ir, target);
    for (unsigned l = 0; l < ir.lanes; ++l) out.push_back(ir.CreateExtractElement(all, l));
  }
  return out;
}

}  // namespace kiesel::translator
