#include "conformance/random/prelude.hpp"

#include <string>

namespace kiesel::conformance {
namespace {

// The bits of a NaN are not specified, so all NaNs are one. So are the zeros: GCC 12 turns 0.0f - (float)i
// into
// -(float)i, which has the wrong sign for i = 0; device/test compares signs of zeros with qemu.
constexpr std::string_view kCommon = R"(
#define IN(i) in[(i) & 63u]
#define FIN(i) fin[(i) & 63u]
#define OUT(i) out[GID * 8u + (i)]
#define MEMBERS2(from, i) ((from)[i] + (from)[(i) + 1u] * 3u)
#define MEMBERS4(from, i) (MEMBERS2(from, i) ^ MEMBERS2(from, (i) + 2u))
#define SET_MEMBERS2(to, i, x, y) ((to)[(i) + 1u] = (y), (to)[i] = (x))
#define SET_MEMBERS4(to, i, x, y) (SET_MEMBERS2(to, i, x, y), SET_MEMBERS2(to, (i) + 2u, y, x))
#define TABLES in, fin, N
#define MINIMUM(a, b) (uint)((a) < (b) ? (a) : (b))
#define MAXIMUM(a, b) ((a) > (b) ? (a) : (b))
#define SMALLER(a, b) ((a) < (b) ? (a) : (b))
#define TO_WORD(x) to_word(x)
#define TO_UINT(x) fold((ulong)(x))
#define SIGNED24(x) ((int)((uint)(x) << 8) >> 8)
#define FLOAT_BITS(x) float_bits(x)
inline static uint to_word(float x) { return x > -1000000.0f && x < 1000000.0f ? (uint)(int)x : 77u; }
inline static uint fold(ulong x) { return (uint)(x ^ x >> 32); }
inline static uint float_bits(float x) { return x != x ? 0x7fc00000u : x == 0.0f ? 0u : BITS(x); }
)";

// The lanes_ functions are laws of sub-group operations: 1 whichever lanes come to them together, if all in
// one function see the same ones. The host has no lanes and knows the answer, as devices without sub-groups
// do.
constexpr std::string_view kOpenCl = R"(
#pragma OPENCL FP_CONTRACT OFF
#ifdef cl_khr_fp16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#endif
#ifdef SUB_GROUP_SIZE
#define REQUIRED __attribute__((intel_reqd_sub_group_size(SUB_GROUP_SIZE)))
#else
#define REQUIRED
#endif
#define KERNEL(name) REQUIRED kernel void name(global const uint* in, global const float* fin, global uint* out, uint N)
#ifdef __opencl_c_generic_address_space
#define WORDS in
#define PROLOGUE local uint lds[64];
#else
#define WORDS words
#define PROLOGUE local uint lds[64]; uint words[8]; for (uint w = 0u; w < 8u; w++) words[w] = in[w];
#endif
#define GID ((uint)get_global_id(0))
#define LID ((uint)get_local_id(0))
#define GROUP_SIZE ((uint)get_local_size(0))
#define BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#define NOINLINE __attribute__((noinline))
#define TABLE_ARGUMENTS global const uint *in, global const float *fin, uint N
#define BITS(x) as_uint(x)
#define CALL1(name, type, x) name((type)(x))
#define CALL2(name, type, x, y) name((type)(x), (type)(y))
#define CALL3(name, type, x, y, z) name((type)(x), (type)(y), (type)(z))
#define ELEMENT1(name, type, x) name((type##2)((type)7, (type)(x))).s1
#define ELEMENT2(name, type, x, y) name((type##3)((type)7, (type)(x), (type)(y)), (type##3)((type)(y), (type)(y), (type)9)).s1
#define COMPARED(type, x, y) (uint)((type##2)((type)(x), (type)(y)) < (type##2)((type)(y), (type)(x))).s1
#define SATURATED(type, x) convert_##type##_sat(x)
#define SHIFT_LEFT(x, y) ((x) << (y))
#define SHIFT_RIGHT(x, y) ((x) >> (y))
#ifndef cl_khr_subgroup_ballot
#define HOLDS(law, x) 1u
#else
#define HOLDS(law, x) lanes_##law(x)
inline static uint lanes_count(uint x) {
  return sub_group_non_uniform_reduce_add(1u) == sub_group_ballot_bit_count(sub_group_ballot(1));
}
inline static uint lanes_scan(uint x) {
  return sub_group_non_uniform_scan_exclusive_add(x) + x == sub_group_non_uniform_scan_inclusive_add(x);
}
inline static uint lanes_first(uint x) {
  return sub_group_non_uniform_all_equal(sub_group_broadcast_first(x)) != 0;
}
inline static uint lanes_own(uint x) {
  return (sub_group_shuffle(x, get_sub_group_local_id()) == x) & (sub_group_shuffle_xor(x, 0u) == x);
}
inline static uint lanes_ballot(uint x) {
  return (sub_group_inverse_ballot(sub_group_ballot(x & 1u)) != 0) == (x & 1u);
}
inline static uint lanes_elect(uint x) {
  return sub_group_non_uniform_reduce_add((uint)(sub_group_elect() != 0)) == 1u;
}
inline static uint lanes_vote(uint x) {
  return ((sub_group_non_uniform_any(x & 1u) != 0) == sub_group_non_uniform_reduce_or(x & 1u)) &
         ((sub_group_non_uniform_all(x & 1u) != 0) == sub_group_non_uniform_reduce_and(x & 1u));
}
#endif
)";

