// OpenCL C 6.15.13: shuffle and shuffle2. Only the low bits of the mask count.
#include "csr.h"

#define SHUFFLE(to, from, type, mask)                                                                     \
  FUNC type##to shuffle(type##from x, mask##to m) {                                                       \
    type##to result;                                                                                      \
    _Pragma("unroll") for (int i = 0; i < to; ++i) result[i] = x[m[i] & (from - 1)];                      \
    return result;                                                                                        \
  }                                                                                                       \
  FUNC type##to shuffle2(type##from x, type##from y, mask##to m) {                                        \
    type##to result;                                                                                      \
    _Pragma("unroll") for (int i = 0; i < to; ++i) {                                                      \
      const type a = x[m[i] & (from - 1)], b = y[m[i] & (from - 1)];                                      \
      result[i] = m[i] & from ? b : a;                                                                    \
    }                                                                                                     \
    return result;                                                                                        \
  }

#define TO(to, type, mask)      \
  SHUFFLE(to, 2, type, mask)    \
  SHUFFLE(to, 4, type, mask)    \
  SHUFFLE(to, 8, type, mask)    \
  SHUFFLE(to, 16, type, mask)
#define ALL(type, mask) TO(2, type, mask) TO(4, type, mask) TO(8, type, mask) TO(16, type, mask)

// The reader says unsigned.
ALL(uchar, uchar)
ALL(ushort, ushort)
ALL(uint, uint)
ALL(ulong, ulong)
ALL(half, ushort)
ALL(float, uint)
ALL(double, ulong)
