// OpenCL C 6.15.5. float works in double, where no square overflows or vanishes and one rounding at the end is
// all; double is scaled by a power of two near its largest component.
#include "csr.h"

#define SUM2(f) (f(0) + f(1))
#define SUM3(f) (SUM2(f) + f(2))
#define SUM4(f) (SUM3(f) + f(3))

#define SQUARE(i) ((double)v[i] * (double)v[i])
#define PRODUCT(i) (a[i] * b[i])
#define FAST_SQUARE(i) (v[i] * v[i])

FUNC float dot(float a, float b) { return a * b; }
FUNC double dot(double a, double b) { return a * b; }
FUNC float length(float v) { return __builtin_fabsf(v); }
FUNC double length(double v) { return __builtin_fabs(v); }
FUNC float fast_length(float v) { return __builtin_fabsf(v); }
FUNC float distance(float a, float b) { return __builtin_fabsf(a - b); }
FUNC double distance(double a, double b) { return __builtin_fabs(a - b); }
FUNC float fast_distance(float a, float b) { return __builtin_fabsf(a - b); }

#define NORMALIZE_SCALAR(name, type) \
  FUNC type name(type v) { return v == 0 || v != v ? v : v > 0 ? (type)1 : (type)-1; }
NORMALIZE_SCALAR(normalize, float)
NORMALIZE_SCALAR(normalize, double)
NORMALIZE_SCALAR(fast_normalize, float)

#define DOT(type, width) \
  FUNC type dot(type##width a, type##width b) { return SUM##width(PRODUCT); }

// Infinite components count as +-1, the finite ones beside them as 0 (the specification's table of edge cases).
#define HANDLE_INFINITY(type, width)                                                      \
  if (any(isinf(v))) v = copysign(isinf(v) ? (type##width)1 : (type##width)0, v)

#define FLOAT_WIDTH(width)                                                                            \
  DOT(float, width)                                                                                   \
  FUNC float length(float##width v) { return (float)__builtin_sqrt(SUM##width(SQUARE)); }             \
  FUNC float distance(float##width a, float##width b) {                                               \
    const double##width v = convert_double##width(a) - convert_double##width(b);                      \
    return (float)__builtin_sqrt(SUM##width(SQUARE));                                                 \
  }                                                                                                   \
  FUNC float##width normalize(float##width v) {                                                       \
    HANDLE_INFINITY(float, width);                                                                    \
    const double sum = SUM##width(SQUARE);                                                            \
    return sum == 0 ? v : convert_float##width(convert_double##width(v) / __builtin_sqrt(sum));       \
  }                                                                                                   \
  FUNC float fast_length(float##width v) { return __builtin_sqrtf(SUM##width(FAST_SQUARE)); }         \
  FUNC float fast_distance(float##width a, float##width b) { return fast_length(a - b); }             \
  FUNC float##width fast_normalize(float##width v) {                                                  \
    const float sum = SUM##width(FAST_SQUARE);                                                        \
    return sum == 0 ? v : v * (1 / __builtin_sqrtf(sum));                                             \
  }

FLOAT_WIDTH(2)
FLOAT_WIDTH(3)
FLOAT_WIDTH(4)

static inline ulong exponent_bits(double x) { return as_ulong(x) & 0x7ff0000000000000ul; }

// A power of two s with s * x near 1 for the magnitude x, and finite itself.
static inline double scale_for(double x) {
  const ulong bits = clamp(exponent_bits(x), 0x0010000000000000ul, 0x7fc0000000000000ul);
  return as_double(0x7fd0000000000000ul - bits);
}

#define LARGEST2(v) fmax(fabs(v[0]), fabs(v[1]))
#define LARGEST3(v) fmax(LARGEST2(v), fabs(v[2]))
#define LARGEST4(v) fmax(LARGEST3(v), fabs(v[3]))

#define DOUBLE_WIDTH(width)                                                                     \
  DOT(double, width)                                                                            \
  FUNC double length(double##width v) {                                                         \
    if (any(isinf(v))) return INFINITY;                                                         \
    const double scale = scale_for(LARGEST##width(v));                                          \
    v *= scale;                                                                                 \
    return __builtin_sqrt(SUM##width(SQUARE)) / scale;                                          \
  }                                                                                             \
  FUNC double distance(double##width a, double##width b) { return length(a - b); }              \
  FUNC double##width normalize(double##width v) {                                               \
    HANDLE_INFINITY(double, width);                                                             \
    const double##width scaled = v * scale_for(LARGEST##width(v));                              \
    const double size = length(scaled);                                                         \
    return size == 0 ? v : scaled / size;                                                       \
  }

DOUBLE_WIDTH(2)
DOUBLE_WIDTH(3)
DOUBLE_WIDTH(4)

#define CROSS(type)                                                                                                     \
  FUNC type##3 cross(type##3 a, type##3 b) {                                                                           \
    return (type##3)(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);                              \
  }                                                                                                                     \
  FUNC type##4 cross(type##4 a, type##4 b) {                                                                           \
    return (type##4)(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x, 0);                           \
  }

CROSS(float)
CROSS(double)

// half works in float, whose range is as far beyond half's as double's is beyond float's.
FUNC half dot(half a, half b) { return a * b; }
FUNC half length(half v) { return (half)length((float)v); }
FUNC half distance(half a, half b) { return (half)distance((float)a, (float)b); }
FUNC half normalize(half v) { return (half)normalize((float)v); }
#define HALF_WIDTH(width)                                                                                           \
  FUNC half dot(half##width a, half##width b) {                                                                     \
    return (half)dot(convert_float##width(a), convert_float##width(b));                                             \
  }                                                                                                                 \
  FUNC half length(half##width v) { return (half)length(convert_float##width(v)); }                                 \
  FUNC half distance(half##width a, half##width b) {                                                                \
    return (half)distance(convert_float##width(a), convert_float##width(b));                                        \
  }                                                                                                                 \
  FUNC half##width normalize(half##width v) { return convert_half##width(normalize(convert_float##width(v))); }
#define HALF_CROSS(width) \
  FUNC half##width cross(half##width a, half##width b) {                                      \
    return convert_half##width(cross(convert_float##width(a), convert_float##width(b)));      \
  }

HALF_WIDTH(2)
HALF_WIDTH(3)
HALF_WIDTH(4)
HALF_CROSS(3)
HALF_CROSS(4)

// SPIR-V's OpDot takes vectors of all lengths.
#define LONG_DOT(type)                                                                                            \
  FUNC type dot(type##8 a, type##8 b) { return dot(a.lo, b.lo) + dot(a.hi, b.hi); }     \
  FUNC type dot(type##16 a, type##16 b) { return dot(a.lo, b.lo) + dot(a.hi, b.hi); }
LONG_DOT(float)
LONG_DOT(double)
FUNC half dot(half8 a, half8 b) { return (half)dot(convert_float8(a), convert_float8(b)); }
FUNC half dot(half16 a, half16 b) { return (half)dot(convert_float16(a), convert_float16(b)); }
