// OpenCL C 6.15.2: native_ functions, in float alone by Taylor series: a few units in the last place off, without
// care for subnormal numbers, infinities, NaN, and angles beyond some thousands. Exponentials end at 2^-126 and near
// the largest number, logarithms of 0 and infinity near those of 2^-127 and 2^128.
#include "exp_core.h"

// 2^n e^r for |r| <= ln 2 / 2; e^r is near 1, so n is added to its exponent.
static inline float fast_exp_of_rest(float r, int n) {
  float p = 1.0f / 720;
  p = fma(p, r, 1.0f / 120);
  p = fma(p, r, 1.0f / 24);
  p = fma(p, r, 1.0f / 6);
  p = fma(p, r, 0.5f);
  p = fma(p, r, 1.0f);
  p = fma(p, r, 1.0f);
  return as_float(as_int(p) + (n << 23));
}

static inline float fast_exp(float x) {
  int n;
  const float r = remove_powers_of_two(fmin(fmax(x, -87.3365f), 88.7228f), &n);
  return fast_exp_of_rest(r, n);
}

static inline float fast_exp2(float x) {
  const float bounded = fmin(fmax(x, -126.0f), 128.0f);
  const int n = convert_int_rte(bounded);
  return fast_exp_of_rest((bounded - (float)n) * M_LN2_F, n);
}

// ln x as exponent ln 2 + 2 artanh((m - 1) / (m + 1)), m in [sqrt 1/2, sqrt 2), times `scale`.
static inline float fast_ln(float x, float scale, float exponent_scale) {
  const int bits = as_int(x);
  const int k = (bits - 0x3f3504f3) >> 23;
  const float m = as_float(bits - (k << 23));
  const float s = (m - 1) / (m + 1);
  const float z = s * s;
  float p = 2.0f / 7;
  p = fma(p, z, 2.0f / 5);
  p = fma(p, z, 2.0f / 3);
  p = fma(p, z, 2.0f);
  return fma((float)k, exponent_scale, s * p * scale);
}

struct Rest {
  int quadrant;
  float sine, cosine;  // of what is left of the angle
};

static inline struct Rest fast_reduce(float x) {
  const int n = convert_int_rte(x * M_2_PI_F);
  const float k = (float)n;
  const float r = fma(k, 0x1.777a5cp-25f, fma(k, -0x1.921fb6p+0f, x));
  const float z = r * r;
  float p = 1.0f / 362880;
  p = fma(p, z, -1.0f / 5040);
  p = fma(p, z, 1.0f / 120);
  p = fma(p, z, -1.0f / 6);
  float q = 1.0f / 40320;
  q = fma(q, z, -1.0f / 720);
  q = fma(q, z, 1.0f / 24);
  q = fma(q, z, -0.5f);
  return (struct Rest){n, fma(r * z, p, r), fma(q, z, 1.0f)};
}

static inline float in_quadrant(struct Rest rest, int quadrant) {
  const float value = quadrant & 1 ? rest.cosine : rest.sine;
  return as_float(as_int(value) ^ (quadrant << 30 & (int)0x80000000));
}

FUNC float native_exp(float x) { return fast_exp(x); }
FUNC float native_exp2(float x) { return fast_exp2(x); }
FUNC float native_exp10(float x) { return fast_exp2(x * (float)(M_LN10 * M_LOG2E)); }
FUNC float native_log(float x) { return fast_ln(x, 1.0f, M_LN2_F); }
FUNC float native_log2(float x) { return fast_ln(x, M_LOG2E_F, 1.0f); }
FUNC float native_log10(float x) { return fast_ln(x, M_LOG10E_F, (float)(M_LN2 * M_LOG10E)); }
FUNC float native_powr(float x, float y) { return fast_exp2(y * fast_ln(x, M_LOG2E_F, 1.0f)); }

FUNC float native_sin(float x) {
  const struct Rest rest = fast_reduce(x);
  return in_quadrant(rest, rest.quadrant);
}
FUNC float native_cos(float x) {
  const struct Rest rest = fast_reduce(x);
  return in_quadrant(rest, rest.quadrant + 1);
}
FUNC float native_tan(float x) {
  const struct Rest rest = fast_reduce(x);
  const bool odd = rest.quadrant & 1;
  return (odd ? -rest.cosine : rest.sine) / (odd ? rest.sine : rest.cosine);
}
