#!/usr/bin/env python3
"""Convolution of images with 3 x 3 filters by CLBlast, checked at places chosen by chance.

    convolution.py CHANNELS SIDE FILTERS
"""
import ctypes
import sys

import numpy as np

from opencl import CLBlast, buffer_of, normal, open_queue, random, read, require_near

FILTER = 3
CHECKED = 200


def main():
    channels, side, filters = map(int, sys.argv[1:4])
    context, queue = open_queue()
    image, weights = normal(channels, side, side), normal(filters, channels, FILTER, FILTER)
    out = buffer_of(context, np.zeros((filters, side, side), np.float32))
    blas = CLBlast(queue)
    blas.call("Sconvgemm", ctypes.c_int(blas.CROSS_CORRELATION), channels, side, side, FILTER, FILTER, 1, 1, 1, 1, 1, 1,
              filters, 1, buffer_of(context, image), 0, buffer_of(context, weights), 0, out, 0)
    got = read(queue, out, (filters, side, side), np.float32)
    padded = np.pad(image.astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    places = np.stack([random.integers(0, most, CHECKED) for most in (filters, side, side)], 1)
    expected = [np.sum(padded[:, y:y + FILTER, x:x + FILTER] * weights[f]) for f, y, x in places]
    require_near("convolution", [got[f, y, x] for f, y, x in places], expected, 1e-5)


if __name__ == "__main__":
    main()
