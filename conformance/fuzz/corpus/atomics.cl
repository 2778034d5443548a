kernel void histogram(global const uchar* image, global uint* bins, volatile global int* best, int n) {
  local uint counts[64];
  for (uint i = get_local_id(0); i < 64; i += get_local_size(0)) counts[i] = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = get_global_id(0); i < n; i += get_global_size(0)) atomic_inc(&counts[image[i] & 63]);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (get_local_id(0) < 64) {
    uint old = atomic_add(&bins[get_local_id(0)], counts[get_local_id(0)]);
    atomic_max(best, (int)old);
    atomic_cmpxchg(best + 1, 0, (int)get_local_id(0));
  }
}
