// OpenCL C 6.15.4: clamp as the specification defines it, which is two instructions.
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
