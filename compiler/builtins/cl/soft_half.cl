// Conversions of half for machines without Zfh: what expand_half() calls. A half is its 16 bits.
#include "csr.h"

// Exact: the bits of a float 2^112 too small, times 2^112.
float __kiesel_half_value(ushort half_bits) {
  const uint magnitude = (uint)(half_bits & 0x7fff) << 13;
  const float finite = as_float(magnitude) * 0x1p112f;
  const uint bits = magnitude < 31u << 23 ? as_uint(finite) : magnitude | 0x7f800000;
  return as_float(bits | (uint)(half_bits & 0x8000) << 16);
}

// A double's digits at half's last place, and what is left of them as a fraction of that place times 2^63; whatever
// is lower counts as a bit.
struct Cut {
  ushort whole;
  ulong rest;
};

static inline struct Cut cut_to_half(double magnitude) {
  const ulong bits = as_ulong(magnitude);
  const int exponent = (int)(bits >> 52) - 1023;
  const ulong digits = ((bits & 0xffffffffffffful) | 0x10000000000000ul) << 11;
  const bool normal = exponent >= -14;
  const uint drop = normal ? 53 : (uint)min(39 - exponent, 65);
  const ulong kept = drop > 63 ? 0 : digits >> drop;
  const ulong rest = drop > 64 ? 1 : drop == 64 ? digits >> 1 : digits << (64 - drop) >> 1;
  // The leading one of a normal number counts the exponent up.
  const uint base = normal ? (uint)(exponent + 14) << 10 : 0;
  return (struct Cut){(ushort)(base + (uint)kept), bits ? rest : 0};
}

#define HALF_OF(mode, counts_up, beyond)                                                \
  ushort __kiesel_half_of_##mode(double value) {                                        \
    const ushort sign = signbit(value) ? 0x8000 : 0;                                    \
    const double magnitude = fabs(value);                                               \
    if (isnan(value)) return 0x7e00;                                                    \
    if (isinf(value)) return (ushort)(sign | 0x7c00);                                   \
    if (magnitude >= 65536) return (ushort)(sign | (beyond ? 0x7c00 : 0x7bff));         \
    const struct Cut cut = cut_to_half(magnitude);                                      \
    return (ushort)(sign | (cut.whole + (counts_up ? 1 : 0)));                          \
  }

#define MIDDLE 0x4000000000000000ul

HALF_OF(rne, (cut.rest > MIDDLE || (cut.rest == MIDDLE && (cut.whole & 1))), true)
HALF_OF(rtz, false, false)
HALF_OF(rdn, (cut.rest && sign), sign)
HALF_OF(rup, (cut.rest && !sign), !sign)
