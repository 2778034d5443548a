// options: -cl-std=CL3.0
kernel void lanes(global int* out, global const int* in) {
  int x = in[get_global_id(0)];
  int sum = sub_group_reduce_add(x) + sub_group_scan_exclusive_add(x);
  if (sub_group_any(x > 3)) sum += sub_group_broadcast(x, 1);
  sub_group_barrier(CLK_LOCAL_MEM_FENCE);
  out[get_global_id(0)] = sum + get_sub_group_local_id() + get_sub_group_size();
}
