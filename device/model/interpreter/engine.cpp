// The interpreter for one level of the host's instruction set (KIESEL_HOST, set by the build) and all widths.
#include "device/model/interpreter/engine.hpp"

#include <cstddef>
#include <new>
#include <type_traits>

#include "device/model/interpreter/atomic.hpp"
#include "device/model/interpreter/control.hpp"
#include "device/model/interpreter/floating.hpp"
#include "device/model/interpreter/half.hpp"
#include "device/model/interpreter/integer.hpp"
#include "device/model/interpreter/memory_access.hpp"
#include "device/model/interpreter/trace.hpp"

namespace kiesel::model::KIESEL_HOST {
namespace {

using isa::Op;

struct Pair {
  Handler full, masked;
};

template <unsigned W>
bool bind_integer(Op op, Insn& out) {
  switch (op) {
#define KIESEL_REGISTER(op, ...)                      \
  case Op::op:                                        \
    out.run[0] = integer_register<W, true, Do_##op>;  \
    out.run[1] = integer_register<W, false, Do_##op>; \
    return true;
#define KIESEL_IMMEDIATE(op, ...)                      \
  case Op::op:                                         \
    out.run[0] = integer_immediate<W, true, Do_##op>;  \
    out.run[1] = integer_immediate<W, false, Do_##op>; \
    return true;
    KIESEL_INTEGER_OPS(KIESEL_REGISTER, KIESEL_IMMEDIATE)
#undef KIESEL_REGISTER
#undef KIESEL_IMMEDIATE
    default:
      return false;
  }
}

// A handler template whose first parameters are the width and whether all lanes are active.
#define KIESEL_PAIR(name, ...) \
  Pair { name<W, true __VA_OPT__(, ) __VA_ARGS__>, name<W, false __VA_OPT__(, ) __VA_ARGS__> }
#define KIESEL_SAME(name, ...) \
  Pair { name<W __VA_OPT__(, ) __VA_ARGS__>, name<W __VA_OPT__(, ) __VA_ARGS__> }
// Where the blend is a small part of the work, or the work is rare: one handler, which blends always.
#define KIESEL_BLENDED(name, ...) \
  Pair { name<W, false __VA_OPT__(, ) __VA_ARGS__>, name<W, false __VA_OPT__(, ) __VA_ARGS__> }

template <unsigned W>
Pair control_handlers(Op op) {
  switch (op) {
    case Op::lui:
    case Op::auipc:
      return KIESEL_PAIR(constant);
    case Op::jal:
      return KIESEL_PAIR(jump_and_link);
    case Op::jalr:
      return KIESEL_PAIR(jump_register);
    case Op::beq:
      return KIESEL_SAME(branch, Eq);
    case Op::bne:
      return KIESEL_SAME(branch, Ne);
    case Op::blt:
      return KIESEL_SAME(branch, Lt);
    case Op::bge:
      return KIESEL_SAME(branch, Ge);
    case Op::bltu:
      return KIESEL_SAME(branch, Ltu);
    case Op::bgeu:
      return KIESEL_SAME(branch, Geu);
    case Op::fence:
    case Op::fence_i:
      return KIESEL_PAIR(fence);
    case Op::csrrw:
      return KIESEL_PAIR(csr, CsrAction::kWrite, false);
    case Op::csrrs:
      return KIESEL_PAIR(csr, CsrAction::kSet, false);
    case Op::csrrc:
      return KIESEL_PAIR(csr, CsrAction::kClear, false);
    case Op::csrrwi:
      return KIESEL_PAIR(csr, CsrAction::kWrite, true);
    case Op::csrrsi:
      return KIESEL_PAIR(csr, CsrAction::kSet, true);
    case Op::csrrci:
      return KIESEL_PAIR(csr, CsrAction::kClear, true);
    case Op::tmc:
      return KIESEL_PAIR(tmc);
    case Op::split:
      return KIESEL_PAIR(split);
    case Op::join:
      return KIESEL_PAIR(join);
    case Op::pred:
      return KIESEL_PAIR(pred);
    case Op::bar:
      return KIESEL_PAIR(bar);
    case Op::bar_arrive:
      return KIESEL_PAIR(bar_arrive);
    case Op::wsync:
      return KIESEL_PAIR(wsync);
    case Op::bar_wait:
      return KIESEL_PAIR(bar_wait);
    case Op::vote_all:
      return KIESEL_PAIR(vote, Vote::kAll);
    case Op::vote_any:
      return KIESEL_PAIR(vote, Vote::kAny);
    case Op::vote_uni:
      return KIESEL_PAIR(vote, Vote::kUniform);
    case Op::vote_ballot:
      return KIESEL_PAIR(vote, Vote::kBallot);
    case Op::shfl_up:
      return KIESEL_PAIR(shuffle, Shuffle::kUp);
    case Op::shfl_down:
      return KIESEL_PAIR(shuffle, Shuffle::kDown);
    case Op::shfl_bfly:
      return KIESEL_PAIR(shuffle, Shuffle::kButterfly);
    case Op::shfl_idx:
      return KIESEL_PAIR(shuffle, Shuffle::kIndex);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair memory_handlers(Op op) {
  switch (op) {
    case Op::lb:
      return KIESEL_PAIR(load, i8, ToInteger);
    case Op::lh:
      return KIESEL_PAIR(load, i16, ToInteger);
    case Op::lw:
      return KIESEL_PAIR(load, i32, ToInteger);
    case Op::ld:
      return KIESEL_PAIR(load, i64, ToInteger);
    case Op::lbu:
      return KIESEL_PAIR(load, u8, ToInteger);
    case Op::lhu:
      return KIESEL_PAIR(load, u16, ToInteger);
    case Op::lwu:
      return KIESEL_PAIR(load, u32, ToInteger);
    case Op::sb:
      return KIESEL_PAIR(store, u8, FromInteger);
    case Op::sh:
      return KIESEL_PAIR(store, u16, FromInteger);
    case Op::sw:
      return KIESEL_PAIR(store, u32, FromInteger);
    case Op::sd:
      return KIESEL_PAIR(store, u64, FromInteger);
    case Op::flw:
      return KIESEL_PAIR(load, u32, ToSingle);
    case Op::fld:
      return KIESEL_PAIR(load, u64, ToWide);
    case Op::flh:
      return KIESEL_PAIR(load, u16, ToHalf);
    case Op::fsw:
      return KIESEL_PAIR(store, u32, FromSingle);
    case Op::fsd:
      return KIESEL_PAIR(store, u64, FromWide);
    case Op::fsh:
      return KIESEL_PAIR(store, u16, FromSingle);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair atomic_handlers(Op op) {
  switch (op) {
#define KIESEL_ATOMIC(name, sign, ...)                 \
  case Op::name##_w:                                   \
    return KIESEL_SAME(atomic, sign##32, __VA_ARGS__); \
  case Op::name##_d:                                   \
    return KIESEL_SAME(atomic, sign##64, __VA_ARGS__);
    KIESEL_ATOMIC(amoswap, u, Swap)
    KIESEL_ATOMIC(amoadd, u, Add)
    KIESEL_ATOMIC(amoxor, u, Xor)
    KIESEL_ATOMIC(amoand, u, And)
    KIESEL_ATOMIC(amoor, u, Or)
    KIESEL_ATOMIC(amomin, i, Choose<Less>)
    KIESEL_ATOMIC(amomax, i, Choose<More>)
    KIESEL_ATOMIC(amominu, u, Choose<Less>)
    KIESEL_ATOMIC(amomaxu, u, Choose<More>)
#undef KIESEL_ATOMIC
    case Op::amocas_w:
      return KIESEL_SAME(compare_and_swap, u32);
    case Op::amocas_d:
      return KIESEL_SAME(compare_and_swap, u64);
    case Op::lr_w:
      return KIESEL_SAME(load_reserved, u32);
    case Op::lr_d:
      return KIESEL_SAME(load_reserved, u64);
    case Op::sc_w:
      return KIESEL_SAME(store_conditional, u32);
    case Op::sc_d:
      return KIESEL_SAME(store_conditional, u64);
    default:
      return {nullptr, nullptr};
  }
}

// Instructions that neither round nor raise flags.
template <unsigned W>
Pair float_move_handlers(Op op) {
  switch (op) {
    case Op::fsgnj_s:
      return KIESEL_PAIR(float_bits, float, FSgnj);
    case Op::fsgnjn_s:
      return KIESEL_PAIR(float_bits, float, FSgnjn);
    case Op::fsgnjx_s:
      return KIESEL_PAIR(float_bits, float, FSgnjx);
    case Op::fsgnj_d:
      return KIESEL_PAIR(float_bits, double, FSgnj);
    case Op::fsgnjn_d:
      return KIESEL_PAIR(float_bits, double, FSgnjn);
    case Op::fsgnjx_d:
      return KIESEL_PAIR(float_bits, double, FSgnjx);
    case Op::fmv_x_w:
      return KIESEL_PAIR(move_x_single);
    case Op::fmv_w_x:
      return KIESEL_PAIR(move_single_x);
    case Op::fmv_x_d:
      return KIESEL_PAIR(move_x_double);
    case Op::fmv_d_x:
      return KIESEL_PAIR(move_double_x);
    default:
      return {nullptr, nullptr};
  }
}

// In any rounding mode the host's result is the right one, but for the flags.
template <unsigned W>
Pair float_exact_handlers(Op op) {
  switch (op) {
#define KIESEL_BOTH(s, T)                              \
  case Op::fmin_##s:                                   \
    return KIESEL_PAIR(float_bits, T, FMinMax<false>); \
  case Op::fmax_##s:                                   \
    return KIESEL_PAIR(float_bits, T, FMinMax<true>);  \
  case Op::feq_##s:                                    \
    return KIESEL_PAIR(float_compare, T, FEq);         \
  case Op::flt_##s:                                    \
    return KIESEL_PAIR(float_compare, T, FLt);         \
  case Op::fle_##s:                                    \
    return KIESEL_PAIR(float_compare, T, FLe);         \
  case Op::fcvt_w_##s:                                 \
    return KIESEL_PAIR(float_to_integer, T, i32);      \
  case Op::fcvt_wu_##s:                                \
    return KIESEL_PAIR(float_to_integer, T, u32);      \
  case Op::fcvt_l_##s:                                 \
    return KIESEL_PAIR(float_to_integer, T, i64);      \
  case Op::fcvt_lu_##s:                                \
    return KIESEL_PAIR(float_to_integer, T, u64);
    KIESEL_BOTH(s, float)
    KIESEL_BOTH(d, double)
#undef KIESEL_BOTH
    case Op::fcvt_d_s:
      return KIESEL_PAIR(float_to_float, double, float);
    case Op::fcvt_d_w:
      return KIESEL_PAIR(integer_to_float, double, i32);
    case Op::fcvt_d_wu:
      return KIESEL_PAIR(integer_to_float, double, u32);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair float_nearest_handlers(Op op) {
  switch (op) {
#define KIESEL_BOTH(s, T)                            \
  case Op::fadd_##s:                                 \
    return KIESEL_PAIR(float_arithmetic, T, FAdd);   \
  case Op::fsub_##s:                                 \
    return KIESEL_PAIR(float_arithmetic, T, FSub);   \
  case Op::fmul_##s:                                 \
    return KIESEL_PAIR(float_arithmetic, T, FMul);   \
  case Op::fdiv_##s:                                 \
    return KIESEL_PAIR(float_arithmetic, T, FDiv);   \
  case Op::fsqrt_##s:                                \
    return KIESEL_PAIR(float_arithmetic, T, FSqrt);  \
  case Op::fmadd_##s:                                \
    return KIESEL_PAIR(float_arithmetic, T, FMadd);  \
  case Op::fmsub_##s:                                \
    return KIESEL_PAIR(float_arithmetic, T, FMsub);  \
  case Op::fnmsub_##s:                               \
    return KIESEL_PAIR(float_arithmetic, T, FNmsub); \
  case Op::fnmadd_##s:                               \
    return KIESEL_PAIR(float_arithmetic, T, FNmadd); \
  case Op::fcvt_##s##_l:                             \
    return KIESEL_PAIR(integer_to_float, T, i64);    \
  case Op::fcvt_##s##_lu:                            \
    return KIESEL_PAIR(integer_to_float, T, u64);
    KIESEL_BOTH(s, float)
    KIESEL_BOTH(d, double)
#undef KIESEL_BOTH
    case Op::fcvt_s_w:
      return KIESEL_PAIR(integer_to_float, float, i32);
    case Op::fcvt_s_wu:
      return KIESEL_PAIR(integer_to_float, float, u32);
    case Op::fcvt_s_d:
      return KIESEL_PAIR(float_to_float, float, double);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair half_move_handlers(Op op) {
  switch (op) {
    case Op::fsgnj_h:
      return KIESEL_PAIR(half_bits, FSgnj);
    case Op::fsgnjn_h:
      return KIESEL_PAIR(half_bits, FSgnjn);
    case Op::fsgnjx_h:
      return KIESEL_PAIR(half_bits, FSgnjx);
    case Op::fmv_x_h:
      return KIESEL_PAIR(move_x_half);
    case Op::fmv_h_x:
      return KIESEL_PAIR(move_half_x);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W, unsigned kMode>
Pair half_conversion_handlers(Op op) {
  switch (op) {
    case Op::fcvt_h_w:
      return KIESEL_BLENDED(integer_to_half, i32, kMode);
    case Op::fcvt_h_wu:
      return KIESEL_BLENDED(integer_to_half, u32, kMode);
    case Op::fcvt_h_l:
      return KIESEL_BLENDED(integer_to_half, i64, kMode);
    case Op::fcvt_h_lu:
      return KIESEL_BLENDED(integer_to_half, u64, kMode);
    case Op::fcvt_h_s:
      return KIESEL_BLENDED(wider_to_half, float, kMode);
    case Op::fcvt_h_d:
      return KIESEL_BLENDED(wider_to_half, double, kMode);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair half_conversion_handlers(Op op, unsigned rounding) {
  switch (rounding) {
    case isa::kRoundTowardsZero:
      return half_conversion_handlers<W, isa::kRoundTowardsZero>(op);
    case isa::kRoundDown:
      return half_conversion_handlers<W, isa::kRoundDown>(op);
    case isa::kRoundUp:
      return half_conversion_handlers<W, isa::kRoundUp>(op);
    case isa::kRoundNearestAway:
      return half_conversion_handlers<W, isa::kRoundNearestAway>(op);
    default:
      return half_conversion_handlers<W, isa::kRoundNearestEven>(op);
  }
}

template <unsigned W>
Pair half_exact_handlers(Op op) {
  switch (op) {
    case Op::fmin_h:
      return KIESEL_BLENDED(half_bits, FMinMax<false>);
    case Op::fmax_h:
      return KIESEL_BLENDED(half_bits, FMinMax<true>);
    case Op::feq_h:
      return KIESEL_BLENDED(half_compare, FEq);
    case Op::flt_h:
      return KIESEL_BLENDED(half_compare, FLt);
    case Op::fle_h:
      return KIESEL_BLENDED(half_compare, FLe);
    case Op::fcvt_w_h:
      return KIESEL_BLENDED(half_to_integer, i32);
    case Op::fcvt_wu_h:
      return KIESEL_BLENDED(half_to_integer, u32);
    case Op::fcvt_l_h:
      return KIESEL_BLENDED(half_to_integer, i64);
    case Op::fcvt_lu_h:
      return KIESEL_BLENDED(half_to_integer, u64);
    case Op::fcvt_s_h:
      return KIESEL_BLENDED(half_to_wider, float);
    case Op::fcvt_d_h:
      return KIESEL_BLENDED(half_to_wider, double);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair half_nearest_handlers(Op op) {
  switch (op) {
    case Op::fadd_h:
      return KIESEL_BLENDED(half_arithmetic, float, FAdd);
    case Op::fsub_h:
      return KIESEL_BLENDED(half_arithmetic, float, FSub);
    case Op::fmul_h:
      return KIESEL_BLENDED(half_arithmetic, float, FMul);
    case Op::fdiv_h:
      return KIESEL_BLENDED(half_arithmetic, float, FDiv);
    case Op::fsqrt_h:
      return KIESEL_BLENDED(half_arithmetic, float, FSqrt);
    case Op::fmadd_h:
      return KIESEL_BLENDED(half_arithmetic, double, FMadd);
    case Op::fmsub_h:
      return KIESEL_BLENDED(half_arithmetic, double, FMsub);
    case Op::fnmsub_h:
      return KIESEL_BLENDED(half_arithmetic, double, FNmsub);
    case Op::fnmadd_h:
      return KIESEL_BLENDED(half_arithmetic, double, FNmadd);
    default:
      return {nullptr, nullptr};
  }
}

template <unsigned W>
Pair float_handlers(const isa::Instruction& in, bool flags_matter) {
  const bool nearest = in.rounding == isa::kRoundNearestEven || in.rounding == isa::kRoundDynamic;
  if (const Pair pair = float_move_handlers<W>(in.op); pair.full) return pair;
  if (const Pair pair = half_move_handlers<W>(in.op); pair.full) return pair;
  if (!flags_matter) {
    if (const Pair pair = float_exact_handlers<W>(in.op); pair.full) return pair;
    if (const Pair pair = half_exact_handlers<W>(in.op); pair.full) return pair;
    if (const Pair pair = half_conversion_handlers<W>(in.op, in.rounding); pair.full) return pair;
    if (const Pair pair = float_nearest_handlers<W>(in.op); pair.full && nearest) return pair;
    if (const Pair pair = half_nearest_handlers<W>(in.op); pair.full && nearest) return pair;
  }
  return {soft_lanes<W>, soft_lanes<W>};
}

bool is_float(isa::Extension extension) {
  return extension == isa::Extension::kF || extension == isa::Extension::kD ||
         extension == isa::Extension::kZfh;
}

bool only_reads_csr(const isa::Instruction& in) {
  const bool sets = in.op == Op::csrrs || in.op == Op::csrrsi;
  const bool clears = in.op == Op::csrrc || in.op == Op::csrrci;
  return (sets || clears) && in.rs1 == 0;
}

template <unsigned W>
void bind(const isa::Instruction& in, bool flags_matter, Insn& out) {
  out.run[0] = illegal<W, true>;
  out.run[1] = illegal<W, false>;
  if (in.op == Op::illegal || bind_integer<W>(in.op, out)) return;
  if (only_reads_csr(in)) {
    out.run[0] = read_only_csr<W, true>;
    out.run[1] = read_only_csr<W, false>;
    return;
  }
  for (const auto find : {control_handlers<W>, memory_handlers<W>, atomic_handlers<W>})
    if (const Pair pair = find(in.op); pair.full) {
      out.run[0] = pair.full;
      out.run[1] = pair.masked;
      return;
    }
  if (!is_float(isa::info(in.op).extension)) return;
  const Pair pair = float_handlers<W>(in, flags_matter);
  out.run[0] = pair.full;
  out.run[1] = pair.masked;
}

template <unsigned W>
void run(Warp& warp, std::uint64_t budget) {
  const Insn* insn = warp.next;
  std::uint64_t done = warp.executed;
  const std::uint64_t end = done + budget;
  while (done != end) {
    warp.executed = ++done;
    insn = insn->run[warp.partial](warp, insn);
    if (!insn) [[unlikely]]
      break;
  }
  if (insn) warp.next = insn;
  warp.account();
}

// Where the active lanes of a load, store or atomic go; which barrier, and for how many warps it opens.
template <unsigned W>
void note_operands(Lanes<W>& w, const Insn* insn, Trace& trace) {
  const u64* x = read_x(w, insn->rs1);
  if (insn->traced == Traced::kBarrier) {
    const unsigned lane = first_lane(w.mask);
    trace.addresses.push_back(x[lane]);
    trace.addresses.push_back(read_x(w, insn->rs2)[lane]);
    return;
  }
  for_active(w.mask, [&](unsigned l) { trace.addresses.push_back(x[l] + static_cast<u64>(insn->imm)); });
}

template <unsigned W>
void run_traced(Warp& warp, std::uint64_t budget, Trace& trace) {
  auto& w = lanes_of<W>(warp);
  const Insn* const first = warp.core->code->insns.data();
  const Insn* insn = warp.next;
  for (; insn && budget; --budget) {
    const Insn* const here = insn;
    const auto address = static_cast<u32>(trace.addresses.size());
    if (here->traced != Traced::kNothing) note_operands(w, here, trace);
    const u64 mask = warp.mask;
    ++warp.executed;
    insn = here->run[warp.partial](warp, here);
    const bool ended = warp.stop == Stop::kEnded, changed = warp.mask != mask;
    trace.steps.push_back({static_cast<u32>(here - first), address, mask, insn != here + 1, changed, ended,
                           changed && !(warp.mask & ~mask)});
  }
  if (insn) warp.next = insn;
  warp.account();
}

template <unsigned W>
void clear_registers(Warp& warp) {
  auto& w = lanes_of<W>(warp);
  std::memset(w.base, 0, sizeof w.base);
  std::memset(w.slope, 0, sizeof w.slope);
  std::memset(w.form, kStale, sizeof w.form);
  std::memset(w.f, 0, sizeof w.f);
  w.single = ~0u;
}

template <unsigned W>
Warp* make_warp() {
  auto* w = new (std::align_val_t{64}, std::nothrow) Lanes<W>();
  if (w) clear_registers<W>(*w);
  return w;
}

template <unsigned W>
void destroy_warp(Warp* warp) {
  if (warp) operator delete (static_cast<Lanes<W>*>(warp), std::align_val_t{64});
}

template <unsigned W>
std::uint64_t read_x(const Warp& warp, unsigned reg, unsigned lane) {
  const auto& w = static_cast<const Lanes<W>&>(warp);
  return is_line(w.form[reg]) ? w.base[reg] + w.slope[reg] * lane : w.x[reg][lane];
}

template <unsigned W>
StateLayout layout() {
  Warp* const warp = make_warp<W>();
  const auto& w = lanes_of<W>(*warp);
  const auto at = [&](const auto& member) {
    return static_cast<u32>(reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(warp));
  };
  const Divergence& first = w.divergence[0];
  const u32 start = at(first);
  StateLayout out{};
  out.mask = at(w.mask);
  out.depth = at(w.depth);
  out.divergence = start;
  out.single = at(w.single);
  out.form = at(w.form);
  out.base = at(w.base);
  out.slope = at(w.slope);
  out.x = at(w.x);
  out.f = at(w.f);
  out.divergence_stride = sizeof(Divergence);
  out.divergence_before = at(first.before) - start;
  out.divergence_second_side = at(first.second_side) - start;
  out.divergence_second_start = at(first.second_start) - start;
  out.divergence_in_second = at(first.in_second) - start;
  out.width = W;
  out.insn_bytes = sizeof(Insn);
  out.form_varies = kVaries;
  out.form_uniform = kStale;
  out.form_sloped = kSloped | kStale;
  destroy_warp<W>(warp);
  return out;
}

template <unsigned W>
void unfold(Warp& warp, const Insn& insn) {
  auto& w = lanes_of<W>(warp);
  const char written = isa::info(insn.op).syntax[0];
  if (written == 'd') read_x(w, insn.rd);
  if (written == 'D') read_wide(w, insn.rd);
}

#if !defined(__AVX2__)
constexpr HostLevel kLevel = HostLevel::kBase;
#elif !KIESEL_BIT_MASKS
constexpr HostLevel kLevel = HostLevel::kV3;
#else
constexpr HostLevel kLevel = HostLevel::kV4;
#endif

#define KIESEL_STRING(x) #x
#define KIESEL_NAME(x) KIESEL_STRING(x)
template <unsigned W>
constexpr Engine kEngine = {KIESEL_NAME(KIESEL_HOST),
                            kLevel,
                            W,
                            make_warp<W>,
                            destroy_warp<W>,
                            clear_registers<W>,
                            set_mask<W>,
                            run<W>,
                            run_traced<W>,
                            bind<W>,
                            layout<W>,
                            unfold<W>,
                            read_x<W>};

}  // namespace

const Engine& engine(unsigned lanes) {
  if (lanes <= 8) return kEngine<8>;
  if (lanes == 16) return kEngine<16>;
  return lanes == 32 ? kEngine<32> : kEngine<64>;
}

}  // namespace kiesel::model::KIESEL_HOST
