// Kernels of the instruction table beside those of kernels.cl: what applications run most, each in its plain
// form, and control flow on which lanes disagree. Work-groups have 64 work-items.
#pragma OPENCL FP_CONTRACT OFF
#define GROUP 64

// 16 x 4 work-items share a 16-wide tile of both matrices.
kernel void sgemm_tiled(global float* c, global const float* a, global const float* b, int n) {
  local float left[4][16], right[16][16];
  int x = get_local_id(0), y = get_local_id(1), column = get_global_id(0), row = get_global_id(1);
  float sum = 0.0f;
  for (int t = 0; t < n; t += 16) {
    left[y][x] = a[row * n + t + x];
    for (int k = y; k < 16; k += 4) right[k][x] = b[(t + k) * n + column];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = 0; k < 16; ++k) sum = fma(left[y][k], right[k][x], sum);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  c[row * n + column] = sum;
}

kernel void convolution(global float* out, global const float* in, constant float* weights, int width) {
  int x = get_global_id(0), y = get_global_id(1);
  float sum = 0.0f;
  for (int j = 0; j < 3; ++j)
    for (int i = 0; i < 3; ++i) sum = fma(in[(y + j) * (width + 2) + x + i], weights[j * 3 + i], sum);
  out[y * width + x] = sum;
}

