// OpenCL C 6.15.2: tanh of float, about two units in the last place off.
#include "exp_core.h"

// Up to 0.55 an odd polynomial, beyond it 1 - 2 / (e^2a + 1), which is 1 from 10 on.
FUNC float tanh(float x) {
  const float a = fabs(x), z = x * x;
  float p = -0x1.aa71c6p-8f;
  p = fma(p, z, 0x1.5c335cp-6f);
  p = fma(p, z, -0x1.b98bc2p-5f);
  p = fma(p, z, 0x1.110fap-3f);
  p = fma(p, z, -0x1.555554p-2f);
  const float near = fma(x * z, p, x);
  int n;
  const float r = remove_powers_of_two(fmin(a, 10.0f) * 2, &n);
  const float far = 1 - 2 / fma(exp_of_rest(r), as_float((n + 127) << 23), 1.0f);
  return copysign(a > 0.55f ? far : near, x);
}
