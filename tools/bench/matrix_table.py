#!/usr/bin/python3
"""Products of matrices by the device's matrix instruction beside the same product without it, in turns.

    tools/bench/matrix_table.py [--build build] [--size 1024] [--rounds 5] [--lanes 32] [--engine auto]

For each type of factors: a SPIR-V module with cooperative matrices (conformance/matrix/gemm.py), and OpenCL C that
computes the same in tiles of local memory with sums in registers; both on a design with matrix and dot, the second on
PoCL, too, where it is installed. A round times one launch of each; figures are medians of the rounds, in 10^9 operations
a second (a multiplication and an addition are two). Every result is compared with numpy's. Prints a table in Markdown.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "conformance" / "matrix"))
from check_matrix import DTYPES, design, numbers  # noqa: E402
from gemm import Gemm  # noqa: E402

# 64 x 64 elements of C for 256 work-items, 16 each; K in parts of 16. An element is what four bytes hold of a row of A:
# of bytes four, of halves and bfloats two, which lie side by side.
PLAIN = """
#if BYTES
#define SUM int
#define PER_WORD 4
SUM add(uint a, uint b, SUM sum) { return sum + dot(as_char4(a), as_char4(b)); }
#else
#define SUM float
#define PER_WORD 2
#if HALVES && defined(cl_khr_fp16)
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
float low(uint word) { return (float)as_half((ushort)word); }
float high(uint word) { return (float)as_half((ushort)(word >> 16)); }
#elif HALVES
float low(uint word) { return vload_half(0, (const private half*)&word); }
float high(uint word) { return vload_half(1, (const private half*)&word); }
#else
float low(uint word) { return as_float(word << 16); }
float high(uint word) { return as_float(word & 0xFFFF0000u); }
#endif
SUM add(uint a, uint b, SUM sum) { return fma(high(a), high(b), fma(low(a), low(b), sum)); }
#endif
#define TILE 64
#define DEEP 8

