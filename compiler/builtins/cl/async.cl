// OpenCL C 6.15.11. The work-items of the group copy together at the call; waiting is a barrier. Events carry
// nothing: all copies of a group are over at its next barrier.
#include "csr.h"
#include "types.h"

__attribute__((convergent)) FUNC void work_group_barrier(cl_mem_fence_flags flags, memory_scope scope);

static inline size_t first_element(void) { return get_local_linear_id(); }
static inline size_t group_size(void) { return csr_local_size_x() * csr_local_size_y() * csr_local_size_z(); }

// The plain copy comes back as a strided one with stride 1, elements as unsigned.
#define COPIES(type)                                                                                                  \
  FUNC event_t async_work_group_strided_copy(local type* to, const global type* from, size_t count, size_t stride,   \
                                             event_t event) {                                                         \
    for (size_t i = first_element(), step = group_size(); i < count; i += step) to[i] = from[i * stride];            \
    return event;                                                                                                     \
  }                                                                                                                   \
  FUNC event_t async_work_group_strided_copy(global type* to, const local type* from, size_t count, size_t stride,   \
                                             event_t event) {                                                         \
    for (size_t i = first_element(), step = group_size(); i < count; i += step) to[i * stride] = from[i];            \
    return event;                                                                                                     \
  }
#define COPIES_OF_VECTOR(width, type) COPIES(type##width)
#define ALL_COPIES(type) \
  COPIES(type)           \
  FOR_WIDTHS(COPIES_OF_VECTOR, type)

FOR_UNSIGNED(ALL_COPIES)
FOR_FLOATS(ALL_COPIES)
ALL_COPIES(half)

__attribute__((convergent)) FUNC void wait_group_events(int count, event_t* events) {
  work_group_barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE, memory_scope_work_group);
}

// A hint; the machine has no instruction for it.
#define PREFETCH(type) \
  FUNC void prefetch(const global type* address, size_t elements) {}
#define PREFETCH_VECTOR(width, type) PREFETCH(type##width)
#define ALL_PREFETCHES(type) \
  PREFETCH(type)             \
  FOR_WIDTHS(PREFETCH_VECTOR, type)

FOR_SIGNED(ALL_PREFETCHES)
FOR_FLOATS(ALL_PREFETCHES)
ALL_PREFETCHES(half)
