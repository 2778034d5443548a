#!/usr/bin/python3
"""Estimates of the option sample beside timing all of it: error and time, for applications of any kind.

    tools/bench/sampling_table.py [--build build] [--device NAME] [--rounds 3] NAME=COMMAND...

Each command, a text as a shell reads it, is recorded once for the device; its launches are then replayed whole and
sampled, in turns, on one thread. Figures are the medians. "off" is how far the estimate of all cycles is from timing all
of them, "said" what the estimate says of itself (two standard errors), "time" the share of the time of the whole replay.
Exits with 1 when a replay leaves other bytes than were recorded.
"""
import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time


def kiesel(options, *words):
    return subprocess.run([options.build / "bin/kiesel", *words], capture_output=True, text=True,
                          env={**os.environ, "OCL_ICD_VENDORS": str((options.build / "kiesel.icd").resolve())})


def record(options, command, capture):
    done = kiesel(options, "capture", "-o", capture, "--device", options.device, "--", *shlex.split(command))
    if done.returncode:
        sys.exit(f"error: '{command}' cannot be recorded\n{done.stdout}{done.stderr}")


def replay(options, capture, folder, *flags):
    """Seconds, and sums of counters."""
    counts = folder / "counts.json"
    begin = time.monotonic()
    done = kiesel(options, "replay", capture, "--device", options.device, "--engine", "cycles", "--threads", "1",
                  "--counts", counts, *flags)
    seconds = time.monotonic() - begin
    if done.returncode:
        sys.exit(f"error: {capture.name} does not replay\n{done.stdout}{done.stderr}")
    return seconds, json.loads(counts.read_text())["total"]


def row(options, name, command, folder):
    capture = folder / f"{name}.kcap"
    record(options, command, capture)
    wholes, parts = [], []
    for _ in range(options.rounds):
        wholes.append(replay(options, capture, folder))
        parts.append(replay(options, capture, folder, "--sample"))
    whole, part = wholes[0][1], parts[0][1]
    times = [statistics.median(seconds for seconds, _ in runs) for runs in (wholes, parts)]
    shares = statistics.median(b[0] / a[0] for a, b in zip(wholes, parts))
    print(f"| {name} | {whole['instructions'] / 1e6:.1f} | {100 * (part['cycles'] / whole['cycles'] - 1):+.2f} % | "
          f"{100 * part['cycles_error'] / whole['cycles']:.2f} % | {100 * part['estimated_cycles'] / part['cycles']:.0f} % | "
          f"{times[0]:.1f} | {times[1]:.1f} | {shares:.3f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--device", default="rv-gpu-mid")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    options = parser.parse_args()
    print("| application | M instructions | off | said | estimated | whole s | sampled s | time |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for each in options.commands:
            name, _, command = each.partition("=")
            row(options, name, command, pathlib.Path(folder))


if __name__ == "__main__":
    main()
