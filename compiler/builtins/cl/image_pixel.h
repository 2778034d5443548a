// Channels of a pixel in memory, and the values that the image functions give and take for them: OpenCL C 6.15.15
// (the mapping of channels), 8.4 (conversions). What a format means is in two tables rather than in code, which
// every call of a program would repeat.
#pragma once

#include "image.h"
#include "srgb.h"

#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#pragma OPENCL FP_CONTRACT OFF

// --- orders

#define ORDER_BIT(order) (1u << (CLK_##order - CLK_R))
INLINE bool is_in(uint order, uint set) { return set >> (order - CLK_R) & 1; }
INLINE bool is_srgb(uint order) {
  return is_in(order, ORDER_BIT(sRGB) | ORDER_BIT(sRGBx) | ORDER_BIT(sRGBA) | ORDER_BIT(sBGRA));
}
// Without an alpha of its own: 1 outside of the image too, or only inside.
#define OPAQUE (ORDER_BIT(R) | ORDER_BIT(RG) | ORDER_BIT(RGB) | ORDER_BIT(LUMINANCE) | ORDER_BIT(sRGB))
#define PADDED (ORDER_BIT(Rx) | ORDER_BIT(RGx) | ORDER_BIT(RGBx) | ORDER_BIT(sRGBx))

// From channels as they lie in memory, with 0 for those that are not there, to red, green, blue, alpha; and back.
#define DEFINE_ORDER(value4)                              \
  INLINE FUNC value4 to_rgba(value4 c, uint order) {      \
    switch (order) {                                      \
      case CLK_A: c = c.yyyx; break;                      \
      case CLK_RA: c = c.xzzy; break;                     \
      case CLK_sBGRA:                                     \
      case CLK_BGRA: c = c.zyxw; break;                   \
      case CLK_ARGB: c = c.yzwx; break;                   \
      case CLK_ABGR: c = c.wzyx; break;                   \
      case CLK_LUMINANCE:                                 \
      case CLK_INTENSITY: c = c.xxxx; break;              \
    }                                                     \
    c.w = is_in(order, OPAQUE | PADDED) ? 1 : c.w;        \
    return c;                                             \
  }                                                       \
  INLINE FUNC value4 from_rgba(value4 c, uint order) {    \
    switch (order) {                                      \
      case CLK_A: return c.wwww;                          \
      case CLK_RA: return c.xwww;                         \
      case CLK_sBGRA:                                     \
      case CLK_BGRA: return c.zyxw;                       \
      case CLK_ARGB: return c.wxyz;                       \
      case CLK_ABGR: return c.wzyx;                       \
      default: return c;                                  \
    }                                                     \
  }
DEFINE_ORDER(float4)
DEFINE_ORDER(int4)
INLINE FUNC uint4 from_rgba(uint4 c, uint order) {
  return as_uint4(from_rgba(as_int4(c), order));
}

// --- types

typedef struct {
  uint4 largest;  // that a normalised channel holds
  float4 unit;    // 1 / largest
  uint4 place;    // lowest bit in a packed pixel
  uint unused;    // bits above a signed channel
} ChannelType;

#define NORMALISED(n, unused) {(uint4)(n), (float4)(1.0f / n), (uint4)(0), unused}
#define LARGEST(bits) ((1 << (bits)) - 1)
#define UNIT(bits) (bits ? 1.0f / LARGEST(bits) : 0)
#define PACKED(r, g, b, a)                                   \
  {(uint4)(LARGEST(r), LARGEST(g), LARGEST(b), LARGEST(a)), \
   (float4)(UNIT(r), UNIT(g), UNIT(b), UNIT(a)),            \
   (uint4)(g + b + a, b + a, a, 0), 0}

// CL_UNORM_INT_101010_2 is newer than the compiler's header.
#define UNORM_INT_101010_2 0x10E0
#define TYPE_INDEX(type) ((type) - CLK_SNORM_INT8)

static constant ChannelType channel_types[] = {
    [TYPE_INDEX(CLK_SNORM_INT8)] = NORMALISED(127, 24),
    [TYPE_INDEX(CLK_SNORM_INT16)] = NORMALISED(32767, 16),
    [TYPE_INDEX(CLK_UNORM_INT8)] = NORMALISED(255, 0),
    [TYPE_INDEX(CLK_UNORM_INT16)] = NORMALISED(65535, 0),
    [TYPE_INDEX(CLK_UNORM_SHORT_565)] = PACKED(5, 6, 5, 0),
    [TYPE_INDEX(CLK_UNORM_SHORT_555)] = PACKED(5, 5, 5, 0),
    [TYPE_INDEX(CLK_UNORM_INT_101010)] = PACKED(10, 10, 10, 0),
    [TYPE_INDEX(UNORM_INT_101010_2)] = PACKED(10, 10, 10, 2),
};

// log2 of the bytes of a channel, of a whole pixel for packed types; two bits for each type.
INLINE uint channel_shift(uint type) {
  const ulong shifts = 0x2A6492544ul;
  return (uint)(shifts >> TYPE_INDEX(type) * 2) & 3;
}
INLINE uint channel_bits(uint type) { return 8u << channel_shift(type); }
INLINE bool is_packed(uint type) {
  const uint packed = 1u << TYPE_INDEX(CLK_UNORM_SHORT_565) | 1u << TYPE_INDEX(CLK_UNORM_SHORT_555) |
                      1u << TYPE_INDEX(CLK_UNORM_INT_101010) | 1u << TYPE_INDEX(UNORM_INT_101010_2);
  return packed >> TYPE_INDEX(type) & 1;
}

