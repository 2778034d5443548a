// OpenCL C 6.15.2: native_ functions, in float alone and as short as polynomials of a few units in the last place
// are (minimax.sollya), without care for subnormal numbers, infinities, NaN, and angles beyond some thousands.
// Exponentials end at 2^-126 and near the largest number, logarithms of 0 and infinity near those of 2^-127 and 2^128.
#include "csr.h"

// 2^n 2^r for |r| <= 1/2; 2^r is near 1, so n is added to its exponent.
static inline float fast_exp2_of_rest(float r, int n) {
  float p = 0x1.5bfd58p-10f;
  p = fma(p, r, 0x1.3ceaf8p-7f);
  p = fma(p, r, 0x1.c6b69ap-5f);
  p = fma(p, r, 0x1.ebf9bap-3f);
  p = fma(p, r, 0x1.62e42ap-1f);
  p = fma(p, r, 1.0f);
  return as_float(as_int(p) + (n << 23));
}

// 2^(x scale) for x between the bounds, which stand for what is beyond.
static inline float fast_exp2(float x, float scale, float low, float high) {
  const float bounded = fmin(fmax(x, low), high);
  const int n = convert_int_rte(bounded * scale);
  return fast_exp2_of_rest(fma(bounded, scale, -(float)n), n);
}

// The logarithm as exponent times that of 2, and one of (1 + s) / (1 - s) = m in [sqrt 1/2, sqrt 2): an odd function.
static inline float fast_log(float x, float log_of_two, float c0, float c1, float c2) {
  const int bits = as_int(x);
  const int k = (bits - 0x3f3504f3) >> 23;
  const float m = as_float(bits - (k << 23));
  const float s = (m - 1) / (m + 1);
  const float z = s * s;
  return fma((float)k, log_of_two, s * fma(fma(c2, z, c1), z, c0));
}

// x - k pi, with pi as the sum of two floats.
static inline float without_half_turns(float x, float k) {
  return fma(k, 0x1.777a5cp-24f, fma(k, -0x1.921fb6p+1f, x));
}

// sin r for |r| <= pi / 2, with the other sign where `turns` is odd.
static inline float fast_sine(float r, int turns) {
  const float z = r * r;
  float p = 0x1.6158dcp-19f;
  p = fma(p, z, -0x1.9fb1fp-13f);
  p = fma(p, z, 0x1.111038p-7f);
  p = fma(p, z, -0x1.555554p-3f);
  return as_float(as_int(fma(r * z, p, r)) ^ turns << 31);
}

FUNC float native_exp(float x) { return fast_exp2(x, M_LOG2E_F, -87.3365f, 88.7228f); }
FUNC float native_exp2(float x) { return fast_exp2(x, 1.0f, -126.0f, 128.0f); }
FUNC float native_exp10(float x) { return fast_exp2(x, (float)(M_LN10 * M_LOG2E), -37.9297f, 38.5318f); }
FUNC float native_log(float x) { return fast_log(x, M_LN2_F, 0x1.000002p1f, 0x1.55426p-1f, 0x1.a6e206p-2f); }
FUNC float native_log2(float x) { return fast_log(x, 1.0f, 0x1.71547ap1f, 0x1.ec5394p-1f, 0x1.313994p-1f); }
FUNC float native_log10(float x) {
  return fast_log(x, (float)(M_LN2 * M_LOG10E), 0x1.bcb7b4p-1f, 0x1.286ad6p-2f, 0x1.6f221cp-3f);
}
FUNC float native_powr(float x, float y) { return native_exp2(y * native_log2(x)); }

FUNC float native_sin(float x) {
  const int n = convert_int_rte(x * M_1_PI_F);
  return fast_sine(without_half_turns(x, (float)n), n);
}
// cos (r + (n + 1/2) pi) is -sin r for an even n.
FUNC float native_cos(float x) {
  const int n = convert_int_rte(fma(x, M_1_PI_F, -0.5f));
  return fast_sine(without_half_turns(x, (float)n + 0.5f), ~n);
}
FUNC float native_tan(float x) {
  const int n = convert_int_rte(x * M_2_PI_F);
  const float r = without_half_turns(x, 0.5f * (float)n);
  const float z = r * r;
  float p = -0x1.9ab2ap-13f;
  p = fma(p, z, 0x1.110be4p-7f);
  p = fma(p, z, -0x1.555552p-3f);
  float q = -0x1.661d46p-10f;
  q = fma(q, z, 0x1.554a4ep-5f);
  q = fma(q, z, -0x1.fffff4p-2f);
  const float sine = fma(r * z, p, r), cosine = fma(q, z, 1.0f);
  const bool odd = n & 1;
  return (odd ? -cosine : sine) / (odd ? sine : cosine);
}
