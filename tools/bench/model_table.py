#!/usr/bin/python3
"""Kernels of real size on the device model beside PoCL: the same program through the same loader, one process each.

    tools/bench/model_table.py [--build build] [--rounds 3] [--repeats 7] [--only NAME]...
    tools/bench/model_table.py --scale [--rounds 1]

The processes alternate round by round, on one processor and on all, pinned to the same ones; every figure is the median
over the rounds of each process's median of `repeats` runs after two that do not count. "ms" is kernel time by event
profiling, "wall" the time from the first enqueue to the end of clFinish (fft_radix4 and bfs launch several times, their
figures are sums), "first" is a program's build with all caches off, up to the end of its first run. Kiesel runs with
KIESEL_ENGINE=translator: translated from the first work-group on, so translation is part of "first" and of nothing else.
Kernels whose arithmetic OpenCL defines exactly must give the same bits; the TOLERANT ones, which call functions with an
error in ulps, may differ by ALLOWED of the mean magnitude of the result. Exits with 1 when a result differs, when a kernel
fails or when nothing was compared. The FMA peak is the best that any of the processes measured.
--scale prints nanoseconds of kernel time for each work-item instead, from 1 to 64 M work-items.
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
SIDES = ("kiesel", "pocl")
TOLERANT = {"softmax", "layer_norm", "nbody", "fft_radix4", "black_scholes"}
ALLOWED = 2e-5
SGEMM_OPERATIONS = 2 * 512**3  # SGEMM_LARGE_N of workloads.h
FAILED = "failed"


def run(options, mode, side, processors, folder):
    """The rows of one process: (kernel ms, wall ms, first ms, checksum) or the text of a failure, by name."""
    results = pathlib.Path(folder, f"{side}-{len(processors)}")
    results.mkdir(exist_ok=True)
    count = str(len(processors))
    environment = {
        "kiesel": {"OCL_ICD_VENDORS": str((options.build / "kiesel.icd").resolve()), "KIESEL_THREADS": count,
                   "KIESEL_ENGINE": "translator", "KIESEL_CACHE": "0"},
        "pocl": {"OCL_ICD_VENDORS": "/etc/OpenCL/vendors/pocl.icd", "POCL_MAX_PTHREAD_COUNT": count,
                 "POCL_KERNEL_CACHE": "0", "POCL_CACHE_DIR": str(results)},
    }[side]
    command = ["taskset", "-c", ",".join(map(str, processors)), options.build / "bin/model_opencl", mode,
               HERE / "kernels", "--repeats", str(options.repeats)]
    if mode == "table":
        command += ["--results", results]
    for name in options.only:
        command += ["--only", name]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        print(f"error: {side} on {count} processors ended with {done.returncode}\n{done.stderr}", file=sys.stderr)
    rows = {}
    for line in done.stdout.splitlines()[1:]:
        name, *words = line.split()
        if words[0] == FAILED + ":":
            rows[name] = " ".join(words[1:])
        else:
            rows[name] = tuple(map(float, words[:3])) + tuple(words[3:])
    return rows


def difference(name, left, right):
    """Of two results' files, the largest difference as a part of the mean magnitude."""
    import numpy as np

    a, b = (np.fromfile(pathlib.Path(folder, name), np.float32).astype(float) for folder in (left, right))
    return float(np.max(np.abs(a - b)) / np.mean(np.abs(b)))


class Samples:
    """Of one number of processors: all rounds of both sides."""

    def __init__(self, processors):
        self.processors = processors
        self.rounds = {side: [] for side in SIDES}

    def median(self, side, name, figure):
        return statistics.median(rows[name][figure] for rows in self.rounds[side])

    def names(self):
        return list(dict.fromkeys(name for side in SIDES for rows in self.rounds[side] for name in rows))

    def verdict(self, name, folder):
        """What the results say, and whether that is as it must be."""
        found = {side: [rows.get(name) for rows in self.rounds[side]] for side in SIDES}
        for side in SIDES:
            for row in found[side]:
                if not isinstance(row, tuple):
                    return f"{side} {FAILED}: {row or 'process ended'}", False
        if name == "fma_peak" or len({row[3] for side in SIDES for row in found[side]}) == 1:
            return "same bits", True
        if name not in TOLERANT:
            return "DIFFERENT BITS", False
        folders = (pathlib.Path(folder, f"{side}-{len(self.processors)}") for side in SIDES)
        largest = difference(name, *folders)
        return f"within {largest:.0e}", largest <= ALLOWED


