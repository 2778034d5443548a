// OpenCL C 6.15.2: sin, cos, tan and sincos of float, in double.
#include "csr.h"

// An angle as quadrant * pi/2 + rest with |rest| <= pi/4; the quadrant counts modulo 4.
struct Angle {
  long quadrant;
  double rest;
};

// The first 256 bits of 2/pi.
static constant ulong kTwoOverPi[4] = {0xa2f9836e4e441529ul, 0xfc2757d1f534ddc0ul, 0xdb6295993c439041ul,
                                0xfe5163abdebbc561ul};

// 64 bits of 2/pi from bit `first` on.
static inline ulong two_over_pi(uint first) {
  const uint word = first / 64, shift = first % 64;
  return kTwoOverPi[word] << shift | kTwoOverPi[word + 1] >> 1 >> (63 - shift);
}

// From 2^30 on: x 2/pi modulo 4 in fixed point (M. Payne and R. Hanek, "Radian reduction for trigonometric
// functions", 1983). x = m 2^e; the bits of 2/pi that weigh 4 and more drop out, 128 of the others are enough.
// Quadrant and rest as a vector, which comes back in registers: a struct would come back in memory, and each kernel that
// calls this would need a stack frame.
__attribute__((noinline)) static double2 reduce_large(float x) {
  const uint bits = as_uint(x);
  const ulong m = (bits & 0x7fffff) | 0x800000;
  const uint e = (bits >> 23 & 0xff) - 150;
  const ulong high = two_over_pi(e - 2), low = two_over_pi(e - 2 + 64);
  const ulong top = m * high + mul_hi(m, low);
  const long fraction = (long)(top << 2 | (m * low) >> 62);
  const double rest = (double)fraction * (0x1p-64 * M_PI_2);
  const long quadrant = (long)(top >> 62) + (fraction < 0);
  const double2 angle = {(double)quadrant, rest};
  return signbit(x) ? -angle : angle;
}

// pi/2 as two doubles; with fma the cancellation loses nothing.
static inline struct Angle reduce(float x) {
  if (fabs(x) >= 0x1p30f && fabs(x) < INFINITY) {
    const double2 large = reduce_large(x);
    return (struct Angle){(long)large.x, large.y};
  }
  const long n = convert_long_rte(x * M_2_PI);
  const double r = fma(-(double)n, M_PI_2, (double)x);
  return (struct Angle){n, fma(-(double)n, 0x1.1a62633145c07p-54, r)};
}

// Taylor series; relative error below 2^-33.
static inline double sin_of_rest(double r) {
  const double z = r * r;
  double p = -1.0 / 39916800;
  p = fma(p, z, 1.0 / 362880);
  p = fma(p, z, -1.0 / 5040);
  p = fma(p, z, 1.0 / 120);
  p = fma(p, z, -1.0 / 6);
  return r * fma(z, p, 1.0);  // in this form -0.0 stays
}
static inline double cos_of_rest(double r) {
  const double z = r * r;
  double p = 1.0 / 479001600;
  p = fma(p, z, -1.0 / 3628800);
  p = fma(p, z, 1.0 / 40320);
  p = fma(p, z, -1.0 / 720);
  p = fma(p, z, 1.0 / 24);
  p = fma(p, z, -0.5);
  return fma(p, z, 1.0);
}

static inline float sine_in_quadrant(struct Angle angle, long quadrant) {
  const double value = quadrant & 1 ? cos_of_rest(angle.rest) : sin_of_rest(angle.rest);
  return (float)(quadrant & 2 ? -value : value);
}

FUNC float sin(float x) {
  const struct Angle angle = reduce(x);
  return fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant) : NAN;
}

FUNC float cos(float x) {
  const struct Angle angle = reduce(x);
  return fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant + 1) : NAN;
}

FUNC float tan(float x) {
  const struct Angle angle = reduce(x);
  const double sine = sin_of_rest(angle.rest), cosine = cos_of_rest(angle.rest);
  const bool odd = angle.quadrant & 1;
  return fabs(x) < INFINITY ? (float)((odd ? -cosine : sine) / (odd ? sine : cosine)) : NAN;
}

#define SINCOS(space)                                                                             \
  FUNC float sincos(float x, space float* cosine) {                                              \
    const struct Angle angle = reduce(x);                                                        \
    *cosine = fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant + 1) : NAN;            \
    return fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant) : NAN;                   \
  }
SINCOS(private)
SINCOS(global)
SINCOS(local)

FUNC float half_sin(float x) { return sin(x); }
FUNC float half_cos(float x) { return cos(x); }
FUNC float half_tan(float x) { return tan(x); }
