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
#define FLOAT_BITS(x) float_bits(x)
inline static uint to_word(float x) { return x > -1000000.0f && x < 1000000.0f ? (uint)(int)x : 77u; }
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
#define KERNEL(name) kernel void name(global const uint* in, global const float* fin, global uint* out, uint N)
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
