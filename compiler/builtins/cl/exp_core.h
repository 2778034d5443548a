// e^x and 2^x of float in float, for the functions that are built on them. The polynomials are in minimax.sollya.
#pragma once

#include "csr.h"

// p 2^n for |n| <= 252: two factors, so that a subnormal result is rounded once.
static inline float scale_by_power(float p, int n) {
  const int first = n >> 1;
  return p * as_float((first + 127) << 23) * as_float((n - first + 127) << 23);
}

// x = n ln 2 + r with |r| <= ln 2 / 2; returns r.
static inline float remove_powers_of_two(float x, int* n) {
  *n = convert_int_rte(x * M_LOG2E_F);
  const float k = (float)*n;
  return fma(k, 0x1.05c61p-29f, fma(k, -0x1.62e43p-1f, x));
}

// e^r for |r| <= ln 2 / 2, relative error below 2^-28.
static inline float exp_of_rest(float r) {
  float p = 0x1.694cd4p-10f;
  p = fma(p, r, 0x1.123988p-7f);
  p = fma(p, r, 0x1.555a26p-5f);
  p = fma(p, r, 0x1.555492p-3f);
  p = fma(p, r, 0x1.fffffap-2f);
  p = fma(p, r, 1.0f);
  return fma(p, r, 1.0f);
}

// e^x 2^shift: x from -150 to 150, and a result may be subnormal, 0 or infinity.
static inline float exp_times_power(float x, int shift) {
  int n;
  const float r = remove_powers_of_two(x, &n);
  return scale_by_power(exp_of_rest(r), n + shift);
}

// e^x where that is a normal number.
static inline float exp_where_normal(float x) {
  int n;
  const float r = remove_powers_of_two(x, &n);
  return exp_of_rest(r) * as_float((n + 127) << 23);
}

// 2^r for |r| <= 1/2, relative error below 2^-28.
static inline float exp2_of_rest(float r) {
  float p = 0x1.3fa208p-13f;
  p = fma(p, r, 0x1.5f0b82p-10f);
  p = fma(p, r, 0x1.3b30ap-7f);
  p = fma(p, r, 0x1.c6af76p-5f);
  p = fma(p, r, 0x1.ebfbd8p-3f);
  p = fma(p, r, 0x1.62e43p-1f);
  return fma(p, r, 1.0f);
}
