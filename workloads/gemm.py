#!/usr/bin/env python3
"""A matrix times a matrix, or times a vector: CLBlast's in float and half, a kernel of its own for bytes.

    gemm.py gemm|gemv fp32|fp16|int8 SIZE
"""
import ctypes
import sys

import numpy as np
import pyopencl as cl

from opencl import CLBlast, buffer_of, build, items, normal, open_queue, random, read, require_equal, require_near

# Four bytes at a time; a work-group makes SIDE x SIDE numbers, or adds up one.
BYTES = """
#if defined(__opencl_c_integer_dot_product_input_4x8bit_packed)
#define DOT(a, b) dot_4x8packed_ss_int(a, b)
#else
int DOT(uint a, uint b) {
  const int4 products = convert_int4(as_char4(a)) * convert_int4(as_char4(b));
  return products.x + products.y + products.z + products.w;
}
#endif
__attribute__((reqd_work_group_size(SIDE, SIDE, 1)))
kernel void gemm(const int n, global const uint* a, global const uint* b, global int* c) {
  local uint rows[SIDE][SIDE], columns[SIDE][SIDE + 1];
  const int x = get_local_id(0), y = get_local_id(1), words = n / 4;
  const int row = get_group_id(1) * SIDE + y, column = get_group_id(0) * SIDE;
  int sum = 0;
  for (int k = 0; k < words; k += SIDE) {
    rows[y][x] = a[row * words + k + x];
    columns[y][x] = b[(column + y) * words + k + x];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < SIDE; ++i) sum += DOT(rows[y][i], columns[x][i]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  c[row * n + column + x] = sum;
}
__attribute__((reqd_work_group_size(ITEMS, 1, 1)))
kernel void gemv(const int n, global const uint* a, global const uint* b, global int* c) {
  local int sums[ITEMS];
  const int x = get_local_id(0), row = get_group_id(0), words = n / 4;
  int sum = 0;
  for (int k = x; k < words; k += ITEMS) sum += DOT(a[row * words + k], b[k]);
  sums[x] = sum;
  for (int left = ITEMS / 2; left > 0; left /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (x < left) sums[x] += sums[x + left];
  }
  if (x == 0) c[row] = sums[0];
}
"""


def multiply_bytes(operation, n):
    context, queue = open_queue()
    a = random.integers(-128, 128, (n, n), np.int8)
    b = random.integers(-128, 128, (n, n) if operation == "gemm" else n, np.int8)
    out = cl.Buffer(context, cl.mem_flags.READ_WRITE, 4 * b.size)
    many, side = items(context, 64), {64: 8, 128: 8, 256: 16}.get(items(context, 256), 4)
    kernel = getattr(build(context, BYTES, ITEMS=many, SIDE=side), operation)
    sizes = ((n, n), (side, side)) if operation == "gemm" else ((many * n,), (many,))
    kernel(queue, *sizes, np.int32(n), buffer_of(context, a), buffer_of(context, b.T), out)
    require_equal(f"int8 {operation}", read(queue, out, b.shape, np.int32), a.astype(np.int32) @ b.astype(np.int32))


def multiply(operation, kind, n):
    context, queue = open_queue()
    if kind == "fp16" and "cl_khr_fp16" not in context.devices[0].extensions:
        sys.exit("the device has no half precision")
    blas = CLBlast(queue)
    letter, number, tolerance = {"fp32": ("S", np.float32, 1e-5), "fp16": ("H", np.float16, 2e-2)}[kind]
    scalar = (lambda v: ctypes.c_float(v)) if letter == "S" else \
        (lambda v: ctypes.c_uint16(int(np.float16(v).view(np.uint16))))
    a = normal(n, n, kind=number) / number(np.sqrt(n))
    b = normal(*((n, n) if operation == "gemm" else (n,)), kind=number)
    out = buffer_of(context, np.zeros_like(b))
    left, right = buffer_of(context, a), buffer_of(context, b)
    order, plain = ctypes.c_int(blas.ROW_MAJOR), ctypes.c_int(blas.NO_TRANSPOSE)
    if operation == "gemm":
        blas.call(letter + "gemm", order, plain, plain, n, n, n, scalar(1), left, 0, n, right, 0, n, scalar(0), out, 0,
                  n)
    else:
        blas.call(letter + "gemv", order, plain, n, n, scalar(1), left, 0, n, right, 0, 1, scalar(0), out, 0, 1)
    require_near(f"{kind} {operation}", read(queue, out, b.shape, number), a.astype(np.float64) @ b.astype(np.float64),
                 tolerance)


def main():
    operation, kind, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if kind == "int8":
        multiply_bytes(operation, size)
    else:
        multiply(operation, kind, size)


if __name__ == "__main__":
    main()
