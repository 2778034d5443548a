#!/usr/bin/env python3
"""Heat that spreads in a square: five points a step, two buffers in turns.

    stencil.py SIDE STEPS
"""
import sys

import numpy as np

from opencl import buffer_of, build, items, normal, open_queue, read, require_near

SOURCE = """
kernel void spread(const int side, global const float* in, global float* out) {
  const int x = get_global_id(0), y = get_global_id(1), at = y * side + x;
  const bool inside = x > 0 && y > 0 && x < side - 1 && y < side - 1;
  out[at] = inside ? in[at] + 0.2f * (in[at - 1] + in[at + 1] + in[at - side] + in[at + side] - 4 * in[at]) : in[at];
}
"""


def expected_after(heat, steps):
    for _ in range(steps):
        inner = heat[1:-1, 1:-1]
        heat[1:-1, 1:-1] = inner + 0.2 * (heat[1:-1, :-2] + heat[1:-1, 2:] + heat[:-2, 1:-1] + heat[2:, 1:-1] - 4 * inner)
    return heat


def main():
    side, steps = map(int, sys.argv[1:3])
    context, queue = open_queue()
    heat = normal(side, side)
    now, then = buffer_of(context, heat), buffer_of(context, heat)
    kernel = build(context, SOURCE).spread
    width = items(context, 16)
    height = max(1, items(context, 128) // width)
    for _ in range(steps):
        kernel(queue, (side, side), (width, height), np.int32(side), now, then)
        now, then = then, now
    require_near("heat", read(queue, now, heat.shape, np.float32), expected_after(heat.astype(np.float64), steps), 1e-5)


if __name__ == "__main__":
    main()
