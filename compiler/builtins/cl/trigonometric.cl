// OpenCL C 6.15.2: sin, cos, tan and sincos of float, at most two units in the last place off (tan four). The polynomials
// are in minimax.sollya.
#include "csr.h"

// An angle as quadrant * pi/2 + rest with |rest| <= pi/4; the quadrant counts modulo 4.
struct Angle {
  int quadrant;
  float rest;
};

// The first 256 bits of 2/pi, behind 64 zeros.
static constant ulong kTwoOverPi[5] = {0, 0xa2f9836e4e441529ul, 0xfc2757d1f534ddc0ul, 0xdb6295993c439041ul,
                                0xfe5163abdebbc561ul};

// 64 bits of 2/pi from bit `first` >= -64 on.
static inline ulong two_over_pi(int first) {
  const uint word = (uint)(first + 64) / 64, shift = (uint)first % 64;
  return kTwoOverPi[word] << shift | kTwoOverPi[word + 1] >> 1 >> (63 - shift);
}

// x 2/pi modulo 4 in fixed point for |x| >= 1 (M. Payne and R. Hanek, "Radian reduction for trigonometric
// functions", 1983). x = m 2^e; the bits of 2/pi that weigh 4 and more drop out, 128 of the others are enough.
// Quadrant and rest as a vector, which comes back in registers: a struct would come back in memory, and each kernel that
// calls this would need a stack frame.
__attribute__((noinline)) static float2 reduce_large(float x) {
  const uint bits = as_uint(x);
  const ulong m = (bits & 0x7fffff) | 0x800000;
  const int e = (int)(bits >> 23 & 0xff) - 150;
  const ulong high = two_over_pi(e - 2), low = two_over_pi(e - 2 + 64);
  const ulong top = m * high + mul_hi(m, low);
  const long fraction = (long)(top << 2 | (m * low) >> 62);
  const float rest = (float)((double)fraction * (0x1p-64 * M_PI_2));
  const float quadrant = (float)((int)(top >> 62) + (fraction < 0));
  const float2 angle = {quadrant, rest};
  return signbit(x) ? -angle : angle;
}

// pi/2 is the sum of three floats above 0, so that 0 times each keeps the sign of x = -0.
static inline struct Angle reduce(float x) {
  if (fabs(x) >= 0x1p15f && fabs(x) < INFINITY) {
    const float2 large = reduce_large(x);
    return (struct Angle){(int)large.x, large.y};
  }
  // Rounds x 2/pi to an integer, whose lowest bits are those of the sum. Of infinity and NaN the rest is NaN.
  const float shifter = 0x1.8p23f, sum = fma(x, M_2_PI_F, shifter), k = sum - shifter;
  const float r = fma(k, -0x1.4442dp-24f, fma(k, -0x1.921fb4p+0f, x));
  return (struct Angle){as_int(sum), fma(k, -0x1.84698ap-48f, r)};
}

static inline float sin_of_rest(float r) {
  const float z = r * r;
  float p = -0x1.9ab2ap-13f;
  p = fma(p, z, 0x1.110be4p-7f);
  p = fma(p, z, -0x1.555552p-3f);
  return copysign(fma(r * z, p, r), r);  // for -0.0
}
static inline float cos_of_rest(float r) {
  const float z = r * r;
  float p = 0x1.9bc61cp-16f;
  p = fma(p, z, -0x1.6c129cp-10f);
  p = fma(p, z, 0x1.555554p-5f);
  p = fma(p, z, -0.5f);
  return fma(p, z, 1.0f);
}

static inline float sine_in_quadrant(struct Angle angle, int quadrant) {
  const float value = quadrant & 1 ? cos_of_rest(angle.rest) : sin_of_rest(angle.rest);
  return as_float(as_int(value) ^ (quadrant & 2) << 30);
}

FUNC float sin(float x) {
  const struct Angle angle = reduce(x);
  return sine_in_quadrant(angle, angle.quadrant);
}

FUNC float cos(float x) {
  const struct Angle angle = reduce(x);
  return sine_in_quadrant(angle, angle.quadrant + 1);
}

FUNC float tan(float x) {
  const struct Angle angle = reduce(x);
  const float sine = sin_of_rest(angle.rest), cosine = cos_of_rest(angle.rest);
  const bool odd = angle.quadrant & 1;
  return (odd ? -cosine : sine) / (odd ? sine : cosine);
}

#define SINCOS(space)                                        \
  FUNC float sincos(float x, space float* cosine) {          \
    const struct Angle angle = reduce(x);                    \
    *cosine = sine_in_quadrant(angle, angle.quadrant + 1);   \
    return sine_in_quadrant(angle, angle.quadrant);          \
  }
SINCOS(private)
SINCOS(global)
SINCOS(local)

FUNC float half_sin(float x) { return sin(x); }
FUNC float half_cos(float x) { return cos(x); }
FUNC float half_tan(float x) { return tan(x); }
