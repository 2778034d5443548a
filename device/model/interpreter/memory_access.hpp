// Loads and stores. Each instruction remembers the allocation its last access went to (CoreState::ranges), so
// that the usual check is two comparisons for addresses that are consecutive or the same in all lanes, and
// one pass of vector comparisons otherwise. What that does not cover goes through resolve(), lane by lane.
#pragma once

#include "device/model/interpreter/lanes.hpp"

namespace kiesel::model::KIESEL_HOST {

enum class Shape : u8 { kConsecutive, kUniform, kScattered };

// How the active lanes' addresses lie; `base` is what lane 0 has or would have.
template <unsigned W, bool kFull, unsigned kBytes>
KIESEL_INLINE Shape shape_of(const Lanes<W>& w, const u64* a, u64& base) {
  const unsigned first = kFull ? 0 : static_cast<unsigned>(__builtin_ctzll(w.mask));
  const unsigned last = kFull ? W - 1 : 63 - static_cast<unsigned>(__builtin_clzll(w.mask));
  const u64 span = a[last] - a[first];
  if (span == u64{kBytes} * (last - first) && last != first) {
    base = a[first] - u64{kBytes} * first;
    u64 bad = 0;
    for (unsigned l = 0; l < W; ++l) {
      const u64 difference = a[l] ^ (base + kBytes * l);
      bad |= kFull ? difference : difference & w.mask64[l];
    }
    if (!bad) return Shape::kConsecutive;
  }
  if (span == 0) {
    base = a[first];
    u64 bad = 0;
    for (unsigned l = 0; l < W; ++l) bad |= kFull ? a[l] ^ base : (a[l] ^ base) & w.mask64[l];
    if (!bad) return Shape::kUniform;
  }
  return Shape::kScattered;
}

// All active lanes' accesses are aligned and inside the range.
template <unsigned W, bool kFull, unsigned kBytes>
KIESEL_INLINE bool all_inside(const Lanes<W>& w, const u64* a, u64 imm, const Range& range) {
  if (range.end - range.begin < kBytes) return false;
  const u64 room = range.end - range.begin - kBytes;
  u64 bad = 0;
  for (unsigned l = 0; l < W; ++l) {
    const u64 address = a[l] + imm;
    const u64 wrong =
        static_cast<u64>(-static_cast<i64>(address - range.begin > room)) | (address & (kBytes - 1));
    bad |= kFull ? wrong : wrong & w.mask64[l];
  }
  return !bad;
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

// write(lane -> T) stores the loaded lanes into the destination register.
template <unsigned W, bool kFull, class T, class Write>
KIESEL_INLINE const Insn* load_lanes(Lanes<W>& w, const Insn* insn, Write write) {
  constexpr unsigned kBytes = sizeof(T);
  const u64* a = w.x[insn->rs1];
  const u64 imm = static_cast<u64>(insn->imm);
  const Range& range = w.core->ranges[insn->slot];
  u64 base;
  const Shape shape = shape_of<W, kFull, kBytes>(w, a, base);
  base += imm;
  if (shape == Shape::kConsecutive) {
    if (range.contains(base, W * kBytes) && !(base & (kBytes - 1))) [[likely]] {
      const auto* p = reinterpret_cast<const T*>(base);
      write([&](unsigned l) { return p[l]; });
      return insn + 1;
    }
  } else if (shape == Shape::kUniform) {
    if (range.contains(base, kBytes) && !(base & (kBytes - 1))) {
      const T v = *reinterpret_cast<const T*>(base);
      write([&](unsigned) { return v; });
      return insn + 1;
    }
    if (const std::byte* p = private_base<W, kBytes>(w, base); p && w.lanes == W) {
      write([&](unsigned l) { return get<T>(p + 8 * l); });
      return insn + 1;
    }
  }
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
  write([&](unsigned l) { return values[l]; });
  return insn + 1;
}

// read(lane) -> T is the value to store.
template <unsigned W, bool kFull, class T, class Read>
KIESEL_INLINE const Insn* store_lanes(Lanes<W>& w, const Insn* insn, Read read) {
  constexpr unsigned kBytes = sizeof(T);
  const u64* a = w.x[insn->rs1];
  const u64 imm = static_cast<u64>(insn->imm);
  const Range& range = w.core->ranges[insn->slot];
  u64 base;
  const Shape shape = shape_of<W, kFull, kBytes>(w, a, base);
  base += imm;
  if (kFull && shape == Shape::kConsecutive) {
    if (range.contains(base, W * kBytes) && !(base & (kBytes - 1))) [[likely]] {
      auto* p = reinterpret_cast<T*>(base);
      KIESEL_LANES(W, l) p[l] = read(l);
      return insn + 1;
    }
  } else if (shape == Shape::kUniform) {
    if (std::byte* p = private_base<W, kBytes>(w, base); p && w.lanes == W) {
      if (kFull) {
        KIESEL_LANES(W, l) put<T>(p + 8 * l, read(l));
      } else {
        for_active(w.mask, [&](unsigned l) { put<T>(p + 8 * l, read(l)); });
      }
      return insn + 1;
    }
  }
  if (all_inside<W, kFull, kBytes>(w, a, imm, range)) {
    for_active(w.mask, [&](unsigned l) { put<T>(reinterpret_cast<void*>(a[l] + imm), read(l)); });
    return insn + 1;
  }
  std::byte* where[W];
  if (!resolve_all<W, kBytes>(w, insn, a, imm, true, where)) return nullptr;
  for_active(w.mask, [&](unsigned l) { put<T>(where[l], read(l)); });
  return insn + 1;
}

// T's sign decides how a register is filled.
template <unsigned W, bool kFull, class T>
const Insn* load(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  return load_lanes<W, kFull, T>(w, insn, [&](auto value) {
    write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return static_cast<u64>(static_cast<i64>(value(l))); });
  });
}

template <unsigned W, bool kFull, class T>
const Insn* store(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* b = w.x[insn->rs2];
  return store_lanes<W, kFull, T>(w, insn, [&](unsigned l) { return static_cast<T>(b[l]); });
}

template <unsigned W, bool kFull>
const Insn* load_single(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  return load_lanes<W, kFull, u32>(w, insn, [&](auto value) { write_single<W, kFull>(w, insn->rd, value); });
}

// fld and flh; a half is boxed in ones.
template <unsigned W, bool kFull, class T>
const Insn* load_wide(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  constexpr u64 kBox = sizeof(T) == 8 ? 0 : ~u64{0} << (8 * (sizeof(T) & 7));
  return load_lanes<W, kFull, T>(w, insn, [&](auto value) {
    write_wide<W, kFull>(w, insn->rd, [&](unsigned l) { return kBox | value(l); });
  });
}

template <unsigned W, bool kFull>
const Insn* store_single(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  if (w.single >> insn->rs2 & 1) {
    const u32* b = reinterpret_cast<const u32*>(w.f[insn->rs2]);
    return store_lanes<W, kFull, u32>(w, insn, [&](unsigned l) { return b[l]; });
  }
  const u64* b = w.f[insn->rs2];
  return store_lanes<W, kFull, u32>(w, insn, [&](unsigned l) { return static_cast<u32>(b[l]); });
}

template <unsigned W, bool kFull, class T>
const Insn* store_wide(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* b = read_wide(w, insn->rs2);
  return store_lanes<W, kFull, T>(w, insn, [&](unsigned l) { return static_cast<T>(b[l]); });
}

}  // namespace kiesel::model::KIESEL_HOST
