// The interpreter for one level of the host's instruction set (KIESEL_HOST, set by the build) and all widths.
#include "device/model/interpreter/engine.hpp"

#include <cstddef>
#include <new>

#include "device/model/interpreter/handlers.hpp"
#include "device/model/interpreter/observed.hpp"
#include "device/model/interpreter/trace.hpp"

namespace kiesel::model::KIESEL_HOST {
namespace {

template <unsigned W>
void bind(const isa::Instruction& in, bool flags_matter, Insn& out) {
  const Pair pair = handlers<W>({in, flags_matter});
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
  if (insn->traced == Traced::kClock) return;
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
    if (here->traced == Traced::kClock && !trace.steps.empty()) break;
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
                            run_observed<W>,
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
