#!/usr/bin/env python3
"""Attention without a table of scores: a work-group goes along all keys with some queries of a head.

    attention.py HEADS POSITIONS
"""
import sys

import numpy as np

from opencl import buffer_of, build, items, normal, open_queue, read, require_near

# For QUERIES queries and as many keys at a time: scores, what they add to the largest and to the sum of each query,
# and what the values add to the results, of which a work-item has columns.
SOURCE = """
#define WIDTH 64
#define QUERIES 16
#define OWN (WIDTH / ITEMS)
__attribute__((reqd_work_group_size(ITEMS, 1, 1)))
kernel void attention(const int positions, const float scale, global const float* queries, global const float* keys,
                      global const float* values, global float* out) {
  local float query[QUERIES][WIDTH + 1], key[QUERIES][WIDTH + 1], value[QUERIES][WIDTH];
  local float score[QUERIES][QUERIES], most[QUERIES], shrink[QUERIES], all[QUERIES];
  const int x = get_local_id(0), head = get_group_id(1) * positions * WIDTH;
  const int at = head + get_group_id(0) * QUERIES * WIDTH;
  float sum[QUERIES][OWN];
  for (int i = x; i < QUERIES * WIDTH; i += ITEMS) query[i / WIDTH][i % WIDTH] = queries[at + i] * scale;
  for (int q = x; q < QUERIES; q += ITEMS) most[q] = -INFINITY, all[q] = 0;
  for (int q = 0; q < QUERIES; ++q)
    for (int i = 0; i < OWN; ++i) sum[q][i] = 0;
  for (int first = 0; first < positions; first += QUERIES) {
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = x; i < QUERIES * WIDTH; i += ITEMS) {
      key[i / WIDTH][i % WIDTH] = keys[head + first * WIDTH + i];
      value[i / WIDTH][i % WIDTH] = values[head + first * WIDTH + i];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = x; i < QUERIES * QUERIES; i += ITEMS) {
      float product = 0;
      for (int k = 0; k < WIDTH; ++k) product = fma(query[i / QUERIES][k], key[i % QUERIES][k], product);
      score[i / QUERIES][i % QUERIES] = product;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int q = x; q < QUERIES; q += ITEMS) {
      float now = most[q], added = 0;
      for (int k = 0; k < QUERIES; ++k) now = fmax(now, score[q][k]);
      for (int k = 0; k < QUERIES; ++k) added += score[q][k] = exp(score[q][k] - now);
      shrink[q] = exp(most[q] - now);
      all[q] = all[q] * shrink[q] + added;
      most[q] = now;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int q = 0; q < QUERIES; ++q)
      for (int i = 0; i < OWN; ++i) {
        float part = sum[q][i] * shrink[q];
        for (int k = 0; k < QUERIES; ++k) part = fma(score[q][k], value[k][i * ITEMS + x], part);
        sum[q][i] = part;
      }
  }
  for (int q = 0; q < QUERIES; ++q)
    for (int i = 0; i < OWN; ++i) out[at + q * WIDTH + i * ITEMS + x] = sum[q][i] / all[q];
}
"""
WIDTH, QUERIES = 64, 16


def expected_of(queries, keys, values):
    scores = queries @ keys.transpose(0, 2, 1) / np.sqrt(WIDTH)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return shares @ values / shares.sum(-1, keepdims=True)


def main():
    heads, positions = map(int, sys.argv[1:3])
    context, queue = open_queue()
    inputs = [normal(heads, positions, WIDTH) for _ in range(3)]
    out = buffer_of(context, np.zeros_like(inputs[0]))
    many = items(context, WIDTH)
    kernel = build(context, SOURCE, ITEMS=many).attention
    kernel(queue, (positions // QUERIES * many, heads), (many, 1), np.int32(positions), np.float32(1 / np.sqrt(WIDTH)),
           *(buffer_of(context, each) for each in inputs), out)
    require_near("attention", read(queue, out, inputs[0].shape, np.float32),
                 expected_of(*(each.astype(np.float64) for each in inputs)), 1e-5)


if __name__ == "__main__":
    main()
