// OpenCL C 6.15.2 and 7.5.1: powers of float, 2^(y log2 |x|), at most seven units in the last place off. The edge cases follow
// from those of the two factors but for the ones handled here.
#include "exp_core.h"
#include "log_core.h"

// A number as the sum of two floats.
struct Pair {
  float high, low;
};

// log2 of a magnitude, relative error below 2^-29; 0, infinity and NaN give -infinity, infinity and NaN. With x = 2^k (1 + f) and
// s = f / (2 + f) it is k + 2 artanh s / ln 2.
static inline struct Pair log2_pair(float x) {
  const struct Reduced number = reduce_for_log(x);
  const float k = number.k, f = number.f;
  const float d = f + 2, reciprocal = 1 / d;
  const float s = f * reciprocal;
  const float s_low = fma(-s, f - (d - 2), fma(-s, d, f)) * reciprocal;
  const float z = s * s;
  float p = 0x1.5d0d08p-2f;
  p = fma(p, z, 0x1.a5a552p-2f);
  p = fma(p, z, 0x1.277708p-1f);
  p = fma(p, z, 0x1.ec709ep-1f);
  const float scale = 0x1.715476p+1f, scale_low = 0x1.4ae0cp-25f;  // 2 / ln 2
  const float product = s * scale;
  const float rest = fma(s * z, p, fma(s, scale_low, fma(s_low, scale, fma(s, scale, -product))));
  const float sum = k + product, low = k - sum + product + rest;
  const float high = sum + low;
  return (struct Pair){high + number.special, sum - high + low};
}

// |x|^(y + y_low). Beyond +-252 powers of two are infinity and 0 anyway, whatever `low` is.
static inline float power_of_magnitude(float x, float y, float y_low) {
  const struct Pair log = log2_pair(fabs(x));
  const float high = y * log.high;
  const float low = fma(y_low, log.high, fma(y, log.low, fma(y, log.high, -high)));
  const float bounded = fmin(fmax(high, -251.0f), 251.0f);
  const int n = convert_int_rte(bounded);
  const float r = bounded - (float)n + fmin(fmax(low, -1.0f), 1.0f);
  return scale_by_power(exp2_of_rest(r), n);
}

// The conditions are values and not branches: lanes would seldom agree on them.
FUNC float pow(float x, float y) {
  const int whole = convert_int_sat(y);
  const bool even = fabs(y) >= 0x1p24f;  // all floats are, from there on
  const bool integer = even | ((float)whole == y), odd = !even & (whole & 1) & integer;
  const bool undefined = (x != x) | (y != y) | ((x < 0) & (x > -INFINITY) & !integer);
  const bool one = (y == 0) | (x == 1) | ((x == -1) & (fabs(y) == INFINITY));
  const float magnitude = power_of_magnitude(x, y, 0);
  const float value = as_float(as_uint(magnitude) | (as_uint(x) & (uint)odd << 31));
  return one ? 1 : undefined ? NAN : value;
}

// 0^0, infinity^0 and 1^infinity are NaN here.
FUNC float powr(float x, float y) {
  const float value = power_of_magnitude(x, y, 0);
  const bool undefined = (x < 0) | (x != x) | (y != y) |
                         (((x == 0) | (x == INFINITY)) & (y == 0)) | ((x == 1) & (fabs(y) == INFINITY));
  return undefined ? NAN : value;
}

FUNC float pown(float x, int y) {
  const float high = (float)y;
  const float magnitude = power_of_magnitude(x, high, (float)(y - convert_int_sat(high)));
  const float value = signbit(x) && (y & 1) ? -magnitude : magnitude;
  return y == 0 ? 1 : x != x ? x : value;
}

FUNC float rootn(float x, int y) {
  const float root = 1 / (float)y;
  const float magnitude = power_of_magnitude(x, root, fma(-root, (float)y, 1.0f) * root);
  const float value = signbit(x) && (y & 1) ? -magnitude : magnitude;
  const bool undefined = y == 0 || x != x || (x < 0 && !(y & 1));
  return undefined ? NAN : value;
}

FUNC float half_powr(float x, float y) { return powr(x, y); }
