#include "device/translator/analysis/steps.hpp"

namespace kiesel::translator {

bool needs_interpreter(const Item& item, const HostTraits& host) {
  const Instruction& in = item.in;
  if (in.op == isa::Op::bar_arrive) return true;
  const isa::Extension extension = isa::info(in.op).extension;
  const bool is_half = extension == isa::Extension::kZfh;
  if (!is_half && extension != isa::Extension::kF && extension != isa::Extension::kD) return false;
  const bool rounds = isa::info(in.op).syntax.find('m') != std::string_view::npos;
  const bool nearest = in.rounding == isa::kRoundNearestEven || in.rounding == isa::kRoundDynamic;
  const bool to_integer = isa::info(in.op).format == isa::Format::kFloatToIntegerRounded;
  const bool is_fused = isa::info(in.op).format == isa::Format::kFloatFused;
  if (is_fused && !is_half && !host.fuses) return true;  // the host needs an instruction for it
  return rounds && !nearest && !to_integer;
}

}  // namespace kiesel::translator
