#include "device/translator/analysis/steps.hpp"

namespace kiesel::translator {

bool needs_interpreter(const Item& item, const HostTraits& host) {
  const Instruction& in = item.in;
  if (in.op == isa::Op::bar_arrive) return true;
  if (!is_float(in.op)) return false;
  const isa::Family family = family_of(in.op);
  const bool rounds = isa::info(in.op).syntax.find('m') != std::string_view::npos;
  const bool nearest = in.rounding == isa::kRoundNearestEven || in.rounding == isa::kRoundDynamic;
  const bool is_fused = isa::info(in.op).format == isa::Format::kFloatFused;
  const bool is_half = values_of(in.op) == isa::Values::f16;
  if (is_fused && !is_half && !host.fuses) return true;  // the host needs an instruction for it
  return rounds && !nearest && family != isa::Family::kFloatToWhole;
}

}  // namespace kiesel::translator
