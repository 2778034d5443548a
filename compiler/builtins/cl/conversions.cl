// OpenCL C 6.4.3: convert_<type>. RISC-V's conversions carry their rounding mode and saturate by themselves; the
// saturating forms here add NaN -> 0 and the narrow types. Vector forms are made by the packer.
#include "csr.h"
#include "types.h"

// --- floating point to integer: fcvt.{w,wu,l,lu}.{s,d}

#define FCVT_TO_INTEGER(mode, text, from, letter)                                                                     \
  static inline FUNC int to_int##mode(from x) { int r; __asm__("fcvt.w." letter " %0, %1, " text : "=r"(r) : "f"(x)); return r; }     \
  static inline FUNC uint to_uint##mode(from x) { uint r; __asm__("fcvt.wu." letter " %0, %1, " text : "=r"(r) : "f"(x)); return r; } \
  static inline FUNC long to_long##mode(from x) { long r; __asm__("fcvt.l." letter " %0, %1, " text : "=r"(r) : "f"(x)); return r; }  \
  static inline FUNC ulong to_ulong##mode(from x) { ulong r; __asm__("fcvt.lu." letter " %0, %1, " text : "=r"(r) : "f"(x)); return r; }

#define WIDE(to, mode, from)                                       \
  FUNC to convert_##to##mode(from x) { return to_##to##mode(x); } \
  FUNC to convert_##to##_sat##mode(from x) { return x == x ? to_##to##mode(x) : 0; }

#define NARROW(to, low, high, mode, from)                                \
  FUNC to convert_##to##mode(from x) { return (to)to_int##mode(x); }     \
  FUNC to convert_##to##_sat##mode(from x) {                             \
    const int wide = to_int##mode(x);                                    \
    const int bounded = wide < low ? low : wide > high ? high : wide;    \
    return x == x ? (to)bounded : 0;                                     \
  }

#define TO_INTEGERS(mode, text, from, letter)          \
  FCVT_TO_INTEGER(mode, text, from, letter)            \
  WIDE(int, mode, from)                                \
  WIDE(uint, mode, from)                               \
  WIDE(long, mode, from)                               \
  WIDE(ulong, mode, from)                              \
  NARROW(char, CHAR_MIN, CHAR_MAX, mode, from)         \
  NARROW(uchar, 0, UCHAR_MAX, mode, from)              \
  NARROW(short, SHRT_MIN, SHRT_MAX, mode, from)        \
  NARROW(ushort, 0, USHRT_MAX, mode, from)

#define TO_INTEGERS_FROM(from, letter)         \
  TO_INTEGERS(, "rtz", from, letter)           \
  TO_INTEGERS(_rtz, "rtz", from, letter)       \
  TO_INTEGERS(_rte, "rne", from, letter)       \
  TO_INTEGERS(_rtp, "rup", from, letter)       \
  TO_INTEGERS(_rtn, "rdn", from, letter)

TO_INTEGERS_FROM(half, "h")
TO_INTEGERS_FROM(float, "s")
TO_INTEGERS_FROM(double, "d")

// --- integer to integer

#define CAST(to, from) \
  FUNC to convert_##to(from x) { return (to)x; }

// Bounds that `from` can exceed; comparing in `from` and long keeps both signs right.
#define SATURATE_SIGNED(to, low, high, from) \
  FUNC to convert_##to##_sat(from x) { return (long)x < (long)low ? (to)low : (long)x > (long)high ? (to)high : (to)x; }
#define SATURATE_FROM_ULONG(to, high) \
  FUNC to convert_##to##_sat(ulong x) { return x > (ulong)high ? (to)high : (to)x; }

#define TO_EACH(macro, from)                          \
  macro(char, CHAR_MIN, CHAR_MAX, from)               \
  macro(uchar, 0, UCHAR_MAX, from)                    \
  macro(short, SHRT_MIN, SHRT_MAX, from)              \
  macro(ushort, 0, USHRT_MAX, from)                   \
  macro(int, INT_MIN, INT_MAX, from)                  \
  macro(uint, 0, UINT_MAX, from)                      \
  macro(long, LONG_MIN, LONG_MAX, from)

#define CAST_TO(to, low, high, from) CAST(to, from)
#define INTEGER_FROM(from)                                                              \
  TO_EACH(SATURATE_SIGNED, from)                                                        \
  TO_EACH(CAST_TO, from)                                                                \
  CAST(ulong, from)                                                                     \
  FUNC ulong convert_ulong_sat(from x) { return (long)x < 0 ? 0ul : (ulong)x; }

