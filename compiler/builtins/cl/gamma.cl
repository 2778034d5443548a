// OpenCL C 6.15.2: the gamma function. Stirling's series from 7 on, below it by the recurrence, for negative
// arguments by Euler's reflection; see NIST's Digital Library of Mathematical Functions 5.11.1, 5.5.1 and 5.5.3.
// Nothing large is rounded before it goes into a power, so that errors stay at a few units in the last place.
#include "csr.h"

// gamma(a) = first * second for a > 0; neither overflows where the reciprocal is still a subnormal number.
struct Factors {
  double first, second;
};

static inline double stirling_series(double w) {
  const double r = 1 / w, z = r * r;
  double sum = 43867.0 / 244188;
  sum = fma(sum, z, -3617.0 / 122400);
  sum = fma(sum, z, 1.0 / 156);
  sum = fma(sum, z, -691.0 / 360360);
  sum = fma(sum, z, 1.0 / 1188);
  sum = fma(sum, z, -1.0 / 1680);
  sum = fma(sum, z, 1.0 / 1260);
  sum = fma(sum, z, -1.0 / 360);
  sum = fma(sum, z, 1.0 / 12);
  return sum * r;
}

static struct Factors gamma_factors(double a) {
  double product = 1, shift = 0;
  while (a + shift < 7) {
    product *= a + shift;
    shift += 1;
  }
  const double w = a + shift;
  const double lost = a - (w - shift);
  const double root = pow(w, 0.5 * (w - 0.5));
  const double tail = root * 2.50662827463100050242 * exp(stirling_series(w));
  return (struct Factors){root * exp(-w) / product, fma(tail, lost * log(w), tail)};
}

FUNC double tgamma(double x) {
  if (fabs(x) < 0x1p-60) return 1 / x;
  if (x != x || x == INFINITY) return x;
  if (x < 0 && trunc(x) == x) return NAN;
  const double a = fmin(fabs(x), 190.0);
  const struct Factors factors = gamma_factors(a);
  if (x > 0) return factors.first * factors.second;
  return -M_PI / (a * sinpi(fabs(x))) / factors.first / factors.second;
}

FUNC float tgamma(float x) { return (float)tgamma((double)x); }

// libclc's float form loses arguments near zero. (A name defined in this file hides the builtin declarations.)
FUNC double lgamma(double x);
FUNC float lgamma(float x) { return (float)lgamma((double)x); }
#define LGAMMA_R(space)                            \
  FUNC double lgamma_r(double x, space int* sign); \
  FUNC float lgamma_r(float x, space int* sign) { return (float)lgamma_r((double)x, sign); }
LGAMMA_R(private)
LGAMMA_R(global)
LGAMMA_R(local)
