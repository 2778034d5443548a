// Branches, jumps and the SIMT instructions.
#pragma once

#include "device/model/interpreter/integer.hpp"
#include "device/model/interpreter/lanes.hpp"

namespace kiesel::model::KIESEL_HOST {

KIESEL_INLINE unsigned first_lane(u64 mask) { return static_cast<unsigned>(__builtin_ctzll(mask)); }

KIESEL_INLINE const Insn* jump_to(Warp& w, const Insn* insn) {
  if (insn->flag) [[unlikely]]
    return raise(w, insn, FaultKind::kJumpOutside, first_lane(w.mask),
                 w.core->code->address(insn) + static_cast<u64>(insn->imm) * 4);
  return insn + insn->imm;
}

struct Do_eq {
  static KIESEL_INLINE bool of(u64 a, u64 b) { return a == b; }
};
struct Do_ne {
  static KIESEL_INLINE bool of(u64 a, u64 b) { return a != b; }
};
struct Do_lt {
  static KIESEL_INLINE bool of(u64 a, u64 b) { return s(a) < s(b); }
};
struct Do_ge {
  static KIESEL_INLINE bool of(u64 a, u64 b) { return s(a) >= s(b); }
};
struct Do_ltu {
  static KIESEL_INLINE bool of(u64 a, u64 b) { return a < b; }
};
struct Do_geu {
  static KIESEL_INLINE bool of(u64 a, u64 b) { return a >= b; }
};

// Names the first lane that goes another way than the first active one.
template <unsigned W>
__attribute__((noinline)) const Insn* divergent(Lanes<W>& w, const Insn* insn, u64 taken) {
  const bool first = taken >> first_lane(w.mask) & 1;
  return raise(w, insn, FaultKind::kDivergentBranch, first_lane(first ? w.mask & ~taken : taken));
}

template <unsigned W, class Condition>
KIESEL_APART const Insn* branch_lanes(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  u64 taken;
  if (is_uniform(w.form[insn->rs2])) {  // most often x0
    const u64 b = w.base[insn->rs2];
    taken = lanes_with<W>([&](unsigned l) { return u64{Condition::of(a[l], b)}; });
  } else {
    const u64* b = read_x(w, insn->rs2);
    taken = lanes_with<W>([&](unsigned l) { return u64{Condition::of(a[l], b[l])}; });
  }
  taken &= w.mask;
  if (!taken) return insn + 1;
  if (taken != w.mask) [[unlikely]]
    return divergent(w, insn, taken);
  return jump_to(w, insn);
}

template <unsigned W, class Condition>
const Insn* branch(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  if (!is_uniform(w.form[insn->rs1] | w.form[insn->rs2])) return branch_lanes<W, Condition>(warp, insn);
  return Condition::of(w.base[insn->rs1], w.base[insn->rs2]) ? jump_to(w, insn) : insn + 1;
}

template <unsigned W, bool kFull>
const Insn* jal(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  if (insn->rd != kSink) {
    const u64 link = w.core->code->address(insn + 1);
    write_uniform<W, kFull>(w, insn->rd, link);
  }
  return jump_to(w, insn);
}

template <unsigned W, bool kFull>
const Insn* jalr(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 target;
  if (!read_uniform(w, insn, insn->rs1, target)) return nullptr;
  target = (target + static_cast<u64>(insn->imm)) & ~u64{1};
  const Insn* next = w.core->code->at(target);
  if (!next) return raise(w, insn, FaultKind::kJumpOutside, first_lane(w.mask), target);
  if (insn->rd != kSink) {
    const u64 link = w.core->code->address(insn + 1);
    write_uniform<W, kFull>(w, insn->rd, link);
  }
  return next;
}

// Bit 0 of a register as a lane mask, over the active lanes.
template <unsigned W>
KIESEL_INLINE u64 predicate(Lanes<W>& w, unsigned r, bool negate) {
  u64 bits;
  if (is_uniform(w.form[r])) {
    bits = w.base[r] & 1 ? ~u64{0} : 0;
  } else {
    const u64* x = read_x(w, r);
    bits = lanes_with<W>([&](unsigned l) { return x[l] & 1; });
  }
  return (negate ? ~bits : bits) & w.mask;
}

template <unsigned W, bool kFull>
const Insn* tmc(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 mask;
  if (!read_uniform(w, insn, insn->rs1, mask)) return nullptr;
  mask &= w.full_mask;
  if (mask) {
    set_mask<W>(w, mask);
    return insn + 1;
  }
  if (w.depth) return raise(w, insn, FaultKind::kEndedInside, first_lane(w.mask));
  w.stop = Stop::kEnded;
  return nullptr;
}

template <unsigned W, bool kFull>
const Insn* split(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64 token = w.depth;
  const u64 yes = predicate(w, insn->rs1, insn->flag), no = w.mask & ~yes;
  write_uniform<W, kFull>(w, insn->rd, token);
  if (!yes || !no) return insn + 1;
  if (w.depth + 1 > (w.lanes > 1 ? w.lanes - 1 : 1))
    return raise(w, insn, FaultKind::kStackFull, first_lane(w.mask));
  const bool yes_first = w.count(yes) >= w.count(no);
  w.divergence[w.depth++] = {w.mask, yes_first ? no : yes, insn + 1, false};
  set_mask<W>(w, yes_first ? yes : no);
  return insn + 1;
}

template <unsigned W, bool kFull>
const Insn* join(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 token;
  if (!read_uniform(w, insn, insn->rs1, token)) return nullptr;
  if (token == w.depth) return insn + 1;
  // A sum could wrap: any number may be in the register.
  if (w.depth == 0 || token != w.depth - 1)
    return raise(w, insn, FaultKind::kBadToken, first_lane(w.mask), token);
  Divergence& top = w.divergence[w.depth - 1];
  if (!top.in_second) {
    top.in_second = true;
    set_mask<W>(w, top.second_side);
    return top.second_start;
  }
  const u64 before = top.before;
  --w.depth;
  set_mask<W>(w, before);
  return insn + 1;
}

template <unsigned W, bool kFull>
const Insn* pred(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 restore;
  if (!read_uniform(w, insn, insn->rs2, restore)) return nullptr;
  u64 mask = predicate(w, insn->rs1, insn->flag);
  if (!mask) mask = restore & w.full_mask;
  if (!mask) return raise(w, insn, FaultKind::kBadToken, first_lane(w.mask));
  if (mask != w.mask) set_mask<W>(w, mask);
  return insn + 1;
}

// The operands of bar, bar.arrive, bar.wait: false after a fault.
template <unsigned W>
KIESEL_INLINE bool barrier_operands(Lanes<W>& w, const Insn* insn, u64& id, u64& count) {
  if (!read_uniform(w, insn, insn->rs1, id) || !read_uniform(w, insn, insn->rs2, count)) return false;
  if (id < kNumBarriers) return true;
  raise(w, insn, FaultKind::kBadBarrier, first_lane(w.mask), id);
  return false;
}

KIESEL_INLINE const Insn* wait_for(Warp& w, const Insn* insn, u64 id, u64 generation) {
  if (!wait_at(w, id, generation)) return insn + 1;
  w.next = insn + 1;
  return nullptr;
}

template <unsigned W, bool kFull>
const Insn* bar(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 id, count;
  if (!barrier_operands(w, insn, id, count)) return nullptr;
  if (count <= 1) return insn + 1;
  return wait_for(w, insn, id, arrive_at(*w.core, id, 1, count));
}

template <unsigned W, bool kFull>
const Insn* bar_arrive(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 id, count;
  if (!barrier_operands(w, insn, id, count)) return nullptr;
  const u64 token = arrive_at(*w.core, id, 1, count);
  write_uniform<W, kFull>(w, insn->rd, token);
  return insn + 1;
}

template <unsigned W, bool kFull>
const Insn* bar_wait(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  u64 id, token;
  if (!barrier_operands(w, insn, id, token)) return nullptr;
  return wait_for(w, insn, id, token);
}

enum class Vote : u8 { kAll, kAny, kUniform, kBallot };

template <unsigned W, bool kFull, Vote kVote>
const Insn* vote(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64 yes = predicate(w, insn->rs1, false);
  u64 result = yes;
  if (kVote == Vote::kAll) result = yes == w.mask;
  if (kVote == Vote::kAny) result = yes != 0;
  if (kVote == Vote::kUniform) result = yes == 0 || yes == w.mask;
  write_uniform<W, kFull>(w, insn->rd, result);
  return insn + 1;
}

enum class Shuffle : u8 { kUp, kDown, kButterfly, kIndex };

template <unsigned W, bool kFull, Shuffle kShuffle>
const Insn* shuffle(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64 *value = read_x(w, insn->rs1), *how = read_x(w, insn->rs2);
  alignas(64) u64 out[W];
  for_active(w.mask, [&](unsigned l) {
    const i64 b = how[l] & 63, c = how[l] >> 6 & 63, mask = how[l] >> 12 & 63, lane = l;
    const i64 last = (lane & mask) | (c & ~mask), first = lane & mask;
    i64 source = lane;
    if (kShuffle == Shuffle::kUp) source = lane - b;
    if (kShuffle == Shuffle::kDown) source = lane + b;
    if (kShuffle == Shuffle::kButterfly) source = lane ^ b;
    if (kShuffle == Shuffle::kIndex) source = first | (b & ~mask);
    const bool valid = (kShuffle == Shuffle::kUp ? source >= first : source <= last) && source >= 0 &&
                       source < static_cast<i64>(w.lanes);
    out[l] = value[valid ? source : lane];
  });
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return w.mask >> l & 1 ? out[l] : 0; });
  return insn + 1;
}

