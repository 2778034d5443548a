// The operations of reductions and scans, and those over the active lanes of a warp.
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

// When the whole warp is active, log2(lanes) exchanges do; otherwise one lane after the other. Both branches are
// uniform.
#define REDUCE_LANES(operation, type)                                                       \
  static inline type reduce_lanes_##operation##_##type(type value) {                       \
    const ulong active = active_lanes();                                                    \
    if (active == all_lanes()) {                                                            \
      for (uint step = 1; step < csr_num_lanes(); step *= 2)                                \
        value = OP_##operation(value, value_of_lane(value, lane_id() ^ step));              \
      return value;                                                                         \
    }                                                                                       \
    type result = value_of_lane(value, lowest_lane(active));                                \
    for (ulong rest = active & (active - 1); rest; rest &= rest - 1)                        \
      result = OP_##operation(result, value_of_lane(value, lowest_lane(rest)));             \
    return result;                                                                          \
  }

#define SCAN_LANES(operation, type)                                                                   \
  static inline type scan_lanes_##operation##_##type(type value) {                                   \
    const ulong active = active_lanes();                                                              \
    const uint lane = lane_id();                                                                      \
    if (active == all_lanes()) {                                                                      \
      for (uint step = 1; step < csr_num_lanes(); step *= 2) {                                        \
        const type before = value_of_lane(value, lane - step);                                        \
        value = lane >= step ? OP_##operation(before, value) : value;                                 \
      }                                                                                               \
      return value;                                                                                   \
    }                                                                                                 \
    type sum = value_of_lane(value, lowest_lane(active));                                             \
    type result = sum;                                                                                \
    for (ulong rest = active & (active - 1); rest; rest &= rest - 1) {                                \
      sum = OP_##operation(sum, value_of_lane(value, lowest_lane(rest)));                             \
      result = lane >= lowest_lane(rest) ? sum : result;                                              \
    }                                                                                                 \
    return result;                                                                                    \
  }                                                                                                   \
  static inline type scan_before_##operation##_##type(type value, type identity) {                   \
    const type scanned = scan_lanes_##operation##_##type(value);                                      \
    const ulong before = active_lanes() & lanes_below(lane_id());                                     \
    const type result = value_of_lane(scanned, highest_lane(before | 1));                             \
    return before ? result : identity;                                                                \
  }
