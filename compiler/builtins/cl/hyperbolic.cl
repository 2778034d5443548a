// OpenCL C 6.15.2: sinh, cosh and tanh of float, at most two units in the last place off. Near 0 they are odd polynomials
// (minimax.sollya), elsewhere built on e^|x|.
#include "exp_core.h"

// Half of e^a for a >= 0, which is finite where sinh and cosh are; infinity for more.
static inline float half_of_exp(float a) { return exp_times_power(fmin(a, 90.0f), -1); }

FUNC float cosh(float x) {
  const float half_exp = half_of_exp(fabs(x));
  const float value = half_exp + 0.25f / half_exp;
  return x != x ? x : value;
}

FUNC float sinh(float x) {
  const float a = fabs(x), z = x * x;
  float p = 0x1.725236p-19f;
  p = fma(p, z, 0x1.a03554p-13f);
  p = fma(p, z, 0x1.1110c6p-7f);
  p = fma(p, z, 0x1.555556p-3f);
  const float near = fma(x * z, p, x);
  const float half_exp = half_of_exp(a);
  const float far = half_exp - 0.25f / half_exp;
  return a > 1 ? copysign(far, x) : near;
}

// 1 - 2 / (e^2a + 1) is 1 from 10 on.
FUNC float tanh(float x) {
  const float a = fabs(x), z = x * x;
  float p = -0x1.aa71c6p-8f;
  p = fma(p, z, 0x1.5c335cp-6f);
  p = fma(p, z, -0x1.b98bc2p-5f);
  p = fma(p, z, 0x1.110fap-3f);
  p = fma(p, z, -0x1.555554p-2f);
  const float near = fma(x * z, p, x);
  const float far = 1 - 2 / (exp_where_normal(fmin(a, 10.0f) * 2) + 1);
  return copysign(a > 0.55f ? far : near, x);
}
