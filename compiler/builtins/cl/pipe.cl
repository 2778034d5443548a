// OpenCL C 6.15.17: pipes. A ring of packets behind the header of device/isa/pipe.hpp; the counters count packets
// from the pipe's beginning and never wrap.
//
// A writer takes places by moving `reserved_writes` and tells in `finished_writes` that its packets are there. Work-items
// finish in any order, so readers may see only what lies below `readable`: it follows when nobody is writing, that is
// when both counters agree. Nobody ever waits for another lane. Readers do the same with places that become free.
#include "lanes.h"

struct Pipe {
  uint packet_bytes;
  uint capacity;
  ulong reserved_writes, finished_writes, readable;
  ulong reserved_reads, finished_reads, free;  // `free`: packets below it may be overwritten
  ulong unused;
  uchar packets[];
};

typedef global struct Pipe* pipe_t;
typedef volatile generic atomic_ulong* counter_t;

#define NO_RESERVATION (~0ul)

__attribute__((overloadable)) ulong atomic_load_explicit(counter_t, memory_order, memory_scope);
__attribute__((overloadable)) ulong atomic_fetch_add_explicit(counter_t, ulong, memory_order, memory_scope);
__attribute__((overloadable)) ulong atomic_fetch_max_explicit(counter_t, ulong, memory_order, memory_scope);
__attribute__((overloadable)) bool atomic_compare_exchange_strong_explicit(counter_t, generic ulong*, ulong, memory_order,
                                                                           memory_order, memory_scope);

static inline ulong load(global ulong* counter) {
  return atomic_load_explicit((counter_t)counter, memory_order_seq_cst, memory_scope_device);
}

// Moves `counter` by `count` if that does not lead beyond `limit` plus `slack`. The value before, or NO_RESERVATION.
static inline ulong take(global ulong* counter, uint count, global ulong* limit, uint slack) {
  ulong seen = load(counter);
  while (seen + count <= load(limit) + slack)
    if (atomic_compare_exchange_strong_explicit((counter_t)counter, &seen, seen + count, memory_order_seq_cst,
                                                memory_order_seq_cst, memory_scope_device))
      return seen;
  return NO_RESERVATION;
}

static inline void finish(global ulong* finished, uint count, global ulong* reserved, global ulong* visible) {
  const ulong now = count + atomic_fetch_add_explicit((counter_t)finished, (ulong)count, memory_order_seq_cst, memory_scope_device);
  if (now == load(reserved)) atomic_fetch_max_explicit((counter_t)visible, now, memory_order_seq_cst, memory_scope_device);
}

static inline ulong take_reads(pipe_t ring, uint count) { return take(&ring->reserved_reads, count, &ring->readable, 0); }
static inline ulong take_writes(pipe_t ring, uint count) {
  return take(&ring->reserved_writes, count, &ring->free, ring->capacity);
}
static inline void finish_reads(pipe_t ring, uint count) {
  finish(&ring->finished_reads, count, &ring->reserved_reads, &ring->free);
}
static inline void finish_writes(pipe_t ring, uint count) {
  finish(&ring->finished_writes, count, &ring->reserved_writes, &ring->readable);
}

static inline global uchar* packet(pipe_t ring, ulong number, uint bytes) {
  return ring->packets + number % ring->capacity * bytes;
}

// Packets are as aligned as their type, up to the header's alignment.
#define COPY_AS(type) \
  for (uint i = 0; i < bytes / sizeof(type); ++i) ((generic type*)to)[i] = ((const generic type*)from)[i]
static inline void copy(generic uchar* to, const generic uchar* from, uint bytes, uint alignment) {
  if (alignment % 8 == 0)
    COPY_AS(ulong);
  else if (alignment == 4)
    COPY_AS(uint);
  else if (alignment == 2)
    COPY_AS(ushort);
  else
    COPY_AS(uchar);
}

int __read_pipe_2(pipe_t ring, generic uchar* value, uint bytes, uint alignment) {
  const ulong number = take_reads(ring, 1);
  if (number == NO_RESERVATION) return -1;
  copy(value, packet(ring, number, bytes), bytes, alignment);
  finish_reads(ring, 1);
  return 0;
}

int __write_pipe_2(pipe_t ring, const generic uchar* value, uint bytes, uint alignment) {
  const ulong number = take_writes(ring, 1);
  if (number == NO_RESERVATION) return -1;
  copy(packet(ring, number, bytes), value, bytes, alignment);
  finish_writes(ring, 1);
  return 0;
}

