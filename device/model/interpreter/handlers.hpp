// The handlers of each instruction, by operations.def: a row of a family that is not here, or whose operation
// is not, is an error of the build.
#pragma once

#include <type_traits>

#include "device/model/interpreter/atomic.hpp"
#include "device/model/interpreter/control.hpp"
#include "device/model/interpreter/floating.hpp"
#include "device/model/interpreter/half.hpp"
#include "device/model/interpreter/integer.hpp"
#include "device/model/interpreter/matrix_handler.hpp"
#include "device/model/interpreter/memory_access.hpp"

namespace kiesel::model::KIESEL_HOST {

using isa::Format;
using isa::Values;

struct Pair {
  Handler full, masked;
};

// What an instruction's handlers depend on besides itself.
struct Binding {
  const isa::Instruction& in;
  bool flags_matter;  // fflags are asked for
  bool is_nearest() const {
    return in.rounding == isa::kRoundNearestEven || in.rounding == isa::kRoundDynamic;
  }
};

// A handler template whose first parameters are the width and whether all lanes are active.
#define KIESEL_PAIR(name, ...) \
  Pair { name<W, true __VA_OPT__(, ) __VA_ARGS__>, name<W, false __VA_OPT__(, ) __VA_ARGS__> }
#define KIESEL_SAME(name, ...) \
  Pair { name<W __VA_OPT__(, ) __VA_ARGS__>, name<W __VA_OPT__(, ) __VA_ARGS__> }
// Where the blend is a small part of the work, or the work is rare: one handler, which blends always.
#define KIESEL_BLENDED(name, ...) \
  Pair { name<W, false __VA_OPT__(, ) __VA_ARGS__>, name<W, false __VA_OPT__(, ) __VA_ARGS__> }

template <unsigned W, Format kFormat, class Do>
Pair integer_handlers() {
  if constexpr (kFormat == Format::kR)
    return KIESEL_PAIR(integer_register, Do);
  else
    return KIESEL_PAIR(integer_immediate, Do);
}

KIESEL_INLINE bool only_reads_csr(const isa::Instruction& in) {
  const bool sets = in.op == isa::Op::csrrs || in.op == isa::Op::csrrsi;
  const bool clears = in.op == isa::Op::csrrc || in.op == isa::Op::csrrci;
  return (sets || clears) && in.rs1 == 0;
}

template <unsigned W, CsrAction kAction, bool kImmediate>
Pair csr_handlers(const Binding& of) {
  if (only_reads_csr(of.in)) return KIESEL_PAIR(read_only_csr);
  return KIESEL_PAIR(csr, kAction, kImmediate);
}

// By the names of operations.def.
namespace actions {
inline constexpr auto write = CsrAction::kWrite, set = CsrAction::kSet, clear = CsrAction::kClear;
}
namespace votes {
inline constexpr auto all = Vote::kAll, any = Vote::kAny, uni = Vote::kUniform, ballot = Vote::kBallot;
}
namespace shuffles {
inline constexpr auto up = Shuffle::kUp, down = Shuffle::kDown, bfly = Shuffle::kButterfly,
                      idx = Shuffle::kIndex;
}

namespace dots {
inline constexpr auto ss = Dot::kSigned, uu = Dot::kUnsigned, su = Dot::kMixed;
}

// How a float lies in memory, and how it gets into a register and out.
template <Values>
struct Stored;
template <>
struct Stored<Values::f16> {
  using Bits = u16;
  using To = ToHalf;
  using From = FromSingle;
};
template <>
struct Stored<Values::f32> {
  using Bits = u32;
  using To = ToSingle;
  using From = FromSingle;
  using Host = float;
};
template <>
struct Stored<Values::f64> {
  using Bits = u64;
  using To = ToWide;
  using From = FromWide;
  using Host = double;
};
template <Values V>
using Host = typename Stored<V>::Host;

template <unsigned W>
Pair in_software() {
  return KIESEL_SAME(soft_lanes);
}

template <class Do>
inline constexpr bool kFused = std::is_same_v<Do, Do_fmadd> || std::is_same_v<Do, Do_fmsub> ||
                               std::is_same_v<Do, Do_fnmsub> || std::is_same_v<Do, Do_fnmadd>;

template <unsigned W, Values V, class Do>
Pair math_handlers(const Binding& of) {
  if (of.flags_matter || !of.is_nearest()) return in_software<W>();
  if constexpr (V == Values::f16) {
    using T = std::conditional_t<kFused<Do>, double, float>;
    return KIESEL_BLENDED(half_arithmetic, T, Do);
  } else {
    return KIESEL_PAIR(float_arithmetic, Host<V>, Do);
  }
}

// In any rounding mode the host's result is the right one, but for the flags.
template <unsigned W, Values V, class Do>
Pair choice_handlers(const Binding& of) {
  if (of.flags_matter) return in_software<W>();
  if constexpr (V == Values::f16)
    return KIESEL_BLENDED(half_bits, Do);
  else
    return KIESEL_PAIR(float_bits, Host<V>, Do);
}

template <unsigned W, Values V, class Do>
Pair sign_handlers() {
  if constexpr (V == Values::f16)
    return KIESEL_PAIR(half_bits, Do);
  else
    return KIESEL_PAIR(float_bits, Host<V>, Do);
}

template <unsigned W, Values V, class Do>
Pair compare_handlers(const Binding& of) {
  if (of.flags_matter) return in_software<W>();
  if constexpr (V == Values::f16)
    return KIESEL_BLENDED(half_compare, Do);
  else
    return KIESEL_PAIR(float_compare, Host<V>, Do);
}

template <unsigned W, Values V, class I>
Pair to_whole_handlers(const Binding& of) {
  if (of.flags_matter) return in_software<W>();
  if constexpr (V == Values::f16)
    return KIESEL_BLENDED(half_to_integer, I);
  else
    return KIESEL_PAIR(float_to_integer, Host<V>, I);
}

// Conversions to halves, from an integer or a wider float.
template <unsigned W, class From, unsigned kMode>
Pair to_half_in_mode() {
  if constexpr (std::is_floating_point_v<From>)
    return KIESEL_BLENDED(wider_to_half, From, kMode);
  else
    return KIESEL_BLENDED(integer_to_half, From, kMode);
}
template <unsigned W, class From>
Pair to_half_handlers(unsigned rounding) {
  switch (rounding) {
    case isa::kRoundTowardsZero:
      return to_half_in_mode<W, From, isa::kRoundTowardsZero>();
    case isa::kRoundDown:
      return to_half_in_mode<W, From, isa::kRoundDown>();
    case isa::kRoundUp:
      return to_half_in_mode<W, From, isa::kRoundUp>();
    case isa::kRoundNearestAway:
      return to_half_in_mode<W, From, isa::kRoundNearestAway>();
    default:
      return to_half_in_mode<W, From, isa::kRoundNearestEven>();
  }
}

template <unsigned W, Values V, class I>
Pair from_whole_handlers(const Binding& of) {
  if (of.flags_matter) return in_software<W>();
  if constexpr (V == Values::f16) {
    return to_half_handlers<W, I>(of.in.rounding);
  } else {
    constexpr bool kExact = V == Values::f64 && sizeof(I) == 4;
    if (!kExact && !of.is_nearest()) return in_software<W>();
    return KIESEL_PAIR(integer_to_float, Host<V>, I);
  }
}

template <unsigned W, Values V, Values kFrom>
Pair float_to_float_handlers(const Binding& of) {
  if (of.flags_matter) return in_software<W>();
  if constexpr (V == Values::f16) {
    return to_half_handlers<W, Host<kFrom>>(of.in.rounding);
  } else if constexpr (kFrom == Values::f16) {
    return KIESEL_BLENDED(half_to_wider, Host<V>);
  } else {
    if (V == Values::f32 && !of.is_nearest()) return in_software<W>();
    return KIESEL_PAIR(float_to_float, Host<V>, Host<kFrom>);
  }
}

template <unsigned W, Values V>
Pair move_out() {
  if constexpr (V == Values::f16) return KIESEL_PAIR(move_x_half);
  if constexpr (V == Values::f32) return KIESEL_PAIR(move_x_single);
  return KIESEL_PAIR(move_x_double);
}
template <unsigned W, Values V>
Pair move_in() {
  if constexpr (V == Values::f16) return KIESEL_PAIR(move_half_x);
  if constexpr (V == Values::f32) return KIESEL_PAIR(move_single_x);
  return KIESEL_PAIR(move_double_x);
}

// By family: of an instruction's format, operation and values.
#define KIESEL_BIND_Constant(format, operation, values) KIESEL_PAIR(constant)
#define KIESEL_BIND_Jump(format, operation, values) KIESEL_PAIR(operation)
#define KIESEL_BIND_Branch(format, operation, values) KIESEL_SAME(branch, Do_##operation)
#define KIESEL_BIND_Integer(format, operation, values) integer_handlers<W, format, Do_##operation>()
#define KIESEL_BIND_Load(format, operation, values) KIESEL_PAIR(load, values, ToInteger)
#define KIESEL_BIND_Store(format, operation, values) KIESEL_PAIR(store, values, FromInteger)
#define KIESEL_BIND_FloatLoad(format, operation, values) \
  KIESEL_PAIR(load, Stored<Values::values>::Bits, Stored<Values::values>::To)
#define KIESEL_BIND_FloatStore(format, operation, values) \
  KIESEL_PAIR(store, Stored<Values::values>::Bits, Stored<Values::values>::From)
#define KIESEL_BIND_Atomic(format, operation, values) KIESEL_SAME(atomic, values, Do_##operation)
#define KIESEL_BIND_CompareSwap(format, operation, values) KIESEL_SAME(compare_and_swap, values)
#define KIESEL_BIND_Reserve(format, operation, values) KIESEL_SAME(reserve_##operation, values)
#define KIESEL_BIND_Fence(format, operation, values) KIESEL_PAIR(operation)
#define KIESEL_BIND_Csr(format, operation, values) \
  csr_handlers<W, actions::operation, format == Format::kCsrImmediate>(of)
#define KIESEL_BIND_Control(format, operation, values) KIESEL_PAIR(operation)
#define KIESEL_BIND_Vote(format, operation, values) KIESEL_PAIR(vote, votes::operation)
#define KIESEL_BIND_Shuffle(format, operation, values) KIESEL_PAIR(shuffle, shuffles::operation)
#define KIESEL_BIND_Dot(format, operation, values) KIESEL_PAIR(dot, dots::operation)
#define KIESEL_BIND_Matrix(format, operation, values) KIESEL_SAME(operation)
#define KIESEL_BIND_FloatMath(format, operation, values) math_handlers<W, Values::values, Do_##operation>(of)
#define KIESEL_BIND_FloatChoice(format, operation, values) \
  choice_handlers<W, Values::values, Do_##operation>(of)
#define KIESEL_BIND_FloatSign(format, operation, values) sign_handlers<W, Values::values, Do_##operation>()
#define KIESEL_BIND_FloatCompare(format, operation, values) \
  compare_handlers<W, Values::values, Do_##operation>(of)
#define KIESEL_BIND_FloatClass(format, operation, values) in_software<W>()
#define KIESEL_BIND_FloatMove(format, operation, values) operation<W, Values::values>()
#define KIESEL_BIND_FloatToWhole(format, operation, values) \
  to_whole_handlers<W, Values::values, operation>(of)
#define KIESEL_BIND_WholeToFloat(format, operation, values) \
  from_whole_handlers<W, Values::values, operation>(of)
#define KIESEL_BIND_FloatToFloat(format, operation, values) \
  float_to_float_handlers<W, Values::values, Values::operation>(of)
#define KIESEL_BIND_Trap(format, operation, values) KIESEL_PAIR(illegal)
#define KIESEL_BIND_Legacy(format, operation, values) KIESEL_PAIR(illegal)

template <unsigned W>
Pair handlers(const Binding& of) {
  switch (of.in.op) {
#define OPERATION(id, name, format, match, mask, extension, family, operation, values) \
  case isa::Op::id:                                                                    \
    return KIESEL_BIND_##family(Format::k##format, operation, values);
#include "device/isa/operations.def"
#undef OPERATION
    case isa::Op::illegal:
    case isa::Op::kCount:
      break;
  }
  return KIESEL_PAIR(illegal);
}

}  // namespace kiesel::model::KIESEL_HOST