template <unsigned W, bool kFull>
const Insn* illegal(Warp& w, const Insn* insn) {
  return raise(w, insn, FaultKind::kIllegal, first_lane(w.mask));
}

template <unsigned W, bool kFull>
const Insn* fence(Warp&, const Insn* insn) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return insn + 1;
}

// What the warp has begun is over at once here.
template <unsigned W, bool kFull>
const Insn* wsync(Warp&, const Insn* insn) {
  return insn + 1;
}

enum class CsrAction : u8 { kWrite, kSet, kClear };

// rs1 is a register, or for the immediate forms the value itself.
template <unsigned W, bool kFull>
KIESEL_APART const Insn* write_lane_csr(Lanes<W>& w, const Insn* insn, const u32* values) {
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return u64{values[l]}; });
  return insn + 1;
}

// csrrs and csrrc that only read; no CSR of a lane can be written.
template <unsigned W, bool kFull>
const Insn* read_only_csr(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u32 number = static_cast<u32>(insn->imm);
  if (!insn->flag) {
    write_uniform<W, kFull>(w, insn->rd, read_csr(w, number));
    return insn + 1;
  }
  const LaneCsr source = read_lane_csr(w, number);
  if (source.values) return write_lane_csr<W, kFull>(w, insn, source.values);
  write_line<W, kFull>(w, insn->rd, source.base, source.slope);
  return insn + 1;
}

// The others.
template <unsigned W, bool kFull, CsrAction kAction, bool kImmediate>
const Insn* csr(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u32 number = static_cast<u32>(insn->imm);
  u64 operand = insn->rs1;
  if (!kImmediate && !read_uniform(w, insn, insn->rs1, operand)) return nullptr;
  const u64 old = read_csr(w, number);
  write_uniform<W, kFull>(w, insn->rd, old);
  write_csr(w, number,
            kAction == CsrAction::kWrite ? operand
            : kAction == CsrAction::kSet ? old | operand
                                         : old & ~operand);
  return insn + 1;
}

}  // namespace kiesel::model::KIESEL_HOST
