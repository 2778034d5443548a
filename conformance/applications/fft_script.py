#!/usr/bin/env python3
"""clFFT through gpyfft, compared with numpy: sizes with factors 2, 3, 5, 7, one and two dimensions, batches, there and back."""
import sys

import numpy
import pyopencl
import pyopencl.array
from gpyfft.fft import FFT

CASES = [((1024,), None, numpy.complex64), ((16, 512), (1,), numpy.complex64), ((60, 90), (0, 1), numpy.complex64),
         ((7, 105), (1,), numpy.complex64), ((64, 64), (0, 1), numpy.complex128)]


def main():
    context = pyopencl.create_some_context(interactive=False)
    queue = pyopencl.CommandQueue(context)
    print(context.devices[0].name)
    random = numpy.random.default_rng(1)
    wrong = 0
    for shape, axes, dtype in CASES:
        host = (random.random(shape) + 1j * random.random(shape)).astype(dtype)
        device = pyopencl.array.to_device(queue, host)
        result = pyopencl.array.empty_like(device)
        for event in FFT(context, queue, device, out_array=result, axes=axes).enqueue():
            event.wait()
        expected = numpy.fft.fftn(host, axes=axes)
        error = numpy.abs(result.get() - expected).max() / numpy.abs(expected).max()
        for event in FFT(context, queue, result, out_array=device, axes=axes).enqueue(forward=False):
            event.wait()
        back = numpy.abs(device.get() - host).max()
        good = max(error, back) < (1e-12 if dtype == numpy.complex128 else 1e-5)
        print(f"{shape!s:12} error {error:.2g}, there and back {back:.2g}  {'right' if good else 'WRONG'}")
        wrong += not good
    print("all right" if not wrong else f"{wrong} wrong")


if __name__ == "__main__":
    sys.exit(main())
