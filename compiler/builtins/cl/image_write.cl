// OpenCL C 6.15.15.4: write_imagef, write_imagei, write_imageui, write_imageh. A write outside of the image, which the
// specification leaves undefined, does nothing.
#include "image_pixel.h"

static inline bool is_inside(int index, int size) { return (uint)index < (uint)size; }
static inline FUNC bool is_layer(ImageRef image, int layer) { return is_inside(layer, image->array_size); }

static inline void store(View view, int x, int y, int z, uint4 channels) {
  store_channels(texel_address(view, x, y, z), view.image->type, view.image->pixel_bytes, channels);
}

#define CHANNELS_FLOAT(colour) float_to_channels(from_rgba(colour, view.order), view.image->type, view.order)
#define CHANNELS_INT(colour) int_to_channels(from_rgba(colour, view.order), view.image->type)
#define CHANNELS_UINT(colour) uint_to_channels(as_uint4(from_rgba(as_int4(colour), view.order)), view.image->type)
#define CHANNELS_HALF(colour) CHANNELS_FLOAT(__builtin_convertvector(colour, float4))
#define CHANNELS_DEPTH(value) CHANNELS_FLOAT((float4)(value))

#define WRITE_TO(access, name, value, channels, type, lanes, axes, seen, x, y, z)                    \
  FUNC void name(access type image_argument, int##lanes c, value colour) {                           \
    const ImageRef image = __kiesel_descriptor(image_argument);                                      \
    const View view = seen;                                                                          \
    if (is_inside(x, view.width) & is_inside(y, view.height) & is_inside(z, view.depth))             \
      store(view, x, y, z, channels(colour));                                                        \
  }
#define WRITE(...) WRITE_TO(write_only, __VA_ARGS__) WRITE_TO(read_write, __VA_ARGS__)

#define WRITE_COLOUR(...)                                                                            \
  WRITE(write_imagef, float4, CHANNELS_FLOAT, __VA_ARGS__)                                           \
  WRITE(write_imageh, half4, CHANNELS_HALF, __VA_ARGS__)                                             \
  WRITE(write_imagei, int4, CHANNELS_INT, __VA_ARGS__)                                               \
  WRITE(write_imageui, uint4, CHANNELS_UINT, __VA_ARGS__)
#define WRITE_DEPTH(...) WRITE(write_imagef, float, CHANNELS_DEPTH, __VA_ARGS__)

FOR_COLOUR_SHAPES(WRITE_COLOUR)
FOR_BUFFER_SHAPE(WRITE_COLOUR)
FOR_DEPTH_SHAPES(WRITE_DEPTH)
