// Loads and stores. Each instruction remembers the allocation its last access went to (CoreState::ranges), so
// that the usual check is two comparisons for addresses that are consecutive or the same in all lanes, and
// one pass of vector comparisons otherwise. What that does not cover goes through resolve(), lane by lane.
#pragma once

#include <type_traits>

#include "device/model/interpreter/lanes.hpp"

namespace kiesel::model::KIESEL_HOST {

enum class Shape : u8 { kConsecutive, kUniform, kScattered };

// How the active lanes' addresses in a register lie; `base` is what lane 0 has or would have.
template <unsigned W, bool kFull, unsigned kBytes>
KIESEL_INLINE Shape shape_of(const Lanes<W>& w, unsigned r, u64& base) {
  if (is_line(w.form[r])) {
    base = w.base[r];
    const u64 slope = w.slope[r];
    return slope == 0 ? Shape::kUniform : slope == kBytes ? Shape::kConsecutive : Shape::kScattered;
  }
  const u64* a = w.x[r];
  const unsigned first = kFull ? 0 : static_cast<unsigned>(__builtin_ctzll(w.mask));
  const unsigned last = kFull ? W - 1 : 63 - static_cast<unsigned>(__builtin_clzll(w.mask));
  const u64 span = a[last] - a[first];
  if (span == u64{kBytes} * (last - first) && last != first) {
    base = a[first] - u64{kBytes} * first;
    const u64 bad = lanes_with<W>([&](unsigned l) { return a[l] ^ (base + kBytes * l); });
    if (!(kFull ? bad : bad & w.mask)) return Shape::kConsecutive;
  }
  if (span == 0) {
    base = a[first];
    const u64 bad = lanes_with<W>([&](unsigned l) { return a[l] ^ base; });
    if (!(kFull ? bad : bad & w.mask)) return Shape::kUniform;
  }
  return Shape::kScattered;
}

// All active lanes' accesses are aligned and inside the range.
template <unsigned W, bool kFull, unsigned kBytes>
KIESEL_INLINE bool all_inside(const Lanes<W>& w, const u64* a, u64 imm, const Range& range) {
  if (range.end - range.begin < kBytes) return false;
  const u64 room = range.end - range.begin - kBytes;
  const u64 bad = lanes_with<W>([&](unsigned l) {
    const u64 address = a[l] + imm;
    return static_cast<u64>(address - range.begin > room) | (address & (kBytes - 1));
  });
  return !(kFull ? bad : bad & w.mask);
}

// Every active lane through resolve(); false after a fault. Remembers the last plain range.
template <unsigned W, unsigned kBytes>
__attribute__((noinline)) bool resolve_all(Lanes<W>& w, const Insn* insn, const u64* a, u64 imm, bool store,
                                           std::byte** out) {
  Range range;
  for (u64 left = w.mask; left; left &= left - 1) {
    const unsigned l = static_cast<unsigned>(__builtin_ctzll(left));
    const u64 address = a[l] + imm;
    const bool same = address >= range.begin && address < range.end && kBytes <= range.end - address;
    if (same && !(address & (kBytes - 1))) {
      out[l] = reinterpret_cast<std::byte*>(address);
      continue;
    }
    out[l] = resolve(w, insn, l, address, kBytes, store, range);
    if (!out[l]) return false;
  }
  if (range.end) w.core->ranges[insn->slot] = range;
  return true;
}

// Where lane 0 of a uniform address in the private window finds its bytes; lane l is 8 * l further. Null when
// it is not a whole, aligned access in the window.
template <unsigned W, unsigned kBytes>
KIESEL_INLINE std::byte* private_base(const Lanes<W>& w, u64 address) {
  const Range& window = w.core->private_window;
  const u64 offset = address - window.begin;
  if (offset >= window.end - window.begin || (address & (kBytes - 1))) return nullptr;
  return w.private_memory + (offset >> 3) * (8 * w.lanes) + (offset & 7);
}

template <class T>
KIESEL_INLINE T get(const void* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
KIESEL_INLINE void put(void* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

// What all lanes loaded from one address.
template <class T>
struct Same {
  T value;
  KIESEL_INLINE T operator()(unsigned) const { return value; }
};

// Where loaded lanes go, value(lane) -> T. T's sign decides how an integer register is filled.
struct ToInteger {
  template <unsigned W, bool kFull, class T, class Value>
  static KIESEL_INLINE void write(Lanes<W>& w, unsigned rd, Value value) {
    if constexpr (std::is_same_v<Value, Same<T>>)
      write_uniform<W, kFull>(w, rd, static_cast<u64>(static_cast<i64>(value.value)));
    else
      write_x<W, kFull>(w, rd, [&](unsigned l) { return static_cast<u64>(static_cast<i64>(value(l))); });
  }
};
struct ToSingle {
  template <unsigned W, bool kFull, class T, class Value>
  static KIESEL_INLINE void write(Lanes<W>& w, unsigned rd, Value value) {
    write_single<W, kFull>(w, rd, value);
  }
};
struct ToHalf {
  template <unsigned W, bool kFull, class T, class Value>
  static KIESEL_INLINE void write(Lanes<W>& w, unsigned rd, Value value) {
    write_single<W, kFull>(w, rd, [&](unsigned l) { return kBoxHalf | value(l); });
  }
};
struct ToWide {
  template <unsigned W, bool kFull, class T, class Value>
  static KIESEL_INLINE void write(Lanes<W>& w, unsigned rd, Value value) {
    write_wide<W, kFull>(w, rd, value);
  }
};

// The lanes to store, in their low bits: ready() where the register holds them as they are, or null; read()
// always.
struct FromInteger {
  template <unsigned W>
  static KIESEL_INLINE const u64* ready(Lanes<W>& w, unsigned r) {
    return read_x(w, r);
  }
  template <unsigned W>
  static KIESEL_INLINE const u64* read(Lanes<W>& w, unsigned r, u32*) {
    return read_x(w, r);
  }
};
struct FromSingle {
  template <unsigned W>
  static KIESEL_INLINE const u32* ready(Lanes<W>& w, unsigned r) {
    return w.single >> r & 1 ? reinterpret_cast<const u32*>(w.f[r]) : nullptr;
  }
  template <unsigned W>
  static KIESEL_INLINE const u32* read(Lanes<W>& w, unsigned r, u32* scratch) {
    if (const u32* lanes = ready(w, r)) return lanes;
    for (unsigned l = 0; l < W; ++l) scratch[l] = static_cast<u32>(w.f[r][l]);
    return scratch;
  }
};
struct FromWide {
  template <unsigned W>
  static KIESEL_INLINE const u64* ready(Lanes<W>& w, unsigned r) {
    return w.single >> r & 1 ? nullptr : w.f[r];
  }
  template <unsigned W>
  static KIESEL_INLINE const u64* read(Lanes<W>& w, unsigned r, u32*) {
    return read_wide(w, r);
  }
};

// What load() and store() leave over.
template <unsigned W, bool kFull, class T, class To>
KIESEL_APART const Insn* load_lanes(Warp& warp, const Insn* insn) {
  constexpr unsigned kBytes = sizeof(T);
  auto& w = lanes_of<W>(warp);
  const auto write = [&](auto value) {
    To::template write<W, kFull, T>(w, insn->rd, value);
    return insn + 1;
  };
  const u64 imm = static_cast<u64>(insn->imm);
  const Range& range = w.core->ranges[insn->slot];
  u64 base;
  const Shape shape = shape_of<W, kFull, kBytes>(w, insn->rs1, base);
  base += imm;
  if (shape == Shape::kConsecutive) {
    if (range.contains(base, W * kBytes) && !(base & (kBytes - 1))) {
      const auto* p = reinterpret_cast<const T*>(base);
      return write([&](unsigned l) { return p[l]; });
    }
  } else if (shape == Shape::kUniform) {
    if (range.contains(base, kBytes) && !(base & (kBytes - 1)))
      return write(Same<T>{*reinterpret_cast<const T*>(base)});
    if (const std::byte* p = private_base<W, kBytes>(w, base); p && w.lanes == W)
      return write([&](unsigned l) { return get<T>(p + 8 * l); });
  }
  const u64* a = read_x(w, insn->rs1);
  alignas(64) T values[W];
  if (all_inside<W, kFull, kBytes>(w, a, imm, range)) {
    if (kFull) {
      for (unsigned l = 0; l < W; ++l) values[l] = get<T>(reinterpret_cast<const void*>(a[l] + imm));
    } else {
      for_active(w.mask, [&](unsigned l) { values[l] = get<T>(reinterpret_cast<const void*>(a[l] + imm)); });
    }
  } else {
    std::byte* where[W];
    if (!resolve_all<W, kBytes>(w, insn, a, imm, false, where)) return nullptr;
    for_active(w.mask, [&](unsigned l) { values[l] = get<T>(where[l]); });
  }
  return write([&](unsigned l) { return values[l]; });
}

template <unsigned W, bool kFull, class T, class To>
const Insn* load(Warp& warp, const Insn* insn) {
  constexpr unsigned kBytes = sizeof(T);
  auto& w = lanes_of<W>(warp);
  if (kFull && is_line(w.form[insn->rs1])) {
    const Range& range = w.core->ranges[insn->slot];
    const u64 base = w.base[insn->rs1] + static_cast<u64>(insn->imm), slope = w.slope[insn->rs1];
    const auto* p = reinterpret_cast<const T*>(base);
    if (slope == 0 && range.contains(base, kBytes) && !(base & (kBytes - 1))) {
      To::template write<W, kFull, T>(w, insn->rd, Same<T>{*p});
      return insn + 1;
    }
    if (slope == kBytes && range.contains(base, W * kBytes) && !(base & (kBytes - 1))) {
      To::template write<W, kFull, T>(w, insn->rd, [&](unsigned l) { return p[l]; });
      return insn + 1;
    }
  }
  return load_lanes<W, kFull, T, To>(warp, insn);
}

template <unsigned W, bool kFull, class T, class From>
KIESEL_APART const Insn* store_lanes(Warp& warp, const Insn* insn) {
  constexpr unsigned kBytes = sizeof(T);
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W];
  const auto* b = From::template read<W>(w, insn->rs2, scratch);
  const u64 imm = static_cast<u64>(insn->imm);
  const Range& range = w.core->ranges[insn->slot];
  u64 base;
  const Shape shape = shape_of<W, kFull, kBytes>(w, insn->rs1, base);
  base += imm;
  if (kFull && shape == Shape::kConsecutive) {
    if (range.contains(base, W * kBytes) && !(base & (kBytes - 1))) {
      auto* p = reinterpret_cast<T*>(base);
      KIESEL_LANES(W, l) p[l] = static_cast<T>(b[l]);
      return insn + 1;
    }
  } else if (shape == Shape::kUniform) {
    if (std::byte* p = private_base<W, kBytes>(w, base); p && w.lanes == W) {
      if (kFull) {
        KIESEL_LANES(W, l) put<T>(p + 8 * l, static_cast<T>(b[l]));
      } else {
        for_active(w.mask, [&](unsigned l) { put<T>(p + 8 * l, static_cast<T>(b[l])); });
      }
      return insn + 1;
    }
  }
  const u64* a = read_x(w, insn->rs1);
  if (all_inside<W, kFull, kBytes>(w, a, imm, range)) {
    for_active(w.mask,
               [&](unsigned l) { put<T>(reinterpret_cast<void*>(a[l] + imm), static_cast<T>(b[l])); });
    return insn + 1;
  }
  std::byte* where[W];
  if (!resolve_all<W, kBytes>(w, insn, a, imm, true, where)) return nullptr;
  for_active(w.mask, [&](unsigned l) { put<T>(where[l], static_cast<T>(b[l])); });
  return insn + 1;
}

template <unsigned W, bool kFull, class T, class From>
const Insn* store(Warp& warp, const Insn* insn) {
  constexpr unsigned kBytes = sizeof(T);
  auto& w = lanes_of<W>(warp);
  if (kFull && is_line(w.form[insn->rs1]) && w.slope[insn->rs1] == kBytes) {
    const Range& range = w.core->ranges[insn->slot];
    const u64 base = w.base[insn->rs1] + static_cast<u64>(insn->imm);
    if (range.contains(base, W * kBytes) && !(base & (kBytes - 1))) [[likely]]
      if (const auto* b = From::template ready<W>(w, insn->rs2)) {
        auto* p = reinterpret_cast<T*>(base);
        KIESEL_LANES(W, l) p[l] = static_cast<T>(b[l]);
        return insn + 1;
      }
  }
  return store_lanes<W, kFull, T, From>(warp, insn);
}

}  // namespace kiesel::model::KIESEL_HOST
