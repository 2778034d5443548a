kernel void prices(global float* out, global const float* in, global double* wide) {
  int i = get_global_id(0);
  float x = in[i], whole;
  int exponent;
  float y = exp(-x * x) * sin(x) + log1p(fabs(x)) + pow(fabs(x), 1.5f) + native_sqrt(fabs(x));
  y += frexp(x, &exponent) + exponent + modf(x, &whole) + whole + atan2(x, y) + ldexp(x, 3);
  out[i] = clamp(y, -100.0f, 100.0f) + (float)(popcount(i) + clz(i) + mul_hi(i, 12345) + rotate(i, 5) + abs_diff(i, -i));
  wide[i] = fmod(wide[i], 3.0) + cbrt(wide[i]) + erf(wide[i]);
}
