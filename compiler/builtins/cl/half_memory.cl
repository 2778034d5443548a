// OpenCL C 6.15.7: vload_half, vstore_half and their aligned forms. The conversions are Zfh's; a conversion from
// half is exact, one to half rounds once, from double too.
#include "csr.h"
#include "types.h"

#define TO_HALF(type, instruction, suffix, mode)                         \
  static inline half to_half##suffix(type value) {                       \
    half result;                                                         \
    __asm__(instruction " %0, %1, " mode : "=r"(result) : "f"(value));   \
    return result;                                                       \
  }

#define TO_HALF_MODE(suffix, mode)                                                       \
  __attribute__((overloadable)) TO_HALF(float, "fcvt.h.s", suffix, mode)                 \
  __attribute__((overloadable)) TO_HALF(double, "fcvt.h.d", suffix, mode)

TO_HALF_MODE(, "rne")
TO_HALF_MODE(_rte, "rne")
TO_HALF_MODE(_rtz, "rtz")
TO_HALF_MODE(_rtp, "rup")
TO_HALF_MODE(_rtn, "rdn")

#define LOAD_SCALAR(name, space) \
  FUNC float name(size_t offset, const space half* from) { return (float)from[offset]; }

// The aligned form of three lanes works on steps of four.
#define LOAD_VECTOR(name, width, step, space)                                           \
  FUNC float##width name##width(size_t offset, const space half* from) {                \
    from += offset * step;                                                              \
    float##width result;                                                                \
    _Pragma("unroll") for (int i = 0; i < width; ++i) result[i] = (float)from[i];       \
    return result;                                                                      \
  }
#define LOADS(name, step3, space)    \
  LOAD_SCALAR(name, space)           \
  LOAD_VECTOR(name, 2, 2, space)     \
  LOAD_VECTOR(name, 3, step3, space) \
  LOAD_VECTOR(name, 4, 4, space)     \
  LOAD_VECTOR(name, 8, 8, space)     \
  LOAD_VECTOR(name, 16, 16, space)

#define STORE_SCALAR(name, suffix, type, space) \
  FUNC void name##suffix(type value, size_t offset, space half* to) { to[offset] = to_half##suffix(value); }
#define STORE_VECTOR(name, suffix, type, width, step, space)                                        \
  FUNC void name##width##suffix(type##width value, size_t offset, space half* to) {                 \
    to += offset * step;                                                                            \
    _Pragma("unroll") for (int i = 0; i < width; ++i) to[i] = to_half##suffix(value[i]);            \
  }
#define STORES_OF(name, suffix, type, step3, space)    \
  STORE_SCALAR(name, suffix, type, space)              \
  STORE_VECTOR(name, suffix, type, 2, 2, space)        \
  STORE_VECTOR(name, suffix, type, 3, step3, space)    \
  STORE_VECTOR(name, suffix, type, 4, 4, space)        \
  STORE_VECTOR(name, suffix, type, 8, 8, space)        \
  STORE_VECTOR(name, suffix, type, 16, 16, space)
#define STORES_ROUNDED(name, suffix, step3, space) \
  STORES_OF(name, suffix, float, step3, space)     \
  STORES_OF(name, suffix, double, step3, space)
#define STORES(name, step3, space)          \
  STORES_ROUNDED(name, , step3, space)      \
  STORES_ROUNDED(name, _rte, step3, space)  \
  STORES_ROUNDED(name, _rtz, step3, space)  \
  STORES_ROUNDED(name, _rtp, step3, space)  \
  STORES_ROUNDED(name, _rtn, step3, space)

#define LOADS_BOTH(space)        \
  LOADS(vload_half, 3, space)    \
  LOADS(vloada_half, 4, space)
#define STORES_BOTH(space)       \
  STORES(vstore_half, 3, space)  \
  STORES(vstorea_half, 4, space)

LOADS_BOTH(private)
LOADS_BOTH(global)
LOADS_BOTH(local)
LOADS_BOTH(constant)
STORES_BOTH(private)
STORES_BOTH(global)
STORES_BOTH(local)
