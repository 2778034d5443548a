// OpenCL C 6.15.3, cl_khr_integer_dot_product: products of four 8-bit integers fit into 32 bits, so only the
// accumulator saturates. From source vectors come under SPIR-V's names, packed words under their own; other modules'
// packed words come with a format, which is always 0.
#include "csr.h"

#define DOT(result, a, b)                                                                  \
  ((result)(a).s0 * (result)(b).s0 + (result)(a).s1 * (result)(b).s1 +                     \
   (result)(a).s2 * (result)(b).s2 + (result)(a).s3 * (result)(b).s3)

// instruction: of SPIR-V; signs: of the packed form; a, b: how each operand is read
#define PRODUCTS(instruction, result, a, b)                                                            \
  FUNC result __spirv_##instruction##KHR_R##result(char4 x, char4 y) {                                \
    return DOT(result, as_##a(x), as_##b(y));                                                         \
  }                                                                                                   \
  FUNC result __spirv_##instruction##AccSatKHR_R##result(char4 x, char4 y, int sum) {                 \
    return add_sat(DOT(result, as_##a(x), as_##b(y)), (result)sum);                                   \
  }                                                                                                   \
  FUNC result __spirv_##instruction##KHR_R##result(int x, int y, int format) {                        \
    return DOT(result, as_##a(x), as_##b(y));                                                         \
  }                                                                                                   \
  FUNC result __spirv_##instruction##AccSatKHR_R##result(int x, int y, int sum, int format) {         \
    return add_sat(DOT(result, as_##a(x), as_##b(y)), (result)sum);                                   \
  }
PRODUCTS(SDot, int, char4, char4)
PRODUCTS(UDot, uint, uchar4, uchar4)
PRODUCTS(SUDot, int, char4, uchar4)

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

#define PACKED(signs, result, a, b)                                                                    \
  FUNC result dot_4x8packed_##signs##_##result(uint x, uint y) { return DOT(result, as_##a(x), as_##b(y)); } \
  FUNC result dot_acc_sat_4x8packed_##signs##_##result(uint x, uint y, result sum) {                  \
    return add_sat(DOT(result, as_##a(x), as_##b(y)), sum);                                           \
  }
PACKED(ss, int, char4, char4)
PACKED(uu, uint, uchar4, uchar4)
PACKED(su, int, char4, uchar4)
PACKED(us, int, uchar4, char4)
