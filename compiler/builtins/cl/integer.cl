// OpenCL C 6.15.3: what libclc lacks.
#include "csr.h"
#include "types.h"

#define MAD_HI(type) \
  FUNC type mad_hi(type a, type b, type c) { return mul_hi(a, b) + c; }

FOR_SIGNED(MAD_HI)
FOR_UNSIGNED(MAD_HI)

// The width of the type for zero. The reader says signed.
FUNC char ctz(char x) { return (char)__builtin_ctz((uchar)x | 0x100u); }
FUNC short ctz(short x) { return (short)__builtin_ctz((ushort)x | 0x10000u); }
FUNC int ctz(int x) { return x ? __builtin_ctz((uint)x) : 32; }
FUNC long ctz(long x) { return x ? __builtin_ctzl((ulong)x) : 64; }
