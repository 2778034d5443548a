// The lanes of a warp, which is a sub-group or several. Everything here works on the lanes that are active at the
// moment: registers of others hold stale values, so nobody uses them.
#pragma once

#include "csr.h"
#include "types.h"

#pragma OPENCL EXTENSION cl_khr_fp16 : enable

// Volatile: what these give depends on where they stand, so that no pass may move or copy them
// (pack/normalise.cpp).
static inline ulong vote_ballot(bool predicate) {
  ulong mask;
  __asm__ volatile(".insn r 0x0b, 3, 1, %0, %1, x0" : "=r"(mask) : "r"((ulong)predicate));
  return mask;
}
static inline bool vote_all(bool predicate) {
  ulong result;
  __asm__ volatile(".insn r 0x0b, 0, 1, %0, %1, x0" : "=r"(result) : "r"((ulong)predicate));
  return result;
}
static inline bool vote_any(bool predicate) {
  ulong result;
  __asm__ volatile(".insn r 0x0b, 1, 1, %0, %1, x0" : "=r"(result) : "r"((ulong)predicate));
  return result;
}

// The word of lane `lane`; one's own where there is no such lane. shfl.idx over the whole warp: mask 0, last
// lane 63.
static inline ulong word_of_lane(ulong word, uint lane) {
  ulong result;
  __asm__ volatile(".insn r 0x0b, 7, 1, %0, %1, %2" : "=r"(result) : "r"(word), "r"(63ul << 6 | (lane & 63)));
  return result;
}

static inline ulong active_lanes(void) { return vote_ballot(true); }
static inline uint lane_id(void) { return (uint)csr_lane_id(); }
static inline ulong lanes_below(uint lane) { return (1ul << lane) - 1; }
static inline uint lowest_lane(ulong lanes) { return (uint)__builtin_ctzl(lanes); }
static inline uint highest_lane(ulong lanes) { return 63 - (uint)__builtin_clzl(lanes); }

// --- runs: a warp is cut into runs of `size` lanes, a power of two: its sub-groups, or clusters of them. A lane has a
// place in its run, counted from 0. WARP is the one run of all lanes; what is the same for a run is then the same for
// the warp, and only then.
#define WARP 0u

// The size of a sub-group where the kernel requires one that is a part of a warp, else WARP: a number by the time that
// code is optimised (compiler/backend/sub_group_sizes.hpp).
__attribute__((const)) uint __kiesel_sub_group_part(void);
#define SUB_GROUP __kiesel_sub_group_part()

static inline ulong lanes_in(uint size) { return size ? size : csr_num_lanes(); }
static inline ulong places_in(uint size) { return ~0ul >> (64 - lanes_in(size)); }
static inline uint place_in(uint size) { return size ? lane_id() & (size - 1) : lane_id(); }
static inline uint first_lane_in(uint size) { return size ? lane_id() & ~(size - 1) : 0; }

static inline ulong ballot_in(uint size, bool predicate) {
  const ulong lanes = vote_ballot(predicate);
  return size ? lanes >> first_lane_in(size) & places_in(size) : lanes;
}
static inline ulong active_in(uint size) { return ballot_in(size, true); }
static inline bool all_in(uint size, bool predicate) {
  return size ? ballot_in(size, !predicate) == 0 : vote_all(predicate);
}
static inline bool any_in(uint size, bool predicate) {
  return size ? ballot_in(size, predicate) != 0 : vote_any(predicate);
}
// Whether each run that has an active lane is active as a whole. The warp agrees on it.
static inline bool are_whole(uint size) {
  return size ? vote_all(active_in(size) == places_in(size)) : active_lanes() == places_in(WARP);
}

// Work-items of the group that this region of the NDRange consists of, and of the lane's run.
static inline uint group_work_items(void) {
  return (uint)(csr_local_size_x() * csr_local_size_y() * csr_local_size_z());
}
static inline uint work_items_in(uint size) {
  const uint before = (uint)(csr_group_rank() * csr_num_lanes()) + first_lane_in(size);
  return min(group_work_items() - before, (uint)lanes_in(size));
}

#define VALUE_OF_LANE(type, bits)                                 \
  static inline FUNC type value_of_lane(type value, uint lane) {  \
    return as_##type((bits)word_of_lane(as_##bits(value), lane)); \
  }
VALUE_OF_LANE(char, uchar)
VALUE_OF_LANE(uchar, uchar)
VALUE_OF_LANE(short, ushort)
VALUE_OF_LANE(ushort, ushort)
VALUE_OF_LANE(int, uint)
VALUE_OF_LANE(uint, uint)
VALUE_OF_LANE(long, ulong)
VALUE_OF_LANE(ulong, ulong)
VALUE_OF_LANE(half, ushort)
VALUE_OF_LANE(float, uint)
VALUE_OF_LANE(double, ulong)
#define value_in(size, value, place) value_of_lane(value, first_lane_in(size) + (place))

// BROADCASTS(name): the function `name` for every type and width: the value of one work-item of the sub-group, element
// by element.
#define BROADCAST_LANE(type, name) \
  FUNC type name(type value, uint place) { return value_in(SUB_GROUP, value, place); }
#define BROADCAST_ELEMENTS(width, type, name)                                              \
  FUNC type##width name(type##width value, uint place) {                                   \
    for (int i = 0; i < width; ++i) value[i] = value_in(SUB_GROUP, (type)value[i], place); \
    return value;                                                                          \
  }
#define BROADCASTS_OF(type, name) BROADCAST_LANE(type, name) FOR_WIDTHS(BROADCAST_ELEMENTS, type, name)
#define BROADCASTS(name)                                                                                     \
  BROADCASTS_OF(uchar, name)                                                                                 \
  BROADCASTS_OF(ushort, name) BROADCASTS_OF(uint, name) BROADCASTS_OF(ulong, name) BROADCASTS_OF(half, name) \
      BROADCASTS_OF(float, name) BROADCASTS_OF(double, name)
