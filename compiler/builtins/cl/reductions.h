// The operations of reductions and scans, and those over the active lanes of a run.
#pragma once

#include "lanes.h"

#define OP_add(a, b) ((a) + (b))
#define OP_mul(a, b) ((a) * (b))
#define OP_and(a, b) ((a) & (b))
#define OP_or(a, b) ((a) | (b))
#define OP_xor(a, b) ((a) ^ (b))
#define OP_min(a, b) lesser(a, b)
#define OP_max(a, b) greater(a, b)

#define CHOOSE_INTEGER(type)                                                       \
  static inline FUNC type lesser(type a, type b) { return a < b ? a : b; }      \
  static inline FUNC type greater(type a, type b) { return a > b ? a : b; }
CHOOSE_INTEGER(char)
CHOOSE_INTEGER(uchar)
CHOOSE_INTEGER(short)
CHOOSE_INTEGER(ushort)
CHOOSE_INTEGER(int)
CHOOSE_INTEGER(uint)
CHOOSE_INTEGER(long)
CHOOSE_INTEGER(ulong)

#define CHOOSE_FLOAT(type, suffix)                                                             \
  static inline FUNC type lesser(type a, type b) { return __builtin_fmin##suffix(a, b); }  \
  static inline FUNC type greater(type a, type b) { return __builtin_fmax##suffix(a, b); }
CHOOSE_FLOAT(half, f16)
CHOOSE_FLOAT(float, f)
CHOOSE_FLOAT(double, )

// operation, type, identity: the reader has one signedness for what has none (docs/builtins.md).
#define FOR_ADDITIONS(macro)                                                                                    \
  macro(add, char, 0) macro(add, short, 0) macro(add, int, 0) macro(add, long, 0) macro(add, half, 0)           \
  macro(add, float, 0) macro(add, double, 0)
#define FOR_CHOICES(macro)                                                                                      \
  macro(min, char, CHAR_MAX) macro(min, uchar, UCHAR_MAX) macro(min, short, SHRT_MAX)                           \
  macro(min, ushort, USHRT_MAX) macro(min, int, INT_MAX) macro(min, uint, UINT_MAX) macro(min, long, LONG_MAX)  \
  macro(min, ulong, ULONG_MAX) macro(min, half, INFINITY) macro(min, float, INFINITY)                           \
  macro(min, double, INFINITY)                                                                                  \
  macro(max, char, CHAR_MIN) macro(max, uchar, 0) macro(max, short, SHRT_MIN) macro(max, ushort, 0)             \
  macro(max, int, INT_MIN) macro(max, uint, 0) macro(max, long, LONG_MIN) macro(max, ulong, 0)                  \
  macro(max, half, -INFINITY) macro(max, float, -INFINITY) macro(max, double, -INFINITY)
#define FOR_PRODUCTS(macro)                                                                                     \
  macro(mul, char, 1) macro(mul, short, 1) macro(mul, int, 1) macro(mul, long, 1) macro(mul, half, 1)           \
  macro(mul, float, 1) macro(mul, double, 1)
#define FOR_BITWISE(macro)                                                                                      \
  macro(and, char, -1) macro(and, short, -1) macro(and, int, -1) macro(and, long, -1)                           \
  macro(or, char, 0) macro(or, short, 0) macro(or, int, 0) macro(or, long, 0)                                   \
  macro(xor, char, 0) macro(xor, short, 0) macro(xor, int, 0) macro(xor, long, 0)

// Where runs are whole, log2(size) exchanges do; otherwise one active place after the other, in all runs together. Both
// branches are the same for the whole warp.

// The places that a loop of the warp goes over, but for the first one of a warp that is one run.
static inline ulong turns_of(uint size) {
  const ulong active = active_lanes();
  if (!size) return active & (active - 1);
  ulong places = active;
  for (uint step = size; step < 64; step *= 2) places |= places >> step;
  return places & places_in(size);
}
// Whether a run with these active places adds `place` to what its first one has.
static inline bool adds(uint size, ulong active, uint place) {
  return !size || ((active & (active - 1)) >> place & 1);
}

#define REDUCE(operation, type)                                                                \
  static inline type reduce_##operation##_##type(uint size, type value) {                      \
    if (are_whole(size)) {                                                                     \
      for (uint step = 1; step < lanes_in(size); step *= 2)                                    \
        value = OP_##operation(value, value_of_lane(value, lane_id() ^ step));                 \
      return value;                                                                            \
    }                                                                                          \
    const ulong active = active_in(size);                                                      \
    type result = value_in(size, value, lowest_lane(active));                                  \
    for (ulong rest = turns_of(size); rest; rest &= rest - 1) {                                \
      const type other = value_in(size, value, lowest_lane(rest));                             \
      result = adds(size, active, lowest_lane(rest)) ? OP_##operation(result, other) : result; \
    }                                                                                          \
    return result;                                                                             \
  }

#define SCAN(operation, type)                                                                 \
  static inline type scan_##operation##_##type(uint size, type value) {                       \
    const uint place = place_in(size);                                                        \
    if (are_whole(size)) {                                                                    \
      for (uint step = 1; step < lanes_in(size); step *= 2) {                                 \
        const type before = value_of_lane(value, lane_id() - step);                           \
        value = place >= step ? OP_##operation(before, value) : value;                        \
      }                                                                                       \
      return value;                                                                           \
    }                                                                                         \
    const ulong active = active_in(size);                                                     \
    type sum = value_in(size, value, lowest_lane(active));                                    \
    type result = sum;                                                                        \
    for (ulong rest = turns_of(size); rest; rest &= rest - 1) {                               \
      const type other = value_in(size, value, lowest_lane(rest));                            \
      sum = adds(size, active, lowest_lane(rest)) ? OP_##operation(sum, other) : sum;         \
      result = place >= lowest_lane(rest) ? sum : result;                                     \
    }                                                                                         \
    return result;                                                                            \
  }                                                                                           \
  static inline type scan_before_##operation##_##type(uint size, type value, type identity) { \
    const type scanned = scan_##operation##_##type(size, value);                              \
    const ulong before = active_in(size) & lanes_below(place_in(size));                       \
    const type result = value_in(size, scanned, highest_lane(before | 1));                    \
    return before ? result : identity;                                                        \
  }
