"""What the suite's programs have in common: a queue, random numbers that are the same each time, and checks.

A program ends with 0 when its results are right, and with 1 and a sentence when they are not. The device is the
first one of the first platform; PYOPENCL_CTX chooses another.
"""
import ctypes
import ctypes.util
import sys

import numpy as np
import pyopencl as cl

random = np.random.default_rng(1)


def open_queue():
    context = cl.create_some_context(interactive=False)
    return context, cl.CommandQueue(context)


def items(context, wanted):
    """Work-items of a work-group: a power of two, not more than wanted and than the device takes."""
    most = min(wanted, context.devices[0].max_work_group_size)
    return 1 << (most.bit_length() - 1)


def build(context, source, **numbers):
    """A program with numbers as macros."""
    return cl.Program(context, source).build([f"-D{name}={value}" for name, value in numbers.items()])


def buffer_of(context, array):
    return cl.Buffer(context, cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR, hostbuf=np.ascontiguousarray(array))


def read(queue, buffer, shape, kind):
    out = np.empty(shape, kind)
    cl.enqueue_copy(queue, out, buffer)
    return out


def normal(*shape, kind=np.float32):
    return random.standard_normal(shape).astype(kind)


def require_near(what, got, expected, tolerance):
    """Errors are told beside the largest expected number."""
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    error = np.max(np.abs(got - expected)) / max(np.max(np.abs(expected)), 1e-30)
    if not error <= tolerance:
        sys.exit(f"{what}: off by {error:.3g} of the largest number, more than {tolerance:.3g}")
    print(f"{what}: right, off by {error:.3g}")


def require_equal(what, got, expected):
    wrong = np.count_nonzero(np.asarray(got) != np.asarray(expected))
    if wrong:
        sys.exit(f"{what}: {wrong} of {np.asarray(expected).size} are wrong")
    print(f"{what}: right")


class CLBlast:
    """The library's interface in C."""

    ROW_MAJOR, NO_TRANSPOSE, CROSS_CORRELATION = 101, 111, 151

    def __init__(self, queue):
        name = ctypes.util.find_library("clblast")
        if not name:
            sys.exit("CLBlast is not installed: Debian's package is libclblast1")
        self.library = ctypes.CDLL(name)
        self.queue = queue
        self.handle = ctypes.c_void_p(queue.int_ptr)

    def call(self, name, *arguments):
        """Numbers go as they are: ints are sizes and offsets, buffers are handles."""
        def passed(argument):
            if isinstance(argument, cl.Buffer):
                return ctypes.c_void_p(argument.int_ptr)
            return ctypes.c_size_t(argument) if isinstance(argument, int) else argument
        status = getattr(self.library, "CLBlast" + name)(*map(passed, arguments), ctypes.byref(self.handle), None)
        if status:
            sys.exit(f"CLBlast{name} ended with {status}")
        self.queue.finish()
