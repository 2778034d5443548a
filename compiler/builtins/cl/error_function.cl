// OpenCL C 6.15.2: erf and erfc of float, at most six units in the last place off.
#include "exp_core.h"

// For a > 0: (1 + 2a) e^(a^2) erfc a is a smooth function of (a - 2) / (a + 2), as in M. M. Shepherd and J. G. Laframboise,
// "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", Mathematics of Computation 36, 1981.
FUNC float erfc(float x) {
  const float a = fmin(fabs(x), 10.5f);  // erfc of more is 0
  const float reciprocal = 1 / ((a + 2) * fma(a, 2.0f, 1.0f));
  const float t = (a - 2) * (fma(a, 2.0f, 1.0f) * reciprocal);
  float p = -0x1.ad371cp-12f;
  p = fma(p, t, -0x1.4555b8p-10f);
  p = fma(p, t, 0x1.5a66a6p-10f);
  p = fma(p, t, 0x1.1b3c54p-7f);
  p = fma(p, t, -0x1.082e78p-7f);
  p = fma(p, t, -0x1.bc13b4p-5f);
  p = fma(p, t, 0x1.4ffc62p-3f);
  p = fma(p, t, -0x1.5407fcp-3f);
  p = fma(p, t, -0x1.7bf618p-4f);
  p = fma(p, t, 0x1.46e80ep+0f);
  // a^2 as the sum of two floats.
  const float square = a * a, low = fma(a, a, -square);
  int n;
  const float r = remove_powers_of_two(-square, &n);
  const float factor = p * ((a + 2) * reciprocal);
  const float magnitude = scale_by_power(exp_of_rest(r) * fma(-low, factor, factor), n);
  const float value = x < 0 ? 2 - magnitude : magnitude;
  return x != x ? x : value;
}

// Up to 1 an odd polynomial, beyond it 1 - e^q with q a polynomial of |x|.
FUNC float erf(float x) {
  const float a = fabs(x), z = x * x;
  float p = 0x1.4c5cb4p-14f;
  p = fma(p, z, -0x1.a5197ap-11f);
  p = fma(p, z, 0x1.542fecp-8f);
  p = fma(p, z, -0x1.b7fec4p-6f);
  p = fma(p, z, 0x1.ce2d52p-4f);
  p = fma(p, z, -0x1.81274p-2f);
  p = fma(p, z, 0x1.06eba8p-3f);
  const float near = fma(x, p, x);
  const float b = fmin(a, 4.0f);
  float q = -0x1.bfc8cp-17f;
  q = fma(q, b, 0x1.4da332p-12f);
  q = fma(q, b, -0x1.c30b42p-9f);
  q = fma(q, b, 0x1.72e87ap-6f);
  q = fma(q, b, -0x1.a757aap-4f);
  q = fma(q, b, -0x1.473142p-1f);
  q = fma(q, b, -0x1.203eb2p+0f);
  q = fma(q, b, -0x1.886c4cp-11f);
  return a > 1 ? copysign(1 - exp_where_normal(q), x) : near;
}
