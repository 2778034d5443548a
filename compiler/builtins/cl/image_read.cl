// OpenCL C 6.15.15.2 and .3: read_imagef, read_imagei, read_imageui, read_imageh.
#include "image_sampling.h"

#define SAMPLED(name, value, scalar, lanes, type, view, x, y, z, axes, sample, result)                      \
  FUNC value name(read_only type image_argument, sampler_t sampler_argument, scalar##lanes c) {             \
    const ImageRef image = __kiesel_descriptor(image_argument);                                             \
    const ulong sampler = __kiesel_sampler_bits(sampler_argument);                                          \
    return result(sample(view, sampler, (scalar)(x), (scalar)(y), (scalar)(z), axes));                      \
  }
#define UNSAMPLED(name, value, lanes, access, type, view, x, y, z, texel, result)                           \
  FUNC value name(access type image_argument, int##lanes c) {                                               \
    const ImageRef image = __kiesel_descriptor(image_argument);                                             \
    return result(texel(view, CLK_ADDRESS_CLAMP_TO_EDGE, x, y, z));                                         \
  }

#define READ(name, value, kind, result, type, lanes, axes, view, x, y, z)                                   \
  SAMPLED(name, value, int, lanes, type, view, x, y, z, axes, sample_##kind, result)                        \
  SAMPLED(name, value, float, lanes, type, view, x, y, z, axes, sample_##kind, result)
#define READ_UNSAMPLED(name, value, kind, result, type, lanes, axes, view, x, y, z)                         \
  UNSAMPLED(name, value, lanes, read_only, type, view, x, y, z, texel_##kind, result)                       \
  UNSAMPLED(name, value, lanes, read_write, type, view, x, y, z, texel_##kind, result)

#define AS_IT_IS(colour) (colour)
#define FIRST(colour) (colour).x
#define TO_HALF4(colour) __builtin_convertvector(colour, half4)

#define COLOUR(macro, ...)                                                                                  \
  macro(read_imagef, float4, float, AS_IT_IS, __VA_ARGS__)                                                  \
  macro(read_imageh, half4, float, TO_HALF4, __VA_ARGS__)                                                   \
  macro(read_imagei, int4, int, AS_IT_IS, __VA_ARGS__)                                                      \
  macro(read_imageui, uint4, uint, as_uint4, __VA_ARGS__)

#define READ_COLOUR(...) COLOUR(READ, __VA_ARGS__)
#define READ_COLOUR_UNSAMPLED(...) COLOUR(READ_UNSAMPLED, __VA_ARGS__)
#define READ_DEPTH(...)                                                                                     \
  READ(read_imagef, float, float, FIRST, __VA_ARGS__)                                                       \
  READ_UNSAMPLED(read_imagef, float, float, FIRST, __VA_ARGS__)

FOR_COLOUR_SHAPES(READ_COLOUR)
FOR_COLOUR_SHAPES(READ_COLOUR_UNSAMPLED)
FOR_BUFFER_SHAPE(READ_COLOUR_UNSAMPLED)
FOR_DEPTH_SHAPES(READ_DEPTH)
