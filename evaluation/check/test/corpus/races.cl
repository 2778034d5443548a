// Cases as in memory.cl.

//// all_to_one race 64 32 buf:4
kernel void KERNEL(global int* out) {
#ifdef BAD
  out[0] = (int)get_global_id(0);
#else
  if (get_global_id(0) == 0) out[0] = 1;
#endif
}

//// same_value race-same-value 64 32 buf:4
kernel void KERNEL(global int* out) {
#ifdef BAD
  out[0] = 5;
#else
  if (get_global_id(0) == 63) out[0] = 5;
#endif
}

//// counter race 64 32 buf:4
kernel void KERNEL(global int* out) {
#ifdef BAD
  out[0] += 1;
#else
  atomic_inc(out);
#endif
}

//// neighbours race 64 32 buf:256
kernel void KERNEL(global int* data) {
  size_t i = get_global_id(0);
#ifdef BAD
  data[i] = data[(i + 1) % 64] + 1;
#else
  data[i] = data[i] + 1;
#endif
}

//// stencil_in_place race 256 32 buf:1024 buf:1024
kernel void KERNEL(global int* data, global int* out) {
  size_t i = get_global_id(0);
  int left = i ? data[i - 1] : 0, right = i < 255 ? data[i + 1] : 0;
#ifdef BAD
  data[i] = left + right;
#else
  out[i] = left + right;
#endif
}

//// across_groups_with_barrier race 64 32 buf:256 buf:256
kernel void KERNEL(global int* data, global int* out) {
  size_t i = get_global_id(0);
  data[i] = (int)i;
  barrier(CLK_GLOBAL_MEM_FENCE);
#ifdef BAD
  out[i] = data[63 - i];
#else
  size_t l = get_local_id(0), first = i - l;
  out[i] = data[first + 31 - l];
#endif
}

//// missing_local_barrier race 64 64 local:256 buf:256
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = (int)l;
#ifndef BAD
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = tile[63 - l];
}

//// missing_in_one_warp race 32 32 local:128 buf:128
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = (int)l;
#ifndef BAD
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = tile[31 - l];
}

//// second_barrier race 64 64 local:256 buf:256
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  int sum = 0;
  for (int round = 0; round < 4; ++round) {
    tile[l] = (int)l + round;
    barrier(CLK_LOCAL_MEM_FENCE);
    sum += tile[63 - l];
#ifndef BAD
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
  }
  out[l] = sum;
}

//// reduction race 64 64 local:256 buf:4
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = (int)l;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (size_t step = 32; step; step >>= 1) {
    if (l < step) tile[l] += tile[l + step];
#ifndef BAD
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
  }
  if (l == 0) out[0] = tile[0];
}

//// scan race 64 64 local:256 buf:256
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = 1;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (size_t step = 1; step < 64; step <<= 1) {
    int add = l >= step ? tile[l - step] : 0;
#ifndef BAD
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    tile[l] += add;
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  out[l] = tile[l];
}

//// wrong_fence race 64 64 buf:256 buf:256
kernel void KERNEL(global int* data, global int* out) {
  size_t l = get_local_id(0);
  data[l] = (int)l;
#ifdef BAD
  barrier(CLK_LOCAL_MEM_FENCE);
#else
  barrier(CLK_GLOBAL_MEM_FENCE);
#endif
  out[l] = data[63 - l];
}

//// wrong_fence_local race 64 64 local:256 buf:256
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = (int)l;
#ifdef BAD
  barrier(CLK_GLOBAL_MEM_FENCE);
#else
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
#endif
  out[l] = tile[63 - l];
}

//// one_writes_all_read race 64 64 local:4 buf:256
kernel void KERNEL(local int* shared, global int* out) {
  size_t l = get_local_id(0);
  if (l == 0) *shared = 7;
#ifndef BAD
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = *shared;
}

