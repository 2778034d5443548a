#!/usr/bin/env python3
"""OpenCV's DNN module with its OpenCL target beside its CPU target: a small convolutional network with random weights."""
import pathlib
import sys
import tempfile

import cv2
import numpy

LAYERS = [("convolutional", 16, 3, 1), ("maxpool", 0, 2, 2), ("convolutional", 32, 3, 1), ("maxpool", 0, 2, 2),
          ("convolutional", 64, 3, 1), ("convolutional", 32, 1, 1), ("convolutional", 10, 3, 2)]
SIZE = 64


def write_network(folder):
    """Darknet's format: a text of layers, and the weights as plain floats."""
    random = numpy.random.default_rng(3)
    text, weights, channels = [f"[net]\nwidth={SIZE}\nheight={SIZE}\nchannels=3\n"], [], 3
    for kind, filters, size, stride in LAYERS:
        if kind == "maxpool":
            text.append(f"[maxpool]\nsize={size}\nstride={stride}\n")
            continue
        text.append(f"[convolutional]\nfilters={filters}\nsize={size}\nstride={stride}\npad=1\nactivation=leaky\n")
        weights.append(random.normal(0, 0.1, filters))
        weights.append(random.normal(0, 1 / numpy.sqrt(channels * size * size), filters * channels * size * size))
        channels = filters
    (folder / "net.cfg").write_text("\n".join(text))
    header = numpy.array([0, 1, 0, 0], numpy.int32).tobytes()
    (folder / "net.weights").write_bytes(header + numpy.concatenate(weights).astype(numpy.float32).tobytes())


def forward(folder, image, target):
    net = cv2.dnn.readNetFromDarknet(str(folder / "net.cfg"), str(folder / "net.weights"))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.setPreferableTarget(target)
    net.setInput(cv2.dnn.blobFromImage(image, 1 / 255.0))
    return net.forward()


def main():
    cv2.ocl.setUseOpenCL(True)
    if not cv2.ocl.useOpenCL():
        sys.exit("OpenCV finds no OpenCL device")
    print(cv2.ocl.Device_getDefault().name())
    image = numpy.random.default_rng(1).integers(0, 256, (SIZE, SIZE, 3), dtype=numpy.uint8)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_network(folder)
        host = forward(folder, image, cv2.dnn.DNN_TARGET_CPU)
        device = forward(folder, image, cv2.dnn.DNN_TARGET_OPENCL)
    difference = numpy.abs(host - device).max()
    print(f"{host.shape} outputs up to {numpy.abs(host).max():.3g}, largest difference {difference:.3g}")
    print("all right" if difference <= 1e-4 * numpy.abs(host).max() else "WRONG")


if __name__ == "__main__":
    sys.exit(main())
