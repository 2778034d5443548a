#!/usr/bin/env python3
"""What networks do to each row between their products: softmax, or layer normalization; a work-group a row.

    rows.py softmax|layer-norm ROWS COLUMNS
"""
import sys

import numpy as np

from opencl import buffer_of, build, items, normal, open_queue, read, require_near

SOURCE = """
float all_of(local float* scratch, float mine, const bool most) {
  const int x = get_local_id(0);
  barrier(CLK_LOCAL_MEM_FENCE);
  scratch[x] = mine;
  for (int left = ITEMS / 2; left > 0; left /= 2) {
    barrier(CLK_LOCAL_MEM_FENCE);
    if (x < left) scratch[x] = most ? fmax(scratch[x], scratch[x + left]) : scratch[x] + scratch[x + left];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  return scratch[0];
}
__attribute__((reqd_work_group_size(ITEMS, 1, 1)))
kernel void softmax(const int columns, global const float* in, global float* out) {
  local float scratch[ITEMS];
  const int x = get_local_id(0), row = get_group_id(0) * columns;
  float most = -INFINITY, sum = 0;
  for (int i = x; i < columns; i += ITEMS) most = fmax(most, in[row + i]);
  most = all_of(scratch, most, true);
  for (int i = x; i < columns; i += ITEMS) sum += out[row + i] = exp(in[row + i] - most);
  sum = all_of(scratch, sum, false);
  for (int i = x; i < columns; i += ITEMS) out[row + i] /= sum;
}
__attribute__((reqd_work_group_size(ITEMS, 1, 1)))
kernel void layer_norm(const int columns, global const float* in, global float* out) {
  local float scratch[ITEMS];
  const int x = get_local_id(0), row = get_group_id(0) * columns;
  float sum = 0, squares = 0;
  for (int i = x; i < columns; i += ITEMS) sum += in[row + i];
  const float mean = all_of(scratch, sum, false) / columns;
  for (int i = x; i < columns; i += ITEMS) squares += (in[row + i] - mean) * (in[row + i] - mean);
  const float scale = rsqrt(all_of(scratch, squares, false) / columns + 1e-5f);
  for (int i = x; i < columns; i += ITEMS) out[row + i] = (in[row + i] - mean) * scale;
}
"""

def softmax(rows):
    shares = np.exp(rows - rows.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def layer_norm(rows):
    return (rows - rows.mean(-1, keepdims=True)) / np.sqrt(rows.var(-1, keepdims=True) + 1e-5)


def main():
    name, rows, columns = sys.argv[1].replace("-", "_"), int(sys.argv[2]), int(sys.argv[3])
    context, queue = open_queue()
    values = normal(rows, columns)
    out = buffer_of(context, np.zeros_like(values))
    many = items(context, 128)
    kernel = getattr(build(context, SOURCE, ITEMS=many), name)
    kernel(queue, (many * rows,), (many,), np.int32(columns), buffer_of(context, values), out)
    require_near(name, read(queue, out, values.shape, np.float32),
                 {"softmax": softmax, "layer_norm": layer_norm}[name](values.astype(np.float64)), 1e-5)


if __name__ == "__main__":
    main()
