// OpenCL C 6.15.19: sub-group functions that the active work-items call, in divergent code too: votes, ballots,
// arithmetic and reductions of clusters.
#include "reductions.h"

FUNC int sub_group_elect(void) { return place_in(SUB_GROUP) == lowest_lane(active_in(SUB_GROUP)); }
FUNC int sub_group_non_uniform_all(int predicate) { return all_in(SUB_GROUP, predicate != 0); }
FUNC int sub_group_non_uniform_any(int predicate) { return any_in(SUB_GROUP, predicate != 0); }

#define VALUE_OF_FIRST(value) value_in(SUB_GROUP, value, lowest_lane(active_in(SUB_GROUP)))

#define ALL_EQUAL(type) \
  FUNC int sub_group_non_uniform_all_equal(type value) { return all_in(SUB_GROUP, value == VALUE_OF_FIRST(value)); }
FOR_SIGNED(ALL_EQUAL)
FOR_FLOATS(ALL_EQUAL)
ALL_EQUAL(half)

BROADCASTS(sub_group_non_uniform_broadcast)

#define BROADCAST_FIRST(type) FUNC type sub_group_broadcast_first(type value) { return VALUE_OF_FIRST(value); }
FOR_UNSIGNED(BROADCAST_FIRST)
FOR_FLOATS(BROADCAST_FIRST)
BROADCAST_FIRST(half)

static inline uint4 to_ballot(ulong lanes) { return (uint4)((uint)lanes, (uint)(lanes >> 32), 0, 0); }
static inline ulong from_ballot(uint4 ballot) { return (ulong)ballot.y << 32 | ballot.x; }

FUNC uint get_max_sub_group_size(void);
static inline ulong lanes_of_sub_group(void) { return ~0ul >> (64 - get_max_sub_group_size()); }

FUNC uint4 sub_group_ballot(int predicate) { return to_ballot(ballot_in(SUB_GROUP, predicate != 0)); }
FUNC int sub_group_inverse_ballot(uint4 ballot) { return from_ballot(ballot) >> place_in(SUB_GROUP) & 1; }
FUNC int sub_group_ballot_bit_extract(uint4 ballot, uint lane) { return from_ballot(ballot) >> (lane & 63) & 1; }
FUNC uint sub_group_ballot_bit_count(uint4 ballot) {
  return (uint)__builtin_popcountl(from_ballot(ballot) & lanes_of_sub_group());
}
FUNC uint sub_group_ballot_inclusive_scan(uint4 ballot) {
  return (uint)__builtin_popcountl(from_ballot(ballot) & (lanes_below(place_in(SUB_GROUP)) << 1 | 1));
}
FUNC uint sub_group_ballot_exclusive_scan(uint4 ballot) {
  return (uint)__builtin_popcountl(from_ballot(ballot) & lanes_below(place_in(SUB_GROUP)));
}
FUNC uint sub_group_ballot_find_lsb(uint4 ballot) {
  return (uint)ctz((long)(from_ballot(ballot) & lanes_of_sub_group()));
}
FUNC uint sub_group_ballot_find_msb(uint4 ballot) {
  return 63 - (uint)clz((long)(from_ballot(ballot) & lanes_of_sub_group()));
}

FUNC uint4 get_sub_group_eq_mask(void) { return to_ballot(1ul << place_in(SUB_GROUP)); }
FUNC uint4 get_sub_group_ge_mask(void) { return to_ballot(lanes_of_sub_group() & ~lanes_below(place_in(SUB_GROUP))); }
FUNC uint4 get_sub_group_gt_mask(void) { return to_ballot(lanes_of_sub_group() & (~1ul << place_in(SUB_GROUP))); }
FUNC uint4 get_sub_group_le_mask(void) { return to_ballot(lanes_below(place_in(SUB_GROUP)) << 1 | 1); }
FUNC uint4 get_sub_group_lt_mask(void) { return to_ballot(lanes_below(place_in(SUB_GROUP))); }

#define ARITHMETIC(operation, type, identity)                                  \
  REDUCE(operation, type)                                                      \
  SCAN(operation, type)                                                        \
  FUNC type sub_group_non_uniform_reduce_##operation(type value) {             \
    return reduce_##operation##_##type(SUB_GROUP, value);                      \
  }                                                                            \
  FUNC type sub_group_non_uniform_scan_inclusive_##operation(type value) {     \
    return scan_##operation##_##type(SUB_GROUP, value);                        \
  }                                                                            \
  FUNC type sub_group_non_uniform_scan_exclusive_##operation(type value) {     \
    return scan_before_##operation##_##type(SUB_GROUP, value, (type)identity); \
  }                                                                            \
  FUNC type sub_group_clustered_reduce_##operation(type value, uint size) {    \
    return reduce_##operation##_##type(size, value);                           \
  }
FOR_ADDITIONS(ARITHMETIC)
FOR_PRODUCTS(ARITHMETIC)
FOR_CHOICES(ARITHMETIC)
FOR_BITWISE(ARITHMETIC)

// On truth values the logical operations are the bitwise ones.
#define LOGICAL(operation, bitwise, identity)                                     \
  FUNC int sub_group_non_uniform_reduce_logical_##operation(int value) {          \
    return reduce_##bitwise##_int(SUB_GROUP, value != 0);                         \
  }                                                                               \
  FUNC int sub_group_non_uniform_scan_inclusive_logical_##operation(int value) {  \
    return scan_##bitwise##_int(SUB_GROUP, value != 0);                           \
  }                                                                               \
  FUNC int sub_group_non_uniform_scan_exclusive_logical_##operation(int value) {  \
    return scan_before_##bitwise##_int(SUB_GROUP, value != 0, identity);          \
  }                                                                               \
  FUNC int sub_group_clustered_reduce_logical_##operation(int value, uint size) { \
    return reduce_##bitwise##_int(size, value != 0);                              \
  }
LOGICAL(and, and, 1)
LOGICAL(or, or, 0)
LOGICAL(xor, xor, 0)
