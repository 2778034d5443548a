// OpenCL C 6.15.16: work-group collective functions. Each warp reduces its own values; the results of the warps meet
// in local memory.
#include "reductions.h"
#include "types.h"

__attribute__((convergent)) FUNC void work_group_barrier(cl_mem_fence_flags flags, memory_scope scope);

// A word for each warp of the work-group; made by pack/scratch.cpp, since only kernels can declare local variables.
local ulong* __kiesel_group_scratch(void);

static inline void meet(void) { work_group_barrier(CLK_LOCAL_MEM_FENCE, memory_scope_work_group); }

// The word that the warp whose work-items all have `is_source` false but one leaves for everybody.
static inline ulong word_from(ulong word, bool is_source) {
  local ulong* scratch = __kiesel_group_scratch();
  if (is_source) scratch[0] = word;
  meet();
  const ulong result = scratch[0];
  meet();
  return result;
}

static inline size_t linear_id(size_t x, size_t y, size_t z) {
  return (z * csr_local_size_y() + y) * csr_local_size_x() + x;
}

#define BROADCAST(type, bits)                                                                                   \
  FUNC type work_group_broadcast(type value, size_t x, size_t y, size_t z) {                                   \
    const bool is_source = get_local_linear_id() == linear_id(x, y, z);                                        \
    return as_##type((bits)word_from(as_##bits(value), is_source));                                            \
  }                                                                                                            \
  FUNC type work_group_broadcast(type value, size_t x, size_t y) { return work_group_broadcast(value, x, y, 0ul); } \
  FUNC type work_group_broadcast(type value, size_t x) { return work_group_broadcast(value, x, 0ul, 0ul); } \
  FUNC type work_group_broadcast(type value, uint x, uint y, uint z) {                                         \
    return work_group_broadcast(value, (size_t)x, (size_t)y, (size_t)z);                                       \
  }                                                                                                            \
  FUNC type work_group_broadcast(type value, uint x, uint y) { return work_group_broadcast(value, x, y, 0u); }  \
  FUNC type work_group_broadcast(type value, uint x) { return work_group_broadcast(value, x, 0u, 0u); }
// From source ids have 64 bits; modules of others may have 32.
BROADCAST(uint, uint)
BROADCAST(ulong, ulong)
BROADCAST(half, ushort)
BROADCAST(float, uint)
BROADCAST(double, ulong)

// What each warp leaves in its word by its first lane (by all of them it would be a race), folded over the words [0, warps) behind `value`.
#define FOLD_WARPS(operation, type)                                                                \
  static inline type fold_warps_##operation##_##type(type value, uint warps) {                    \
    local const ulong* scratch = __kiesel_group_scratch();                                        \
    for (uint warp = warps; warp > 0; --warp)                                                     \
      value = OP_##operation(*(local const type*)&scratch[warp - 1], value);                      \
    return value;                                                                                 \
  }                                                                                               \
  static inline void leave_##operation##_##type(type value) {                                     \
    if (lane_id() == 0) *(local type*)&__kiesel_group_scratch()[csr_group_rank()] = value;        \
    meet();                                                                                       \
  }

