// OpenCL C 6.15.15.4: write_imagef, write_imagei, write_imageui, write_imageh. A write outside of the image, which the
// specification leaves undefined, does nothing.
#include "image_pixel.h"

INLINE bool is_inside(int index, int size) { return (uint)index < (uint)size; }

INLINE bool is_texel(View view, int x, int y, int z) {
  return is_inside(x, view.width) & is_inside(y, view.height) & is_inside(z, view.depth) & view.is_layer;
}

#define CHANNELS_FLOAT(colour) float_to_channels(from_rgba(colour, view.order), type, view.order)
#define CHANNELS_HALF(colour) CHANNELS_FLOAT(__builtin_convertvector(colour, float4))
#define CHANNELS_DEPTH(value) CHANNELS_FLOAT((float4)(value))
#define CHANNELS_INT(colour) int_to_channels(from_rgba(colour, view.order), type)
#define CHANNELS_UINT(colour) uint_to_channels(from_rgba(colour, view.order), type)

#define WRITE_TO(access, name, value, channels, image_type, lanes, axes, seen, x, y, z)                 \
  FUNC void name(access image_type image_argument, int##lanes c, value colour) {                        \
    const ImageRef image = __kiesel_descriptor(image_argument);                                         \
    const View view = seen;                                                                             \
    const uint type = image->type;                                                                      \
    if (is_texel(view, x, y, z))                                                                        \
      store_channels(texel_address(view, x, y, z), type, image->pixel_bytes, channels(colour));         \
  }
#define WRITE(...) WRITE_TO(write_only, __VA_ARGS__) WRITE_TO(read_write, __VA_ARGS__)

#define WRITE_COLOUR(...)                                                                               \
  WRITE(write_imagef, float4, CHANNELS_FLOAT, __VA_ARGS__)                                              \
  WRITE(write_imageh, half4, CHANNELS_HALF, __VA_ARGS__)                                                \
  WRITE(write_imagei, int4, CHANNELS_INT, __VA_ARGS__)                                                  \
  WRITE(write_imageui, uint4, CHANNELS_UINT, __VA_ARGS__)
#define WRITE_DEPTH(...) WRITE(write_imagef, float, CHANNELS_DEPTH, __VA_ARGS__)

FOR_COLOUR_SHAPES(WRITE_COLOUR)
FOR_BUFFER_SHAPE(WRITE_COLOUR)
FOR_DEPTH_SHAPES(WRITE_DEPTH)