// One row of 256 for each group.
kernel void softmax(global float* out, global const float* in) {
  local float shared[GROUP];
  int lid = get_local_id(0), row = get_group_id(0) * 256;
  float largest = -INFINITY;
  for (int i = lid; i < 256; i += GROUP) largest = fmax(largest, in[row + i]);
  shared[lid] = largest;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (lid < half_size) shared[lid] = fmax(shared[lid], shared[lid + half_size]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  largest = shared[0];
  barrier(CLK_LOCAL_MEM_FENCE);
  float sum = 0.0f;
  for (int i = lid; i < 256; i += GROUP) sum += out[row + i] = exp(in[row + i] - largest);
  shared[lid] = sum;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (lid < half_size) shared[lid] += shared[lid + half_size];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  float scale = 1.0f / shared[0];
  for (int i = lid; i < 256; i += GROUP) out[row + i] *= scale;
}

// One row of 256 for each group: mean 0, variance 1, then a scale and an offset of each column.
kernel void layer_norm(global float* out, global const float* in, global const float* scale, global const float* offset) {
  local float sums[GROUP], squares[GROUP];
  int lid = get_local_id(0), row = get_group_id(0) * 256;
  float sum = 0.0f, square = 0.0f;
  for (int i = lid; i < 256; i += GROUP) {
    float x = in[row + i];
    sum += x;
    square = fma(x, x, square);
  }
  sums[lid] = sum;
  squares[lid] = square;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_size = GROUP / 2; half_size > 0; half_size /= 2) {
    if (lid < half_size) {
      sums[lid] += sums[lid + half_size];
      squares[lid] += squares[lid + half_size];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  float mean = sums[0] / 256.0f, inverse = rsqrt(squares[0] / 256.0f - mean * mean + 1e-5f);
  for (int i = lid; i < 256; i += GROUP) out[row + i] = fma((in[row + i] - mean) * inverse, scale[i], offset[i]);
}

kernel void gemm_int8(global int* c, global const char4* a, global const char4* b, int n) {
  int column = get_global_id(0), row = get_global_id(1), sum = 0;
  for (int k = 0; k < n / 4; ++k) {
    int4 left = convert_int4(a[row * (n / 4) + k]), right = convert_int4(b[column * (n / 4) + k]);
    int4 product = left * right;
    sum += product.x + product.y + product.z + product.w;
  }
  c[row * n + column] = sum;
}

kernel void nbody(global float4* out, global const float4* bodies, int count) {
  int i = get_global_id(0);
  float4 me = bodies[i];
  float3 force = 0.0f;
  for (int j = 0; j < count; ++j) {
    float3 way = bodies[j].xyz - me.xyz;
    float inverse = rsqrt(dot(way, way) + 0.01f);
    force += way * (bodies[j].w * inverse * inverse * inverse);
  }
  out[i] = (float4)(me.xyz + force * 0.001f, me.w);
}

constant uint kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// One block of SHA-256 (FIPS 180-4) made from the work-item's number.
kernel void sha256(global uint* out) {
  uint w[16], s[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (int i = 0; i < 16; ++i) w[i] = (uint)get_global_id(0) * 2654435761u + (uint)i;
  uint a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (int i = 0; i < 64; ++i) {
    if (i >= 16) {
      uint x = w[(i + 1) & 15], y = w[(i + 14) & 15];
      w[i & 15] += w[(i + 9) & 15] + (rotate(x, 25u) ^ rotate(x, 14u) ^ x >> 3) +
                   (rotate(y, 15u) ^ rotate(y, 13u) ^ y >> 10);
    }
    uint t = h + (rotate(e, 26u) ^ rotate(e, 21u) ^ rotate(e, 7u)) + bitselect(g, f, e) + kRound[i] + w[i & 15];
    uint u = (rotate(a, 30u) ^ rotate(a, 19u) ^ rotate(a, 10u)) + bitselect(a, b, c ^ a);
    h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + u;
  }
  out[get_global_id(0)] = a + s[0] ^ e + s[4];
}

kernel void histogram(global uint* bins, global const uchar* in) {
  local uint counts[256];
  int lid = get_local_id(0);
  for (int i = lid; i < 256; i += GROUP) counts[i] = 0;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = 0; i < 16; ++i) atomic_inc(&counts[in[get_group_id(0) * GROUP * 16 + i * GROUP + lid]]);
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = lid; i < 256; i += GROUP) atomic_add(&bins[i], counts[i]);
}

// 128 numbers for each group.
kernel void bitonic_sort(global uint* data) {
  local uint keys[2 * GROUP];
  int lid = get_local_id(0), base = get_group_id(0) * 2 * GROUP;
  keys[lid] = data[base + lid];
  keys[lid + GROUP] = data[base + lid + GROUP];
  for (int size = 2; size <= 2 * GROUP; size *= 2)
    for (int step = size / 2; step > 0; step /= 2) {
      barrier(CLK_LOCAL_MEM_FENCE);
      int at = 2 * lid - (lid & (step - 1));
      uint x = keys[at], y = keys[at + step];
      if ((x > y) == ((at & size) == 0)) {
        keys[at] = y;
        keys[at + step] = x;
      }
    }
  barrier(CLK_LOCAL_MEM_FENCE);
  data[base + lid] = keys[lid];
  data[base + lid + GROUP] = keys[lid + GROUP];
}

kernel void reduction(global float* out, global const float* in) {
  local float sums[GROUP];
  int lid = get_local_id(0);
  float sum = 0.0f;
  for (int i = 0; i < 16; ++i) sum += in[(get_group_id(0) * 16 + i) * GROUP + lid];
  sums[lid] = sum;
  for (int size = GROUP / 2; size > 0; size /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lid < size) sums[lid] += sums[lid + size];
  }
  if (lid == 0) out[get_group_id(0)] = sums[0];
}

kernel void scan(global uint* out, global const uint* in) {
  local uint sums[2][GROUP];
  int lid = get_local_id(0), now = 0;
  sums[0][lid] = in[get_global_id(0)];
  for (int step = 1; step < GROUP; step *= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    sums[!now][lid] = sums[now][lid] + (lid >= step ? sums[now][lid - step] : 0u);
    now = !now;
  }
  out[get_global_id(0)] = sums[now][lid];
}

kernel void stencil(global float* out, global const float* in, int width, int height) {
  int x = get_global_id(0), y = get_global_id(1), at = y * width + x;
  if (x == 0 || y == 0 || x == width - 1 || y == height - 1)
    out[at] = in[at];
  else
    out[at] = 0.2f * (in[at] + in[at - 1] + in[at + 1] + in[at - width] + in[at + width]);
}