def ratio_line(name, samples):
    ours, theirs = (samples.median(side, name, 0) for side in SIDES)
    walls = [samples.median(side, name, 1) for side in SIDES]
    return theirs / ours, f" {ours:.3f} | {theirs:.3f} | **{theirs / ours:.2f}** | {walls[0]:.3f} | {walls[1]:.3f} |"


def print_table(all_samples, folder):
    titles = "".join(f" {len(s.processors)} thread{'s' * (len(s.processors) > 1)}: Kiesel ms | PoCL ms | PoCL / Kiesel "
                     "| Kiesel wall | PoCL wall |" for s in all_samples)
    print(f"| kernel | result |{titles} first: Kiesel ms | PoCL ms | Kiesel / PoCL |")
    print("|---" * (2 + 5 * len(all_samples) + 3) + "|")
    ratios, good = [[] for _ in all_samples], True
    for name in all_samples[0].names():
        if name == "fma_peak":
            continue
        verdicts = [samples.verdict(name, folder) for samples in all_samples]
        text = "; ".join(dict.fromkeys(text for text, _ in verdicts))
        good &= all(right for _, right in verdicts)
        if FAILED in text:
            print(f"| {name} | {text} |" + " |" * (5 * len(all_samples) + 3))
            continue
        cells = ""
        for samples, of_threads in zip(all_samples, ratios):
            ratio, columns = ratio_line(name, samples)
            of_threads.append(ratio)
            cells += columns
        first = [all_samples[0].median(side, name, 2) for side in SIDES]
        print(f"| {name} | {text} |{cells} {first[0]:.0f} | {first[1]:.0f} | {first[0] / first[1]:.2f} |")
    print()
    for samples in all_samples:
        peaks = [rows["fma_peak"][0] for side in SIDES for rows in samples.rounds[side] if "fma_peak" in rows]
        if not peaks:
            continue
        peak = max(peaks)
        print(f"{len(samples.processors)} thread(s): the host's FMA peak is {peak:.0f} GFLOP/s", end="")
        for name in ("sgemm", "sgemm_tiled"):
            if name in samples.names() and FAILED not in samples.verdict(name, folder)[0]:
                parts = (SGEMM_OPERATIONS / samples.median(side, name, 0) * 1e-6 / peak for side in SIDES)
                print("; {}: Kiesel {:.1%}, PoCL {:.1%} of it".format(name, *parts), end="")
        print(".  ")
    for samples, of_threads in zip(all_samples, ratios):
        if not of_threads:
            good = False
            continue
        print(f"{len(samples.processors)} thread(s): geometric mean {statistics.geometric_mean(of_threads):.2f}, "
              f"{sum(ratio < 1 for ratio in of_threads)} of {len(of_threads)} kernels below 1.0.  ")
    return good


def print_scale(samples, folder):
    print("| work-items | saxpy: Kiesel ns | PoCL ns | mandelbrot: Kiesel ns | PoCL ns |\n|---|---|---|---|---|")
    good = True
    for exponent in range(14):
        items, cells = 4**exponent, ""
        for kernel in ("saxpy", "mandelbrot"):
            name = f"{kernel}/{items}"
            if name not in samples.names():
                cells += " | |"
                continue
            text, right = samples.verdict(name, folder)
            good &= right
            if right:
                cells += "".join(f" {samples.median(side, name, 0) * 1e6 / items:.3f} |" for side in SIDES)
            else:
                cells += f" {text} | |"
        print(f"| {items:,} |{cells}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="rows to measure; all without it")
    parser.add_argument("--scale", action="store_true")
    options = parser.parse_args()
    processors = sorted(os.sched_getaffinity(0))
    sets = [processors] if options.scale else [processors[:1]] + ([processors] if len(processors) > 1 else [])
    all_samples = [Samples(chosen) for chosen in sets]
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds or (1 if options.scale else 3)):
            for samples in all_samples:
                for side in SIDES:
                    mode = "scale" if options.scale else "table"
                    samples.rounds[side].append(run(options, mode, side, samples.processors, folder))
        good = print_scale(all_samples[0], folder) if options.scale else print_table(all_samples, folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