// A reservation is the number of its packets in the high word and its first place in the ring in the low one.
typedef private void* reservation_t;
static inline ulong to_word(reservation_t reservation) { return (ulong)reservation; }
static inline uint count_of(reservation_t reservation) { return (uint)(to_word(reservation) >> 32); }
static inline bool is_valid(reservation_t reservation) {
  return to_word(reservation) != NO_RESERVATION && count_of(reservation) != 0;
}
static inline ulong pack(pipe_t ring, uint count, ulong number) {
  return number == NO_RESERVATION ? number : (ulong)count << 32 | number % ring->capacity;
}
static inline ulong reserve_reads(pipe_t ring, uint count) {
  return count == 0 ? NO_RESERVATION : pack(ring, count, take_reads(ring, count));
}
static inline ulong reserve_writes(pipe_t ring, uint count) {
  return count == 0 ? NO_RESERVATION : pack(ring, count, take_writes(ring, count));
}

bool is_valid_reservation(reservation_t reservation) __asm("_Z19is_valid_reserve_id13ocl_reserveid");
bool is_valid_reservation(reservation_t reservation) { return is_valid(reservation); }

static inline global uchar* reserved_packet(pipe_t ring, reservation_t reservation, uint index, uint bytes) {
  return packet(ring, (uint)to_word(reservation) + (ulong)index, bytes);
}

int __read_pipe_4(pipe_t ring, reservation_t reservation, uint index, generic uchar* value, uint bytes, uint alignment) {
  if (!is_valid(reservation) || index >= count_of(reservation)) return -1;
  copy(value, reserved_packet(ring, reservation, index, bytes), bytes, alignment);
  return 0;
}

int __write_pipe_4(pipe_t ring, reservation_t reservation, uint index, const generic uchar* value, uint bytes,
                   uint alignment) {
  if (!is_valid(reservation) || index >= count_of(reservation)) return -1;
  copy(reserved_packet(ring, reservation, index, bytes), value, bytes, alignment);
  return 0;
}

#define RESERVE(kind)                                                                                       \
  reservation_t __reserve_##kind##_pipe(pipe_t ring, uint count, uint bytes, uint alignment) {             \
    return (reservation_t)reserve_##kind##s(ring, count);                                                  \
  }                                                                                                        \
  void __commit_##kind##_pipe(pipe_t ring, reservation_t reservation, uint bytes, uint alignment) {        \
    if (is_valid(reservation)) finish_##kind##s(ring, count_of(reservation));                              \
  }
RESERVE(read)
RESERVE(write)

// One work-item acts for all; what the others have read or written comes before its commit.
__attribute__((convergent)) FUNC void work_group_barrier(cl_mem_fence_flags flags, memory_scope scope);
__attribute__((convergent)) FUNC ulong work_group_broadcast(ulong value, size_t x, size_t y, size_t z);
__attribute__((convergent)) FUNC void sub_group_barrier(cl_mem_fence_flags flags, memory_scope scope);

static inline bool is_first_of_work_group(void) { return get_local_linear_id() == 0; }
static inline bool is_first_of_sub_group(void) { return place_in(SUB_GROUP) == 0; }
static inline ulong spread_in_work_group(ulong word) { return work_group_broadcast(word, 0ul, 0ul, 0ul); }
static inline ulong spread_in_sub_group(ulong word) { return value_in(SUB_GROUP, word, 0); }

#define RESERVE_TOGETHER(group, kind)                                                                              \
  reservation_t __##group##_reserve_##kind##_pipe(pipe_t ring, uint count, uint bytes, uint alignment) {          \
    ulong word = 0;                                                                                               \
    if (is_first_of_##group()) word = reserve_##kind##s(ring, count);                                             \
    return (reservation_t)spread_in_##group(word);                                                                \
  }                                                                                                               \
  void __##group##_commit_##kind##_pipe(pipe_t ring, reservation_t reservation, uint bytes, uint alignment) {     \
    group##_barrier(CLK_GLOBAL_MEM_FENCE, memory_scope_device);                                                   \
    if (is_first_of_##group() && is_valid(reservation)) finish_##kind##s(ring, count_of(reservation));            \
  }
RESERVE_TOGETHER(work_group, read)
RESERVE_TOGETHER(work_group, write)
RESERVE_TOGETHER(sub_group, read)
RESERVE_TOGETHER(sub_group, write)

// The reader uses these names for pipes that are read, too.
uint __get_pipe_num_packets_wo(pipe_t ring, uint bytes, uint alignment) {
  return (uint)(load(&ring->readable) - load(&ring->reserved_reads));
}
uint __get_pipe_max_packets_wo(pipe_t ring, uint bytes, uint alignment) { return ring->capacity; }
