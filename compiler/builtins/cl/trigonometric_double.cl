// OpenCL C 6.15.2: sin, cos, tan and sincos of double, at most one unit in the last place off (tan: two).
#include "csr.h"

// An angle as quadrant * pi/2 + rest + low with |rest| <= pi/4; the quadrant counts modulo 4.
struct Angle {
  long quadrant;
  double rest, low;
};

// 64 zeros and the first 1216 bits of 2/pi.
static constant ulong kTwoOverPi[20] = {
    0,                    0xa2f9836e4e441529ul, 0xfc2757d1f534ddc0ul, 0xdb6295993c439041ul, 0xfe5163abdebbc561ul,
    0xb7246e3a424dd2e0ul, 0x06492eea09d1921cul, 0xfe1deb1cb129a73eul, 0xe88235f52ebb4484ul, 0xe99c7026b45f7e41ul,
    0x3991d639835339f4ul, 0x9c845f8bbdf9283bul, 0x1ff897ffde05980ful, 0xef2f118b5a0a6d1ful, 0x6d367ecf27cb09b7ul,
    0x4f463f669e5fea2dul, 0x7527bac7ebe5f17bul, 0x3d0739f78a5292eaul, 0x6bfb5fb11f8d5d08ul, 0x56033046fc7b6babul};

// pi/2 as the sum of three doubles.
#define HALF_PI_1 0x1.921fb54442d18p+0
#define HALF_PI_2 0x1.1a62633145c07p-54
#define HALF_PI_3 -0x1.f1976b7ed8fbcp-110

// 64 bits of 2/pi from `first` on, which counts the zeros too.
static inline ulong two_over_pi(uint first) {
  const uint word = first / 64, shift = first % 64;
  return kTwoOverPi[word] << shift | kTwoOverPi[word + 1] >> 1 >> (63 - shift);
}

// From 2^30 on: x 2/pi modulo 4 in fixed point (M. Payne and R. Hanek, "Radian reduction for trigonometric
// functions", 1983). x = m 2^e; the bits of 2/pi that weigh 4 and more drop out. Of the 192 that follow, m spoils
// the last 53, and a double as near to a multiple of pi/2 as any takes 62 more in front.
__attribute__((noinline)) static struct Angle reduce_large(double x) {
  const ulong bits = as_ulong(x);
  const ulong m = (bits & 0xffffffffffffful) | 0x10000000000000ul;
  const uint first = (uint)(bits >> 52 & 0x7ff) - 1075 + 62;
  const ulong high = two_over_pi(first), middle = two_over_pi(first + 64), last = two_over_pi(first + 128);
  const ulong low = m * middle + mul_hi(m, last);
  const ulong top = m * high + mul_hi(m, middle) + (low < m * middle);
  const ulong fraction = top << 2 | low >> 62;
  // The fraction is signed; its magnitude is normalised and cut into 53 bits and the rest.
  const ulong negative = (ulong)((long)fraction >> 63);
  const ulong a = fraction ^ negative, b = (low << 2) ^ negative;
  const uint zeros = (uint)clz(a | 1);
  const ulong digits = a << zeros | b >> 1 >> (63 - zeros);
  const double unit = as_double((ulong)(1023 - 64 - zeros) << 52);
  const double first_part = (double)(digits & ~0x7fful) * unit;
  const double second_part = (double)((digits & 0x7fful) << 32 | (b << zeros) >> 32) * (unit * 0x1p-32);
  const double rest = first_part * HALF_PI_1;
  const double low_part = fma(first_part, HALF_PI_1, -rest) + fma(first_part, HALF_PI_2, second_part * HALF_PI_1);
  const long quadrant = (long)(top >> 62) + (negative & 1);
  const bool below = (negative != 0) != signbit(x);
  return (struct Angle){signbit(x) ? -quadrant : quadrant, below ? -rest : rest, below ? -low_part : low_part};
}

// W. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980, with fma: the first step is exact.
static inline struct Angle reduce(double x) {
  if (fabs(x) >= 0x1p30 && fabs(x) < INFINITY) return reduce_large(x);
  const long n = convert_long_rte(x * M_2_PI);
  const double k = (double)n;
  const double exact = fma(-k, HALF_PI_1, x);
  const double product = k * HALF_PI_2;
  const double rest = exact - product;
  const double low = ((exact - rest) - product) - fma(k, HALF_PI_2, -product);
  return (struct Angle){n, rest, fma(-k, HALF_PI_3, low)};
}

// Taylor series; what they leave out is below 2^-60 of the result.
static inline double sin_of_rest(double r, double low) {
  const double z = r * r;
  double p = 1.0 / 355687428096000;
  p = fma(p, z, -1.0 / 1307674368000);
  p = fma(p, z, 1.0 / 6227020800);
  p = fma(p, z, -1.0 / 39916800);
  p = fma(p, z, 1.0 / 362880);
  p = fma(p, z, -1.0 / 5040);
  p = fma(p, z, 1.0 / 120);
  p = fma(p, z, -1.0 / 6);
  const double correction = fma(r * z, p, low * fma(z, -0.5, 1.0));
  return r == 0 ? r : r + correction;
}
static inline double cos_of_rest(double r, double low) {
  const double z = r * r;
  double p = -1.0 / 6402373705728000;
  p = fma(p, z, 1.0 / 20922789888000);
  p = fma(p, z, -1.0 / 87178291200);
  p = fma(p, z, 1.0 / 479001600);
  p = fma(p, z, -1.0 / 3628800);
  p = fma(p, z, 1.0 / 40320);
  p = fma(p, z, -1.0 / 720);
  p = fma(p, z, 1.0 / 24);
  const double part = 0.5 * z;
  const double start = 1 - part;
  return start + fma(z * z, p, ((1 - start) - part) - r * low);
}

static inline double sine_in_quadrant(struct Angle angle, long quadrant) {
  const double value =
      quadrant & 1 ? cos_of_rest(angle.rest, angle.low) : sin_of_rest(angle.rest, angle.low);
  return quadrant & 2 ? -value : value;
}

FUNC double sin(double x) {
  const struct Angle angle = reduce(x);
  return fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant) : NAN;
}

FUNC double cos(double x) {
  const struct Angle angle = reduce(x);
  return fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant + 1) : NAN;
}

FUNC double tan(double x) {
  const struct Angle angle = reduce(x);
  const double sine = sin_of_rest(angle.rest, angle.low), cosine = cos_of_rest(angle.rest, angle.low);
  const bool odd = angle.quadrant & 1;
  return fabs(x) < INFINITY ? (odd ? -cosine : sine) / (odd ? sine : cosine) : NAN;
}

#define SINCOS(space)                                                                            \
  FUNC double sincos(double x, space double* cosine) {                                           \
    const struct Angle angle = reduce(x);                                                        \
    *cosine = fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant + 1) : NAN;            \
    return fabs(x) < INFINITY ? sine_in_quadrant(angle, angle.quadrant) : NAN;                   \
  }
SINCOS(private)
SINCOS(global)
SINCOS(local)
