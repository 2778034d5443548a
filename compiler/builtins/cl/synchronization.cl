// OpenCL C 6.15.8: barriers and fences.
#include "csr.h"
#include "fence.h"

__attribute__((convergent)) FUNC void work_group_barrier(cl_mem_fence_flags flags, memory_scope scope) {
  release_to(scope);
  __asm__ volatile(".insn r 0x0b, 4, 0, x0, %0, %1" ::"r"(csr_group_slot()), "r"(csr_group_warps()) : "memory");
}

FUNC void atomic_work_item_fence(cl_mem_fence_flags flags, memory_order order, memory_scope scope) {
  if (order == memory_order_relaxed) return;
  if (order == memory_order_seq_cst)
    FENCE("fence rw, rw");
  else
    FENCE("fence.tso");
}
