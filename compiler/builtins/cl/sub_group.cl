// OpenCL C 6.15.19: the functions that all work-items of a sub-group call.
#include "fence.h"
#include "reductions.h"

static inline uint sub_groups_of(uint work_items) {
  return (uint)((work_items + lanes_in(SUB_GROUP) - 1) / lanes_in(SUB_GROUP));
}
static inline uint enqueued_work_items(void) {
  return header_enqueued_local_size_x() * header_enqueued_local_size_y() * header_enqueued_local_size_z();
}

FUNC uint get_sub_group_size(void) { return work_items_in(SUB_GROUP); }
FUNC uint get_max_sub_group_size(void) { return min(enqueued_work_items(), (uint)lanes_in(SUB_GROUP)); }
FUNC uint get_num_sub_groups(void) {
  return SUB_GROUP ? sub_groups_of(group_work_items()) : (uint)csr_group_warps();
}
FUNC uint get_enqueued_num_sub_groups(void) { return sub_groups_of(enqueued_work_items()); }
FUNC uint get_sub_group_id(void) {
  const uint rank = (uint)csr_group_rank();
  return SUB_GROUP ? (rank * (uint)csr_num_lanes() + lane_id()) / SUB_GROUP : rank;
}
FUNC uint get_sub_group_local_id(void) { return place_in(SUB_GROUP); }

// Lanes run in lockstep: they have met when they are here together.
FUNC void sub_group_barrier(cl_mem_fence_flags flags, memory_scope scope) {
  vote_all(true);
  __asm__ volatile("" ::: "memory");
  release_to(scope);
}

FUNC int sub_group_all(int predicate) { return all_in(SUB_GROUP, predicate != 0); }
FUNC int sub_group_any(int predicate) { return any_in(SUB_GROUP, predicate != 0); }

BROADCASTS(sub_group_broadcast)

#define COLLECTIVES(operation, type, identity)                                                                 \
  REDUCE(operation, type)                                                                                      \
  SCAN(operation, type)                                                                                        \
  FUNC type sub_group_reduce_##operation(type value) { return reduce_##operation##_##type(SUB_GROUP, value); } \
  FUNC type sub_group_scan_inclusive_##operation(type value) {                                                 \
    return scan_##operation##_##type(SUB_GROUP, value);                                                        \
  }                                                                                                            \
  FUNC type sub_group_scan_exclusive_##operation(type value) {                                                 \
    return scan_before_##operation##_##type(SUB_GROUP, value, (type)identity);                                 \
  }
FOR_ADDITIONS(COLLECTIVES)
FOR_CHOICES(COLLECTIVES)