#define COLLECTIVES(operation, type, identity)                                            \
  REDUCE(operation, type)                                                                 \
  SCAN(operation, type)                                                                   \
  FOLD_WARPS(operation, type)                                                             \
  FUNC type work_group_reduce_##operation(type value) {                                   \
    const type sum = reduce_##operation##_##type(WARP, value);                            \
    const uint warps = (uint)csr_group_warps();                                           \
    if (warps == 1) return sum;                                                           \
    leave_##operation##_##type(sum);                                                      \
    const uint last = warps - 1;                                                          \
    const type result = fold_warps_##operation##_##type(                                  \
        *(local const type*)&__kiesel_group_scratch()[last], last);                       \
    meet();                                                                               \
    return result;                                                                        \
  }                                                                                       \
  FUNC type work_group_scan_inclusive_##operation(type value) {                           \
    const type scanned = scan_##operation##_##type(WARP, value);                          \
    if (csr_group_warps() == 1) return scanned;                                           \
    leave_##operation##_##type(value_of_lane(scanned, work_items_in(WARP) - 1));          \
    const type result = fold_warps_##operation##_##type(scanned, (uint)csr_group_rank()); \
    meet();                                                                               \
    return result;                                                                        \
  }                                                                                       \
  FUNC type work_group_scan_exclusive_##operation(type value) {                           \
    const type scanned = scan_##operation##_##type(WARP, value);                          \
    const type left = value_of_lane(scanned, lane_id() - 1);                              \
    const type before = lane_id() == 0 ? (type)identity : left;                           \
    if (csr_group_warps() == 1) return before;                                            \
    leave_##operation##_##type(value_of_lane(scanned, work_items_in(WARP) - 1));          \
    const type result = fold_warps_##operation##_##type(before, (uint)csr_group_rank());  \
    meet();                                                                               \
    return result;                                                                        \
  }

#define FOR_WORK_GROUP_TYPES(macro)                                                                                  \
  macro(add, int, 0) macro(add, long, 0) macro(add, half, 0) macro(add, float, 0) macro(add, double, 0)              \
  macro(min, int, INT_MAX) macro(min, uint, UINT_MAX) macro(min, long, LONG_MAX) macro(min, ulong, ULONG_MAX)        \
  macro(min, half, INFINITY) macro(min, float, INFINITY) macro(min, double, INFINITY)                                \
  macro(max, int, INT_MIN) macro(max, uint, 0) macro(max, long, LONG_MIN) macro(max, ulong, 0)                       \
  macro(max, half, -INFINITY) macro(max, float, -INFINITY) macro(max, double, -INFINITY)
FOR_WORK_GROUP_TYPES(COLLECTIVES)

// cl_khr_work_group_uniform_arithmetic. The reader says signed; truth values are 0 and 1.
#define FOR_MORE_OPERATIONS(macro)                                                                                   \
  macro(mul, int, 1) macro(mul, long, 1) macro(mul, half, 1) macro(mul, float, 1) macro(mul, double, 1)              \
  macro(and, int, -1) macro(and, long, -1) macro(or, int, 0) macro(or, long, 0) macro(xor, int, 0) macro(xor, long, 0)
FOR_MORE_OPERATIONS(COLLECTIVES)

// So the reader calls them.
#define BITWISE(operation, type)                                                                                     \
  FUNC type work_group_reduce_bitwise_##operation(type value) { return work_group_reduce_##operation(value); }       \
  FUNC type work_group_scan_inclusive_bitwise_##operation(type value) {                                             \
    return work_group_scan_inclusive_##operation(value);                                                            \
  }                                                                                                                 \
  FUNC type work_group_scan_exclusive_bitwise_##operation(type value) {                                             \
    return work_group_scan_exclusive_##operation(value);                                                            \
  }
BITWISE(and, int)
BITWISE(and, long)
BITWISE(or, int)
BITWISE(or, long)
BITWISE(xor, int)
BITWISE(xor, long)

#define LOGICAL(operation)                                                                       \
  FUNC int work_group_reduce_logical_##operation(int value) {                                    \
    return work_group_reduce_##operation((int)(value != 0));                                     \
  }                                                                                              \
  FUNC int work_group_scan_inclusive_logical_##operation(int value) {                            \
    return work_group_scan_inclusive_##operation((int)(value != 0));                             \
  }                                                                                              \
  FUNC int work_group_scan_exclusive_logical_##operation(int value) {                            \
    return work_group_scan_exclusive_##operation((int)(value != 0));                             \
  }
LOGICAL(and)
LOGICAL(or)
LOGICAL(xor)

FUNC int work_group_all(int predicate) { return !work_group_reduce_max((int)!vote_all(predicate != 0)); }
FUNC int work_group_any(int predicate) { return work_group_reduce_max((int)vote_any(predicate != 0)); }
