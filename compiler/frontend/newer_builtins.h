// OpenCL C: what extensions declare that Clang does not know. Included by programs that mention one of it.
#pragma clang system_header

#define kiesel_builtin __attribute__((overloadable, convergent))
#define kiesel_inline static inline __attribute__((overloadable))

#define kiesel_shuffles(type)                                                                   \
  kiesel_builtin type intel_sub_group_shuffle(type data, uint sub_group_local_id);              \
  kiesel_builtin type intel_sub_group_shuffle_xor(type data, uint value);                       \
  kiesel_builtin type intel_sub_group_shuffle_down(type current, type next, uint delta);        \
  kiesel_builtin type intel_sub_group_shuffle_up(type previous, type current, uint delta);
#define kiesel_vector_shuffles(type)                                                            \
  kiesel_shuffles(type) kiesel_shuffles(type##2) kiesel_shuffles(type##3) kiesel_shuffles(type##4) \
  kiesel_shuffles(type##8) kiesel_shuffles(type##16)

#define kiesel_read(name, type, from, ...)                                                      \
  kiesel_builtin type intel_sub_group_block_read##name(from, ##__VA_ARGS__);
#define kiesel_write(name, type, to, ...)                                                       \
  kiesel_builtin void intel_sub_group_block_write##name(to, ##__VA_ARGS__, type data);

#ifdef __opencl_c_read_write_images
#define kiesel_both(what, name, type) what(name, type, read_write image2d_t, int2)
#else
#define kiesel_both(what, name, type)
#endif
#ifdef __IMAGE_SUPPORT__
#define kiesel_image(name, type)                                                                \
  kiesel_read(name, type, read_only image2d_t, int2) kiesel_both(kiesel_read, name, type)       \
  kiesel_write(name, type, write_only image2d_t, int2) kiesel_both(kiesel_write, name, type)
#else
#define kiesel_image(name, type)
#endif
#define kiesel_block(name, element, type)                                                       \
  kiesel_read(name, type, const __global element*) kiesel_write(name, type, __global element*)  \
  kiesel_image(name, type)
#define kiesel_blocks(name, element)                                                            \
  kiesel_block(name, element, element) kiesel_block(name##2, element, element##2)               \
  kiesel_block(name##4, element, element##4) kiesel_block(name##8, element, element##8)

// Twice eight: SPIR-V has sixteen of bytes only.
#define kiesel_halves(from, to, first, second)                                                  \
  kiesel_inline ushort16 intel_sub_group_block_read_us16(from p) {                              \
    return (ushort16)(intel_sub_group_block_read_us8(first), intel_sub_group_block_read_us8(second)); \
  }                                                                                             \
  kiesel_inline void intel_sub_group_block_write_us16(to p, ushort16 data) {                    \
    intel_sub_group_block_write_us8(first, data.lo);                                            \
    intel_sub_group_block_write_us8(second, data.hi);                                           \
  }
#define kiesel_image_halves                                                                     \
  kiesel_inline ushort16 intel_sub_group_block_read_us16(read_only image2d_t i, int2 c) {       \
    return (ushort16)(intel_sub_group_block_read_us8(i, c),                                     \
                      intel_sub_group_block_read_us8(i, (int2)(c.x, c.y + 8)));                 \
  }                                                                                             \
  kiesel_inline void intel_sub_group_block_write_us16(write_only image2d_t i, int2 c, ushort16 data) { \
    intel_sub_group_block_write_us8(i, c, data.lo);                                             \
    intel_sub_group_block_write_us8(i, (int2)(c.x, c.y + 8), data.hi);                          \
  }

// The same for integers of 32 bits under a name with a suffix.
#define kiesel_alias(width)                                                                     \
  kiesel_inline uint##width intel_sub_group_block_read_ui##width(const __global uint* p) {      \
    return intel_sub_group_block_read##width(p);                                                \
  }                                                                                             \
  kiesel_inline void intel_sub_group_block_write_ui##width(__global uint* p, uint##width data) { \
    intel_sub_group_block_write##width(p, data);                                                \
  }                                                                                             \
  kiesel_image_alias(width)
#ifdef __IMAGE_SUPPORT__
#define kiesel_image_alias(width)                                                               \
  kiesel_inline uint##width intel_sub_group_block_read_ui##width(read_only image2d_t i, int2 c) { \
    return intel_sub_group_block_read##width(i, c);                                             \
  }                                                                                             \
  kiesel_inline void intel_sub_group_block_write_ui##width(write_only image2d_t i, int2 c, uint##width data) { \
    intel_sub_group_block_write##width(i, c, data);                                             \
  }