//// all_read_one_writes race 32 32 local:4 buf:128
kernel void KERNEL(local int* shared, global int* out) {
  size_t l = get_local_id(0);
  if (l == 0) *shared = 7;
  barrier(CLK_LOCAL_MEM_FENCE);
  out[l] = *shared;
#ifndef BAD
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  if (l == 3) *shared = 8;
}

//// bytes_of_a_word race 64 32 buf:64 buf:64
kernel void KERNEL(global uchar* data, global uchar* out) {
  size_t i = get_global_id(0);
  data[i] = (uchar)i;
#ifdef BAD
  out[i] = data[i ^ 1];
#else
  out[i] = data[i];
#endif
}

//// overlapping_shorts race 64 32 buf:132
kernel void KERNEL(global short* data) {
  size_t i = get_global_id(0);
#ifdef BAD
  data[i] = 1; data[i + 1] = 2;
#else
  data[i] = 1;
#endif
}

//// vector_overlap race 16 16 buf:272
kernel void KERNEL(global int* data) {
  size_t i = get_global_id(0);
#ifdef BAD
  vstore4((int4)(i), 0, data + 3 * i);
#else
  vstore4((int4)(i), i, data);
#endif
}

//// atomic_and_plain race 64 32 buf:4 buf:256
kernel void KERNEL(global int* count, global int* out) {
  size_t i = get_global_id(0);
  int before = atomic_inc(count);
#ifdef BAD
  out[i] = *count;
#else
  out[i] = before;
#endif
}

//// last_group race 256 32 buf:32 zero:4 buf:4
kernel void KERNEL(global int* parts, global atomic_int* count, global int* out) {
  size_t group = get_group_id(0), l = get_local_id(0);
  local int is_last;
  if (l == 0) {
    parts[group] = (int)group;
#ifdef BAD
    int before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed, memory_scope_device);
#else
    int before = atomic_fetch_add_explicit(count, 1, memory_order_acq_rel, memory_scope_device);
#endif
    is_last = before == 7;
  }
  barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
  if (is_last && l == 0) {
    int sum = 0;
    for (int i = 0; i < 8; ++i) sum += parts[i];
    out[0] = sum;
  }
}

//// last_group_fences race 256 32 buf:32 zero:4 buf:4
kernel void KERNEL(global int* parts, global atomic_int* count, global int* out) {
  size_t group = get_group_id(0);
  if (get_local_id(0) == 0) {
    parts[group] = (int)group;
#ifndef BAD
    atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_release, memory_scope_device);
#endif
    int before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed, memory_scope_device);
    if (before == 7) {
#ifndef BAD
      atomic_work_item_fence(CLK_GLOBAL_MEM_FENCE, memory_order_acquire, memory_scope_device);
#endif
      int sum = 0;
      for (int i = 0; i < 8; ++i) sum += parts[i];
      out[0] = sum;
    }
  }
}

//// flag_in_group race 64 64 local:8 buf:256
kernel void KERNEL(local int* shared, global int* out) {
  local atomic_int* flag = (local atomic_int*)(shared + 1);
  size_t l = get_local_id(0);
  if (l == 0) atomic_init(flag, 0);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (l == 0) {
    shared[0] = 9;
#ifdef BAD
    atomic_store_explicit(flag, 1, memory_order_relaxed, memory_scope_work_group);
#else
    atomic_store_explicit(flag, 1, memory_order_release, memory_scope_work_group);
#endif
  }
  if (l == 40) {
    while (!atomic_load_explicit(flag, memory_order_acquire, memory_scope_work_group)) {}
    out[0] = shared[0];
  }
}

//// scope_too_small atomic-scope 64 32 zero:4
kernel void KERNEL(global atomic_int* count) {
#ifdef BAD
  atomic_fetch_add_explicit(count, 1, memory_order_acq_rel, memory_scope_work_group);
#else
  atomic_fetch_add_explicit(count, 1, memory_order_acq_rel, memory_scope_device);
#endif
}

