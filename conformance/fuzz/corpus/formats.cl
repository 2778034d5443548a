// printf of every kind of argument, of more of them than fit a record's first bytes, and of texts.
kernel void formats(global const float* in, global ulong* out, constant char* text) {
  size_t i = get_global_id(0);
  printf("%c%5d|%-8s|%p\n", 'a' + (int)i, (int)i, i % 2 ? "odd" : "even", out);
  printf("%v16hhx %v2lu %#v3hx\n", (char16)(char)i, (ulong2)(i, ~i), (short3)(1, 2, (short)i));
  if (i % 3 == 0)
    printf("%d %u %.3f %e %a %ld %hd %hhd %x %%\n", -1, 2u, in[i], 0.5f, in[i] + 1, (long)i, (short)7, (char)i, 9u);
  for (int k = 0; k < 3; ++k) out[i] += printf("%+5.1f %s", in[k], "text");
  printf("nothing to convert\n");
}
