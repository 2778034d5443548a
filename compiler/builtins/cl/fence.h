// Fences. Acquire and release order everything but a store before a load, which costs most.
#pragma once

#define FENCE(kind) __asm__ volatile(kind ::: "memory")

// Before a barrier. A work-group lives on one core, whose memory is in order for its warps, and a barrier waits until
// the accesses before it have been done. What others are to see in order needs a fence, which costs hardware the
// core's whole cache.
static inline void release_to(memory_scope scope) {
  const bool on_core =
      scope == memory_scope_work_item || scope == memory_scope_sub_group || scope == memory_scope_work_group;
  if (!on_core) FENCE("fence.tso");
}