#else
#define kiesel_image_alias(width)
#endif

// Under names of their own: those of cl_khr_subgroup_extended_types have others.
#define kiesel_collective(type, operation)                                                      \
  kiesel_inline type intel_sub_group_reduce_##operation(type x) { return sub_group_reduce_##operation(x); } \
  kiesel_inline type intel_sub_group_scan_exclusive_##operation(type x) {                       \
    return sub_group_scan_exclusive_##operation(x);                                             \
  }                                                                                             \
  kiesel_inline type intel_sub_group_scan_inclusive_##operation(type x) {                       \
    return sub_group_scan_inclusive_##operation(x);                                             \
  }
#define kiesel_collectives(type)                                                                \
  kiesel_inline type intel_sub_group_broadcast(type x, uint sub_group_local_id) {               \
    return sub_group_broadcast(x, sub_group_local_id);                                          \
  }                                                                                             \
  kiesel_collective(type, add) kiesel_collective(type, min) kiesel_collective(type, max)

// --- cl_intel_subgroups, _short, _char, _long

#ifdef cl_intel_subgroups
kiesel_vector_shuffles(int)
kiesel_vector_shuffles(uint)
kiesel_vector_shuffles(float)
// More than the extension's text has: applications shuffle vectors of these on Intel's driver.
kiesel_vector_shuffles(long)
kiesel_vector_shuffles(ulong)
#ifdef cl_khr_fp16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
kiesel_vector_shuffles(half)
#pragma OPENCL EXTENSION cl_khr_fp16 : disable
#endif
#ifdef cl_khr_fp64
kiesel_vector_shuffles(double)
#endif
kiesel_blocks(, uint)
#endif

#ifdef cl_intel_subgroups_short
kiesel_vector_shuffles(short)
kiesel_vector_shuffles(ushort)
kiesel_blocks(_us, ushort)
kiesel_halves(const __global ushort*, __global ushort*, p, p + 8 * get_max_sub_group_size())
#ifdef __IMAGE_SUPPORT__
kiesel_image_halves
#endif
kiesel_collectives(short)
kiesel_collectives(ushort)
kiesel_alias()
kiesel_alias(2)
kiesel_alias(4)
kiesel_alias(8)
#endif

#ifdef cl_intel_subgroups_char
kiesel_vector_shuffles(char)
kiesel_vector_shuffles(uchar)
kiesel_blocks(_uc, uchar)
kiesel_block(_uc16, uchar, uchar16)
kiesel_collectives(char)
kiesel_collectives(uchar)
#endif

#ifdef cl_intel_subgroups_long
kiesel_blocks(_ul, ulong)
#endif

// --- cl_khr_work_group_uniform_arithmetic

#define kiesel_operation(type, operation)                                                       \
  kiesel_builtin type work_group_reduce_##operation(type value);                                \
  kiesel_builtin type work_group_scan_inclusive_##operation(type value);                        \
  kiesel_builtin type work_group_scan_exclusive_##operation(type value);
#define kiesel_operations(type)                                                                 \
  kiesel_operation(type, mul) kiesel_operation(type, and) kiesel_operation(type, or)            \
  kiesel_operation(type, xor)

#if defined(cl_khr_work_group_uniform_arithmetic) && __OPENCL_C_VERSION__ >= 200
kiesel_operations(int)
kiesel_operations(uint)
kiesel_operations(long)
kiesel_operations(ulong)
kiesel_operation(float, mul)
#ifdef cl_khr_fp64
kiesel_operation(double, mul)
#endif
#ifdef cl_khr_fp16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
kiesel_operation(half, mul)
#pragma OPENCL EXTENSION cl_khr_fp16 : disable
#endif
kiesel_operation(int, logical_and)
kiesel_operation(int, logical_or)
kiesel_operation(int, logical_xor)
#endif

// --- cl_khr_extended_async_copies: line by line, in words where all begins and ends with one.

