// From coordinates and a sampler to texels: OpenCL C 8.2, addressing and filter modes. All that depends on the
// sampler and the descriptor is the same for all lanes, so those are plain branches; what lanes disagree on is
// arithmetic.
#pragma once

#include "image_pixel.h"

#define ADDRESS_MODE 0xE

INLINE bool is_linear(ulong sampler) { return (sampler & CLK_FILTER_LINEAR) != 0; }

// --- one texel, whose index may lie outside of the image

typedef struct {
  int x, y, z;
  bool outside;
} Place;

INLINE Place place(View view, int x, int y, int z) {
  const Place inside = {bounded(x, view.width), bounded(y, view.height), bounded(z, view.depth), false};
  return (Place){inside.x, inside.y, inside.z, inside.x != x | inside.y != y | inside.z != z};
}

#define DEFINE_TEXEL(name, value4, convert)                                                         \
  INLINE value4 name(View view, ulong sampler, int x, int y, int z) {                               \
    const Place at = place(view, x, y, z);                                                          \
    const uint type = view.image->type;                                                             \
    const uint4 c = load_channels(texel_address(view, at.x, at.y, at.z), type, view.image->pixel_bytes); \
    const value4 value = to_rgba(convert, view.order);                                              \
    if ((sampler & ADDRESS_MODE) != CLK_ADDRESS_CLAMP) return value;                                \
    return at.outside ? (value4)(0, 0, 0, is_in(view.order, OPAQUE)) : value;                       \
  }
DEFINE_TEXEL(texel_float, float4, channels_to_float(c, type, view.order))
DEFINE_TEXEL(texel_int, int4, channels_to_int(c, type))
DEFINE_TEXEL(texel_uint, int4, as_int4(c))

// --- coordinates

// The two texels of an axis that a place lies between, and how far it is from the first. Nearest is the first.
typedef struct {
  int low, high;
  float weight;
} Axis;

// Conversions saturate: what is not a place ends up at an edge.
INLINE int floor_to_int(float x) {
  int whole;
  __asm__("fcvt.w.s %0, %1, rdn" : "=r"(whole) : "f"(x));
  return whole;
}
INLINE float whole_below(float x) { return (float)floor_to_int(x); }
INLINE float whole_nearest(float x) {
  int whole;
  __asm__("fcvt.w.s %0, %1, rne" : "=r"(whole) : "f"(x));
  return (float)whole;
}

INLINE float in_texels(float s, int size, ulong sampler) {
  if (!(sampler & CLK_NORMALIZED_COORDS_TRUE)) return s;
  const ulong mode = sampler & ADDRESS_MODE;
  const float near = s * (float)(fabs(s) < 0x1p24f);  // larger ones are even, where a period begins
  if (mode == CLK_ADDRESS_REPEAT) s = near - whole_below(near);
  if (mode == CLK_ADDRESS_MIRRORED_REPEAT) s = fabs(near - 2.0f * whole_nearest(0.5f * near));
  return s * (float)size;
}

INLINE int wrap(int index, int size) {
  index += index < 0 ? size : 0;
  return index - (index >= size ? size : 0);
}

INLINE Axis locate(float s, int size, ulong sampler) {
  const float u = in_texels(s, size, sampler) - (is_linear(sampler) ? 0.5f : 0.0f);
  const int whole = floor_to_int(u);
  const int low = max(min(whole, size), -2);
  // Far outside both texels are one, and a weight that is no fraction would add up to infinity.
  const Axis axis = {low, low + 1, low == whole ? u - (float)whole : 0};
  if ((sampler & ADDRESS_MODE) != CLK_ADDRESS_REPEAT) return axis;
  return (Axis){wrap(axis.low, size), wrap(axis.high, size), axis.weight};
}

// --- reads with coordinates in floating point; `axes` is a constant

#define DEFINE_NEAREST(name, texel, value4)                                                             \
  INLINE FUNC value4 name(View view, ulong sampler, float x, float y, float z, int axes) {       \
    sampler &= ~(ulong)CLK_FILTER_LINEAR;                                                               \
    return texel(view, sampler, locate(x, view.width, sampler).low,                                     \
                 axes > 1 ? locate(y, view.height, sampler).low : 0,                                    \
                 axes > 2 ? locate(z, view.depth, sampler).low : 0);                                    \
  }                                                                                                     \
  INLINE FUNC value4 name(View view, ulong sampler, int x, int y, int z, int axes) {             \
    return texel(view, sampler, x, y, z);                                                               \
  }
DEFINE_NEAREST(sample_int, texel_int, int4)
DEFINE_NEAREST(sample_uint, texel_uint, int4)

// The weighted sum over the corners between which the place lies; nearest takes the first corner as it is. A loop,
// because the code of one texel is long.
INLINE FUNC float4 sample_float(View view, ulong sampler, float s, float t, float r, int axes) {
  const Axis none = {0, 0, 0};
  const Axis x = locate(s, view.width, sampler);
  const Axis y = axes > 1 ? locate(t, view.height, sampler) : none;
  const Axis z = axes > 2 ? locate(r, view.depth, sampler) : none;
  float4 sum = 0;
#pragma nounroll
  for (int corner = 0; corner < 1 << axes; ++corner) {
    const bool right = corner & 1, down = corner & 2, behind = corner & 4;
    const float4 value =
        texel_float(view, sampler, right ? x.high : x.low, down ? y.high : y.low, behind ? z.high : z.low);
    if (!is_linear(sampler)) return value;
    float weight = right ? x.weight : 1 - x.weight;
    if (axes > 1) weight *= down ? y.weight : 1 - y.weight;
    if (axes > 2) weight *= behind ? z.weight : 1 - z.weight;
    sum += weight * value;
  }
  return sum;
}
INLINE FUNC float4 sample_float(View view, ulong sampler, int x, int y, int z, int axes) {
  return texel_float(view, sampler, x, y, z);
}
