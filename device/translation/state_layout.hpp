// What translated code knows of the interpreter: a header of its own, since engines take minutes to compile.
#pragma once

#include <cstdint>

namespace kiesel::translation {

inline constexpr unsigned kNumBarriers = 64;  // of a core

// Offsets in the state of a warp as the engine's compiler laid it out, in bytes.
struct StateLayout {
  std::uint32_t mask, depth, divergence;
  std::uint32_t single, form, base, slope, x, f;  // of Lanes<W>; x0 is never read, x[32] takes its writes
  std::uint32_t divergence_stride, divergence_before, divergence_second_side, divergence_second_start,
      divergence_in_second;
  std::uint32_t width;       // W: values in a row of x and f
  std::uint32_t insn_bytes;  // Divergence::second_start is WarpContext::insns + index * insn_bytes
  std::uint8_t form_varies, form_uniform, form_sloped;  // values of `form`; the last two need no row in x
  bool operator==(const StateLayout&) const = default;
};

}  // namespace kiesel::translation
