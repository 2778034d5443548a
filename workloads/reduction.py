#!/usr/bin/env python3
"""A scalar product and a maximum by PyOpenCL's reductions.

    reduction.py COUNT
"""
import sys

import numpy as np
import pyopencl.array as arrays

from opencl import normal, open_queue, require_equal, require_near


def main():
    count = int(sys.argv[1])
    _, queue = open_queue()
    a, b = normal(count), normal(count)
    left, right = arrays.to_device(queue, a), arrays.to_device(queue, b)
    product = arrays.dot(left, right).get()
    # Beside the sum of what is added, since the sum itself may be next to nothing.
    size = np.sum(np.abs(a.astype(np.float64) * b))
    require_near("scalar product", product / size + 1, np.dot(a.astype(np.float64), b) / size + 1, 1e-6)
    require_equal("maximum", arrays.max(left).get(), a.max())


if __name__ == "__main__":
    main()
