// OpenCL C 6.15.3, cl_khr_extended_bit_ops. bit_reverse comes as an intrinsic of LLVM, the others with signed values.
#include "csr.h"
#include "types.h"

static inline ulong low_bits(uint count) { return count ? ~0ul >> (64 - count) : 0; }
static inline ulong insert_bits(ulong base, ulong bits, uint offset, uint count) {
  const ulong mask = low_bits(count) << offset;
  return (base & ~mask) | (bits << offset & mask);
}
static inline ulong extract_bits(ulong base, uint offset, uint count) { return base >> offset & low_bits(count); }
static inline long extract_signed(ulong base, uint offset, uint count) {
  const uint above = 64 - count;
  return count ? (long)(base >> offset << above) >> above : 0;
}

#define SCALAR(type)                                                                           \
  FUNC type bitfield_insert(type base, type bits, uint offset, uint count) {                  \
    return (type)insert_bits((ulong)base, (ulong)bits, offset, count);                        \
  }                                                                                           \
  FUNC type bitfield_extract_signed(type base, uint offset, uint count) {                     \
    return (type)extract_signed((ulong)base, offset, count);                                  \
  }                                                                                           \
  FUNC u##type bitfield_extract_unsigned(type base, uint offset, uint count) {                \
    return (u##type)extract_bits((ulong)base, offset, count);                                 \
  }
#define VECTOR(width, type)                                                                                        \
  FUNC type##width bitfield_insert(type##width base, type##width bits, uint offset, uint count) {                 \
    for (int i = 0; i < width; ++i) base[i] = (type)insert_bits((ulong)base[i], (ulong)bits[i], offset, count);   \
    return base;                                                                                                  \
  }                                                                                                               \
  FUNC type##width bitfield_extract_signed(type##width base, uint offset, uint count) {                           \
    for (int i = 0; i < width; ++i) base[i] = (type)extract_signed((ulong)base[i], offset, count);                \
    return base;                                                                                                  \
  }                                                                                                               \
  FUNC u##type##width bitfield_extract_unsigned(type##width base, uint offset, uint count) {                      \
    for (int i = 0; i < width; ++i) base[i] = (type)extract_bits((ulong)base[i], offset, count);                  \
    return as_u##type##width(base);                                                                               \
  }
#define ALL(type) \
  SCALAR(type)    \
  FOR_WIDTHS(VECTOR, type)
FOR_SIGNED(ALL)
