// OpenCL C 6.15.2: exponentials and logarithms of float, at most two units in the last place off.
#include "exp_core.h"
#include "log_core.h"

// Beyond the bounds that arguments are clamped to results are 0 and infinity.

FUNC float exp(float x) {
  const float value = exp_times_power(clamp(x, -104.0f, 89.0f), 0);
  return x != x ? x : value;
}

FUNC float exp2(float x) {
  const float bounded = clamp(x, -151.0f, 129.0f);
  const int n = convert_int_rte(bounded);
  const float value = scale_by_power(exp2_of_rest(bounded - (float)n), n);
  return x != x ? x : value;
}

FUNC float exp10(float x) {
  const float bounded = clamp(x, -46.0f, 39.0f);
  const int n = convert_int_rte(bounded * (float)(M_LN10 * M_LOG2E));
  const float k = (float)n;
  const float r = fma(k, 0x1.ec10cp-27f, fma(k, -0x1.344136p-2f, bounded));
  float p = 0x1.a4985p-3f;
  p = fma(p, r, 0x1.156bbcp-1f);
  p = fma(p, r, 0x1.2bdbdap+0f);
  p = fma(p, r, 0x1.046f9ap+1f);
  p = fma(p, r, 0x1.535248p+1f);
  p = fma(p, r, 0x1.26bb1cp+1f);
  const float value = scale_by_power(fma(p, r, 1.0f), n);
  return x != x ? x : value;
}

// The logarithm of base b: log_b x = k log_b 2 + (f + rest) / ln b. Both factors are sums of two floats.
static inline float scaled_log(float x, float log_of_two, float log_of_two_low, float scale, float scale_low) {
  const struct Reduced number = reduce_for_log(x);
  const float k = number.k, f = number.f;
  float p = 0x1.1f1bb8p-3f;
  p = fma(p, f, -0x1.3b0c36p-3f);
  p = fma(p, f, 0x1.1eaacap-3f);
  p = fma(p, f, -0x1.5038e4p-3f);
  p = fma(p, f, 0x1.99d398p-3f);
  p = fma(p, f, -0x1.00144ep-2f);
  p = fma(p, f, 0x1.5554fcp-2f);
  p = fma(p, f, -0x1.ffffd6p-2f);
  const float rest = f * f * p;
  const float low = fma(k, log_of_two_low, fma(f, scale_low, fma(rest, scale, number.special)));
  return fma(k, log_of_two, fma(f, scale, low));
}

FUNC float log(float x) { return scaled_log(x, 0x1.62e43p-1f, -0x1.05c61p-29f, 1.0f, 0.0f); }
FUNC float log2(float x) { return scaled_log(x, 1.0f, 0.0f, 0x1.715476p+0f, 0x1.4ae0cp-26f); }
FUNC float log10(float x) {
  return scaled_log(x, 0x1.344136p-2f, -0x1.ec10cp-27f, 0x1.bcb7b2p-2f, -0x1.5b235ep-27f);
}

FUNC float half_exp(float x) { return exp(x); }
FUNC float half_exp2(float x) { return exp2(x); }
FUNC float half_exp10(float x) { return exp10(x); }
FUNC float half_log(float x) { return log(x); }
FUNC float half_log2(float x) { return log2(x); }
FUNC float half_log10(float x) { return log10(x); }
