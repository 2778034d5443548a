#!/usr/bin/python3
"""One product of matrices of halves with sums in float, three ways, for docs/ai.md: plain OpenCL C in tiles of local
memory, sub-groups that hand numbers on by shuffles, and cooperative matrices. Needs a design with `matrix`.

    kiesel profile --design rv-gpu-ai -o report -- workloads/gemm_three_ways.py [--size 128]
"""
import argparse
import sys
from pathlib import Path

import numpy as np
import pyopencl as cl

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "conformance" / "matrix"))
from gemm import Gemm, tile_of  # noqa: E402

SOURCE = """
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

// A: rows; B: columns. 16 x 16 work-items, an element of C each
__attribute__((reqd_work_group_size(16, 16, 1)))
kernel void tiled(global const half* a, global const half* b, global float* c, uint k) {
  local float rows[16][16], columns[16][17];
  const uint x = get_local_id(0), y = get_local_id(1), n = get_global_size(0);
  float sum = 0;
  for (uint first = 0; first < k; first += 16) {
    rows[y][x] = a[get_global_id(1) * k + first + x];
    columns[y][x] = b[(get_group_id(0) * 16 + y) * k + first + x];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint z = 0; z < 16; ++z) sum = fma(rows[y][z], columns[x][z], sum);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  c[get_global_id(1) * n + get_global_id(0)] = sum;
}

// A work-item has a column of B and eight rows of C; the rows of A lie in the sub-group, a number a work-item.
kernel void sub_groups(global const half* a, global const half* b, global float* c, uint k) {
  const uint lane = get_sub_group_local_id(), lanes = get_max_sub_group_size();
  const uint column = get_global_id(0), row = get_global_id(1) * 8, n = get_global_size(0);
  float sums[8] = {0};
  for (uint first = 0; first < k; first += lanes) {
    float mine[8];
    for (uint i = 0; i < 8; ++i) mine[i] = a[(row + i) * k + first + lane];
    for (uint z = 0; z < lanes; ++z) {
      const float right = b[column * k + first + z];
      for (uint i = 0; i < 8; ++i) sums[i] = fma(sub_group_shuffle(mine[i], z), right, sums[i]);
    }
  }
  for (uint i = 0; i < 8; ++i) c[(row + i) * n + column] = sums[i];
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=128)
    size = parser.parse_args().size
    device = cl.get_platforms()[0].get_devices()[0]
    context = cl.Context([device])
    queue = cl.CommandQueue(context)
    random = np.random.default_rng(1)
    a, b = ((random.integers(-32, 33, (size, size)) / 16).astype(np.float16) for _ in range(2))
    wanted = a.astype(np.float32) @ b.astype(np.float32)
    flags = cl.mem_flags.READ_ONLY | cl.mem_flags.COPY_HOST_PTR
    left, right = (cl.Buffer(context, flags, hostbuf=np.ascontiguousarray(one)) for one in (a, b.T))
    sums = cl.Buffer(context, cl.mem_flags.WRITE_ONLY, wanted.nbytes)
    source = cl.Program(context, SOURCE).build(["-cl-std=CL3.0"])
    lanes = source.tiled.get_work_group_info(cl.kernel_work_group_info.PREFERRED_WORK_GROUP_SIZE_MULTIPLE, device)
    tile = tile_of(lanes)
    matrices = cl.Program(context, Gemm(lanes, "fp16", "fp32", b_by_columns=True).binary()).build()
    launches = ((source.tiled, (size, size), (16, 16), np.uint32(size)),
                (source.sub_groups, (size, size // 8), (lanes, 1), np.uint32(size)),
                (matrices.gemm, (lanes * size // tile.columns, size // tile.rows), (lanes, 1), np.uint64(size)))
    for kernel, items, group, deep in launches:
        out = np.zeros_like(wanted)
        kernel(queue, items, group, left, right, sums, deep)
        cl.enqueue_copy(queue, out, sums)
        if not np.array_equal(out, wanted):
            sys.exit(f"{kernel.function_name}: wrong by {np.abs(out - wanted).max()}")
    print(f"{size} x {size} x {size} on {lanes} lanes: all three are right")


if __name__ == "__main__":
    main()
