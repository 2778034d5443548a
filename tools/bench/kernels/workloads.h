/* Sizes and input data of the benchmark kernels, shared by bench_opencl.cpp and bench_native.c. C99. */
#ifndef KIESEL_BENCH_WORKLOADS_H
#define KIESEL_BENCH_WORKLOADS_H

#include <stddef.h>
#include <stdint.h>

enum {
  SAXPY_N = 1 << 18,
  SGEMM_N = 192,
  SGEMM_LARGE_N = 512, /* of model_opencl.cpp */
  MANDEL_WIDTH = 256,
  MANDEL_LIMIT = 200,
  MD5_N = 1 << 14,
  MD5_ROUNDS = 8,
  SPMV_ROWS = 1 << 15,
  SPMV_MAX_ROW = 16
};

static inline uint32_t bench_random(uint32_t* state) { /* Marsaglia's xorshift32 (2003) */
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static inline void fill_floats(float* out, size_t n, uint32_t seed) {
  for (size_t i = 0; i < n; ++i) out[i] = (float)(bench_random(&seed) >> 8) * (1.0f / 16777216.0f) - 0.5f;
}

/* Rows of 0 to SPMV_MAX_ROW entries at random columns; returns the number of entries. */
static inline int fill_matrix(int* start, int* column, int rows, uint32_t seed) {
  int used = 0;
  for (int row = 0; row < rows; ++row) {
    int entries = (int)(bench_random(&seed) % (SPMV_MAX_ROW + 1));
    start[row] = used;
    for (int k = 0; k < entries; ++k) column[used++] = (int)(bench_random(&seed) % (uint32_t)rows);
  }
  start[rows] = used;
  return used;
}

static inline uint64_t checksum(const void* data, size_t bytes) { /* FNV-1a over 32-bit words */
  const uint32_t* words = (const uint32_t*)data;
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < bytes / 4; ++i) hash = (hash ^ words[i]) * 0x100000001b3u;
  return hash;
}

#endif
