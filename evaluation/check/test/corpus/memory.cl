// Each case: "//// name kind global local arguments". It is built twice: with BAD it has the defect, else not.

//// store_past_end out-of-bounds 64 16 buf:252
kernel void KERNEL(global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = 1;
#else
  if (i < 63) out[i] = 1;
#endif
}

//// load_past_end out-of-bounds 64 16 buf:256 buf:256
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = in[i + 1];
#else
  out[i] = in[(i + 1) % 64];
#endif
}

//// byte_past_end out-of-bounds 64 16 buf:63
kernel void KERNEL(global uchar* out) {
  size_t i = get_global_id(0);
#ifndef BAD
  if (i < 63)
#endif
    out[i] = (uchar)i;
}

//// before_begin out-of-bounds 64 16 buf:256 buf:256
kernel void KERNEL(global const int* in, global int* out) {
  int i = (int)get_global_id(0);
#ifdef BAD
  out[i] = in[i - 1];
#else
  out[i] = in[max(i - 1, 0)];
#endif
}

//// far_away out-of-bounds 64 16 buf:256
kernel void KERNEL(global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i * 100000] = 1;
#else
  out[i] = 1;
#endif
}

//// vector_across_end out-of-bounds 16 16 buf:252 buf:256
kernel void KERNEL(global const int* in, global int4* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = vload4(i, in);
#else
  out[i] = i < 15 ? vload4(i, in) : (int4)(0);
#endif
}

//// half_of_double out-of-bounds 8 8 buf:60
kernel void KERNEL(global ulong* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  if (i < 8) out[i] = i;
#else
  if (i < 7) out[i] = i;
#endif
}

//// other_argument out-of-bounds 16 16 buf:64 buf:64
kernel void KERNEL(global int* a, global int* b) {
  size_t i = get_global_id(0);
#ifdef BAD
  b[i + 16] = a[i];
#else
  b[i] = a[i];
#endif
}

//// rectangle_row out-of-bounds 64 16 buf:240 int:15
kernel void KERNEL(global int* out, int width) {
  int x = (int)get_global_id(0) % 16, y = (int)get_global_id(0) / 16;
#ifndef BAD
  if (x < width)
#endif
    out[y * width + x] = x;
}

//// atomic_past_end out-of-bounds 64 16 buf:256
kernel void KERNEL(global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  atomic_inc(&out[i == 63 ? 64 : i]);
#else
  atomic_inc(&out[i]);
#endif
}

//// loop_one_too_far out-of-bounds 1 1 buf:400 buf:4 int:100
kernel void KERNEL(global const float* in, global float* out, int n) {
  float sum = 0;
#ifdef BAD
  for (int i = 0; i <= n; ++i) sum += in[i];
#else
  for (int i = 0; i < n; ++i) sum += in[i];
#endif
  out[0] = sum;
}

//// index_from_memory out-of-bounds 32 32 buf:128 buf:128
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[in[i] + 30] = (int)i;
#else
  out[(in[i] + 30) % 32 == 99 ? 0 : i] = (int)i;
#endif
}

//// sub_buffer_end out-of-bounds 16 16 sub:256:128:64
kernel void KERNEL(global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i + 1] = 1;
#else
  out[i] = 1;
#endif
}

//// sub_buffer_begin out-of-bounds 16 16 sub:256:128:64 buf:64
kernel void KERNEL(global const int* in, global int* out) {
  int i = (int)get_global_id(0);
#ifdef BAD
  out[i] = in[i - 4];
#else
  out[i] = in[i];
#endif
}

//// local_argument_end out-of-bounds 32 32 local:128 buf:128
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  tile[l + 1] = (int)l;
#else
  tile[l] = (int)l;
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  out[l] = tile[31 - l == 0 ? 1 : 31 - l];
}

//// local_into_next out-of-bounds 32 32 local:128 local:128 buf:128
kernel void KERNEL(local int* a, local int* b, global int* out) {
  size_t l = get_local_id(0);
  b[l] = 1;
#ifdef BAD
  a[l == 0 ? 32 : l] = 2;
#else
  a[l] = 2;
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  out[l] = b[l];
}

//// local_variable_end out-of-bounds 32 32 buf:128 int:32
kernel void KERNEL(global int* out, int n) {
  local int tile[32];
  int l = (int)get_local_id(0);
#ifdef BAD
  tile[l + n] = l;
#else
  tile[(l + n) % 32] = l;
#endif
  barrier(CLK_LOCAL_MEM_FENCE);
  out[l] = tile[l];
}

