#!/usr/bin/env python3
"""darktable: its first start, which builds all of its kernels, and an export with OpenCL beside one without."""
import subprocess
import sys
import tempfile

import numpy

from pictures import report, write_picture


def read_floats(path):
    """A portable float map of three channels."""
    with open(path, "rb") as file:
        assert file.readline().strip() == b"PF"
        width, height = map(int, file.readline().split())
        order = "<f4" if float(file.readline()) < 0 else ">f4"
        return numpy.frombuffer(file.read(), order).reshape(height, width, 3).astype(float)


def export(folder, name, *options):
    result = f"{folder}/{name}.pfm"
    done = subprocess.run(["darktable-cli", f"{folder}/in.png", result, "--core", "--configdir", f"{folder}/{name}",
                           "--cachedir", f"{folder}/{name}/cache", "--library", ":memory:", "-d", "opencl", *options],
                          check=True, capture_output=True, text=True, errors="replace")
    return read_floats(result), done.stdout + done.stderr


def main():
    with tempfile.TemporaryDirectory() as folder:
        write_picture(f"{folder}/in.png")
        device, log = export(folder, "device")
        host, _ = export(folder, "host", "--disable-opencl")
    failed = [line for line in log.splitlines() if "build failed" in line or "could not compile" in line]
    print("\n".join(failed))
    good = report("export", device, host, 2e-3, 1e-4)
    print("all right" if good and not failed else "wrong")


if __name__ == "__main__":
    sys.exit(main())
