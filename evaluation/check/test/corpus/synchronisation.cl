// Cases as in memory.cl.

//// barrier_in_branch barrier-missed 64 64 buf:256
kernel void KERNEL(global int* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  if (l < 40) { out[l] = 1; barrier(CLK_LOCAL_MEM_FENCE); }
#else
  if (l < 40) out[l] = 1;
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

//// barrier_of_one_warp barrier-missed 64 64 buf:256
kernel void KERNEL(global int* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  if (l < 32) barrier(CLK_LOCAL_MEM_FENCE);
#else
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = 1;
}

//// early_return barrier-missed 64 64 buf:256 int:50
kernel void KERNEL(global int* out, int n) {
  int l = (int)get_local_id(0);
#ifdef BAD
  if (l >= n) return;
#endif
  out[l] = l;
  barrier(CLK_GLOBAL_MEM_FENCE);
  if (l < n) out[l] += 1;
}

//// barrier_in_loop barrier-missed 32 32 buf:128
kernel void KERNEL(global int* out) {
  int l = (int)get_local_id(0);
#ifdef BAD
  int rounds = l % 3 + 1;
#else
  int rounds = 3;
#endif
  for (int i = 0; i < rounds; ++i) {
    out[l] += i;
    barrier(CLK_GLOBAL_MEM_FENCE);
  }
}

//// other_barrier barrier-mixed 64 64 buf:256
kernel void KERNEL(global int* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  if (l < 32) { out[l] = 1; barrier(CLK_LOCAL_MEM_FENCE); out[l] *= 3; }
  else { out[l] = 2; barrier(CLK_LOCAL_MEM_FENCE); out[l] *= 5; }
#else
  if (get_group_id(0) < 32) { out[l] = 1; barrier(CLK_LOCAL_MEM_FENCE); out[l] *= 3; }
  else { out[l] = 2; barrier(CLK_LOCAL_MEM_FENCE); out[l] *= 5; }
#endif
}

//// warp_skips_round barrier-missed 64 64 buf:256
kernel void KERNEL(global int* out) {
  int l = (int)get_local_id(0);
#ifdef BAD
  int rounds = l < 32 ? 3 : 2;
#else
  int rounds = 2;
#endif
  for (int i = 0; i < rounds; ++i) {
    out[l] += i;
    barrier(CLK_GLOBAL_MEM_FENCE);
  }
}

//// break_before_barrier barrier-missed 32 32 buf:128 buf:128
kernel void KERNEL(global const int* in, global int* out) {
  int l = (int)get_local_id(0);
  for (int i = 0; i < 4; ++i) {
#ifdef BAD
    if (in[l] == i) break;
#else
    if (in[0] == i + 100) break;
#endif
    barrier(CLK_GLOBAL_MEM_FENCE);
    out[l] = i;
  }
}

//// sub_group_sum_in_branch sub-group-missed 32 32 buf:128
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
kernel void KERNEL(global int* out) {
  int l = (int)get_local_id(0);
#ifdef BAD
  if (l < 20) out[l] = sub_group_reduce_add(l);
#else
  int sum = sub_group_reduce_add(l);
  if (l < 20) out[l] = sum;
#endif
}

//// sub_group_sum_in_halves sub-group-missed 32 32 buf:128
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
__attribute__((intel_reqd_sub_group_size(16))) kernel void KERNEL(global int* out) {
  int l = (int)get_local_id(0);
#ifdef BAD
  if (l < 20) out[l] = sub_group_reduce_add(l);
#else
  if (l < 16) out[l] = sub_group_reduce_add(l);
#endif
}

//// sub_group_barrier_in_branch sub-group-missed 32 32 buf:128
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
kernel void KERNEL(global int* out) {
  int l = (int)get_local_id(0);
#ifdef BAD
  if (l & 1) sub_group_barrier(CLK_LOCAL_MEM_FENCE);
#else
  sub_group_barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = l;
}

//// group_sum_in_branch barrier-missed 64 64 buf:256
kernel void KERNEL(global int* out) {
  int l = (int)get_local_id(0);
#ifdef BAD
  if (l != 5) out[l] = work_group_reduce_add(l);
#else
  out[l] = work_group_reduce_add(l);
#endif
}
