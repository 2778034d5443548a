kernel void texts(global const float* in, global ulong* out) {
  size_t i = get_global_id(0);
  if (i == 0) printf("%d: %v4hlf %s %5.2e\n", (int)i, vload4(i, in), "text", in[i]);
  event_t copied = async_work_group_copy((global uint*)out, (local uint*)0, 0, 0);
  wait_group_events(1, &copied);
  out[i] = (ulong)in[i] * 0x123456789UL ^ hadd((ulong)i, out[i]);
}
