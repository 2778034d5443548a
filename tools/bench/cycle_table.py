#!/usr/bin/python3
"""Speed of the cycle model on the kernels of instruction_table.py, alone or beside a simulator of the same machine.

    tools/bench/cycle_table.py [--build build] [--device kiesel] [--threads 1] [--rounds 3] [--only NAME]...
                               [--beside plugin:libkiesel-vortex.so:library=/path/to/libvortex.so,driver=simx]

Each round runs all kernels in one process on each side, in turns. Times are kernels' by event profiling (the host's), the
median over the rounds; instructions are those of warps, as the cycle model counts them. Results of both sides must agree.
Prints a Markdown table, and the geometric mean of the last column.
"""
import argparse
import hashlib
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import instruction_table  # noqa: E402


KERNEL = re.compile(r"^(?:__)?kernel\b.*?^}\n", re.MULTILINE | re.DOTALL)


def alone(text, name):
    """The text without other kernels: a small device may not be able to build those."""
    return KERNEL.sub(lambda found: found[0] if re.search(rf"\bvoid\s+{name}\s*\(", found[0]) else "", text)


def run_kernels(wanted):
    import numpy as np
    import pyopencl as cl

    context = cl.Context(cl.get_platforms()[0].get_devices())
    queue = cl.CommandQueue(context, properties=cl.command_queue_properties.PROFILING_ENABLE)
    text = "".join((HERE / "kernels" / name).read_text() for name in ("kernels.cl", "more_kernels.cl"))
    for name, size, group, arguments in instruction_table.workloads(np):
        if wanted and name not in wanted:
            continue
        try:
            program = cl.Program(context, alone(text, name)).build()
            flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
            passed = [cl.Buffer(context, flags, hostbuf=value) if isinstance(value, np.ndarray) else value
                      for value in arguments]
            event = getattr(program, name)(queue, size, group, *passed)
            cl.enqueue_copy(queue, arguments[0], passed[0])
        except cl.Error as error:
            print(name, "failed:", str(error).splitlines()[0], file=sys.stderr)
            continue
        print(name, event.profile.end - event.profile.start, hashlib.sha1(arguments[0].tobytes()).hexdigest())


def measure(options, device):
    """Nanoseconds and result by kernel, and what the log says of instructions."""
    command = [sys.executable, __file__, "--run", *(word for name in options.only for word in ("--only", name))]
    done = subprocess.run(command, capture_output=True, text=True,
                          env={**os.environ, "OCL_ICD_VENDORS": str((options.build / "kiesel.icd").resolve()),
                               "KIESEL_DEVICE": device, "KIESEL_ENGINE": "cycles", "KIESEL_LOG": "device=debug",
                               "KIESEL_THREADS": str(options.threads), "PYOPENCL_NO_CACHE": "1"})
    if done.returncode:
        sys.exit(f"error: {device}: {done.stdout}{done.stderr}")
    rows = {words[0]: (int(words[1]), words[2]) for words in map(str.split, done.stdout.splitlines())}
    return rows, {name: int(warp) for name, warp, _ in instruction_table.LAUNCH.findall(done.stderr)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build")
    parser.add_argument("--device", default="kiesel")
    parser.add_argument("--beside")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return run_kernels(options.only)
    sides = [options.device] + ([options.beside] if options.beside else [])
    times, results, instructions = {}, {}, {}
    for _ in range(options.rounds):
        for side in sides:
            rows, counts = measure(options, side)
            if side == options.device:
                instructions = counts
            for name, (nanoseconds, digest) in rows.items():
                times.setdefault((side, name), []).append(nanoseconds)
                if results.setdefault(name, digest) != digest:
                    sys.exit(f"error: {name}: another result on {side}")
    print("| kernel | instructions | million a second |" + (" beside | ratio |" if options.beside else ""))
    print("|---|---|---|" + ("---|---|" if options.beside else ""))
    last = []
    for name, count in instructions.items():
        speeds = [count * 1e3 / statistics.median(times[side, name]) for side in sides if (side, name) in times]
        if len(speeds) < len(sides):
            continue
        last.append(speeds[0] / speeds[1] if options.beside else speeds[0])
        cells = [f"{speed:.3f}" for speed in speeds] + ([f"{last[-1]:.1f}"] if options.beside else [])
        print(f"| {name} | {count} | {' | '.join(cells)} |")
    if not last:
        sys.exit("error: no kernel ran")
    print(f"\ngeometric mean {math.exp(statistics.fmean(map(math.log, last))):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
