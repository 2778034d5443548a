// OpenCL C 6.15.2: ldexp, ilogb and nextafter.
#include "csr.h"

static inline double power_of_two(int exponent) { return as_double((ulong)(exponent + 1023) << 52); }

// Exact in double whatever the exponents, so it rounds once.
FUNC float ldexp(float x, int k) { return (float)(x * power_of_two(clamp(k, -400, 400))); }

// In three steps. Downwards the steps leave 53 bits of room above the subnormal range, so that only the last rounds.
static inline double step_down(double x, int* k) {
  const bool far = *k < -1022;
  *k += far ? 969 : 0;
  return far ? x * 0x1p-969 : x;
}
static inline double step_up(double x, int* k) {
  const bool far = *k > 1023;
  *k -= far ? 1023 : 0;
  return far ? x * 0x1p1023 : x;
}

FUNC double ldexp(double x, int k) {
  x = step_up(step_up(x, &k), &k);
  x = step_down(step_down(x, &k), &k);
  return x * power_of_two(clamp(k, -1022, 1023));
}

// In double every float but 0 is a normal number. -1023, which an exponent of 0 gives, is odd: shifted by 31 it is the
// least integer, as 0 has. The difference is negative for infinity and NaN alone, which have the greatest.
FUNC int ilogb(float x) {
  const int exponent = (int)(as_ulong((double)x) << 1 >> 53);
  const int special = (int)((ulong)(2046L - exponent) >> 33);
  return ((exponent - 1023) << (exponent == 0 ? 31 : 0)) | special;
}

// The bits of a floating-point number, as an integer in the order of the numbers, and back.
#define NEXTAFTER(type, bits, sign)                                                        \
  FUNC type nextafter(type x, type y) {                                                    \
    const bits from = as_##bits(x);                                                        \
    const bits magnitude = from & ~sign;                                                   \
    const bits away = (x < y) == (x > 0) ? (bits)1 : (bits)-1;                             \
    const bits next = magnitude == 0 ? (as_##bits(y) & sign) | 1 : from + away;            \
    return x != x || y != y ? x + y : x == y ? y : as_##type(next);                        \
  }

NEXTAFTER(half, short, (short)0x8000)
NEXTAFTER(float, int, (int)0x80000000)
NEXTAFTER(double, long, (long)0x8000000000000000)
