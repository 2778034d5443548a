// OpenCL C 6.15.2: exponentials and logarithms of float.
#include "float_core.h"

FUNC float exp2(float x) { return exp2_to_float(x); }
FUNC float exp(float x) { return exp2_to_float(x * M_LOG2E); }
FUNC float exp10(float x) { return exp2_to_float(x * (M_LN10 * M_LOG2E)); }

// ln x times `scale`, in double.
static inline double scaled_ln(float x, double scale) {
  double exponent;
  const double mantissa = ln_of_mantissa(x, &exponent);
  const double finite = fma(exponent, M_LN2, mantissa) * scale;
  return x == 0 ? -INFINITY : x > 0 && x < INFINITY ? finite : x > 0 ? INFINITY : NAN;
}

FUNC float log(float x) { return (float)scaled_ln(x, 1.0); }
FUNC float log10(float x) { return (float)scaled_ln(x, M_LOG10E); }
FUNC float log2(float x) { return x < 0 ? NAN : (float)log2_core(x); }

FUNC float half_exp(float x) { return exp(x); }
FUNC float half_exp2(float x) { return exp2(x); }
FUNC float half_exp10(float x) { return exp10(x); }
FUNC float half_log(float x) { return log(x); }
FUNC float half_log2(float x) { return log2(x); }
FUNC float half_log10(float x) { return log10(x); }