//// local_before_begin out-of-bounds 32 32 local:128 buf:128
kernel void KERNEL(local int* tile, global int* out) {
  int l = (int)get_local_id(0);
  tile[l] = l;
  barrier(CLK_LOCAL_MEM_FENCE);
#ifdef BAD
  out[l] = tile[l - 1];
#else
  out[l] = tile[l == 0 ? 31 : l - 1];
#endif
}

//// local_byte out-of-bounds 16 16 local:15 buf:16
kernel void KERNEL(local uchar* tile, global uchar* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  tile[l] = 1;
#else
  if (l < 15) tile[l] = 1;
#endif
  out[l] = 0;
}

//// private_under stack-overflow 16 16 buf:64 int:8
kernel void KERNEL(global int* out, int n) {
  int list[8];
  for (int i = 0; i < 8; ++i) list[i] = i * n;
#ifdef BAD
  list[(int)get_global_id(0) - 40 - n] = 3;
#else
  list[((int)get_global_id(0) + n) % 8] = 3;
#endif
  int sum = 0;
  for (int i = 0; i < 8; ++i) sum += list[(i * n + 1) % 8];
  out[get_global_id(0)] = sum;
}

//// null_argument null-pointer 16 16 null buf:64
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = in[i];
#else
  out[i] = in ? in[i] : 0;
#endif
}

//// store_to_read_only store-to-read-only 16 16 ro:64 buf:64
kernel void KERNEL(global int* in, global int* out) {
  size_t i = get_global_id(0);
  out[i] = in[i];
#ifdef BAD
  in[i] = 0;
#endif
}

//// load_from_write_only load-from-write-only 16 16 wo:64
kernel void KERNEL(global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] += 1;
#else
  out[i] = 1;
#endif
}

//// atomic_on_read_only store-to-read-only 16 16 ro:64 buf:64
kernel void KERNEL(global int* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = atomic_or(&in[i], 0);
#else
  out[i] = in[i];
#endif
}

//// pointer_kept use-after-release 16 16 freed:64 buf:64
kernel void KERNEL(global int* kept, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = ((global int*)*(global ulong*)kept)[i];
#else
  out[i] = kept[0] != 0;
#endif
}

//// misaligned misaligned 8 8 buf:64 buf:64
kernel void KERNEL(global const uchar* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = *(global const int*)(in + 4 * i + 1);
#else
  out[i] = *(global const int*)(in + 4 * i);
#endif
}

//// constant_buffer_end out-of-bounds 16 16 buf:60 buf:64
kernel void KERNEL(constant int* table, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = table[i];
#else
  out[i] = table[i % 15];
#endif
}

//// matrix_edge out-of-bounds 256 16 buf:1024 buf:1024
kernel void KERNEL(global const float* in, global float* out) {
  int x = (int)get_global_id(0) % 16, y = (int)get_global_id(0) / 16;
  float sum = 0;
  for (int dy = -1; dy <= 1; ++dy) {
#ifdef BAD
    int row = y + dy;
#else
    int row = clamp(y + dy, 0, 15);
#endif
    sum += in[row * 16 + x];
  }
  out[y * 16 + x] = sum;
}

//// copy_struct_end out-of-bounds 16 16 buf:180 buf:192
struct Triple { int a, b, c; };
kernel void KERNEL(global const struct Triple* in, global struct Triple* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = in[i];
#else
  if (i < 15) out[i] = in[i];
#endif
}

//// async_copy_end out-of-bounds 16 16 buf:60 local:64 buf:64
kernel void KERNEL(global const int* in, local int* tile, global int* out) {
  size_t l = get_local_id(0);
#ifdef BAD
  event_t done = async_work_group_copy(tile, in, 16, 0);
#else
  event_t done = async_work_group_copy(tile, in, 15, 0);
#endif
  wait_group_events(1, &done);
  out[l] = l < 15 ? tile[l] : 0;
}

//// store_to_mapped mapped-by-host 16 16 read:64 buf:64
kernel void KERNEL(global int* mapped, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  mapped[i] = 1;
#endif
  out[i] = mapped[i];
}

//// load_from_mapped mapped-by-host 16 16 write:64 buf:64
kernel void KERNEL(global int* mapped, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[i] = mapped[i];
#else
  out[i] = mapped != 0;
#endif
}
