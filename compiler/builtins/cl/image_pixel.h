// Channels of a pixel in memory, and the values that the image functions give and take for them: OpenCL C 6.15.15
// (the mapping of channels), 8.4 (conversions).
#pragma once

#include "image.h"
#include "srgb.h"

#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#pragma OPENCL FP_CONTRACT OFF

// CL_UNORM_INT_101010_2 is newer than the compiler's header.
#define UNORM_INT_101010_2 0x10E0

// --- memory

#define LOAD_CHANNELS(type)                                                \
  {                                                                        \
    const global type* channel = (const global type*)pixel;                \
    raw.x = channel[0];                                                    \
    if (bytes > sizeof(type)) raw.y = channel[1];                          \
    if (bytes > 2 * sizeof(type)) raw.z = channel[2];                      \
    if (bytes > 3 * sizeof(type)) raw.w = channel[3];                      \
    break;                                                                 \
  }
#define STORE_CHANNELS(type)                                               \
  {                                                                        \
    global type* channel = (global type*)pixel;                            \
    channel[0] = (type)raw.x;                                              \
    if (bytes > sizeof(type)) channel[1] = (type)raw.y;                    \
    if (bytes > 2 * sizeof(type)) channel[2] = (type)raw.z;                \
    if (bytes > 3 * sizeof(type)) channel[3] = (type)raw.w;                \
    break;                                                                 \
  }

// The channels in the order in which they lie; a packed pixel is one channel.
static inline uint4 load_channels(ulong pixel, uint type, uint bytes) {
  uint4 raw = 0;
  switch (channel_shift(type)) {
    case 0: LOAD_CHANNELS(uchar)
    case 1: LOAD_CHANNELS(ushort)
    default: LOAD_CHANNELS(uint)
  }
  return raw;
}

static inline void store_channels(ulong pixel, uint type, uint bytes, uint4 raw) {
  switch (channel_shift(type)) {
    case 0: STORE_CHANNELS(uchar)
    case 1: STORE_CHANNELS(ushort)
    default: STORE_CHANNELS(uint)
  }
}

// --- order

// macro(value type): from channels as they lie to red, green, blue, alpha, and back.
#define DEFINE_ORDER(value4)                                              \
  static inline FUNC value4 to_rgba(value4 c, uint order) {               \
    switch (order) {                                                      \
      case CLK_R:                                                         \
      case CLK_Rx: return (value4)(c.x, 0, 0, 1);                         \
      case CLK_A: return (value4)(0, 0, 0, c.x);                          \
      case CLK_RG:                                                        \
      case CLK_RGx: return (value4)(c.x, c.y, 0, 1);                      \
      case CLK_RA: return (value4)(c.x, 0, 0, c.y);                       \
      case CLK_RGB:                                                       \
      case CLK_RGBx:                                                      \
      case CLK_sRGB:                                                      \
      case CLK_sRGBx: return (value4)(c.xyz, 1);                          \
      case CLK_sBGRA:                                                     \
      case CLK_BGRA: return c.zyxw;                                       \
      case CLK_ARGB: return c.yzwx;                                       \
      case CLK_ABGR: return c.wzyx;                                       \
      case CLK_INTENSITY: return c.xxxx;                                  \
      case CLK_LUMINANCE: return (value4)(c.xxx, 1);                      \
      default: return c;                                                  \
    }                                                                     \
  }                                                                       \
  static inline FUNC value4 from_rgba(value4 c, uint order) {             \
    switch (order) {                                                      \
      case CLK_A: return c.wwww;                                          \
      case CLK_RA: return c.xwww;                                         \
      case CLK_sBGRA:                                                     \
      case CLK_BGRA: return c.zyxw;                                       \
      case CLK_ARGB: return c.wxyz;                                       \
      case CLK_ABGR: return c.wzyx;                                       \
      default: return c;                                                  \
    }                                                                     \
  }
DEFINE_ORDER(float4)
DEFINE_ORDER(int4)

// The alpha of the border: 1 where the order has none and does not pad it.
static inline int border_alpha(uint order) {
  const uint opaque = 1u << (CLK_R - CLK_R) | 1u << (CLK_RG - CLK_R) | 1u << (CLK_RGB - CLK_R) |
                      1u << (CLK_LUMINANCE - CLK_R) | 1u << (CLK_sRGB - CLK_R);
  return opaque >> (order - CLK_R) & 1;
}

// --- conversion

static inline float4 to_float4(uint4 c) { return __builtin_convertvector(c, float4); }
static inline uint4 low_bits(uint4 c, uint4 shift, uint4 mask) { return c.xxxx >> shift & mask; }

static inline float4 unorm_to_float(uint4 c, float largest) { return to_float4(c) * (1 / largest); }
static inline float4 snorm_to_float(uint4 c, uint bits, float largest) {
  const int4 wide = as_int4(c << (32 - bits)) >> (int)(32 - bits);
  return fmax(__builtin_convertvector(wide, float4) * (1 / largest), (float4)-1.0f);
}
static inline float half_to_float(uint bits) { return (float)as_half((ushort)bits); }

