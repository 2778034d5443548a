// OpenCL C 6.15.3, cl_khr_integer_dot_product: products of four 8-bit integers fit into 32 bits, so only the
// accumulator saturates. From source vectors come under SPIR-V's names, packed words under their own; other modules'
// packed words come with a format, which is always 0.
#include "csr.h"

// kiesel_dot_<signs>(a, b, sum): on targets with dot products the back end makes an instruction of each
// (backend/dot_products.cpp), which is why these are functions of their own.
#define DOT(signs, vector, other)                                                                        \
  __attribute__((noinline)) int kiesel_dot_##signs(uint a, uint b, int sum) {                            \
    const vector x = as_##vector(a);                                                                     \
    const other y = as_##other(b);                                                                       \
    return (int)((uint)sum + (uint)(x.s0 * y.s0) + (uint)(x.s1 * y.s1) + (uint)(x.s2 * y.s2) +           \
                 (uint)(x.s3 * y.s3));                                                                   \
  }
DOT(ss, char4, char4)
DOT(uu, uchar4, uchar4)
DOT(su, char4, uchar4)

// instruction: of SPIR-V; signs: how each operand is read
#define PRODUCTS(instruction, result, signs)                                                            \
  FUNC result __spirv_##instruction##KHR_R##result(char4 x, char4 y) {                                \
    return (result)kiesel_dot_##signs(as_uint(x), as_uint(y), 0);                                                         \
  }                                                                                                   \
  FUNC result __spirv_##instruction##AccSatKHR_R##result(char4 x, char4 y, int sum) {                 \
    return add_sat((result)kiesel_dot_##signs(as_uint(x), as_uint(y), 0), (result)sum);                                   \
  }                                                                                                   \
  FUNC result __spirv_##instruction##KHR_R##result(int x, int y, int format) {                        \
    return (result)kiesel_dot_##signs(as_uint(x), as_uint(y), 0);                                                         \
  }                                                                                                   \
  FUNC result __spirv_##instruction##AccSatKHR_R##result(int x, int y, int sum, int format) {         \
    return add_sat((result)kiesel_dot_##signs(as_uint(x), as_uint(y), 0), (result)sum);                                   \
  }
PRODUCTS(SDot, int, ss)
PRODUCTS(UDot, uint, uu)
PRODUCTS(SUDot, int, su)

// Other widths of results: the products as above, then narrowed or extended.
#define OTHER_PRODUCTS(instruction, wide, result, accumulator)                                                      \
  FUNC result __spirv_##instruction##KHR_R##result(char4 x, char4 y) {                                \
    return (result)__spirv_##instruction##KHR_R##wide(x, y);                                          \
  }                                                                                                   \
  FUNC result __spirv_##instruction##AccSatKHR_R##result(char4 x, char4 y, accumulator sum) {       \
    return add_sat((result)__spirv_##instruction##KHR_R##wide(x, y), (result)sum);                    \
  }                                                                                                   \
  FUNC result __spirv_##instruction##KHR_R##result(int x, int y, int format) {                        \
    return (result)__spirv_##instruction##KHR_R##wide(x, y, format);                                  \
  }                                                                                                   \
  FUNC result __spirv_##instruction##AccSatKHR_R##result(int x, int y, accumulator sum, int format) { \
    return add_sat((result)__spirv_##instruction##KHR_R##wide(x, y, format), (result)sum);            \
  }
OTHER_PRODUCTS(SDot, int, char, char)
OTHER_PRODUCTS(SDot, int, short, short)
OTHER_PRODUCTS(SDot, int, long, long)
OTHER_PRODUCTS(UDot, uint, uchar, char)
OTHER_PRODUCTS(UDot, uint, ushort, short)
OTHER_PRODUCTS(UDot, uint, ulong, long)
OTHER_PRODUCTS(SUDot, int, char, char)
OTHER_PRODUCTS(SUDot, int, short, short)
OTHER_PRODUCTS(SUDot, int, long, long)

// x and y: the operands in the order of the signs that there is a product of
#define PACKED(name, result, signs, x, y)                                                              \
  FUNC result dot_4x8packed_##name##_##result(uint a, uint b) {                                        \
    return (result)kiesel_dot_##signs(x, y, 0);                                                        \
  }                                                                                                    \
  FUNC result dot_acc_sat_4x8packed_##name##_##result(uint a, uint b, result sum) {                    \
    return add_sat((result)kiesel_dot_##signs(x, y, 0), sum);                                          \
  }
PACKED(ss, int, ss, a, b)
PACKED(uu, uint, uu, a, b)
PACKED(su, int, su, a, b)
PACKED(us, int, su, b, a)