#define kiesel_copies(to, from)                                                                 \
  kiesel_inline event_t kiesel_copy_line(to uchar* dst, const from uchar* src, size_t bytes, event_t event) { \
    if ((((size_t)dst | (size_t)src | bytes) & (sizeof(uint) - 1)) == 0)                        \
      return async_work_group_copy((to uint*)dst, (const from uint*)src, bytes / sizeof(uint), event); \
    return async_work_group_copy(dst, src, bytes, event);                                       \
  }                                                                                             \
  kiesel_inline event_t async_work_group_copy_3D3D(                                             \
      to void* dst, size_t dst_offset, const from void* src, size_t src_offset, size_t num_bytes_per_element, \
      size_t num_elements_per_line, size_t num_lines, size_t num_planes, size_t src_total_line_length, \
      size_t src_total_plane_area, size_t dst_total_line_length, size_t dst_total_plane_area, event_t event) { \
    for (size_t plane = 0; plane < num_planes; ++plane)                                         \
      for (size_t line = 0; line < num_lines; ++line) {                                         \
        const size_t d = dst_offset + plane * dst_total_plane_area + line * dst_total_line_length; \
        const size_t s = src_offset + plane * src_total_plane_area + line * src_total_line_length; \
        event = kiesel_copy_line((to uchar*)dst + d * num_bytes_per_element,                    \
                                 (const from uchar*)src + s * num_bytes_per_element,            \
                                 num_elements_per_line * num_bytes_per_element, event);         \
      }                                                                                         \
    return event;                                                                               \
  }                                                                                             \
  kiesel_inline event_t async_work_group_copy_2D2D(                                             \
      to void* dst, size_t dst_offset, const from void* src, size_t src_offset, size_t num_bytes_per_element, \
      size_t num_elements_per_line, size_t num_lines, size_t src_total_line_length,             \
      size_t dst_total_line_length, event_t event) {                                            \
    return async_work_group_copy_3D3D(dst, dst_offset, src, src_offset, num_bytes_per_element,  \
                                      num_elements_per_line, num_lines, 1, src_total_line_length, 0, \
                                      dst_total_line_length, 0, event);                         \
  }

#ifdef cl_khr_extended_async_copies
kiesel_copies(__local, __global)
kiesel_copies(__global, __local)
#endif

// Copies are over for the work-item that made its part of them; a barrier is where they are for all.
#ifdef cl_khr_async_work_group_copy_fence
kiesel_inline void async_work_group_copy_fence(cl_mem_fence_flags flags) { barrier(flags); }
#endif

// --- cl_intel_bfloat16_conversions: the upper half of a float's bits, the nearest one, even of two; NaN is quiet.

#define kiesel_bfloat16(n)                                                                      \
  kiesel_inline ushort##n intel_convert_bfloat16##n##_as_ushort##n(float##n source) {           \
    const uint##n bits = as_uint##n(source), rounded = bits + (0x7fff + (bits >> 16 & 1));      \
    return convert_ushort##n(((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded) >> 16); \
  }                                                                                             \
  kiesel_inline float##n intel_convert_as_bfloat16##n##_float##n(ushort##n source) {            \
    return as_float##n(convert_uint##n(source) << 16);                                          \
  }

#ifdef cl_intel_bfloat16_conversions
kiesel_bfloat16()
kiesel_bfloat16(2)
kiesel_bfloat16(3)
kiesel_bfloat16(4)
kiesel_bfloat16(8)
kiesel_bfloat16(16)
#endif

// cl_intel_subgroup_matrix_multiply_accumulate, for sub-groups of 8: of A each work-item has a word of every row, of B
// and the sums a column. The specification says what, not how: here by shuffles and dot products.
#ifdef cl_intel_subgroup_matrix_multiply_accumulate
#ifdef __opencl_c_integer_dot_product_input_4x8bit
#define kiesel_product(a, b) (int)dot(a, b)
#else
kiesel_inline int kiesel_sum(int4 products) { return products.x + products.y + products.z + products.w; }
#define kiesel_product(a, b) kiesel_sum(convert_int4(a) * convert_int4(b))
#endif
#define kiesel_bytes(name, a_type, b_type, a_bytes, b_bytes)                                    \
  kiesel_inline int kiesel_mad_##name(a_type a, b_type b, int sum) {                            \
    return sum + kiesel_product(as_##a_bytes(a), as_##b_bytes(b));                                  \
  }
kiesel_bytes(i8_i8, int, int, char4, char4)
kiesel_bytes(i8_u8, int, uint, char4, uchar4)
kiesel_bytes(u8_i8, uint, int, uchar4, char4)
kiesel_bytes(u8_u8, uint, uint, uchar4, uchar4)

