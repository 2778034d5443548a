// Cases as in memory.cl.

//// buffer_not_written uninitialised-output 16 16 undef:64 buf:64
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = in[i] + 1;
#else
  out[i] = (int)i + 1;
#endif
}

//// branch_on_buffer uninitialised-branch 16 16 undef:64 buf:64
kernel void KERNEL(global int* in, global int* out) {
  size_t i = get_global_id(0);
  int sum = 0;
#ifndef BAD
  in[i] = (int)i;
#endif
  for (int n = 0; n < 1000 && n < in[i]; ++n) sum += out[(i + n) % 16] * n + (sum >> 1);
  if (sum == 12345) out[i] = sum;
}

//// index_from_buffer uninitialised-address 16 16 undef:64 buf:64 buf:64
kernel void KERNEL(global int* index, global const int* in, global int* out) {
  size_t i = get_global_id(0);
#ifndef BAD
  index[i] = (int)i;
#endif
  out[i] = in[index[i] & 15];
}

//// half_written uninitialised-output 16 16 undef:128 buf:64
kernel void KERNEL(global int* work, global int* out) {
  size_t i = get_global_id(0);
  work[2 * i] = (int)i;
#ifndef BAD
  work[2 * i + 1] = (int)i;
#endif
  out[i] = work[2 * i] + work[2 * i + 1];
}

//// local_sum uninitialised-output 16 16 local:64 buf:4
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  if (l < 15) tile[l] = 1;
#else
  tile[l] = 1;
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  if (l) return;
  int sum = 0;
  for (int i = 0; i < 16; ++i) sum += tile[i];
  out[0] = sum;
}

//// local_counter uninitialised-output 16 16 local:4 buf:4
kernel void KERNEL(local int* count, global int* out) {
#ifndef BAD
  if (get_local_id(0) == 0) *count = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  atomic_inc(count);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (get_local_id(0) == 0) out[0] = *count;
}

//// local_halo uninitialised-output 32 32 local:136 buf:128
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l + 1] = (int)l;
#ifndef BAD
  if (l == 0) tile[0] = tile[33] = 0;
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  out[l] = tile[l] + tile[l + 2];
}

//// private_array uninitialised-output 16 16 buf:64 buf:64
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
  int list[16];
#ifdef BAD
  for (int n = 0; n < 8; ++n) list[in[n] & 15] = n;
  out[i] = list[in[i] + 8 & 15];
#else
  for (int n = 0; n < 16; ++n) list[n] = n;
  out[i] = list[in[i] + 8 & 15];
#endif
}

//// private_branch uninitialised-branch 16 16 buf:64 buf:64
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
  int list[8];
#ifdef BAD
  for (int n = 0; n < 4; ++n) list[n] = in[n];
#else
  for (int n = 0; n < 8; ++n) list[n] = in[n];
#endif
  int sum = 0;
  for (int n = 0; n < list[in[i] & 7] % 64; ++n) sum = sum * 3 + out[(i + n) % 16];
  if (sum == 77) out[i] = 1;
}

//// masked_bits uninitialised-output 16 16 undef:64 buf:64
kernel void KERNEL(global const uint* in, global uint* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = in[i] & 0xFF;
#else
  out[i] = (in[i] & 0xFF00) >> 16;
#endif
}

//// multiplied_by_zero uninitialised-output 16 16 undef:64 buf:64 int:0
kernel void KERNEL(global const int* in, global int* out, int zero) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = in[i] | zero;
#else
  out[i] = zero ? in[i] : 3;
#endif
}

//// chosen_away uninitialised-output 16 16 undef:64 buf:64 int:1
kernel void KERNEL(global const float* in, global float* out, int which) {
  size_t i = get_global_id(0);
  float a = in[i], b = (float)i;
#ifdef BAD
  out[i] = which ? a : b;
#else
  out[i] = which ? b : a;
#endif
}

//// copied_struct_with_gap uninitialised-output 16 16 undef:128 buf:128
struct Gap { char a; int b; };
kernel void KERNEL(global struct Gap* work, global int* out) {
  size_t i = get_global_id(0);
  struct Gap own;
  own.a = 1;
#ifndef BAD
  own.b = 2;
  work[i] = own;
#else
  work[i].a = 1;
#endif
  out[i] = work[i].a + work[i].b;
}

//// bytes uninitialised-output 16 16 undef:64 buf:64
kernel void KERNEL(global uchar* work, global uint* out) {
  size_t i = get_global_id(0);
  work[4 * i] = 1; work[4 * i + 1] = 2; work[4 * i + 2] = 3;
#ifndef BAD
  work[4 * i + 3] = 4;
#endif
  out[i] = ((global uint*)work)[i];
}

//// float_sum uninitialised-output 16 16 undef:64 buf:64
kernel void KERNEL(global float* sum, global float* out) {
  size_t i = get_global_id(0);
#ifndef BAD
  sum[i] = 0;
#endif
  sum[i] += 1.5f;
  out[i] = sqrt(sum[i]);
}

//// second_kernel_reads_first uninitialised-output 16 16 undef:64 buf:64 int:16
kernel void KERNEL(global int* work, global int* out, int n) {
  size_t i = get_global_id(0);
#ifdef BAD
  if (i < n / 2) work[i] = 1;
#else
  if (i < n) work[i] = 1;
#endif
  barrier(CLK_GLOBAL_MEM_FENCE);
  out[i] = work[n - 1 - i];
}

//// padding_of_vector uninitialised-output 16 16 undef:256 buf:64
kernel void KERNEL(global float3* work, global float* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = work[i].x;
#else
  work[i] = (float3)(1, 2, 3);
  out[i] = work[i].x + work[i].z;
#endif
}

//// compare_decided uninitialised-output 16 16 undef:64 buf:64
kernel void KERNEL(global const uint* in, global uint* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = (in[i] | 0x80) < 0x100;
#else
  out[i] = (in[i] | 0x80000000u) < 0x100;
#endif
}

//// shuffled_in uninitialised-output 32 32 undef:128 buf:128
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
kernel void KERNEL(global int* work, global int* out) {
  size_t i = get_global_id(0);
#ifndef BAD
  work[i] = (int)i;
#endif
  out[i] = sub_group_broadcast(work[i], 3);
}
