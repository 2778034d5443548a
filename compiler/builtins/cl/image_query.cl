// OpenCL C 6.15.15.5: image query functions.
#include "image.h"

#define QUERY_OF(access, name, value, image_type, result)               \
  FUNC value name(access image_type image_argument) {                   \
    const ImageRef image = __kiesel_descriptor(image_argument);         \
    return result;                                                      \
  }
#define QUERY(...)               \
  QUERY_OF(read_only, __VA_ARGS__)  \
  QUERY_OF(write_only, __VA_ARGS__) \
  QUERY_OF(read_write, __VA_ARGS__)

#define WIDTH(shape)                                             \
  QUERY(get_image_width, int, shape, image->width)               \
  QUERY(get_image_channel_data_type, int, shape, (int)image->type) \
  QUERY(get_image_channel_order, int, shape, (int)image->order)
#define HEIGHT(shape)                                            \
  WIDTH(shape)                                                   \
  QUERY(get_image_height, int, shape, image->height)
#define PLANE(shape)                                             \
  HEIGHT(shape)                                                  \
  QUERY(get_image_dim, int2, shape, (int2)(image->width, image->height))
#define LAYERS(shape) QUERY(get_image_array_size, size_t, shape, (size_t)image->array_size)

WIDTH(image1d_t)
WIDTH(image1d_buffer_t)
WIDTH(image1d_array_t)
LAYERS(image1d_array_t)
PLANE(image2d_t)
PLANE(image2d_depth_t)
PLANE(image2d_array_t)
LAYERS(image2d_array_t)
PLANE(image2d_array_depth_t)
LAYERS(image2d_array_depth_t)
HEIGHT(image3d_t)
QUERY(get_image_depth, int, image3d_t, image->depth)
QUERY(get_image_dim, int4, image3d_t, (int4)(image->width, image->height, image->depth, 0))
