#!/usr/bin/env python3
"""Speed of the device model beside PoCL (native code) and qemu-riscv64 (scalar RISC-V), one host thread each.

    tools/bench/kernel_table.py [--build build] [--rounds 3]

Runs the same kernels on the same data on all three, interleaved round by round, compares every result with a
native scalar run bit for bit, and prints a Markdown table: medians over all rounds. Lane-instructions come from
the model's own counters.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LAUNCH = re.compile(r"launch (\w+): .*?(\d+) lane-instructions")


def run(command, **environment):
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {command[0]} failed:\n{done.stdout}{done.stderr}")
    rows = {}
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) == 3 and len(words[2]) == 16:
            rows[words[0]] = (float(words[1]), words[2])
    return rows, done.stderr


def compile_native(compiler, output, *flags):
    subprocess.run([compiler, "-O2", "-ffp-contract=off", *flags, HERE / "kernels/bench_native.c", "-lm", "-o", output],
                   check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        native, scalar = pathlib.Path(folder, "native"), pathlib.Path(folder, "riscv")
        compile_native("cc", native, "-march=native")
        compile_native("riscv64-linux-gnu-gcc", scalar, "-static")
        program = [options.build / "bin/bench_opencl", HERE / "kernels/kernels.cl"]
        sides = {
            "kiesel": lambda: run(program, OCL_ICD_VENDORS=str((options.build / "kiesel.icd").resolve()),
                                  KIESEL_THREADS="1", KIESEL_LOG="device=debug"),
            "pocl": lambda: run(program, OCL_ICD_VENDORS="/etc/OpenCL/vendors/pocl.icd", POCL_MAX_PTHREAD_COUNT="1"),
            "qemu": lambda: run(["qemu-riscv64", scalar]),
        }
        reference, _ = run([native])
        times = {side: {name: [] for name in reference} for side in sides}
        instructions = {}
        for _ in range(options.rounds):
            for side, measure in sides.items():
                rows, log = measure()
                for name, (milliseconds, checksum) in rows.items():
                    if checksum != reference[name][1]:
                        sys.exit(f"error: {side} computes another result of {name} than the host")
                    times[side][name].append(milliseconds)
                for name, count in LAUNCH.findall(log):
                    instructions[name] = int(count)

    print("| kernel | Kiesel ms | lane-instructions | 10^6 lane-instructions/s | PoCL ms | of PoCL's speed | qemu-riscv64 ms "
          "| times qemu's speed |")
    print("|---|---|---|---|---|---|---|---|")
    for name in reference:
        ours, pocl, qemu = (statistics.median(times[side][name]) for side in ("kiesel", "pocl", "qemu"))
        count = instructions.get(name, 0)
        print(f"| {name} | {ours:.3f} | {count} | {count / ours / 1e3:.0f} | {pocl:.3f} | {pocl / ours:.2f} "
              f"| {qemu:.1f} | {qemu / ours:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
