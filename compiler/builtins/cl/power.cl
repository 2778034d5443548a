// OpenCL C 6.15.2 and 7.5.1: powers of float, 2^(y log2 |x|); the edge cases follow from those of the two factors
// but for the ones handled here.
#include "float_core.h"

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
