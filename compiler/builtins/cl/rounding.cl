// OpenCL C 6.15.2: rounding to an integral value. RISC-V converts with a rounding mode in the instruction;
// a magnitude of 2^(mantissa bits) and more, infinity and NaN are what they are. The sign is kept for -0.0.
#include "csr.h"

#define ROUND(name, type, integer, limit, instruction, mode)                       \
  FUNC type name(type x) {                                                         \
    integer whole;                                                                 \
    __asm__(instruction " %0, %1, " mode : "=r"(whole) : "f"(x));                  \
    return __builtin_fabs##limit(x) < LIMIT##limit ? __builtin_copysign##limit((type)whole, x) : x; \
  }

#define LIMITf 0x1p23f
#define LIMIT 0x1p52

#define ROUND_BOTH(name, mode)                         \
  ROUND(name, float, int, f, "fcvt.w.s", mode)         \
  ROUND(name, double, long, , "fcvt.l.d", mode)

ROUND_BOTH(floor, "rdn")
ROUND_BOTH(ceil, "rup")
ROUND_BOTH(trunc, "rtz")
ROUND_BOTH(rint, "rne")
ROUND_BOTH(round, "rmm")
