constant sampler_t kSmooth = CLK_NORMALIZED_COORDS_TRUE | CLK_ADDRESS_REPEAT | CLK_FILTER_LINEAR;
kernel void blur(read_only image2d_t in, write_only image2d_t out, sampler_t plain, read_only image3d_t volume) {
  int2 at = (int2)(get_global_id(0), get_global_id(1));
  float4 sum = read_imagef(volume, kSmooth, (float4)(0.5f));
  for (int y = -1; y <= 1; ++y)
    for (int x = -1; x <= 1; ++x) sum += read_imagef(in, plain, at + (int2)(x, y));
  if (at.x < get_image_width(in) && all(at < get_image_dim(in))) write_imagef(out, at, sum / 9.0f);
}