static inline bool is_srgb(uint order) { return order - CLK_sRGB <= CLK_sBGRA - CLK_sRGB; }

static inline float4 channels_to_float(uint4 c, uint type, uint order) {
  switch (type) {
    case CLK_UNORM_INT8:
      if (is_srgb(order))
        return (float4)(linear_of_srgb[c.x], linear_of_srgb[c.y], linear_of_srgb[c.z], (float)c.w * (1 / 255.0f));
      return unorm_to_float(c, 255);
    case CLK_UNORM_INT16: return unorm_to_float(c, 65535);
    case CLK_SNORM_INT8: return snorm_to_float(c, 8, 127);
    case CLK_SNORM_INT16: return snorm_to_float(c, 16, 32767);
    case CLK_HALF_FLOAT:
      return (float4)(half_to_float(c.x), half_to_float(c.y), half_to_float(c.z), half_to_float(c.w));
    case CLK_UNORM_SHORT_565:
      return to_float4(low_bits(c, (uint4)(11, 5, 0, 0), (uint4)(31, 63, 31, 0))) *
             (float4)(1 / 31.0f, 1 / 63.0f, 1 / 31.0f, 0);
    case CLK_UNORM_SHORT_555: return unorm_to_float(low_bits(c, (uint4)(10, 5, 0, 0), 31), 31);
    case CLK_UNORM_INT_101010: return unorm_to_float(low_bits(c, (uint4)(20, 10, 0, 0), 1023), 1023);
    case UNORM_INT_101010_2:
      return to_float4(low_bits(c, (uint4)(22, 12, 2, 0), (uint4)(1023, 1023, 1023, 3))) *
             (float4)(1 / 1023.0f, 1 / 1023.0f, 1 / 1023.0f, 1 / 3.0f);
    case CLK_UNORM_INT24: return unorm_to_float(c & 0xFFFFFF, 0xFFFFFF);
    default: return as_float4(c);
  }
}

static inline uint nearest_integer(float x) {
  int integer;
  __asm__("fcvt.w.s %0, %1, rne" : "=r"(integer) : "f"(x));
  return (uint)integer;
}
static inline uint4 round_between(float4 x, float4 low, float4 high) {
  x = fmin(fmax(x, low), high);
  return (uint4)(nearest_integer(x.x), nearest_integer(x.y), nearest_integer(x.z), nearest_integer(x.w));
}
static inline uint4 float_to_unorm(float4 x, float4 largest) {
  return round_between(x * largest, 0, largest);
}
// NaN becomes 0, as the saturating conversions make it.
static inline uint4 float_to_snorm(float4 x, float largest) {
  return round_between(select(x, 0.0f, isnan(x)) * largest, -largest - 1, largest);
}
static inline uint float_to_half(float x) {
  half result;
  __asm__("fcvt.h.s %0, %1, rne" : "=r"(result) : "f"(x));
  return as_ushort(result);
}

static inline uint4 float_to_channels(float4 x, uint type, uint order) {
  uint4 c;
  switch (type) {
    case CLK_UNORM_INT8:
      c = float_to_unorm(x, 255);
      if (!is_srgb(order)) return c;
      return (uint4)(srgb_of_linear(x.x), srgb_of_linear(x.y), srgb_of_linear(x.z), c.w);
    case CLK_UNORM_INT16: return float_to_unorm(x, 65535);
    case CLK_SNORM_INT8: return float_to_snorm(x, 127);
    case CLK_SNORM_INT16: return float_to_snorm(x, 32767);
    case CLK_HALF_FLOAT:
      return (uint4)(float_to_half(x.x), float_to_half(x.y), float_to_half(x.z), float_to_half(x.w));
    case CLK_UNORM_SHORT_565:
      c = float_to_unorm(x, (float4)(31, 63, 31, 0));
      return c.x << 11 | c.y << 5 | c.z;
    case CLK_UNORM_SHORT_555:
      c = float_to_unorm(x, 31);
      return c.x << 10 | c.y << 5 | c.z;
    case CLK_UNORM_INT_101010:
      c = float_to_unorm(x, 1023);
      return c.x << 20 | c.y << 10 | c.z;
    case UNORM_INT_101010_2:
      c = float_to_unorm(x, (float4)(1023, 1023, 1023, 3));
      return c.x << 22 | c.y << 12 | c.z << 2 | c.w;
    case CLK_UNORM_INT24: return float_to_unorm(x, 0xFFFFFF);
    default: return as_uint4(x);
  }
}

static inline uint channel_bits(uint type) { return 8u << channel_shift(type); }
static inline int4 channels_to_int(uint4 c, uint type) {
  const int unused = (int)(32 - channel_bits(type));
  return as_int4(c) << unused >> unused;
}
static inline uint4 int_to_channels(int4 x, uint type) {
  const int highest = (int)(0xFFFFFFFFu >> (33 - channel_bits(type)));
  return as_uint4(clamp(x, (int4)(-highest - 1), (int4)highest));
}
static inline uint4 uint_to_channels(uint4 x, uint type) {
  return min(x, (uint4)(0xFFFFFFFFu >> (32 - channel_bits(type))));
}
