#!/usr/bin/env python3
"""A PyOpenCL script as a user would write it: arrays, element-wise and reduction kernels, and a kernel of its own
with local memory, each compared with numpy."""
import sys

import numpy
import pyopencl
import pyopencl.array
import pyopencl.clrandom
import pyopencl.reduction

SOURCE = """
__kernel void row_sums(__global const double *m, __global double *out, __local double *partial, int columns)
{
    int row = get_group_id(0), item = get_local_id(0), items = get_local_size(0);
    double sum = 0;
    for (int k = item; k < columns; k += items)
        sum += m[row * columns + k];
    partial[item] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int step = items / 2; step > 0; step /= 2) {
        if (item < step)
            partial[item] += partial[item + step];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (item == 0)
        out[row] = partial[0];
}
"""


def main():
    context = pyopencl.create_some_context(interactive=False)
    queue = pyopencl.CommandQueue(context, properties=pyopencl.command_queue_properties.PROFILING_ENABLE)
    print(context.devices[0].name)
    random = numpy.random.default_rng(1)

    x, y = random.random(10007, dtype=numpy.float32), random.random(10007, dtype=numpy.float32)
    x_device, y_device = pyopencl.array.to_device(queue, x), pyopencl.array.to_device(queue, y)
    numpy.testing.assert_allclose((2 * x_device + x_device * y_device - 1).get(), 2 * x + x * y - 1, rtol=1e-6, atol=1e-6)
    numpy.testing.assert_allclose(pyopencl.array.dot(x_device, y_device).get(), numpy.dot(x, y), rtol=1e-4)
    assert pyopencl.array.max(x_device).get() == x.max()

    norm = pyopencl.reduction.ReductionKernel(context, numpy.float32, neutral="0", reduce_expr="a+b",
                                              map_expr="x[i]*x[i]", arguments="__global const float *x")
    numpy.testing.assert_allclose(norm(x_device).get(), (x * x).sum(), rtol=1e-4)

    rows, columns, items = 13, 1001, 64
    matrix = random.random((rows, columns))
    program = pyopencl.Program(context, SOURCE).build()
    matrix_device, sums = pyopencl.array.to_device(queue, matrix), pyopencl.array.zeros(queue, rows, numpy.float64)
    event = program.row_sums(queue, (rows * items,), (items,), matrix_device.data, sums.data,
                             pyopencl.LocalMemory(8 * items), numpy.int32(columns))
    event.wait()
    assert event.profile.queued <= event.profile.submit <= event.profile.start <= event.profile.end
    numpy.testing.assert_allclose(sums.get(), matrix.sum(axis=1), rtol=1e-12)
    print("all right")


if __name__ == "__main__":
    sys.exit(main())