//// histogram race 256 64 buf:1024 zero:64
kernel void KERNEL(global const int* in, global int* bins) {
  size_t i = get_global_id(0);
#ifdef BAD
  bins[in[i] & 15] += 1;
#else
  atomic_add(&bins[in[i] & 15], 1);
#endif
}

//// transpose_tile race 64 64 local:256 buf:256 buf:256
kernel void KERNEL(local int* tile, global const int* in, global int* out) {
  size_t l = get_local_id(0), x = l % 8, y = l / 8;
  tile[y * 8 + x] = in[l];
#ifndef BAD
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = tile[x * 8 + y];
}

//// compaction race 64 64 local:4 buf:256 buf:256
kernel void KERNEL(local int* next, global const int* in, global int* out) {
  size_t l = get_local_id(0);
  if (l == 0) *next = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  if (in[l] & 1) {
#ifdef BAD
    int at = (*next)++;
#else
    int at = atomic_inc(next);
#endif
    out[at & 63] = (int)l;
  }
}

//// indices_collide race 64 64 buf:256 buf:256
kernel void KERNEL(global const int* in, global int* out) {
  size_t i = get_global_id(0);
#ifdef BAD
  out[(i * 3) % 60] = (int)i;
#else
  out[(i * 3) % 64] = (int)i;
#endif
}

//// read_own_group_write_others race 64 32 buf:512
kernel void KERNEL(global int* data) {
  size_t l = get_local_id(0), group = get_group_id(0);
#ifdef BAD
  data[l + 32] = data[group * 32 + l] + 1;
#else
  data[group * 64 + l] = data[group * 64 + l] + 1;
#endif
}

//// sub_group_exchange race 32 32 local:128 buf:128
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = (int)l;
#ifndef BAD
  sub_group_barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = tile[l ^ 1];
}

//// sub_group_barrier_for_group race 64 64 local:256 buf:256
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
kernel void KERNEL(local int* tile, global int* out) {
  size_t l = get_local_id(0);
  tile[l] = (int)l;
#ifdef BAD
  sub_group_barrier(CLK_LOCAL_MEM_FENCE);
#else
  barrier(CLK_LOCAL_MEM_FENCE);
#endif
  out[l] = tile[63 - l];
}

//// lock race 64 32 zero:4 buf:4
kernel void KERNEL(global atomic_int* lock, global int* sum) {
  if (get_local_id(0) != 0) return;
#ifndef BAD
  int expected = 0;
  while (!atomic_compare_exchange_weak_explicit(lock, &expected, 1, memory_order_acquire, memory_order_relaxed,
                                                memory_scope_device))
    expected = 0;
#endif
  *sum += 1;
#ifndef BAD
  atomic_store_explicit(lock, 0, memory_order_release, memory_scope_device);
#endif
}

//// async_copy_without_wait race 64 64 buf:256 local:256 buf:256
kernel void KERNEL(global const int* in, local int* tile, global int* out) {
  size_t l = get_local_id(0);
  event_t done = async_work_group_copy(tile, in, 64, 0);
#ifndef BAD
  wait_group_events(1, &done);
#endif
  out[l] = tile[63 - l];
#ifdef BAD
  wait_group_events(1, &done);
#endif
}

//// two_queues race-between-kernels 131072 64 buf:524288 order
kernel void KERNEL(global int* data) { data[get_global_id(0)] += 1; }

//// program_variable race 64 32 buf:256
global volatile int total;
kernel void KERNEL(global int* out) {
#ifdef BAD
  total = (int)get_global_id(0);
#else
  if (get_global_id(0) == 0) total = 1;
#endif
  out[get_global_id(0)] = 0;
}

//// fill_beside_kernel race-between-kernels 131072 64 buf:524288 fill
kernel void KERNEL(global int* data) { data[get_global_id(0)] += 1; }

//// copy_beside_kernel race-between-kernels 131072 64 buf:524288 buf:524288 copy
kernel void KERNEL(global int* data, global const int* copy) { data[get_global_id(0)] += 1; }
