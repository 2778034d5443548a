#define TILE 8
kernel void multiply(global float* c, global const float* a, global const float* b, int n) {
  local float left[TILE][TILE], right[TILE][TILE];
  int row = get_global_id(1), column = get_global_id(0), y = get_local_id(1), x = get_local_id(0);
  float sum = 0;
  for (int tile = 0; tile < n / TILE; ++tile) {
    left[y][x] = a[row * n + tile * TILE + x];
    right[y][x] = b[(tile * TILE + y) * n + column];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = 0; k < TILE; ++k) sum = fma(left[y][k], right[k][x], sum);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  c[row * n + column] = sum;
}
