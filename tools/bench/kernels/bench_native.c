/* The benchmark kernels as scalar C: prints "name milliseconds checksum" for each, median of REPEATS runs.
 * Compiled for riscv64 it runs under qemu-riscv64, compiled for this computer it is the reference. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "workloads.h"

typedef unsigned int uint;
static size_t item[2];
#define __kernel static inline
#define __global
#define get_global_id(dimension) item[dimension]
#define fma fmaf
#include "kernels.cl"

enum { REPEATS = 3 };

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static int compare(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

#define GRID(width, height, call)                  \
  for (item[1] = 0; item[1] < (height); ++item[1]) \
    for (item[0] = 0; item[0] < (width); ++item[0]) call

#define MEASURE(name, prepare, grid, result, bytes)                                                \
  do {                                                                                             \
    double times[REPEATS];                                                                         \
    for (int r = 0; r < REPEATS; ++r) {                                                            \
      prepare;                                                                                     \
      double begin = now_ms();                                                                     \
      grid;                                                                                        \
      times[r] = now_ms() - begin;                                                                 \
    }                                                                                              \
    qsort(times, REPEATS, sizeof *times, compare);                                                 \
    printf("%s %.6f %016llx\n", name, times[REPEATS / 2], (unsigned long long)checksum(result, bytes)); \
    fflush(stdout);                                                                                \
  } while (0)

int main(void) {
  float* x = malloc(SAXPY_N * sizeof(float));
  float* y = malloc(SAXPY_N * sizeof(float));
  fill_floats(x, SAXPY_N, 1);
  MEASURE("saxpy", fill_floats(y, SAXPY_N, 2), GRID(SAXPY_N, 1, saxpy(y, x, 1.5f)), y, SAXPY_N * sizeof(float));

  size_t matrix = (size_t)SGEMM_N * SGEMM_N;
  float *a = malloc(matrix * sizeof(float)), *b = malloc(matrix * sizeof(float)), *c = malloc(matrix * sizeof(float));
  fill_floats(a, matrix, 3);
  fill_floats(b, matrix, 4);
  MEASURE("sgemm", (void)0, GRID(SGEMM_N, SGEMM_N, sgemm(c, a, b, SGEMM_N)), c, matrix * sizeof(float));

  int* image = malloc(sizeof(int) * MANDEL_WIDTH * MANDEL_WIDTH);
  MEASURE("mandelbrot", (void)0,
          GRID(MANDEL_WIDTH, MANDEL_WIDTH, mandelbrot(image, MANDEL_WIDTH, 2.5f / MANDEL_WIDTH, MANDEL_LIMIT)), image,
          sizeof(int) * MANDEL_WIDTH * MANDEL_WIDTH);

  uint* digest = malloc(MD5_N * sizeof(uint));
  MEASURE("md5like", (void)0, GRID(MD5_N, 1, md5like(digest, MD5_ROUNDS)), digest, MD5_N * sizeof(uint));

  int *start = malloc((SPMV_ROWS + 1) * sizeof(int)), *column = malloc(SPMV_ROWS * SPMV_MAX_ROW * sizeof(int));
  int entries = fill_matrix(start, column, SPMV_ROWS, 5);
  float *value = malloc(entries * sizeof(float)), *in = malloc(SPMV_ROWS * sizeof(float)),
        *out = malloc(SPMV_ROWS * sizeof(float));
  fill_floats(value, entries, 6);
  fill_floats(in, SPMV_ROWS, 7);
  MEASURE("spmv", (void)0, GRID(SPMV_ROWS, 1, spmv(out, start, column, value, in)), out, SPMV_ROWS * sizeof(float));
  return 0;
}
