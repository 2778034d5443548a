#!/usr/bin/env python3
"""UFO's filters on a random picture, each beside the same in numpy or scipy."""
import subprocess
import sys
import tempfile

import numpy
import scipy.ndimage
import tifffile


def inner(values):
    """Without the rim, where filters may treat what is outside in their own ways."""
    return values[6:-6, 6:-6]


# Filter, the same on the host, what of the results is compared.
PAIRS = {
    "median-filter size=3": (lambda a: scipy.ndimage.median_filter(a, 3), inner),
    "flip direction=horizontal": (lambda a: a[:, ::-1], numpy.asarray),
    "flip direction=vertical": (lambda a: a[::-1], numpy.asarray),
    "transpose": (lambda a: a.T, numpy.asarray),
    "calculate expression=v*2+1": (lambda a: a * 2 + 1, numpy.asarray),
    "crop x=10 y=20 width=30 height=40": (lambda a: a[20:60, 10:40], numpy.asarray),
    "clip min=0.2 max=0.7": (lambda a: a.clip(0.2, 0.7), numpy.asarray),
    "binarize threshold=0.5": (lambda a: a >= 0.5, numpy.asarray),
    "fft ! ifft": (lambda a: a / 128, numpy.asarray),  # both of them divide by the length
}
# What has no such simple counterpart must run.
RUN_ONLY = ("gradient", "blur size=9 sigma=1.5", "denoise", "remove-outliers", "polar-coordinates", "rotate angle=0.3",
            "rescale factor=2", "forwardproject number=64 angle-step=0.05 ! filter ! backproject")


def apply(chain, folder):
    """What the filter makes of in.tif, or its error."""
    result = f"{folder}/out.tif"
    done = subprocess.run(["ufo-launch", "-q", "read", f"path={folder}/in.tif", "!", *chain.split(), "!", "write",
                           f"filename={result}"], capture_output=True, text=True, errors="replace")
    if done.returncode or "rror" in done.stdout + done.stderr:
        return (done.stdout + done.stderr).strip()
    return tifffile.imread(result)


def main():
    wrong = 0
    picture = numpy.random.default_rng(2).random((96, 128), dtype=numpy.float32)
    with tempfile.TemporaryDirectory() as folder:
        tifffile.imwrite(f"{folder}/in.tif", picture)
        for chain in (*PAIRS, *RUN_ONLY):
            device = apply(chain, folder)
            if isinstance(device, str):
                verdict = f"WRONG: {device}"
            elif chain in RUN_ONLY:
                verdict = "ran" if numpy.isfinite(device).all() and device.any() else "WRONG: nothing, or no numbers"
            else:
                host, part = PAIRS[chain]
                difference = numpy.abs(part(device).astype(float) - part(host(picture))).max()
                verdict = f"difference {difference:.2g}  {'right' if difference < 1e-4 else 'WRONG'}"
            print(f"{chain:64} {verdict}", flush=True)
            wrong += "WRONG" in verdict
    print("all right" if not wrong else f"{wrong} wrong")


if __name__ == "__main__":
    sys.exit(main())
