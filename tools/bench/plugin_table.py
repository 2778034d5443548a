#!/usr/bin/env python3
"""What the plug-in interface costs: the device model compiled in, behind the interface in the application's process,
and in a process of its own; the same program through the same loader, in turns.

    tools/bench/plugin_table.py [--build build] [--rounds 5]

Prints a Markdown table of medians over all rounds, microseconds of wall time.
"""
import argparse
import pathlib
import statistics
import tempfile

from latency_table import MEANING, ROOT, measure

ROWS = ["empty_kernel/1", "empty_kernel/1024", "chained_kernels", "blocking_write/4096", "blocking_write/1048576",
        "blocking_read/4096", "map_and_unmap", "create_buffer"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    icd = str((options.build / "kiesel.icd").resolve())
    example = f"plugin:{(options.build / 'lib/libkiesel-example.so').resolve()}:process="
    sides = {"compiled in": "kiesel", "same process": example + "same", "own process": example + "own"}
    times = {side: {} for side in sides}
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(options.rounds):
            for side, device in sides.items():
                rows = measure(options.build / "bin/runtime_bench", icd, cache, KIESEL_DEVICE=device,
                               BENCHMARK_FILTER="^(" + "|".join(name.split("/")[0] for name in ROWS) + ")")
                for name, value in rows.items():
                    times[side].setdefault(name, []).append(value)
    print("| what | " + " | ".join(f"{side}, us" for side in sides) + " |\n|---" * 1 + "|---" * len(sides) + "|")
    for name in ROWS:
        print(f"| {MEANING[name]} | " + " | ".join(f"{statistics.median(times[side][name]):.1f}" for side in sides) + " |")


if __name__ == "__main__":
    main()
