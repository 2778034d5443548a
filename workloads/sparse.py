#!/usr/bin/env python3
"""A sparse matrix in compressed rows times a vector; sixteen work-items a row.

    sparse.py ROWS
"""
import sys

import numpy as np

from opencl import buffer_of, build, items, normal, open_queue, random, read, require_near

SOURCE = """
#define ITEMS 16
__attribute__((reqd_work_group_size(GROUP, 1, 1)))
kernel void multiply(global const int* starts, global const int* columns, global const float* values,
                     global const float* x, global float* y) {
  local float sums[GROUP];
  const int item = get_local_id(0), lane = item % ITEMS, row = get_global_id(0) / ITEMS;
  float sum = 0;
  for (int i = starts[row] + lane; i < starts[row + 1]; i += ITEMS) sum = fma(values[i], x[columns[i]], sum);
  sums[item] = sum;
  for (int left = ITEMS / 2; left > 0; left /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (lane < left) sums[item] += sums[item + left];
  }
  if (lane == 0) y[row] = sums[item];
}
"""
ITEMS, MOST = 16, 64


def main():
    rows = int(sys.argv[1])
    context, queue = open_queue()
    lengths = np.minimum(1 + random.geometric(1 / 16, rows), MOST)  # many short rows, some long ones
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    columns = random.integers(0, rows, starts[-1], np.int32)
    values, x = normal(starts[-1]), normal(rows)
    y = buffer_of(context, np.zeros(rows, np.float32))
    group = items(context, 64)
    kernel = build(context, SOURCE, GROUP=group).multiply
    kernel(queue, (ITEMS * rows,), (group,), *(buffer_of(context, each) for each in (starts, columns, values, x)), y)
    products = values.astype(np.float64) * x[columns]
    require_near("sparse product", read(queue, y, rows, np.float32), np.add.reduceat(products, starts[:-1]), 1e-5)


if __name__ == "__main__":
    main()