// A: rows of words; B: columns of words; k: words
__attribute__((reqd_work_group_size(16, 16, 1)))
kernel void plain(global const uint* a, global const uint* b, global SUM* c, uint k, uint n) {
  local uint rows[DEEP][TILE + 1], columns[DEEP][TILE + 1];
  const uint x = get_local_id(0), y = get_local_id(1), item = y * 16 + x;
  const uint row = get_group_id(1) * TILE, column = get_group_id(0) * TILE;
  SUM sums[4][4] = {{0}};
  for (uint first = 0; first < k; first += DEEP) {
    for (uint i = item; i < TILE * DEEP; i += 256) {
      rows[i % DEEP][i / DEEP] = a[(row + i / DEEP) * k + first + i % DEEP];
      columns[i % DEEP][i / DEEP] = b[(column + i / DEEP) * k + first + i % DEEP];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint z = 0; z < DEEP; ++z) {
      uint left[4], right[4];
      for (uint i = 0; i < 4; ++i) {
        left[i] = rows[z][y + 16 * i];
        right[i] = columns[z][x + 16 * i];
      }
      for (uint i = 0; i < 4; ++i)
        for (uint j = 0; j < 4; ++j) sums[i][j] = add(left[i], right[j], sums[i][j]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (uint i = 0; i < 4; ++i)
    for (uint j = 0; j < 4; ++j) c[(row + y + 16 * i) * n + column + x + 16 * j] = sums[i][j];
}
"""
TYPES = (("fp16", "fp32"), ("bf16", "fp32"), ("i8", "i32"))


class Side:
    """One driver with its buffers and kernels; runs one kernel when it is told to."""

    def __init__(self, options):
        import pyopencl as cl
        self.cl, self.options = cl, options
        device = cl.get_platforms()[0].get_devices()[0]
        self.context = cl.Context([device])
        self.queue = cl.CommandQueue(self.context)

    def prepare(self, kind, factor, total):
        cl, size = self.cl, self.options.size
        random = np.random.default_rng(1)
        (a, a_values), (b, b_values) = (numbers(factor, (size, size), random) for _ in range(2))
        wanted = a_values.astype(np.float64) @ b_values.astype(np.float64)
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
        data = [np.ascontiguousarray(a), np.ascontiguousarray(b.T), np.zeros((size, size), DTYPES[total])]
        buffers = [cl.Buffer(self.context, flags, hostbuf=one) for one in data]
        if kind == "matrix":
            gemm = Gemm(self.options.lanes, factor, total, b_by_columns=True, across=2, down=2)
            kernel = cl.Program(self.context, gemm.binary()).build().gemm
            rows, columns = self.tile()
            lanes = self.options.lanes
            arguments = ((lanes * size // (2 * columns), size // (2 * rows)), (lanes, 1), *buffers, np.uint64(size))
        else:
            defines = [f"-DBYTES={int(total == 'i32')}", f"-DHALVES={int(factor == 'fp16')}", "-cl-std=CL3.0"]
            kernel = cl.Program(self.context, self.source(total)).build(defines).plain
            per_word = 4 if total == "i32" else 2
            arguments = ((size // 4, size // 4), (16, 16), *buffers, np.uint32(size // per_word), np.uint32(size))

        def run():
            begin = time.monotonic()
            kernel(self.queue, *arguments)
            self.queue.finish()
            return time.monotonic() - begin

        run()
        run()
        cl.enqueue_copy(self.queue, data[2], buffers[2])
        off = np.abs(data[2].astype(np.float64) - wanted).max() / np.abs(wanted).max()
        return run, off

    def tile(self):
        from gemm import tile_of
        tile = tile_of(self.options.lanes)
        return tile.rows, tile.columns

    @staticmethod
    def source(total):
        """PoCL 3.1 has no dot product of bytes: the same in plain integers."""
        plain = "int dot_of(char4 a, char4 b) { return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }\n"
        if os.environ.get("MATRIX_TABLE_PLAIN_DOT") and total == "i32":
            return plain + PLAIN.replace("dot(as_char4", "dot_of(as_char4")
        return PLAIN


def serve(options):
    """Reads lines, kind factor total or "run"; answers each with a number."""
    side, run = Side(options), None
    for line in sys.stdin:
        words = line.split()
        if words[0] == "run":
            print(run(), flush=True)
        else:
            run, off = side.prepare(*words)
            print(off, flush=True)


class Process:
    def __init__(self, options, environment):
        command = [sys.executable, __file__, "--serve", "--size", str(options.size), "--lanes", str(options.lanes)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=dict(os.environ, PYOPENCL_NO_CACHE="1", **environment))

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("error: a side ended")
        return float(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lanes", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options)
    pocl = Path("/etc/OpenCL/vendors/pocl.icd")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matrix.toml"
        file.write_text(design(options.lanes))
        own = {"OCL_ICD_VENDORS": str((options.build / "kiesel.icd").resolve()), "KIESEL_DEVICE": str(file),
               "KIESEL_THREADS": str(options.threads)}
        sides = {"matrix": Process(options, own), "plain": Process(options, own)}
        if pocl.exists():
            sides["pocl"] = Process(options, {"OCL_ICD_VENDORS": str(pocl), "MATRIX_TABLE_PLAIN_DOT": "1",
                                              "POCL_MAX_PTHREAD_COUNT": str(options.threads)})
        print(f"n = {options.size}, {options.threads} thread(s), {options.lanes} lanes; 10^9 operations a second\n")
        print("| factors, sums | matrix instruction | OpenCL C | ratio | PoCL, OpenCL C | ratio |\n|---|---|---|---|---|---|")
        figures = {}
        for factor, total in TYPES:
            for name, side in sides.items():
                off = side.ask("matrix" if name == "matrix" else "plain", factor, total)
                if off > 1e-3:
                    sys.exit(f"error: {name}, {factor}: off by {off}")
            times = {name: [] for name in sides}
            for _ in range(options.rounds):
                for name, side in sides.items():
                    times[name].append(side.ask("run"))
            median = {name: statistics.median(t) for name, t in times.items()}
            speed = {name: 2 * options.size**3 / t / 1e9 for name, t in median.items()}
            ratios = [median[name] / median["matrix"] for name in ("plain", "pocl") if name in median]
            more = f"{speed['pocl']:.1f} | {ratios[1]:.1f}" if "pocl" in speed else "- | -"
            print(f"| {factor}, {total} | {speed['matrix']:.1f} | {speed['plain']:.1f} | {ratios[0]:.1f} | {more} |",
                  flush=True)
            figures[factor] = speed
        if options.json:
            options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
