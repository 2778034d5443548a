kernel void vectors(global float4* a, global const int8* b, global uchar16* c, global double2* d) {
  int i = get_global_id(0);
  float4 v = a[i].wzyx * 2.0f + (float4)(a[i].xy, a[i].lo);
  v.even = convert_float2_rtz(b[i].s03) + vload2(i, (global float*)a);
  a[i] = select(v, normalize(v), isgreater(v, (float4)(0.5f)));
  c[i] = convert_uchar16_sat((int16)(b[i], b[i].hi, b[i].lo)) >> (uchar)2;
  d[i] = mix(d[i], convert_double2(v.xy), 0.25) + (double2)(dot(v, v), length(v.xyz));
  vstore3(v.xyz, i, (global float*)a);
}
