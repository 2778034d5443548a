// OpenCL C 6.15.19: the functions that all work-items of a sub-group call. A sub-group is a warp.
#include "fence.h"
#include "reductions.h"

FUNC uint get_sub_group_size(void) { return sub_group_work_items(); }
FUNC uint get_num_sub_groups(void) { return (uint)csr_group_warps(); }
FUNC uint get_sub_group_id(void) { return (uint)csr_group_rank(); }
FUNC uint get_sub_group_local_id(void) { return lane_id(); }

static inline uint enqueued_work_items(void) {
  return header_enqueued_local_size_x() * header_enqueued_local_size_y() * header_enqueued_local_size_z();
}

FUNC uint get_max_sub_group_size(void) { return min(enqueued_work_items(), (uint)csr_num_lanes()); }
FUNC uint get_enqueued_num_sub_groups(void) {
  const uint lanes = (uint)csr_num_lanes();
  return (enqueued_work_items() + lanes - 1) / lanes;
}

// Lanes run in lockstep: they have met when they are here together.
FUNC void sub_group_barrier(cl_mem_fence_flags flags, memory_scope scope) {
  vote_all(true);
  __asm__ volatile("" ::: "memory");
  release_to(scope);
}

FUNC int sub_group_all(int predicate) { return vote_all(predicate != 0); }
FUNC int sub_group_any(int predicate) { return vote_any(predicate != 0); }

BROADCASTS(sub_group_broadcast)

#define COLLECTIVES(operation, type, identity)                                                                \
  REDUCE_LANES(operation, type)                                                                              \
  SCAN_LANES(operation, type)                                                                                \
  FUNC type sub_group_reduce_##operation(type value) { return reduce_lanes_##operation##_##type(value); }    \
  FUNC type sub_group_scan_inclusive_##operation(type value) { return scan_lanes_##operation##_##type(value); } \
  FUNC type sub_group_scan_exclusive_##operation(type value) {                                               \
    return scan_before_##operation##_##type(value, (type)identity);                                          \
  }
FOR_ADDITIONS(COLLECTIVES)
FOR_CHOICES(COLLECTIVES)
