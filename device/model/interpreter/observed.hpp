// The interpreter's loop for observers. Included only by engine.cpp.
#pragma once

#include "device/model/interpreter/control.hpp"
#include "device/observer.hpp"

namespace kiesel::model::KIESEL_HOST {

template <unsigned W>
class View final : public device::ObservedWarp {
 public:
  explicit View(Lanes<W>& w) : w_(w) {
    rank = w.rank;
    lanes = w.lanes;
    mask = w.mask;
  }
  const u64* integers(unsigned number) override { return read_x(w_, number); }
  u64 real(unsigned number, unsigned lane) override {
    if (w_.single >> number & 1) return kBoxSingle | reinterpret_cast<const u32*>(w_.f[number])[lane];
    return w_.f[number][lane];
  }
  bool is_line(unsigned number, u64& base, u64& slope) const override {
    base = w_.base[number];
    slope = w_.slope[number];
    return model::KIESEL_HOST::is_line(w_.form[number]);
  }

 private:
  Lanes<W>& w_;
};

// What a load or an atomic gives the lanes that do not do it.
template <unsigned W>
void load_zero(Lanes<W>& w, const Insn* insn, u64 lanes) {
  const auto& info = isa::info(insn->op);
  const char written = info.syntax[0];
  if (written == 'd') {
    u64* d = modify_x(w, insn->rd);
    for_active(lanes, [&](unsigned l) { d[l] = 0; });
  } else if (written == 'D') {
    const u64 zero = info.values == isa::Values::f64   ? 0
                     : info.values == isa::Values::f32 ? kBoxSingle
                                                       : kBoxSingle | kBoxHalf;
    read_wide(w, insn->rd);
    for_active(lanes, [&](unsigned l) { w.f[insn->rd][l] = zero; });
  }
}

// Only some of the active lanes do it.
template <unsigned W>
const Insn* run_some(Lanes<W>& w, const Insn* insn, u64 some) {
  const u64 mask = w.mask;
  load_zero(w, insn, mask & ~some);
  if (!some) return insn + 1;
  set_mask<W>(w, some);
  const Insn* const next = insn->run[w.partial](w, insn);
  if (next) set_mask<W>(w, mask);
  return next;
}

template <unsigned W>
void run_observed(Warp& warp, u64 budget, device::Observer& observer, const device::Interest* interests) {
  auto& w = lanes_of<W>(warp);
  View<W> view(w);
  observer.turn(view);
  const Insn* const first = warp.core->code->insns.data();
  const Insn* insn = warp.next;
  for (; insn && budget; --budget) {
    const Insn* const here = insn;
    const auto number = static_cast<std::size_t>(here - first);
    const device::Interest& interest = interests[number];
    ++warp.executed;
    if (interest.always || (interest.registers & *view.interesting)) {
      view.mask = w.mask;
      const u64 some = observer.step(view, number);
      if (some != w.mask) [[unlikely]] {
        insn = run_some(w, here, some);
        continue;
      }
    }
    insn = here->run[warp.partial](warp, here);
  }
  if (insn) warp.next = insn;
  warp.account();
}

}  // namespace kiesel::model::KIESEL_HOST