// One pass of a radix-4 transform (Stockham's order).
kernel void fft_radix4(global float2* out, global const float2* in, int p) {
  int i = get_global_id(0), t = get_global_size(0), k = i & (p - 1);
  float2 u[4], v[4];
  for (int j = 0; j < 4; ++j) {
    float angle = -2.0f * M_PI_F * (float)(j * k) / (float)(4 * p), c, s = sincos(angle, &c);
    float2 x = in[i + j * t];
    u[j] = (float2)(x.x * c - x.y * s, x.x * s + x.y * c);
  }
  v[0] = u[0] + u[2], v[1] = u[0] - u[2], v[2] = u[1] + u[3];
  v[3] = (float2)(u[1].y - u[3].y, u[3].x - u[1].x);
  int to = ((i - k) << 2) + k;
  out[to] = v[0] + v[2], out[to + p] = v[1] + v[3], out[to + 2 * p] = v[0] - v[2], out[to + 3 * p] = v[1] - v[3];
}

kernel void bfs(global int* level, global const int* start, global const int* column, int depth) {
  int node = get_global_id(0);
  if (level[node] != depth) return;
  for (int k = start[node]; k < start[node + 1]; ++k)
    if (level[column[k]] < 0) level[column[k]] = depth + 1;
}

float normal_distribution(float x) { return 0.5f * erfc(-x * M_SQRT1_2_F); }

kernel void black_scholes(global float* call, global float* put, global const float* price, global const float* strike,
                          global const float* years, float rate, float volatility) {
  int i = get_global_id(0);
  float s = price[i], x = strike[i], t = years[i], root = volatility * sqrt(t);
  float d1 = (log(s / x) + (rate + 0.5f * volatility * volatility) * t) / root, d2 = d1 - root;
  float discounted = x * exp(-rate * t);
  call[i] = s * normal_distribution(d1) - discounted * normal_distribution(d2);
  put[i] = discounted * normal_distribution(-d2) - s * normal_distribution(-d1);
}

kernel void transpose(global float* out, global const float* in, int n) {
  local float tile[16][17];
  int x = get_local_id(0), y = get_local_id(1), left = get_group_id(0) * 16, top = get_group_id(1) * 16;
  for (int j = y; j < 16; j += 4) tile[j][x] = in[(top + j) * n + left + x];
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int j = y; j < 16; j += 4) out[(left + j) * n + top + x] = tile[x][j];
}

kernel void gather(global float* out, global const float* in, global const int* at) {
  out[get_global_id(0)] = in[at[get_global_id(0)]];
}

// Lanes disagree from here on.
kernel void switch_loop(global uint* out, global const uint* in, int rounds) {
  uint x = in[get_global_id(0)], s = 0;
  for (int k = 0; k < rounds; ++k) {
    x = x * 1664525u + 1013904223u;
    if ((x & 0xff00u) == 0x4200u) break;
    if (x >> 28 == 3u) continue;
    switch ((x >> 24) % 6u) {
      case 0: s += x; break;
      case 1: s ^= x >> 3; if (s & 1u) { s += 7u; if (s & 2u) s *= 3u; } break;
      case 2: s = s * 5u + k; break;
      case 3: if (x & 16u) s -= k; else s += k * 2u; break;
      case 4: s = rotate(s, 3u); break;
      default: s += 1u; break;
    }
    if (s > 0xfff00000u) break;
  }
  out[get_global_id(0)] = s;
}

kernel void search_loop(global int* out, global const uint* in, int count) {
  uint wanted = in[get_global_id(0)] & 255u;
  int found = -1;
  for (int k = 0; k < count; ++k) {
    uint x = in[k];
    if (x & 1u) {
      if ((x & 255u) == wanted) { found = k; break; }
    } else if ((x ^ wanted) % 97u == 0u) {
      found = -k;
      break;
    }
    if (x >> 30 == 0u) continue;
    wanted += x >> 31;
  }
  out[get_global_id(0)] = found;
}

kernel void early_return(global uint* out, global const uint* in, int rounds) {
  uint x = in[get_global_id(0)], s = x;
  if (x & 3u) { out[get_global_id(0)] = x; return; }
  for (int k = 0; k < rounds; ++k) {
    s = s * 31u + k;
    if (s % 61u == 0u) { out[get_global_id(0)] = s; return; }
    if (s % 7u == 0u) s += x; else if (s % 5u == 0u) s ^= x;
  }
  out[get_global_id(0)] = s + 1u;
}
