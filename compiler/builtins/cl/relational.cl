// OpenCL C 6.15.6. True is 1 for scalars and -1 for the lanes of a vector; comparisons are instructions of SPIR-V
// and do not come here.
#include "csr.h"
#include "types.h"

// Classification by bits, so that no floating-point exception and no fast-math assumption touches it.
#define CLASSIFY(width, type, bits, sign, infinity, smallest)                                                          \
  FUNC bits##width isnan(type##width x) { return MAGNITUDE(width, bits, sign, x) > (bits##width)(infinity); }        \
  FUNC bits##width isinf(type##width x) { return MAGNITUDE(width, bits, sign, x) == (bits##width)(infinity); }       \
  FUNC bits##width isfinite(type##width x) { return MAGNITUDE(width, bits, sign, x) < (bits##width)(infinity); }     \
  FUNC bits##width isnormal(type##width x) {                                                                           \
    return MAGNITUDE(width, bits, sign, x) >= (bits##width)(smallest) &&                                               \
           MAGNITUDE(width, bits, sign, x) < (bits##width)(infinity);                                                  \
  }                                                                                                                    \
  FUNC bits##width signbit(type##width x) { return as_##bits##width(x) < (bits##width)0; }
#define MAGNITUDE(width, bits, sign, x) (as_##bits##width(x) & (bits##width)(sign))

FOR_WIDTHS(CLASSIFY, half, short, 0x7fff, 0x7c00, 0x0400)
FOR_WIDTHS(CLASSIFY, float, int, 0x7fffffff, 0x7f800000, 0x00800000)
FOR_WIDTHS(CLASSIFY, double, long, 0x7fffffffffffffff, 0x7ff0000000000000, 0x0010000000000000)

#define CLASSIFY_SCALAR(type, bits, sign, infinity, smallest)                                     \
  FUNC int isnan(type x) { return (as_##bits(x) & sign) > infinity; }                             \
  FUNC int isinf(type x) { return (as_##bits(x) & sign) == infinity; }                            \
  FUNC int isfinite(type x) { return (as_##bits(x) & sign) < infinity; }                          \
  FUNC int isnormal(type x) { return (as_##bits(x) & sign) >= smallest && (as_##bits(x) & sign) < infinity; } \
  FUNC int signbit(type x) { return as_##bits(x) < 0; }

CLASSIFY_SCALAR(half, short, 0x7fff, 0x7c00, 0x0400)
CLASSIFY_SCALAR(float, int, 0x7fffffff, 0x7f800000, 0x00800000)
CLASSIFY_SCALAR(double, long, 0x7fffffffffffffff, 0x7ff0000000000000, 0x0010000000000000)

// OpenCL's vector ternary looks at the sign of each lane, the scalar one at zero or not: as select() does.
#define SELECT(type, condition) \
  FUNC type select(type a, type b, condition c) { return c ? b : a; }
#define SELECT_VECTOR(width, type, condition) SELECT(type##width, condition##width)
#define SELECTS(type, condition) \
  SELECT(type, condition)        \
  FOR_WIDTHS(SELECT_VECTOR, type, condition)

SELECTS(char, char)
SELECTS(short, short)
SELECTS(int, int)
SELECTS(long, long)
SELECTS(half, short)
SELECTS(float, int)
SELECTS(double, long)

// The sign of each lane counts. The reader turns conditions into vectors of char; the other types are for ourselves.
#define ANY_AND_ALL(width, type)                                                  \
  FUNC int any(type##width x) {                                                   \
    type bits = 0;                                                                \
    _Pragma("unroll") for (int i = 0; i < width; ++i) bits |= x[i];               \
    return bits < 0;                                                              \
  }                                                                               \
  FUNC int all(type##width x) {                                                   \
    type bits = -1;                                                               \
    _Pragma("unroll") for (int i = 0; i < width; ++i) bits &= x[i];               \
    return bits < 0;                                                              \
  }

FOR_WIDTHS(ANY_AND_ALL, char)
FOR_WIDTHS(ANY_AND_ALL, short)
FOR_WIDTHS(ANY_AND_ALL, int)
FOR_WIDTHS(ANY_AND_ALL, long)