INTEGER_FROM(char)
INTEGER_FROM(uchar)
INTEGER_FROM(short)
INTEGER_FROM(ushort)
INTEGER_FROM(int)
INTEGER_FROM(uint)
INTEGER_FROM(long)

SATURATE_FROM_ULONG(char, CHAR_MAX)
SATURATE_FROM_ULONG(uchar, UCHAR_MAX)
SATURATE_FROM_ULONG(short, SHRT_MAX)
SATURATE_FROM_ULONG(ushort, USHRT_MAX)
SATURATE_FROM_ULONG(int, INT_MAX)
SATURATE_FROM_ULONG(uint, UINT_MAX)
SATURATE_FROM_ULONG(long, LONG_MAX)
SATURATE_FROM_ULONG(ulong, ULONG_MAX)
TO_EACH(CAST_TO, ulong)
CAST(ulong, ulong)

// --- to floating point

#define FCVT(to, mode, text, from, instruction, register)                    \
  FUNC to convert_##to##mode(from x) {                                       \
    to result;                                                               \
    __asm__(instruction " %0, %1, " text : "=r"(result) : register(x));      \
    return result;                                                           \
  }

#define ROUNDED(mode, text)                             \
  FCVT(half, mode, text, int, "fcvt.h.w", "r")          \
  FCVT(half, mode, text, uint, "fcvt.h.wu", "r")        \
  FCVT(half, mode, text, long, "fcvt.h.l", "r")         \
  FCVT(half, mode, text, ulong, "fcvt.h.lu", "r")       \
  FCVT(half, mode, text, float, "fcvt.h.s", "f")        \
  FCVT(half, mode, text, double, "fcvt.h.d", "f")       \
  FCVT(float, mode, text, int, "fcvt.s.w", "r")         \
  FCVT(float, mode, text, uint, "fcvt.s.wu", "r")       \
  FCVT(float, mode, text, long, "fcvt.s.l", "r")        \
  FCVT(float, mode, text, ulong, "fcvt.s.lu", "r")      \
  FCVT(float, mode, text, double, "fcvt.s.d", "f")      \
  FCVT(double, mode, text, long, "fcvt.d.l", "r")       \
  FCVT(double, mode, text, ulong, "fcvt.d.lu", "r")     \
  THROUGH_INT(mode, short)                              \
  THROUGH_INT(mode, ushort)                             \
  EXACT(mode)

// Assembly takes a short in a register whose other bits are anything.
#define THROUGH_INT(mode, from) \
  FUNC half convert_half##mode(from x) { return convert_half##mode((int)x); }

#define TO_FLOATING(to, mode, from) \
  FUNC to convert_##to##mode(from x) { return (to)x; }

#define EXACT(mode)                  \
  TO_FLOATING(half, mode, char)      \
  TO_FLOATING(half, mode, uchar)     \
  TO_FLOATING(half, mode, half)      \
  TO_FLOATING(float, mode, char)     \
  TO_FLOATING(float, mode, uchar)    \
  TO_FLOATING(float, mode, short)    \
  TO_FLOATING(float, mode, ushort)   \
  TO_FLOATING(float, mode, half)     \
  TO_FLOATING(float, mode, float)    \
  TO_FLOATING(double, mode, char)    \
  TO_FLOATING(double, mode, uchar)   \
  TO_FLOATING(double, mode, short)   \
  TO_FLOATING(double, mode, ushort)  \
  TO_FLOATING(double, mode, int)     \
  TO_FLOATING(double, mode, uint)    \
  TO_FLOATING(double, mode, half)    \
  TO_FLOATING(double, mode, float)   \
  TO_FLOATING(double, mode, double)

ROUNDED(_rtz, "rtz")
ROUNDED(_rtp, "rup")
ROUNDED(_rtn, "rdn")

// To nearest is what plain conversions do.
#define NEAREST(mode)                \
  EXACT(mode)                        \
  TO_FLOATING(half, mode, short)     \
  TO_FLOATING(half, mode, ushort)    \
  TO_FLOATING(half, mode, int)       \
  TO_FLOATING(half, mode, uint)      \
  TO_FLOATING(half, mode, long)      \
  TO_FLOATING(half, mode, ulong)     \
  TO_FLOATING(half, mode, float)     \
  TO_FLOATING(half, mode, double)    \
  TO_FLOATING(float, mode, int)      \
  TO_FLOATING(float, mode, uint)     \
  TO_FLOATING(float, mode, long)     \
  TO_FLOATING(float, mode, ulong)    \
  TO_FLOATING(float, mode, double)   \
  TO_FLOATING(double, mode, long)    \
  TO_FLOATING(double, mode, ulong)

NEAREST()
NEAREST(_rte)
