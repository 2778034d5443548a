// OpenCL C 7.5.1: edge cases that libclc's functions miss, above all the sign of zero. libclc_<name> is libclc's.
#include "csr.h"

#define KEEP_ZERO(name)                 \
  FUNC double libclc_##name(double x);  \
  FUNC double name(double x) { return x == 0 ? x : libclc_##name(x); }

KEEP_ZERO(atan)
KEEP_ZERO(atanpi)
KEEP_ZERO(erf)
KEEP_ZERO(expm1)

// Zeros of sinpi have the sign of x, those of cospi are positive, those of tanpi alternate.
#define PI_FUNCTIONS(type)                                                                \
  FUNC type libclc_sinpi(type x);                                                         \
  FUNC type sinpi(type x) { return fabs(x) < INFINITY && trunc(x) == x ? copysign((type)0, x) : libclc_sinpi(x); } \
  FUNC type libclc_cospi(type x);                                                         \
  FUNC type cospi(type x) {                                                               \
    const type value = libclc_cospi(x);                                                   \
    return value == 0 ? 0 : value;                                                        \
  }                                                                                       \
  FUNC type libclc_tanpi(type x);                                                         \
  FUNC type tanpi(type x) {                                                               \
    const type zero = trunc(x * (type)0.5) * 2 == x ? x : -x;                             \
    return fabs(x) < INFINITY && trunc(x) == x ? copysign((type)0, zero) : libclc_tanpi(x); \
  }
PI_FUNCTIONS(float)
PI_FUNCTIONS(double)

// lgamma of both infinities is infinity.
FUNC double libclc_lgamma(double x);
FUNC double lgamma(double x) { return fabs(x) == INFINITY ? INFINITY : libclc_lgamma(x); }
#define LGAMMA_R(space)                                   \
  FUNC double libclc_lgamma_r(double x, space int* sign); \
  FUNC double lgamma_r(double x, space int* sign) {       \
    const double value = libclc_lgamma_r(x, sign);        \
    return fabs(x) == INFINITY ? INFINITY : value;        \
  }
LGAMMA_R(private)
LGAMMA_R(global)
LGAMMA_R(local)
