// OpenCL C 6.15.2 and 7.4: square roots, correctly rounded in both precisions, and their reciprocals, rounded twice (2 ulp are
// allowed). The instruction gives NaN for what is below zero by itself.
#include "csr.h"

FUNC float sqrt(float x) { return __builtin_sqrtf(x); }
FUNC double sqrt(double x) { return __builtin_sqrt(x); }

FUNC float rsqrt(float x) { return 1 / __builtin_sqrtf(x); }
FUNC double rsqrt(double x) { return 1 / __builtin_sqrt(x); }
