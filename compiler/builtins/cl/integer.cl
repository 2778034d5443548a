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

// libclc's forget that 0 - INT_MIN is too large, and most of long.
FUNC int sub_sat(int x, int y) { return (int)clamp((long)x - y, (long)INT_MIN, (long)INT_MAX); }
FUNC long sub_sat(long x, long y) {
  long result;
  return __builtin_sub_overflow(x, y, &result) ? (x < 0 ? LONG_MIN : LONG_MAX) : result;
}
FUNC long mad_sat(long a, long b, long c) {
  ulong product = (ulong)a * (ulong)b, sum = product + (ulong)c;
  long high = mul_hi(a, b) + (c >> 63) + (sum < product);  // of the sum's 128 bits
  return high == (long)sum >> 63 ? (long)sum : high < 0 ? LONG_MIN : LONG_MAX;
}
