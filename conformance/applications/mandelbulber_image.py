#!/usr/bin/env python3
"""Mandelbulber: one of its examples rendered with OpenCL and on the CPU."""
import os
import subprocess
import sys
import tempfile

from pictures import read_picture, report

EXAMPLE = "/usr/share/mandelbulber2/examples/IFS_001.fract"


def render(folder, opencl):
    result = f"{folder}/{opencl}.png"
    subprocess.run(["mandelbulber2", "-n", "-C", "-f", "png", "-r", "96x72", "-o", result, "-O",
                    f"opencl_enabled={opencl}#opencl_mode=3", EXAMPLE], check=True, capture_output=True,
                   env={**os.environ, "HOME": folder, "QT_QPA_PLATFORM": "offscreen"})
    return read_picture(result)


def main():
    with tempfile.TemporaryDirectory() as folder:
        # A ray that grazes an edge may hit in one precision and miss in the other.
        print("all right" if report("IFS", render(folder, 1), render(folder, 0), 96, 2) else "wrong")


if __name__ == "__main__":
    sys.exit(main())
