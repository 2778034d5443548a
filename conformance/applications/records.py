"""Compares what an application read back from two drivers (recorder.cpp writes it)."""
import struct

import numpy


def read(path):
    """The blocks of a record, in the order in which the application read them."""
    blocks, data, at = [], path.read_bytes() if path.exists() else b"", 0
    while at + 8 <= len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        blocks.append(data[at + 8:at + 8 + size])
        at += 8 + size
    return blocks


def plausible(values):
    """Whether these are floating-point numbers: integers read as such are tiny, huge or no numbers."""
    sizes = numpy.abs(values[values != 0])
    return bool(numpy.isfinite(values).all() and (sizes > 1e-30).all() and (sizes < 1e30).all())


def difference(ours, theirs):
    """Largest difference of two blocks in relation to the largest number; None when they are not numbers."""
    if ours == theirs:
        return 0.0
    for kind in (numpy.float32, numpy.float64):
        if len(ours) % numpy.dtype(kind).itemsize:
            continue
        a, b = numpy.frombuffer(ours, kind), numpy.frombuffer(theirs, kind)
        if plausible(a) and plausible(b):
            return float(numpy.abs(a.astype(float) - b).max() / max(numpy.abs(b).max(), 1e-30))
    return None


def compare(ours, theirs, tolerance):
    """None when two records agree, else what differs."""
    a, b = read(ours), read(theirs)
    if not a:
        return "nothing was read back"
    if [len(block) for block in a] != [len(block) for block in b]:
        return f"{len(a)} readings, the reference has {len(b)}, or their sizes differ"
    for number, (mine, other) in enumerate(zip(a, b)):
        off = difference(mine, other)
        if off is None or off > tolerance:
            return f"reading {number} of {len(a)} differs" + ("" if off is None else f" by {off:.2g}")
    return None
