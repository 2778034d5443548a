// What the image functions share: the descriptor (device/isa/image.hpp), and a view of the texels that a call
// addresses.
#pragma once

#include "csr.h"

// The parts of one call become one function here, at our build time: programs then have less to optimise.
#define INLINE static inline __attribute__((always_inline))

typedef struct {
  ulong data;
  int width, height, depth, array_size;
  ulong row_pitch, slice_pitch;
  uint order, type, pixel_bytes, mip_levels;
} Image;
typedef const constant Image* ImageRef;

// The descriptor behind an image, the bits of a sampler: the packer makes casts of the calls (pack/images.cpp).
#define DECLARE_DESCRIPTOR(type)                        \
  FUNC ImageRef __kiesel_descriptor(read_only type);    \
  FUNC ImageRef __kiesel_descriptor(write_only type);   \
  FUNC ImageRef __kiesel_descriptor(read_write type);
DECLARE_DESCRIPTOR(image1d_t)
DECLARE_DESCRIPTOR(image1d_buffer_t)
DECLARE_DESCRIPTOR(image1d_array_t)
DECLARE_DESCRIPTOR(image2d_t)
DECLARE_DESCRIPTOR(image2d_array_t)
DECLARE_DESCRIPTOR(image3d_t)
DECLARE_DESCRIPTOR(image2d_depth_t)
DECLARE_DESCRIPTOR(image2d_array_depth_t)
FUNC ulong __kiesel_sampler_bits(sampler_t);

// The texels that one call can address: of an array, one layer. An axis that the image has not is 1, and a depth
// image has one channel, so that code for the others folds away.
typedef struct {
  ImageRef image;
  ulong data;
  int width, height, depth;
  uint order;
  bool is_layer;  // false: the layer that was asked for does not exist, and this is the nearest one
} View;

INLINE int bounded(int index, int size) { return max(min(index, size - 1), 0); }

INLINE View view_1d(ImageRef image) { return (View){image, image->data, image->width, 1, 1, image->order, true}; }
INLINE View view_2d(ImageRef image) {
  return (View){image, image->data, image->width, image->height, 1, image->order, true};
}
INLINE View view_3d(ImageRef image) {
  return (View){image, image->data, image->width, image->height, image->depth, image->order, true};
}
INLINE View layer_of(View view, int layer) {
  const int nearest = bounded(layer, view.image->array_size);
  view.data += (ulong)(uint)nearest * view.image->slice_pitch;
  view.is_layer = nearest == layer;
  return view;
}
INLINE View depth_of(View view) {
  view.order = CLK_DEPTH;
  return view;
}

// The layer that a coordinate selects (OpenCL C 8.3): the nearest one, to even between two.
INLINE FUNC int layer_index(int layer) { return layer; }
INLINE FUNC int layer_index(float layer) {
  int index;
  __asm__("fcvt.w.s %0, %1, rne" : "=r"(index) : "f"(layer));
  return index;
}

// The coordinate of a call is called `c`. macro(image type, lanes of the coordinate, axes, view, x, y, z)
#define FOR_COLOUR_SHAPES(macro)                                                                      \
  macro(image1d_t, , 1, view_1d(image), c, 0, 0)                                                      \
  macro(image1d_array_t, 2, 1, layer_of(view_1d(image), layer_index(c.y)), c.x, 0, 0)                 \
  macro(image2d_t, 2, 2, view_2d(image), c.x, c.y, 0)                                                 \
  macro(image2d_array_t, 4, 2, layer_of(view_2d(image), layer_index(c.z)), c.x, c.y, 0)               \
  macro(image3d_t, 4, 3, view_3d(image), c.x, c.y, c.z)
#define FOR_BUFFER_SHAPE(macro) macro(image1d_buffer_t, , 1, view_1d(image), c, 0, 0)
#define FOR_DEPTH_SHAPES(macro)                                                                       \
  macro(image2d_depth_t, 2, 2, depth_of(view_2d(image)), c.x, c.y, 0)                                 \
  macro(image2d_array_depth_t, 4, 2, depth_of(layer_of(view_2d(image), layer_index(c.z))), c.x, c.y, 0)

INLINE ulong texel_address(View view, int x, int y, int z) {
  return view.data + (ulong)(uint)x * view.image->pixel_bytes + (ulong)(uint)y * view.image->row_pitch +
         (ulong)(uint)z * view.image->slice_pitch;
}
