// OpenCL C 6.15.10: what a generic pointer points to. The machine has one flat address space, so the address tells:
// local and private memory are ranges that the launch header describes, everything else is global.
#include "csr.h"

static inline bool is_local(const void generic* pointer) {
  return (ulong)pointer - csr_local_base() < header_local_bytes();
}

static inline bool is_private(const void generic* pointer) {
  const ulong begin = header_private_begin();
  return (ulong)pointer - begin < header_stack_top() - begin;
}

void global* __to_global(void generic* pointer) {
  return is_local(pointer) || is_private(pointer) ? 0 : (void global*)pointer;
}

void local* __to_local(void generic* pointer) { return is_local(pointer) ? (void local*)pointer : 0; }

void private* __to_private(void generic* pointer) { return is_private(pointer) ? (void private*)pointer : 0; }

// No fence is for private memory.
FUNC cl_mem_fence_flags get_fence(const void generic* pointer) {
  return is_local(pointer) ? CLK_LOCAL_MEM_FENCE : is_private(pointer) ? 0 : CLK_GLOBAL_MEM_FENCE;
}
