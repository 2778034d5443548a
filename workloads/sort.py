#!/usr/bin/env python3
"""PyOpenCL's radix sort of numbers of 32 bits.

    sort.py COUNT
"""
import sys

import numpy as np
import pyopencl.array as arrays
from pyopencl.algorithm import RadixSort

from opencl import open_queue, random, require_equal


def main():
    context, queue = open_queue()
    values = random.integers(0, 2**32, int(sys.argv[1]), np.uint32)
    sort = RadixSort(context, "unsigned int* keys", key_expr="keys[i]", sort_arg_names=["keys"])
    (result,), _ = sort(arrays.to_device(queue, values))
    require_equal("sort", result.get(), np.sort(values))


if __name__ == "__main__":
    main()
