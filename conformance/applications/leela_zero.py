#!/usr/bin/env python3
"""Leela Zero with a small network of random weights: its tuner for the device's matrix products, then what the network says of
two positions, with OpenCL and on the CPU."""
import os
import random
import re
import subprocess
import sys
import tempfile

CHANNELS, BLOCKS, POINTS = 32, 2, 361
COMMANDS = "heatmap\nplay b q16\nplay w d4\nheatmap\nquit\n"


def numbers(count, deviation, mean=0.0):
    return " ".join(f"{random.gauss(mean, deviation):.5f}" for _ in range(count))


def convolution(inputs, outputs, edge):
    """Weights, biases, and means and variances of the normalisation: a line each."""
    inner = inputs * edge * edge
    variances = " ".join(f"{abs(random.gauss(1, 0.1)) + 0.1:.4f}" for _ in range(outputs))
    return [numbers(outputs * inner, (2 / inner) ** 0.5), numbers(outputs, 0.01), numbers(outputs, 0.01), variances]


def write_network(path):
    random.seed(3)
    lines = ["1"] + convolution(18, CHANNELS, 3)
    for _ in range(2 * BLOCKS):
        lines += convolution(CHANNELS, CHANNELS, 3)
    lines += convolution(CHANNELS, 2, 1) + [numbers(2 * POINTS * (POINTS + 1), 0.05), numbers(POINTS + 1, 0.1)]
    lines += convolution(CHANNELS, 1, 1)
    lines += [numbers(POINTS * 256, 0.05), numbers(256, 0.1), numbers(256, 0.1), numbers(1, 0.1)]
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


def play(folder, *options):
    """The thousandths of each point in both positions, and all that was said."""
    done = subprocess.run(["/usr/games/leelaz", "--gtp", "--noponder", "-t", "1", "-w", f"{folder}/network", *options],
                          input=COMMANDS, capture_output=True, text=True, errors="replace", env={**os.environ, "HOME": folder})
    output = done.stdout + done.stderr
    rows = re.findall(r"^(?:\s*\d+){19}\s*$", output, re.MULTILINE)
    return [int(n) for row in rows for n in row.split()], output


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_network(f"{folder}/network")
        host, _ = play(folder, "--cpu-only")
        device, output = play(folder, "--precision", "single")
    good = len(host) == 2 * POINTS and len(device) == len(host) and max(abs(a - b) for a, b in zip(host, device)) <= 1
    tuned = re.findall(r"Will try (\d+) valid configurations", output)
    print(f"tuned among {tuned}, {len(device)} points")
    print("all right" if good and tuned else "wrong\n" + output)


if __name__ == "__main__":
    sys.exit(main())
