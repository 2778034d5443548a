// Atomic memory operations: real ones on the host, lane after lane, since work-groups run on several threads.
#pragma once

#include <type_traits>

#include "device/model/interpreter/memory_access.hpp"

namespace kiesel::model::KIESEL_HOST {

template <class T>
KIESEL_INLINE u64 extend(T v) {
  return static_cast<u64>(static_cast<i64>(static_cast<std::make_signed_t<T>>(v)));
}

// Host addresses of all active lanes; false after a fault.
template <unsigned W, unsigned kBytes>
KIESEL_INLINE bool locate(Lanes<W>& w, const Insn* insn, std::byte** where) {
  const u64* a = read_x(w, insn->rs1);
  if (all_inside<W, false, kBytes>(w, a, 0, w.core->ranges[insn->slot])) [[likely]] {
    for_active(w.mask, [&](unsigned l) { where[l] = reinterpret_cast<std::byte*>(a[l]); });
    return true;
  }
  return resolve_all<W, kBytes>(w, insn, a, 0, true, where);
}

struct Do_amoswap {
  template <class T>
  static T of(T* p, T v) {
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
  }
};
struct Do_amoadd {
  template <class T>
  static T of(T* p, T v) {
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
  }
};
struct Do_amoand {
  template <class T>
  static T of(T* p, T v) {
    return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);
  }
};
struct Do_amoor {
  template <class T>
  static T of(T* p, T v) {
    return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
  }
};
struct Do_amoxor {
  template <class T>
  static T of(T* p, T v) {
    return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);
  }
};

template <class Better>
struct Choose {
  template <class T>
  static T of(T* p, T v) {
    T old = __atomic_load_n(p, __ATOMIC_SEQ_CST);
    while (Better::of(v, old) &&
           !__atomic_compare_exchange_n(p, &old, v, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    return old;
  }
};
struct Less {
  template <class T>
  static bool of(T a, T b) {
    return a < b;
  }
};
struct More {
  template <class T>
  static bool of(T a, T b) {
    return a > b;
  }
};

using Do_amomin = Choose<Less>;  // of numbers with a sign, as the instruction's are
using Do_amomax = Choose<More>;
using Do_amominu = Choose<Less>;
using Do_amomaxu = Choose<More>;

template <unsigned W, class T, class Do>
const Insn* atomic(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  std::byte* where[W];
  if (!locate<W, sizeof(T)>(w, insn, where)) return nullptr;
  const u64* b = read_x(w, insn->rs2);
  u64* d = modify_x(w, insn->rd);
  for_active(w.mask, [&](unsigned l) {
    d[l] = extend(Do::of(reinterpret_cast<T*>(where[l]), static_cast<T>(b[l])));
  });
  return insn + 1;
}

// amocas: rd holds the expected value and gets the old one.
template <unsigned W, class T>
const Insn* compare_and_swap(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  std::byte* where[W];
  if (!locate<W, sizeof(T)>(w, insn, where)) return nullptr;
  const u64* b = read_x(w, insn->rs2);
  u64* d = modify_x(w, insn->rd);
  for_active(w.mask, [&](unsigned l) {
    T expected = insn->rd == kSink ? T{0} : static_cast<T>(d[l]);
    __atomic_compare_exchange_n(reinterpret_cast<T*>(where[l]), &expected, static_cast<T>(b[l]), false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    d[l] = extend(expected);
  });
  return insn + 1;
}

// A reservation is an address and the value that was read there.
template <unsigned W, class T>
const Insn* reserve_lr(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  std::byte* where[W];
  if (!locate<W, sizeof(T)>(w, insn, where)) return nullptr;
  const u64* a = read_x(w, insn->rs1);
  u64* d = modify_x(w, insn->rd);
  for_active(w.mask, [&](unsigned l) {
    const T value = __atomic_load_n(reinterpret_cast<T*>(where[l]), __ATOMIC_SEQ_CST);
    w.reserved |= u64{1} << l;
    w.reservation_address[l] = a[l];
    w.reservation_value[l] = extend(value);
    d[l] = extend(value);
  });
  return insn + 1;
}

template <unsigned W, class T>
const Insn* reserve_sc(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  std::byte* where[W];
  if (!locate<W, sizeof(T)>(w, insn, where)) return nullptr;
  const u64 *a = read_x(w, insn->rs1), *b = read_x(w, insn->rs2);
  u64* d = modify_x(w, insn->rd);
  for_active(w.mask, [&](unsigned l) {
    bool done = false;
    if ((w.reserved >> l & 1) && w.reservation_address[l] == a[l]) {
      T expected = static_cast<T>(w.reservation_value[l]);
      done = __atomic_compare_exchange_n(reinterpret_cast<T*>(where[l]), &expected, static_cast<T>(b[l]),
                                         false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    }
    w.reserved &= ~(u64{1} << l);
    d[l] = !done;
  });
  return insn + 1;
}

}  // namespace kiesel::model::KIESEL_HOST
