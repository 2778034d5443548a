// How a warp does the matrix instruction.
#pragma once

#include "device/model/interpreter/control.hpp"
#include "device/model/interpreter/matrix.hpp"
#include "device/model/interpreter/matrix_wide.hpp"

namespace kiesel::model::KIESEL_HOST {

template <unsigned W>
const Insn* wmma(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  if (const u64 off = ~w.mask & ~u64{0} >> (64 - w.lanes)) [[unlikely]]
    return raise(w, insn, FaultKind::kPartialMatrix, first_lane(off));
  const isa::MatrixRegisters registers{isa::matrix_tile(w.lanes), insn->flag};
  const auto row = static_cast<std::size_t>(insn->imm);
#if KIESEL_BIT_MASKS
  if constexpr (W == 32)
    if (wide::multiply_in_place(w, registers, row)) return insn + 1;
#endif
  multiply(w, registers, row);
  return insn + 1;
}

}  // namespace kiesel::model::KIESEL_HOST
