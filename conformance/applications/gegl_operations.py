#!/usr/bin/env python3
"""GEGL's operations that have OpenCL kernels, with and without OpenCL, on one picture."""
import os
import subprocess
import sys
import tempfile

from pictures import read_picture, report, write_picture

# Largest and mean difference. The CPU's forms of the last two take other neighbours, mostly at the rim.
OPERATIONS = {name: (1, 0.05) for name in (
    "alien-map", "bilateral-filter", "box-blur radius=4", "brightness-contrast contrast=1.3", "color-exchange",
    "color-temperature", "edge-laplace", "exposure exposure=1", "hue-chroma hue=30", "invert-linear", "levels", "mono-mixer",
    "motion-blur-linear", "noise-hsv", "noise-hurl", "opacity value=0.5", "pixelize", "posterize", "red-eye-removal",
    "shadows-highlights shadows=50", "stretch-contrast", "texturize-canvas", "threshold", "value-invert", "vignette")}
OPERATIONS |= {"noise-reduction": (64, 0.5), "snn-mean": (64, 1.5)}


def apply(operation, source, result, opencl):
    name, *properties = operation.split()
    subprocess.run(["gegl", source, "-o", result, "--", f"gegl:{name}", *properties], check=True, capture_output=True,
                   env={**os.environ, "GEGL_USE_OPENCL": opencl})
    return read_picture(result)


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/in.png"
        write_picture(source)
        for operation, limits in OPERATIONS.items():
            host = apply(operation, source, f"{folder}/host.png", "no")
            device = apply(operation, source, f"{folder}/device.png", "yes")
            wrong += not report(operation, device, host, *limits)
    print("all right" if not wrong else f"{wrong} wrong")


if __name__ == "__main__":
    sys.exit(main())
