// OpenCL C 6.15.4: clamp as the specification defines it, which is two instructions.
#include "csr.h"

FUNC float clamp(float x, float low, float high) { return __builtin_fminf(__builtin_fmaxf(x, low), high); }
FUNC double clamp(double x, double low, double high) { return __builtin_fmin(__builtin_fmax(x, low), high); }
