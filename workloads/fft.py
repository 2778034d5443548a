#!/usr/bin/env python3
"""Fourier transforms of complex rows by clFFT.

    fft.py ROWS POINTS
"""
import sys

import numpy as np
import pyopencl.array as arrays
from gpyfft.fft import FFT

from opencl import normal, open_queue, require_near


def main():
    rows, points = map(int, sys.argv[1:3])
    context, queue = open_queue()
    values = (normal(rows, points) + 1j * normal(rows, points)).astype(np.complex64)
    data = arrays.to_device(queue, values)
    for event in FFT(context, queue, data, axes=(1,)).enqueue():
        event.wait()
    result, expected = data.get(), np.fft.fft(values.astype(np.complex128))
    require_near("transform, real", result.real, expected.real, 1e-5)
    require_near("transform, imaginary", result.imag, expected.imag, 1e-5)


if __name__ == "__main__":
    main()
