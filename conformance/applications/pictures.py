"""A picture to try filters on, and the comparison of two results."""
import numpy
from PIL import Image


def write_picture(path, size=(320, 240)):
    """Waves of several lengths, a ramp and a little noise."""
    width, height = size
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [128 + 100 * numpy.sin(x / 17 + y / 23), 128 + 90 * numpy.cos(x / 31 - y / 11), x * 255 / width]
    noise = numpy.random.default_rng(1).normal(0, 6, (height, width, 3))
    Image.fromarray(numpy.clip(numpy.stack(waves, -1) + noise, 0, 255).astype(numpy.uint8)).save(path)


def read_picture(path):
    return numpy.asarray(Image.open(path).convert("RGB")).astype(int)


def differences(a, b):
    """Largest and mean difference; of different sizes everything differs."""
    if a.shape != b.shape:
        return float("inf"), float("inf")
    difference = numpy.abs(a - b)
    return difference.max(), difference.mean()


def report(name, a, b, most, mean):
    """Prints a line and returns whether the two are alike."""
    largest, average = differences(a, b)
    good = largest <= most and average <= mean
    print(f"{name:36} largest difference {largest:.4g}, mean {average:.4g}  {'right' if good else 'WRONG'}", flush=True)
    return good
