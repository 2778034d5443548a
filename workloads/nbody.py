#!/usr/bin/env python3
"""Forces between all pairs of bodies; a work-group keeps some of them in local memory. Checked for some bodies.

    nbody.py BODIES
"""
import sys

import numpy as np

from opencl import buffer_of, build, items, normal, open_queue, read, require_near

SOURCE = """
__attribute__((reqd_work_group_size(ITEMS, 1, 1)))
kernel void forces(const int bodies, global const float4* places, global float4* out) {
  local float4 near[ITEMS];
  const int x = get_local_id(0);
  const float4 own = places[get_global_id(0)];
  float3 sum = 0;
  for (int first = 0; first < bodies; first += ITEMS) {
    near[x] = places[first + x];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = 0; i < ITEMS; ++i) {
      const float3 way = near[i].xyz - own.xyz;
      const float inverse = rsqrt(dot(way, way) + 0.01f);
      sum += way * (near[i].w * inverse * inverse * inverse);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  out[get_global_id(0)] = (float4)(sum, 0);
}
"""
CHECKED = 64


def expected_of(places, count):
    way = places[None, :, :3] - places[:count, None, :3]
    inverse = 1 / np.sqrt(np.sum(way * way, -1) + 0.01)
    return np.sum(way * (places[None, :, 3] * inverse**3)[..., None], 1)


def main():
    bodies = int(sys.argv[1])
    context, queue = open_queue()
    places = normal(bodies, 4)
    places[:, 3] = np.abs(places[:, 3])
    out = buffer_of(context, np.zeros_like(places))
    many = items(context, 64)
    kernel = build(context, SOURCE, ITEMS=many).forces
    kernel(queue, (bodies,), (many,), np.int32(bodies), buffer_of(context, places), out)
    require_near("forces", read(queue, out, places.shape, np.float32)[:CHECKED, :3],
                 expected_of(places.astype(np.float64), min(CHECKED, bodies)), 1e-4)


if __name__ == "__main__":
    main()
