// OpenCL C 6.15.2: fmod, remainder and remquo, exact: long division of the significands as integers, as many bits
// a step as a 64-bit remainder takes.
#include "csr.h"

// x = significand 2^(exponent - bias - fraction bits), subnormals too.
struct Parts {
  ulong significand;
  int exponent;
};

static inline FUNC struct Parts parts_of(float x) {
  const uint bits = as_uint(x) & 0x7fffffff;
  const int biased = (int)(bits >> 23);
  return (struct Parts){(bits & 0x7fffff) | (biased ? 0x800000 : 0), max(biased, 1)};
}
static inline FUNC struct Parts parts_of(double x) {
  const ulong bits = as_ulong(x) & 0x7fffffffffffffff;
  const int biased = (int)(bits >> 52);
  return (struct Parts){(bits & 0xffffffffffffful) | (biased ? 0x10000000000000ul : 0), max(biased, 1)};
}

static inline FUNC float value_of(struct Parts x, float sign) {
  return copysign(ldexp((float)x.significand, x.exponent - 150), sign);
}
static inline FUNC double value_of(struct Parts x, double sign) {
  return copysign(ldexp((double)x.significand, x.exponent - 1075), sign);
}

// x becomes x mod y; the low bits of the quotient come back. y is not zero; y.exponent <= x.exponent.
static inline uint divide(struct Parts* x, struct Parts y, int step) {
  ulong quotient = x->significand / y.significand;
  ulong rest = x->significand % y.significand;
  int left = x->exponent - y.exponent;
  while (left > 0 && rest) {
    const int bits = min(left, step);
    const ulong shifted = rest << bits;
    quotient = (quotient << bits) + shifted / y.significand;
    rest = shifted % y.significand;
    left -= bits;
  }
  x->significand = rest;
  x->exponent = y.exponent;
  return left > 31 ? 0 : (uint)(quotient << left);
}

// x becomes the remainder of the quotient rounded to nearest even, without its sign; true when it lies below zero.
static inline bool round_quotient(struct Parts* x, struct Parts y, uint* quotient) {
  const ulong twice = x->significand * 2;
  const bool up = twice > y.significand || (twice == y.significand && (*quotient & 1));
  x->significand = up ? y.significand - x->significand : x->significand;
  *quotient += up;
  return up;
}

// The signed remainder and the low seven bits of the signed quotient.
#define NEAREST(type, step)                                                                   \
  static FUNC type nearest(type x, type y, int* quotient) {                                   \
    *quotient = 0;                                                                            \
    if (!isfinite(x) || isnan(y) || y == 0) return NAN;                                       \
    struct Parts a = parts_of(x), b = parts_of(y);                                            \
    if (a.exponent < b.exponent - 1) return x;                                                \
    if (a.exponent < b.exponent) {                                                            \
      b.significand *= 2;                                                                     \
      b.exponent -= 1;                                                                        \
    }                                                                                         \
    if (isinf(y)) return x;                                                                   \
    uint whole = divide(&a, b, step);                                                         \
    const type value = round_quotient(&a, b, &whole) ? value_of(a, -x) : value_of(a, x);      \
    const int low = (int)(whole & 0x7f);                                                      \
    *quotient = signbit(x) == signbit(y) ? low : -low;                                        \
    return value;                                                                             \
  }

#define REMQUO(type, space)                               \
  FUNC type remquo(type x, type y, space int* quotient) { \
    int low;                                              \
    const type value = nearest(x, y, &low);               \
    *quotient = low;                                      \
    return value;                                         \
  }

#define REMAINDERS(type, step)                                     \
  FUNC type fmod(type x, type y) {                                 \
    if (!isfinite(x) || isnan(y) || y == 0) return NAN;            \
    struct Parts a = parts_of(x), b = parts_of(y);                 \
    if (isinf(y) || a.exponent < b.exponent) return x;             \
    divide(&a, b, step);                                           \
    return value_of(a, x);                                         \
  }                                                                \
  NEAREST(type, step)                                              \
  FUNC type remainder(type x, type y) {                            \
    int low;                                                       \
    return nearest(x, y, &low);                                    \
  }                                                                \
  REMQUO(type, private)                                            \
  REMQUO(type, global)                                             \
  REMQUO(type, local)

// Significands have 24 and 53 bits (54 where one is doubled), and 64 hold them shifted.
REMAINDERS(float, 39)
REMAINDERS(double, 10)
