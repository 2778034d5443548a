kernel void reduce(global const uint* in, global uint* out, local uint* scratch, uint n) {
  uint sum = 0;
  for (uint i = get_global_id(0); i < n; i += get_global_size(0)) sum += in[i];
  scratch[get_local_id(0)] = sum;
  for (uint step = get_local_size(0) / 2; step > 0; step /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (get_local_id(0) < step) scratch[get_local_id(0)] += scratch[get_local_id(0) + step];
  }
  if (get_local_id(0) == 0) atomic_add(out, scratch[0]);
}
