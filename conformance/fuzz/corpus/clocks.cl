// options: -cl-std=CL3.0
kernel void k(global ulong* out, local ulong* first) {
  const size_t i = get_local_id(0);
  if (i == 0) *first = clock_read_work_group();
  barrier(CLK_LOCAL_MEM_FENCE);
  const uint2 now = clock_read_hilo_device();
  out[get_global_id(0)] = clock_read_sub_group() - *first + now.lo + intel_convert_bfloat16_as_ushort(now.hi);
}
