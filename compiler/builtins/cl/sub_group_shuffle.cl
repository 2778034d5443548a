// OpenCL C 6.15.19: shuffles and rotations among the active work-items of a sub-group. What another work-item that
// is not active holds is undefined.
#include "lanes.h"
#include "types.h"

FUNC uint get_max_sub_group_size(void);

#define SHUFFLES(type)                                                                                         \
  FUNC type sub_group_shuffle(type value, uint place) { return value_in(SUB_GROUP, value, place); }            \
  FUNC type sub_group_shuffle_xor(type value, uint mask) { return value_of_lane(value, lane_id() ^ mask); }    \
  FUNC type sub_group_shuffle_up(type value, uint delta) { return value_of_lane(value, lane_id() - delta); }   \
  FUNC type sub_group_shuffle_down(type value, uint delta) { return value_of_lane(value, lane_id() + delta); } \
  FUNC type sub_group_rotate(type value, int delta) {                                                          \
    return value_in(SUB_GROUP, value, (place_in(SUB_GROUP) + (uint)delta) % get_max_sub_group_size());         \
  }                                                                                                            \
  FUNC type sub_group_clustered_rotate(type value, int delta, uint size) {                                     \
    return value_of_lane(value, (lane_id() & ~(size - 1)) | ((lane_id() + (uint)delta) & (size - 1)));         \
  }

// The reader says signed.
FOR_SIGNED(SHUFFLES)
FOR_FLOATS(SHUFFLES)
SHUFFLES(half)
