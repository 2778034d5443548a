#!/usr/bin/env python3
"""What commands and builds cost, beside PoCL: the same program through the same loader, interleaved.

    tools/bench/latency_table.py [--build build] [--rounds 5]

Prints a Markdown table of medians over all rounds, microseconds of wall time.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MEANING = {
    "empty_kernel/1": "empty kernel, one work-item: enqueue + clFinish",
    "empty_kernel/1024": "empty kernel, 1,024 work-items: enqueue + clFinish",
    "chained_kernels": "1,000 chained empty kernels + clFinish",
    "blocking_write/4096": "blocking write of 4 KiB",
    "blocking_write/1048576": "blocking write of 1 MiB",
    "blocking_read/4096": "blocking read of 4 KiB",
    "map_and_unmap": "blocking map and unmap of 4 KiB + clFinish",
    "user_event": "create, query, set, release a user event",
    "event_query": "query an event's status",
    "set_argument": "clSetKernelArg, a buffer and an int",
    "marker": "marker + clFinish",
    "create_buffer": "create and release a 4 KiB buffer",
    "own_queues/1": "16,000 empty kernels from one thread",
    "own_queues/16": "the same from 16 threads on queues of their own",
    "one_queue/1": "16,000 empty kernels from one thread, shared queue",
    "one_queue/16": "the same from 16 threads on one queue",
    "build_again": "clBuildProgram of saxpy, cache hit",
    "build_new": "clBuildProgram of saxpy, never seen before",
    "build_new_and_launch": "the same up to the end of its first launch",
}


def measure(program, icd, cache, **environment):
    done = subprocess.run([program, "--benchmark_format=json", "--benchmark_min_time=0.2"], capture_output=True, text=True,
                          env={**os.environ, "OCL_ICD_VENDORS": icd, "KIESEL_CACHE_DIR": cache,
                               "POCL_CACHE_DIR": cache + "/pocl", **environment})
    if done.returncode:
        sys.exit(f"error: {program} failed with {icd}:\n{done.stderr}")
    return {row["name"].removesuffix("/real_time"): row["real_time"]
            for row in json.loads(done.stdout)["benchmarks"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sides = {"kiesel": str((options.build / "kiesel.icd").resolve()), "pocl": "/etc/OpenCL/vendors/pocl.icd"}
    times = {side: {} for side in sides}
    with tempfile.TemporaryDirectory() as cache:
        os.mkdir(cache + "/pocl")
        for _ in range(options.rounds):
            for side, icd in sides.items():
                for name, value in measure(options.build / "bin/runtime_bench", icd, cache).items():
                    times[side].setdefault(name, []).append(value)
    print("| what | Kiesel, us | PoCL, us | PoCL / Kiesel |")
    print("|---|---|---|---|")
    for name, meaning in MEANING.items():
        ours, pocl = statistics.median(times["kiesel"][name]), statistics.median(times["pocl"][name])
        print(f"| {meaning} | {ours:.3f} | {pocl:.3f} | {pocl / ours:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