// The lower and the upper four bits of each byte.
kiesel_inline char4 kiesel_low(int a) { return as_char4(a << 4) >> (char4)4; }
kiesel_inline char4 kiesel_high(int a) { return as_char4(a) >> (char4)4; }
kiesel_inline uchar4 kiesel_low(uint a) { return as_uchar4(a) & (uchar4)15; }
kiesel_inline uchar4 kiesel_high(uint a) { return as_uchar4(a) >> (uchar4)4; }
#define kiesel_nibbles(name, a_type, b_type)                                                    \
  kiesel_inline int kiesel_mad_##name(a_type a, b_type b, int sum) {                            \
    return sum + kiesel_product(kiesel_low(a), kiesel_low(b)) +                                 \
           kiesel_product(kiesel_high(a), kiesel_high(b));                                      \
  }
kiesel_nibbles(i4_i4, int, int)
kiesel_nibbles(i4_u4, int, uint)
kiesel_nibbles(u4_i4, uint, int)
kiesel_nibbles(u4_u4, uint, uint)

kiesel_inline float kiesel_mad_bf16_bf16(int a, int b, float sum) {
  return fma(as_float(a & (int)0xffff0000), as_float(b & (int)0xffff0000),
             fma(as_float(a << 16), as_float(b << 16), sum));
}
kiesel_inline float kiesel_mad_f16_f16(int a, int b, float sum) {
  const __private half* x = (const __private half*)&a;
  const __private half* y = (const __private half*)&b;
  return fma(vload_half(1, x), vload_half(1, y), fma(vload_half(0, x), vload_half(0, y), sum));
}

#define kiesel_matrix_row(name, k, a_type, b_type, sum_type)                                    \
  kiesel_inline sum_type intel_sub_group_##name##_matrix_mad_##k(a_type a, b_type##8 b, sum_type sum) { \
    _Pragma("unroll") for (uint j = 0; j < 8; ++j)                                              \
      sum = kiesel_mad_##name(intel_sub_group_shuffle(a, j), b[j], sum);                        \
    return sum;                                                                                 \
  }
#define kiesel_matrix_rows(rows, name, k, a_type, b_type, sum_type)                             \
  kiesel_inline sum_type##rows intel_sub_group_##name##_matrix_mad_##k(a_type##rows a, b_type##8 b, \
                                                                       sum_type##rows sum) {    \
    _Pragma("unroll") for (uint i = 0; i < rows; ++i)                                           \
      sum[i] = intel_sub_group_##name##_matrix_mad_##k((a_type)a[i], b, (sum_type)sum[i]);      \
    return sum;                                                                                 \
  }
#define kiesel_matrix(...)                                                                      \
  kiesel_matrix_row(__VA_ARGS__) kiesel_matrix_rows(2, __VA_ARGS__) kiesel_matrix_rows(4, __VA_ARGS__) \
  kiesel_matrix_rows(8, __VA_ARGS__)
kiesel_matrix(i8_i8, k32, int, int, int)
kiesel_matrix(i8_u8, k32, int, uint, int)
kiesel_matrix(u8_i8, k32, uint, int, int)
kiesel_matrix(u8_u8, k32, uint, uint, int)
kiesel_matrix(i4_i4, k64, int, int, int)
kiesel_matrix(i4_u4, k64, int, uint, int)
kiesel_matrix(u4_i4, k64, uint, int, int)
kiesel_matrix(u4_u4, k64, uint, uint, int)
kiesel_matrix(bf16_bf16, k16, int, int, float)
kiesel_matrix(f16_f16, k16, int, int, float)
#endif

// --- cl_khr_kernel_clock. Versions before 3.0 have no macros for the scopes.

#define kiesel_clock(scope)                                                                     \
  kiesel_builtin ulong clock_read_##scope(void);                                                \
  kiesel_inline uint2 clock_read_hilo_##scope(void) { return as_uint2(clock_read_##scope()); }

#ifdef cl_khr_kernel_clock
#if __OPENCL_C_VERSION__ < 300 || defined(__opencl_c_kernel_clock_scope_device)
kiesel_clock(device)
#endif
#if __OPENCL_C_VERSION__ < 300 || defined(__opencl_c_kernel_clock_scope_work_group)
kiesel_clock(work_group)
#endif
#if __OPENCL_C_VERSION__ < 300 || defined(__opencl_c_kernel_clock_scope_sub_group)
kiesel_clock(sub_group)
#endif
#endif
