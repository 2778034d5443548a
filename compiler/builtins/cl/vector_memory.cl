// OpenCL C 6.15.7: vloadn and vstoren. Elements need only the alignment of their own type. SPIR-V does not tell
// signed from unsigned, its reader says signed.
#include "csr.h"
#include "types.h"

#define GATHER2(p) p[0], p[1]
#define GATHER3(p) GATHER2(p), p[2]
#define GATHER4(p) GATHER3(p), p[3]
#define GATHER8(p) GATHER4(p), p[4], p[5], p[6], p[7]
#define GATHER16(p) GATHER8(p), p[8], p[9], p[10], p[11], p[12], p[13], p[14], p[15]

#define LOAD(width, type, space)                                \
  FUNC type##width vload##width(size_t offset, const space type* from) { \
    from += offset * width;                                     \
    return (type##width)(GATHER##width(from));                  \
  }

#define STORE(width, type, space)                                           \
  FUNC void vstore##width(type##width data, size_t offset, space type* to) { \
    to += offset * width;                                                   \
    _Pragma("unroll") for (int i = 0; i < width; ++i) to[i] = data[i];      \
  }

#define IN_SPACE(type, space)      \
  FOR_WIDTHS(LOAD, type, space)    \
  FOR_WIDTHS(STORE, type, space)

#define ALL(type)                    \
  IN_SPACE(type, private)            \
  IN_SPACE(type, global)             \
  IN_SPACE(type, local)              \
  FOR_WIDTHS(LOAD, type, constant)

FOR_SIGNED(ALL)
FOR_FLOATS(ALL)
ALL(half)