// --- memory

#define LOAD(type)                                \
  {                                               \
    const global type* at = (global type*)pixel;  \
    c.x = at[0];                                  \
    if (bytes > sizeof(type)) c.y = at[1];        \
    if (bytes > 2 * sizeof(type)) c.z = at[2];    \
    if (bytes > 3 * sizeof(type)) c.w = at[3];    \
    break;                                        \
  }
#define STORE(type)                                  \
  {                                                  \
    global type* at = (global type*)pixel;           \
    at[0] = (type)c.x;                               \
    if (bytes > sizeof(type)) at[1] = (type)c.y;     \
    if (bytes > 2 * sizeof(type)) at[2] = (type)c.z; \
    if (bytes > 3 * sizeof(type)) at[3] = (type)c.w; \
    break;                                           \
  }

// The channels as numbers, in the order in which they lie.
INLINE uint4 load_channels(ulong pixel, uint type, uint bytes) {
  uint4 c = 0;
  switch (channel_shift(type)) {
    case 0: LOAD(uchar)
    case 1: LOAD(ushort)
    default: LOAD(uint)
  }
  return c;
}

INLINE void store_channels(ulong pixel, uint type, uint bytes, uint4 c) {
  switch (channel_shift(type)) {
    case 0: STORE(uchar)
    case 1: STORE(ushort)
    default: STORE(uint)
  }
}

// A packed pixel is one number.
INLINE uint4 unpack(uint4 c, uint type) {
  if (!is_packed(type)) return c;
  const constant ChannelType* row = &channel_types[TYPE_INDEX(type)];
  return c.xxxx >> row->place & row->largest;
}
INLINE uint4 pack(uint4 c, uint type) {
  if (!is_packed(type)) return c;
  c <<= channel_types[TYPE_INDEX(type)].place;
  c.x |= c.y | c.z | c.w;
  return c;
}

// --- conversion of fractions

INLINE float half_to_float(uint bits) { return (float)as_half((ushort)bits); }

INLINE float4 channels_to_float(uint4 c, uint type, uint order) {
  if (type == CLK_FLOAT) return as_float4(c);
  if (type == CLK_HALF_FLOAT)
    return (float4)(half_to_float(c.x), half_to_float(c.y), half_to_float(c.z), half_to_float(c.w));
  c = unpack(c, type);
  const constant ChannelType* row = &channel_types[TYPE_INDEX(type)];
  const int4 number = as_int4(c << row->unused) >> (int)row->unused;
  const float4 fraction = fmax(__builtin_convertvector(number, float4) * row->unit, (float4)-1.0f);
  if (!is_srgb(order)) return fraction;
  return (float4)(linear_of_srgb[c.x], linear_of_srgb[c.y], linear_of_srgb[c.z], fraction.w);
}

INLINE uint float_to_half(float x) {
  half result;
  __asm__("fcvt.h.s %0, %1, rne" : "=r"(result) : "f"(x));
  return as_ushort(result);
}

// To the nearest, to even between two; NaN becomes 0, as the saturating conversions make it.
INLINE uint saturate(float x, float low, float high) {
  int number;
  __asm__("fcvt.w.s %0, %1, rne" : "=r"(number) : "f"(fmin(fmax(x, low), high)));
  return (uint)number * (x == x);
}

INLINE uint4 float_to_channels(float4 x, uint type, uint order) {
  if (type == CLK_FLOAT) return as_uint4(x);
  if (type == CLK_HALF_FLOAT)
    return (uint4)(float_to_half(x.x), float_to_half(x.y), float_to_half(x.z), float_to_half(x.w));
  const constant ChannelType* row = &channel_types[TYPE_INDEX(type)];
  const float4 high = __builtin_convertvector(as_int4(row->largest), float4);
  const float4 low = row->unused ? -1 - high : (float4)0;
  const float4 scaled = x * high;
  uint4 c = (uint4)(saturate(scaled.x, low.x, high.x), saturate(scaled.y, low.y, high.y),
                    saturate(scaled.z, low.z, high.z), saturate(scaled.w, low.w, high.w));
  if (is_srgb(order)) c.xyz = (uint3)(srgb_of_linear(x.x), srgb_of_linear(x.y), srgb_of_linear(x.z));
  return pack(c, type);
}

// --- conversion of integers

INLINE int4 channels_to_int(uint4 c, uint type) {
  const int unused = (int)(32 - channel_bits(type));
  return as_int4(c) << unused >> unused;
}
INLINE uint4 int_to_channels(int4 x, uint type) {
  const int highest = (int)(0xFFFFFFFFu >> (33 - channel_bits(type)));
  return as_uint4(clamp(x, (int4)(-highest - 1), (int4)highest));
}
INLINE uint4 uint_to_channels(uint4 x, uint type) {
  return min(x, (uint4)(0xFFFFFFFFu >> (32 - channel_bits(type))));
}
