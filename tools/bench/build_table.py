#!/usr/bin/python3
"""What builds of real kernels cost, beside PoCL, from source that neither has seen to the end of the first launch.

    tools/bench/build_table.py [--build build] [--rounds 3]

Prints a Markdown table of medians: processor time of the phases in a warm compiler process (compiler_bench), and wall time
of clBuildProgram with the first launch through the loader, on Kiesel and on PoCL, in turns.
"""
import argparse
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

from instruction_table import HERE, ROOT, workloads

PROCESSOR = re.compile(r"([\d.]+) ms processor in phases")


def kernel_text(name):
    """One kernel of the bench files with what it refers to."""
    blocks = "\n\n".join((HERE / "kernels" / file).read_text() for file in ("kernels.cl", "more_kernels.cl")).split("\n\n")
    kernel = next(block for block in blocks if re.search(rf"kernel void {name}\(", block))
    helpers = [block for block in blocks if "kernel void" not in block
               for found in [re.search(r"^(?:constant uint|float|#define) (\w+)", block, re.M)]
               if found and found[1] in kernel]
    return "\n".join(helpers + [kernel]) + "\n"


def mixing(steps, tables):
    """A kernel of so many steps of integer code, as hash crackers have: different constants, tables, branches."""
    numbers = random.Random(1)
    text = ""
    if tables:
        rows = ",\n".join(", ".join(str(numbers.getrandbits(32)) for _ in range(8)) for _ in range(32))
        text += "".join(f"constant uint T{t}[256] = {{{rows}}};\n" for t in range(4))
    text += "kernel void mixing(global uint* out) {\n  uint i = get_global_id(0), a = i, b = i * 3u, c = ~i, d = 7u;\n"
    for step in range(steps):
        value = numbers.getrandbits(32)
        text += f"  a = rotate(a + (b & c | ~b & d) + {value}u, {1 + step % 31}u) + b;\n"
        if tables:
            text += "  b ^= T0[a >> 24] ^ T1[a >> 16 & 255u] ^ T2[a >> 8 & 255u] ^ T3[a & 255u];\n"
        if step % 16 == 15:
            text += f"  if (d & {1 << step % 32}u) c ^= a; else c += d;\n"
        text += "  { uint t = d; d = c; c = b; b = a; a = t; }\n"
    return text + "  out[i] = a ^ b ^ c ^ d;\n}\n"


def sources():
    texts = {f"{name}": kernel_text(name) for name in ("saxpy", "sgemm_tiled", "black_scholes", "sha256")}
    texts["4,000 instructions"] = mixing(390, False)
    texts["17,000 instructions, tables"] = mixing(600, True)
    return texts


def build_and_launch(folder):
    """In a process of its own: prints milliseconds for each source in `folder`."""
    import numpy as np
    import pyopencl as cl

    known = {name: (size, group, arguments) for name, size, group, arguments in workloads(np)}
    known["mixing"] = ((64,), (64,), [np.zeros(64, np.uint32)])
    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context)

    def run(text):
        name = re.findall(r"kernel void (\w+)", text)[-1]
        size, group, arguments = known[name]
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
        passed = [cl.Buffer(context, flags, hostbuf=value) if isinstance(value, np.ndarray) else value
                  for value in arguments]
        start = time.perf_counter()
        program = cl.Program(context, text).build(cache_dir=False)
        getattr(program, name)(queue, size, group, *passed)
        queue.finish()
        return 1e3 * (time.perf_counter() - start)

    fresh = lambda text: f"// {random.SystemRandom().getrandbits(64)}\n" + text.replace(
        "get_global_id(0)", f"(get_global_id(0) + 0 * {random.SystemRandom().getrandbits(16)})", 1)
    run(fresh(kernel_text("gather")))
    for file in sorted(pathlib.Path(folder).glob("*.cl")):
        print(file.stem, run(fresh(file.read_text())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return build_and_launch(options.run)
    texts = sources()
    sides = {"kiesel": str((options.build / "kiesel.icd").resolve()), "pocl": "/etc/OpenCL/vendors/pocl.icd"}
    times = {side: {number: [] for number in range(len(texts))} for side in sides}
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts.values()):
            pathlib.Path(folder, f"{number}.cl").write_text(text)
        for _ in range(options.rounds):
            for side, icd in sides.items():
                cache = tempfile.mkdtemp(dir=folder)
                done = subprocess.run([sys.executable, __file__, "--run", folder], capture_output=True, text=True,
                                      env={**os.environ, "OCL_ICD_VENDORS": icd, "KIESEL_CACHE": "false",
                                           "PYOPENCL_NO_CACHE": "1", "POCL_CACHE_DIR": cache})
                if done.returncode:
                    sys.exit(f"error: {side}: {done.stdout}{done.stderr}")
                for line in done.stdout.splitlines():
                    number, milliseconds = line.split()
                    times[side][int(number)].append(float(milliseconds))
        files = sorted(str(file) for file in pathlib.Path(folder).glob("*.cl"))
        bench = subprocess.run([options.build / "bin/compiler_bench", "9", *files], capture_output=True, text=True)
        processor = [float(row) for row in PROCESSOR.findall(bench.stdout)][1:]
    print("| program | compiler process, processor ms | Kiesel, wall ms | PoCL, wall ms | PoCL / Kiesel |")
    print("|---|---|---|---|---|")
    for number, (name, cost) in enumerate(zip(texts, processor)):
        ours, pocl = (statistics.median(times[side][number]) for side in ("kiesel", "pocl"))
        print(f"| {name} | {cost:.1f} | {ours:.1f} | {pocl:.1f} | {pocl / ours:.1f} |")


if __name__ == "__main__":
    sys.exit(main())
