#!/usr/bin/python3
"""Instructions that one work-item of each benchmark kernel executes: in a warp of 32 lanes, and alone.

    tools/bench/instruction_table.py [--build build]

Prints a Markdown table. "lane" is what the active lanes execute, "warp" what the warps execute times 32 lanes (masked
lanes take part in time too), both divided by the work-items; "scalar" is the same source compiled for a device of one lane,
where every branch is a plain one. The results of both devices must agree.
"""
import argparse
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LAUNCH = re.compile(r"launch (\w+): \d+ work-groups, (\d+) instructions, (\d+) lane-instructions")
SHAPE = 'name = "table-{0}"\nlanes = {0}\nwarps = 64\ncores = 2\n'


def workloads(np):
    """Kernel, global size, local size, arguments; the first array is the result."""
    random = np.random.default_rng(1)
    floats = lambda *shape: random.random(shape, dtype=np.float32) + np.float32(0.25)
    words = lambda count: random.integers(0, 2**32, count, dtype=np.uint32)
    zeros = lambda count, kind=np.float32: np.zeros(count, kind)
    integer, real = np.int32, np.float32
    n, rows = 64, 1024
    lengths = random.integers(0, 24, rows)
    start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    column = random.integers(0, rows, start[-1]).astype(np.int32)
    level = np.where(random.random(rows) < 0.3, 0, -1).astype(np.int32)
    return [
        ("saxpy", (4096,), (64,), [floats(4096), floats(4096), real(1.5)]),
        ("sgemm", (n, n), (16, 4), [zeros(n * n), floats(n * n), floats(n * n), integer(n)]),
        ("sgemm_tiled", (n, n), (16, 4), [zeros(n * n), floats(n * n), floats(n * n), integer(n)]),
        ("convolution", (64, 64), (16, 4), [zeros(4096), floats(66 * 66), floats(9), integer(64)]),
        ("softmax", (1024,), (64,), [zeros(4096), floats(4096)]),
        ("layer_norm", (1024,), (64,), [zeros(4096), floats(4096), floats(256), floats(256)]),
        ("gemm_int8", (n, n), (16, 4), [zeros(n * n, np.int32), words(n * n // 4), words(n * n // 4), integer(n)]),
        ("mandelbrot", (64, 64), (64, 1), [zeros(4096, np.int32), integer(64), real(2.5 / 64), integer(100)]),
        ("nbody", (256,), (64,), [zeros(1024), floats(1024), integer(256)]),
        ("md5like", (1024,), (64,), [zeros(1024, np.uint32), integer(4)]),
        ("sha256", (1024,), (64,), [zeros(1024, np.uint32)]),
        ("spmv", (rows,), (64,), [zeros(rows), start, column, floats(len(column)), floats(rows)]),
        ("histogram", (256,), (64,), [zeros(256, np.uint32), words(1024)]),
        ("bitonic_sort", (512,), (64,), [words(1024)]),
        ("reduction", (1024,), (64,), [zeros(16), floats(16384)]),
        ("scan", (1024,), (64,), [zeros(1024, np.uint32), words(1024)]),
        ("stencil", (64, 64), (16, 4), [zeros(4096), floats(4096), integer(64), integer(64)]),
        ("fft_radix4", (256,), (64,), [zeros(2048), floats(2048), integer(16)]),
        ("bfs", (rows,), (64,), [level, start, column, integer(0)]),
        ("black_scholes", (1024,), (64,), [zeros(1024), zeros(1024), floats(1024), floats(1024), floats(1024), real(0.02),
                                           real(0.3)]),
        ("transpose", (64, 16), (16, 4), [zeros(4096), floats(4096), integer(64)]),
        ("gather", (4096,), (64,), [zeros(4096), floats(4096), random.integers(0, 4096, 4096).astype(np.int32)]),
        ("switch_loop", (512,), (64,), [zeros(512, np.uint32), words(512), integer(100)]),
        ("search_loop", (512,), (64,), [zeros(512, np.int32), words(512), integer(200)]),
        ("early_return", (512,), (64,), [zeros(512, np.uint32), words(512), integer(100)]),
    ]


def run_kernels():
    import numpy as np
    import pyopencl as cl

    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context)
    text = "".join((HERE / "kernels" / name).read_text() for name in ("kernels.cl", "more_kernels.cl"))
    program = cl.Program(context, text).build()
    for name, size, group, arguments in workloads(np):
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
        passed = [cl.Buffer(context, flags, hostbuf=value) if isinstance(value, np.ndarray) else value
                  for value in arguments]
        getattr(program, name)(queue, size, group, *passed)
        cl.enqueue_copy(queue, arguments[0], passed[0])
        print(name, int(np.prod(size)), hashlib.sha1(arguments[0].tobytes()).hexdigest())


def measure(build, folder, lanes):
    shape = pathlib.Path(folder, f"table-{lanes}.toml")
    shape.write_text(SHAPE.format(lanes))
    done = subprocess.run([sys.executable, __file__, "--run"], capture_output=True, text=True,
                          env={**os.environ, "OCL_ICD_VENDORS": str((build / "kiesel.icd").resolve()),
                               "KIESEL_DEVICE": str(shape), "KIESEL_LOG": "device=debug", "KIESEL_CACHE": "false",
                               "PYOPENCL_NO_CACHE": "1"})
    if done.returncode:
        sys.exit(f"error: {done.stdout}{done.stderr}")
    rows = {words[0]: (int(words[1]), words[2]) for words in map(str.split, done.stdout.splitlines())}
    counts = {name: (int(warp), int(lane)) for name, warp, lane in LAUNCH.findall(done.stderr)}
    return rows, counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return run_kernels()
    with tempfile.TemporaryDirectory() as folder:
        rows, counts = measure(options.build, folder, 32)
        alone, scalar = measure(options.build, folder, 1)
    print("| kernel | lane | warp | scalar | lane / scalar | warp / scalar |")
    print("|---|---|---|---|---|---|")
    for name, (items, digest) in rows.items():
        if alone[name][1] != digest:
            sys.exit(f"error: {name}: one lane computes another result than 32")
        lane, warp, one = counts[name][1] / items, 32 * counts[name][0] / items, scalar[name][1] / items
        print(f"| {name} | {lane:.1f} | {warp:.1f} | {one:.1f} | {lane / one:.2f} | {warp / one:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
