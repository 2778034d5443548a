#!/usr/bin/env python3
"""What checks of kernels cost: time beside the interpreter's and Oclgrind's, and memory for each byte checked.

    tools/bench/check_table.py [--build build] [--rounds 3] [--oclgrind SECONDS]

Times are of the kernels of tools/bench/kernels/kernels.cl, by event profiling, with one host thread; all sides take
turns, and medians are printed. Oclgrind runs one kernel's launches once, in so many seconds at most. Memory is
the peak of a process that copies buffers, less that of the same process without checks.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MIB = 1 << 20
TOOLS = ("memory", "races", "initialisation", "synchronisation", "all")
COPY = """//// copy race {items} 256 buf:{bytes} buf:{bytes}
kernel void KERNEL(global const int* in, global int* out) {{ out[get_global_id(0)] = in[get_global_id(0)]; }}
"""


def run(command, timeout=None, **environment):
    """Rows of kernel and milliseconds, also of a program that did not get to its end in time."""
    with subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        try:
            out, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
        else:
            if process.returncode:
                sys.exit(f"error: {command[0]} failed:\n{out}{errors}")
    rows = (line.split() for line in out.splitlines())
    return {words[0]: (float(words[1]), words[2]) for words in rows if len(words) == 3 and len(words[2]) == 16}


def times(options, driver):
    program = [options.build / "bin/bench_opencl", HERE / "kernels/kernels.cl", "3"]
    sides = {"interpreter": {"KIESEL_ENGINE": "interpreter"},
             **{tool: {"KIESEL_CHECKS": tool, "KIESEL_BUILD_OPTIONS": "-g -kiesel-notes"} for tool in TOOLS}}
    found = {side: {} for side in sides}
    sums = {}
    for _ in range(options.rounds):
        for side, environment in sides.items():
            for name, (milliseconds, checksum) in run(program, **driver, **environment).items():
                if sums.setdefault(name, checksum) != checksum:
                    sys.exit(f"error: {side} computes another result of {name}")
                found[side].setdefault(name, []).append(milliseconds)
    print("| kernel | interpreter ms | " + " | ".join(f"{tool}, times" for tool in TOOLS) + " |")
    print("|---|---|" + "---|" * len(TOOLS))
    for name in sums:
        base = statistics.median(found["interpreter"][name])
        print(f"| {name} | {base:.3f} | " +
              " | ".join(f"{statistics.median(found[tool][name]) / base:.1f}" for tool in TOOLS) + " |")
    return {name: statistics.median(rows) for name, rows in found["all"].items()}


def oclgrind_times(options, ours):
    words = ["oclgrind", "--data-races", "--uninitialized", options.build / "bin/bench_opencl",
             HERE / "kernels/kernels.cl", "1"]
    print("\n| kernel | all tools ms | Oclgrind ms | times |\n|---|---|---|---|")
    for name, (milliseconds, _) in run(words, timeout=options.oclgrind).items():
        print(f"| {name} | {ours[name]:.1f} | {milliseconds:.0f} | {milliseconds / ours[name]:.0f} |")


def peak_bytes(command, **environment):
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"error: {command[0]} failed")
    return usage.ru_maxrss * 1024


def memory(options, driver, folder):
    bytes_each = 32 * MIB
    case = pathlib.Path(folder, "copy.cl")
    case.write_text(COPY.format(items=bytes_each // 4, bytes=bytes_each))
    command = [options.build / "bin/check_application", case]
    base = peak_bytes(command, KIESEL_ENGINE="interpreter", **driver)
    print("\n| tools | bytes for each byte of buffers |\n|---|---|")
    for tool in TOOLS:
        more = peak_bytes(command, KIESEL_CHECKS=tool, KIESEL_BUILD_OPTIONS="-g -kiesel-notes", **driver) - base
        print(f"| {tool} | {more / (2 * bytes_each):.2f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--oclgrind", type=float, default=0, help="seconds that Oclgrind may take; 0: it is not run")
    options = parser.parse_args()
    driver = {"OCL_ICD_VENDORS": str((options.build / "kiesel.icd").resolve()), "KIESEL_THREADS": "1"}
    ours = times(options, driver)
    if options.oclgrind:
        oclgrind_times(options, ours)
    with tempfile.TemporaryDirectory() as folder:
        memory(options, driver, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
