// OpenCL C 6.15.4: clamp as the specification defines it, which is two instructions; sign from two comparisons.
#include "csr.h"
#include "types.h"

FUNC float clamp(float x, float low, float high) { return __builtin_fminf(__builtin_fmaxf(x, low), high); }
FUNC double clamp(double x, double low, double high) { return __builtin_fmin(__builtin_fmax(x, low), high); }

// max and min of other producers' SPIR-V: Clang's writer says fmax and fmin.
#define COMMON(type)                                              \
  FUNC type fmax_common(type x, type y) { return x < y ? y : x; } \
  FUNC type fmin_common(type x, type y) { return y < x ? y : x; }
COMMON(half)
FOR_FLOATS(COMMON)

// Zeros keep their sign; that of NaN, which is not less or greater than anything, is the minimum's: +0.
FUNC float sign(float x) { return __builtin_copysignf((float)((x > 0) - (x < 0)), __builtin_fminf(x, 0.0f)); }
FUNC double sign(double x) { return __builtin_copysign((double)((x > 0) - (x < 0)), __builtin_fmin(x, 0.0)); }
