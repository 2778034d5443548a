// The benchmark kernels, in the subset that OpenCL C and C share: bench_native.c compiles the same text for one
// scalar processor. Contraction is off and fma() is written out, so that every machine must give the same bits.
#pragma OPENCL FP_CONTRACT OFF

__kernel void saxpy(__global float* y, __global const float* x, float a) {
  size_t i = get_global_id(0);
  y[i] = fma(a, x[i], y[i]);
}

__kernel void sgemm(__global float* c, __global const float* a, __global const float* b, int n) {
  int column = get_global_id(0), row = get_global_id(1);
  float sum = 0.0f;
  for (int k = 0; k < n; ++k) sum = fma(a[row * n + k], b[k * n + column], sum);
  c[row * n + column] = sum;
}

__kernel void mandelbrot(__global int* out, int width, float step, int limit) {
  int px = get_global_id(0), py = get_global_id(1);
  float cx = -2.0f + step * (float)px, cy = -1.25f + step * (float)py;
  float x = 0.0f, y = 0.0f;
  int n = 0;
  while (n < limit && x * x + y * y < 4.0f) {
    float next = x * x - y * y + cx;
    y = 2.0f * x * y + cy;
    x = next;
    ++n;
  }
  out[py * width + px] = n;
}

// The 16-step rounds of MD5 (RFC 1321) over a block made from the work-item's number; table constants are made
// by a multiplication instead of the sine table.
__kernel void md5like(__global uint* out, int rounds) {
  uint i = get_global_id(0);
  uint a = 0x67452301u, b = 0xefcdab89u, c = 0x98badcfeu, d = 0x10325476u;
  uint word = i * 2654435761u;
  for (int r = 0; r < rounds; ++r) {
    for (int s = 0; s < 16; ++s) {
      uint f = (b & c) | (~b & d);
      uint t = a + f + word + (uint)s * 0x5bd1e995u;
      a = d;
      d = c;
      c = b;
      b = b + ((t << 7) | (t >> 25));
    }
    for (int s = 0; s < 16; ++s) {
      uint f = b ^ c ^ d;
      uint t = a + f + word + (uint)s * 0x9e3779b9u;
      a = d;
      d = c;
      c = b;
      b = b + ((t << 12) | (t >> 20));
    }
    word ^= a + b;
  }
  out[i] = a ^ b ^ c ^ d;
}

__kernel void spmv(__global float* y, __global const int* start, __global const int* column,
                   __global const float* value, __global const float* x) {
  size_t row = get_global_id(0);
  float sum = 0.0f;
  for (int k = start[row]; k < start[row + 1]; ++k) sum = fma(value[k], x[column[k]], sum);
  y[row] = sum;
}
