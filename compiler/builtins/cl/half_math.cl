// OpenCL C 6.15.2 and 6.15.4 for half: computed in float and rounded once more. A float has more than twice the
// digits, so that sums, products, quotients and roots come out correctly rounded, and everything else within half a
// unit in the last place of what the float function says. What float cannot say exactly is done by itself.
#include "csr.h"
#include "types.h"

#define UNARY(name)           \
  FUNC float name(float x);   \
  FUNC half name(half x) { return (half)name((float)x); }
#define BINARY(name)                    \
  FUNC float name(float x, float y);    \
  FUNC half name(half x, half y) { return (half)name((float)x, (float)y); }
#define TERNARY(name)                            \
  FUNC float name(float x, float y, float z);    \
  FUNC half name(half x, half y, half z) { return (half)name((float)x, (float)y, (float)z); }
#define WITH_INT(name)                \
  FUNC float name(float x, int n);    \
  FUNC half name(half x, int n) { return (half)name((float)x, n); }
#define TO_INT(name)          \
  FUNC int name(float x);     \
  FUNC int name(half x) { return name((float)x); }

// Transcendental functions.
UNARY(acos) UNARY(acosh) UNARY(acospi) UNARY(asin) UNARY(asinh) UNARY(asinpi) UNARY(atan) UNARY(atanh) UNARY(atanpi)
UNARY(cbrt) UNARY(cos) UNARY(cosh) UNARY(cospi) UNARY(erf) UNARY(erfc) UNARY(exp) UNARY(exp2) UNARY(exp10)
UNARY(expm1) UNARY(lgamma) UNARY(log) UNARY(log2) UNARY(log10) UNARY(log1p) UNARY(rsqrt) UNARY(sin) UNARY(sinh)
UNARY(sinpi) UNARY(tan) UNARY(tanh) UNARY(tanpi) UNARY(tgamma)
BINARY(atan2) BINARY(atan2pi) BINARY(hypot) BINARY(pow) BINARY(powr)
WITH_INT(pown) WITH_INT(rootn)

// The results are halves already, but for fdim's difference and the smallest numbers that ldexp makes, which are
// rounded once: float holds them exactly or far below half's range.
UNARY(ceil) UNARY(floor) UNARY(rint) UNARY(round) UNARY(trunc) UNARY(logb)
BINARY(fdim) BINARY(fmod) BINARY(remainder) BINARY(maxmag) BINARY(minmag)
WITH_INT(ldexp)
TO_INT(ilogb)

UNARY(degrees) UNARY(radians) UNARY(sign)
BINARY(step)
TERNARY(mix) TERNARY(smoothstep)

// One instruction each. Intrinsics have no other name in OpenCL C.
half fma_instruction(half x, half y, half z) __asm__("llvm.fma.f16");
half sqrt_instruction(half x) __asm__("llvm.sqrt.f16");
half fabs_instruction(half x) __asm__("llvm.fabs.f16");
half copysign_instruction(half x, half y) __asm__("llvm.copysign.f16");
half min_instruction(half x, half y) __asm__("llvm.minnum.f16");
half max_instruction(half x, half y) __asm__("llvm.maxnum.f16");

FUNC half fma(half x, half y, half z) { return fma_instruction(x, y, z); }
FUNC half mad(half x, half y, half z) { return fma_instruction(x, y, z); }
FUNC half sqrt(half x) { return sqrt_instruction(x); }
FUNC half fabs(half x) { return fabs_instruction(x); }
FUNC half copysign(half x, half y) { return copysign_instruction(x, y); }
FUNC half fmin(half x, half y) { return min_instruction(x, y); }
FUNC half fmax(half x, half y) { return max_instruction(x, y); }
FUNC half min(half x, half y) { return y < x ? y : x; }
FUNC half max(half x, half y) { return x < y ? y : x; }
FUNC half clamp(half x, half low, half high) { return fmin(fmax(x, low), high); }
FUNC half bitselect(half a, half b, half c) {
  return as_half((ushort)(as_ushort(a) ^ ((as_ushort(a) ^ as_ushort(b)) & as_ushort(c))));
}
FUNC half nan(ushort code) { return as_half((ushort)(code | 0x7e00)); }

// Results through pointers: the float function says them, exactly but for sincos and lgamma_r.
#define INTO(type, name, space)                          \
  FUNC float name(float x, private type* second);        \
  FUNC half name(half x, space type##_OR_HALF* second) { \
    type found;                                          \
    const half value = (half)name((float)x, &found);     \
    *second = found;                                     \
    return value;                                        \
  }
#define int_OR_HALF int
#define float_OR_HALF half

#define REMQUO(space)                                             \
  FUNC float remquo(float x, float y, private int* quotient);     \
  FUNC half remquo(half x, half y, space int* quotient) {         \
    int found;                                                    \
    const half value = (half)remquo((float)x, (float)y, &found);  \
    *quotient = found;                                            \
    return value;                                                 \
  }

// Below one even where float's fraction would be rounded up to it.
#define FRACT(space)                                               \
  FUNC float fract(float x, private float* whole);                 \
  FUNC half fract(half x, space half* whole) {                     \
    float found;                                                   \
    const half value = (half)fract((float)x, &found);              \
    *whole = (half)found;                                          \
    return value == (half)1 ? (half)0x1.ffcp-1f : value;           \
  }

#define IN_SPACE(space)          \
  INTO(int, frexp, space)        \
  INTO(int, lgamma_r, space)     \
  INTO(float, modf, space)       \
  INTO(float, sincos, space)     \
  REMQUO(space)                  \
  FRACT(space)
IN_SPACE(private)
IN_SPACE(global)
IN_SPACE(local)
