#!/usr/bin/python3
"""Nanoseconds of a work-item by the work-group's size, and for kinds of indices and of numbers, on several drivers.

    tools/bench/shape_table.py [--rounds 3] [--repeats 9] [--only NAME,...] NAME=FILE.icd...

The drivers take turns, each with the engine `translator`; kernel time by event profiling, the least of all.
"""
import argparse
import json
import os
import subprocess
import sys

ITEMS = 262144
SOURCE = r"""
#define KERNEL(name, ...) \
  kernel void name(global const uint* k, global const float* t, global float* o, uint mask) { \
    uint i = get_global_id(0); int l = get_local_id(0); __VA_ARGS__ }
KERNEL(masked_index, o[i] = t[k[i] % mask];)
KERNEL(index_plus_5, o[i] = t[i + 5u];)
KERNEL(hash_probe, uint p = k[i] & 1023u, n = 0;
       while (k[p] != k[i] && n < 8u) { p = (p + 1u) & 1023u; n++; } o[i] = t[p] + n;)
KERNEL(falling, float r = 0; for (int d = 0; d < 16; d++) { int j = d - l; if (j >= 0) r += t[j]; } o[i] = r;)
KERNEL(rising, float r = 0; for (int d = 0; d < 16; d++) { int j = l - d; if (j >= 0) r += t[j]; } o[i] = r;)
KERNEL(private_14, uint c[14], s = 0; for (int j = 0; j < 14; j++) c[j] = 0;
       for (int j = 0; j < 16; j++) c[(k[i] >> j) % 14] += j; for (int j = 0; j < 14; j++) s = s * 3 + c[j]; o[i] = s;)
KERNEL(shorts, short v = ((global const short*)k)[i]; ((global short*)o)[i] = (short)(v * v >> 3) ^ (short)(v << 2);)
KERNEL(sobel_bytes, global const uchar* a = (global const uchar*)k; uint x = i & 511, y = i >> 9; int g = 0;
       if (x > 0 && y > 0 && x < 511 && y < 511) {
         int gx = a[i - 511] + 2 * a[i + 1] + a[i + 513] - a[i - 513] - 2 * a[i - 1] - a[i + 511];
         int gy = a[i + 511] + 2 * a[i + 512] + a[i + 513] - a[i - 513] - 2 * a[i - 512] - a[i - 511];
         g = min(abs(gx) + abs(gy), 255u); } ((global uchar*)o)[i] = g;)
KERNEL(stream, o[i] = 2.5f * t[i] + o[i];)
kernel void barriers(global const uint* k, global const float* t, global float* o, uint mask, local float* m) {
  size_t i = get_global_id(0); int l = get_local_id(0), n = get_local_size(0);
  m[l] = t[i]; barrier(CLK_LOCAL_MEM_FENCE);
  for (int r = 0; r < 4; r++) {
    float v = m[(l + 1) % n]; barrier(CLK_LOCAL_MEM_FENCE); m[l] = v + 1; barrier(CLK_LOCAL_MEM_FENCE); }
  o[i] = m[l];
}
"""
INDICES = ["masked_index", "index_plus_5", "hash_probe", "falling", "rising", "private_14", "shorts", "sobel_bytes"]
SIZES = [1, 7, 16, 32, 33, 100]
CASES = [(name, 128) for name in INDICES] + [(name, size) for name in ("stream", "barriers") for size in SIZES]


def measure(only, repeats):
    """By case, on the loader's first device."""
    import numpy
    import pyopencl as cl
    context = cl.Context(cl.get_platforms()[0].get_devices()[:1])
    queue = cl.CommandQueue(context, properties=cl.command_queue_properties.PROFILING_ENABLE)
    keys = numpy.random.default_rng(1).integers(0, 2**32, 2 * ITEMS, dtype=numpy.uint32)
    keys[:1024] = numpy.arange(1024)
    buffers = [cl.Buffer(context, cl.mem_flags.COPY_HOST_PTR, hostbuf=data)
               for data in (keys, numpy.ones(2 * ITEMS, numpy.float32), numpy.zeros(2 * ITEMS, numpy.float32))]
    program, found = cl.Program(context, SOURCE).build(), {}
    for name, size in CASES:
        if only and name not in only:
            continue
        kernel, items = cl.Kernel(program, name), (ITEMS if name != "barriers" else ITEMS // 4) // size * size
        kernel.set_args(*buffers, numpy.uint32(1021), *([cl.LocalMemory(4 * size)] if name == "barriers" else []))
        least = None
        for _ in range(repeats + 2):
            event = cl.enqueue_nd_range_kernel(queue, kernel, (items,), (size,))
            event.wait()
            least = min(least or 1e18, event.profile.end - event.profile.start)
        found[f"{name}, groups of {size}"] = least / items
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--only", default="")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("drivers", nargs="*", metavar="NAME=FILE.icd")
    options = parser.parse_args()
    only = [name for name in options.only.split(",") if name]
    if options.measure:
        json.dump(measure(only, options.repeats), sys.stdout)
        return
    drivers = dict(driver.split("=", 1) for driver in options.drivers)
    least = {name: {} for name in drivers}
    for _ in range(options.rounds):
        for name, icd in drivers.items():
            done = subprocess.run([sys.executable, __file__, "--measure", "--only", options.only, "--repeats",
                                   str(options.repeats)], capture_output=True, text=True,
                                  env={**os.environ, "OCL_ICD_VENDORS": icd, "KIESEL_ENGINE": "translator"})
            if done.returncode:
                sys.exit(f"error: {name} has failed\n{done.stderr}")
            for case, ns in json.loads(done.stdout).items():
                least[name][case] = min(ns, least[name].get(case, ns))
    print("| kernel | " + " | ".join(f"{name}, ns" for name in drivers) + " |")
    print("|---|" + "---|" * len(drivers))
    for case in next(iter(least.values()), {}):
        print(f"| {case} | " + " | ".join(f"{least[name][case]:.3g}" for name in drivers) + " |")


main()