constexpr std::string_view kHost = R"(
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned uint;
typedef unsigned long ulong;
typedef _Float16 half;
struct item { const uint* in; const float* fin; uint* out; uint* lds; uint n, gid, lid, group_size;
              void (*barrier)(void); };
#define KERNEL(name) void name(struct item* item)
#define PROLOGUE const uint* in = item->in; const float* fin = item->fin; uint* out = item->out; \
  uint* lds = item->lds; uint N = item->n; (void)lds; (void)fin; (void)in; (void)N;
#define WORDS in
#define GID item->gid
#define LID item->lid
#define GROUP_SIZE item->group_size
#define BARRIER item->barrier()
#define NOINLINE static __attribute__((noinline))
#define TABLE_ARGUMENTS const uint *in, const float *fin, uint N
inline static uint bits_of(float x) { union { float f; uint u; } both; both.f = x; return both.u; }
#define BITS(x) bits_of(x)
#define HOLDS(law, x) 1u
#define CALL1(name, type, x) name##_##type((type)(x))
#define CALL2(name, type, x, y) name##_##type((type)(x), (type)(y))
#define CALL3(name, type, x, y, z) name##_##type((type)(x), (type)(y), (type)(z))
#define ELEMENT1 CALL1
#define ELEMENT2 CALL2
#define COMPARED(type, x, y) ((type)(y) < (type)(x) ? 0xffffffffu : 0u)
#define SATURATED(type, x) convert_##type##_sat(x)
#define SHIFT_LEFT(x, y) ((x) << ((y) & 31u))
#define SHIFT_RIGHT(x, y) ((x) >> ((y) & 31u))
typedef __int128 wide;
typedef unsigned __int128 bits;
#define INTEGERS(type, utype, low, high, width) \
inline static utype abs_##type(type x) { return x < 0 ? -(wide)x : (wide)x; } \
inline static type clz_##type(type x) { int n = 0; while (n < width && !((utype)x >> (width - 1 - n) & 1)) n++; return n; } \
inline static type ctz_##type(type x) { int n = 0; while (n < width && !((utype)x >> n & 1)) n++; return n; } \
inline static type popcount_##type(type x) { int n = 0; for (int i = 0; i < width; i++) n += (utype)x >> i & 1; return n; } \
inline static utype abs_diff_##type(type x, type y) { return x < y ? (wide)y - x : (wide)x - y; } \
inline static type keep_##type(wide x) { return x < (wide)low ? low : x > (wide)high ? high : (type)x; } \
inline static type add_sat_##type(type x, type y) { return keep_##type((wide)x + y); } \
inline static type sub_sat_##type(type x, type y) { return keep_##type((wide)x - y); } \
inline static type hadd_##type(type x, type y) { return ((wide)x + y) >> 1; } \
inline static type rhadd_##type(type x, type y) { return ((wide)x + y + 1) >> 1; } \
inline static type max_##type(type x, type y) { return x > y ? x : y; } \
inline static type min_##type(type x, type y) { return x < y ? x : y; } \
inline static type clamp_##type(type x, type y, type z) { return min_##type(max_##type(x, y), z); } \
inline static type rotate_##type(type x, type y) { unsigned n = (utype)y % width; return (bits)(utype)x << n | (utype)x >> (width - n) % width; } \
inline static type mul_hi_##type(type x, type y) { return low < 0 ? (type)((wide)x * y >> width) : (type)((bits)(utype)x * (utype)y >> width); } \
inline static type mad_hi_##type(type x, type y, type z) { return (wide)mul_hi_##type(x, y) + z; } \
inline static type mad_sat_##type(type x, type y, type z) { \
  return low < 0 || width < 64 ? keep_##type((wide)x * y + z) : (bits)x * y > high || (bits)x * y + z > high ? (type)high : (type)(x * y + z); } \
inline static type convert_##type##_sat(float x) { return x != x ? 0 : x <= (float)low ? low : x >= (float)high ? high : (type)x; }
INTEGERS(char, uchar, -128, 127, 8)
INTEGERS(uchar, uchar, 0, 255, 8)
INTEGERS(short, ushort, -32768, 32767, 16)
INTEGERS(ushort, ushort, 0, 65535, 16)
INTEGERS(int, uint, -2147483647 - 1, 2147483647, 32)
INTEGERS(uint, uint, 0u, 0xffffffffu, 32)
INTEGERS(long, ulong, (-0x7fffffffffffffffl - 1), 0x7fffffffffffffffl, 64)
INTEGERS(ulong, ulong, 0ul, 0xfffffffffffffffful, 64)
inline static int mul24_int(int x, int y) { return (uint)x * (uint)y; }
inline static int mad24_int(int x, int y, int z) { return (uint)x * (uint)y + (uint)z; }
)";

}  // namespace

std::string_view opencl_prelude() {
  static const std::string text = std::string(kOpenCl) + std::string(kCommon);
  return text;
}

std::string_view host_prelude() {
  static const std::string text = std::string(kHost) + std::string(kCommon);
  return text;
}

}  // namespace kiesel::conformance
