// OpenCL C 6.15.2 and 7.5.1: powers of float, 2^(y log2 |x|), in double since the product needs more digits than a float
// has. The edge cases follow from those of the two factors but for the ones handled here.
#include "csr.h"

// 2^t for |t| <= 1000: Taylor series of exp on |r| <= ln 2 / 2, relative error below 2^-35.
static inline double exp2_core(double t) {
  const long n = convert_long_rte(t);
  const double r = (t - (double)n) * M_LN2;
  double p = 1.0 / 362880;
  p = fma(p, r, 1.0 / 40320);
  p = fma(p, r, 1.0 / 5040);
  p = fma(p, r, 1.0 / 720);
  p = fma(p, r, 1.0 / 120);
  p = fma(p, r, 1.0 / 24);
  p = fma(p, r, 1.0 / 6);
  p = fma(p, r, 0.5);
  p = fma(p, r, 1.0);
  p = fma(p, r, 1.0);
  return p * as_double((ulong)(n + 1023) << 52);
}

// 2^t rounded to float for any t: 0 and infinity beyond +-1000.
static inline float exp2_to_float(double t) {
  const double bounded = fmin(fmax(t, -1000.0), 1000.0);
  return t != t ? NAN : (float)exp2_core(bounded);
}

// x = m 2^exponent with m in [sqrt 1/2, sqrt 2); returns ln m = 2 artanh((m - 1) / (m + 1)), relative error below
// 2^-43. x is positive, finite and normal as a double.
static inline double ln_of_mantissa(double x, double* exponent) {
  const long bits = as_long(x);
  const long k = (bits - 0x3fe6a09e667f3bcdl) >> 52;
  const double m = as_double(bits - (k << 52));
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double p = 2.0 / 17;
  p = fma(p, z, 2.0 / 15);
  p = fma(p, z, 2.0 / 13);
  p = fma(p, z, 2.0 / 11);
  p = fma(p, z, 2.0 / 9);
  p = fma(p, z, 2.0 / 7);
  p = fma(p, z, 2.0 / 5);
  p = fma(p, z, 2.0 / 3);
  p = fma(p, z, 2.0);
  *exponent = (double)k;
  return s * p;
}

// log2 of a float's magnitude; 0, infinity and NaN give -infinity, infinity and NaN.
static inline double log2_core(float x) {
  const float magnitude = fabs(x);
  double exponent;
  const double mantissa = ln_of_mantissa(magnitude, &exponent);
  const double finite = fma(mantissa, M_LOG2E, exponent);
  return magnitude == 0 ? -INFINITY : magnitude < INFINITY ? finite : (double)magnitude;
}

// Floats from 2^24 on are even integers.
static inline bool is_odd(float y) { return fabs(y) < 0x1p24f && trunc(y) == y && ((int)y & 1); }
static inline bool is_integer(float y) { return fabs(y) >= 0x1p24f || trunc(y) == y; }

FUNC float pow(float x, float y) {
  const float magnitude = exp2_to_float(y * log2_core(x));
  const float signed_value = signbit(x) && is_odd(y) ? -magnitude : magnitude;
  const bool undefined = x != x || y != y || (x < 0 && x > -INFINITY && !is_integer(y));
  const float value = undefined ? NAN : fabs(x) == 1 && fabs(y) == INFINITY ? 1 : signed_value;
  return y == 0 || x == 1 ? 1 : value;
}

FUNC float powr(float x, float y) { return x < 0 ? NAN : exp2_to_float(y * log2_core(x)); }

FUNC float pown(float x, int y) {
  const float magnitude = exp2_to_float(y * log2_core(x));
  return y == 0 ? 1 : signbit(x) && (y & 1) ? -magnitude : magnitude;
}

FUNC float rootn(float x, int y) {
  const float magnitude = exp2_to_float(log2_core(x) / y);
  const bool undefined = y == 0 || (x < 0 && !(y & 1));
  return undefined ? NAN : signbit(x) && (y & 1) ? -magnitude : magnitude;
}

FUNC float half_powr(float x, float y) { return powr(x, y); }
