#!/usr/bin/env python3
"""OpenCV's transparent API: the same operations on cv2.UMat (OpenCL) and on arrays (host), compared."""
import sys

import cv2
import numpy


def operations():
    kernel = numpy.ones((3, 3), numpy.uint8)
    turn = cv2.getRotationMatrix2D((80, 60), 30, 1.1)
    return {
        "gaussian": (lambda a: cv2.GaussianBlur(a, (5, 5), 1.5), 1),
        "median": (lambda a: cv2.medianBlur(a, 3), 0),
        "bilateral": (lambda a: cv2.bilateralFilter(a, 5, 30, 30), 1),
        "box": (lambda a: cv2.blur(a, (3, 3)), 1),
        "sobel": (lambda a: cv2.Sobel(a, cv2.CV_16S, 1, 0), 0),
        "laplacian": (lambda a: cv2.Laplacian(a, cv2.CV_16S), 0),
        "dilate": (lambda a: cv2.dilate(a, kernel), 0),
        "erode": (lambda a: cv2.erode(a, kernel), 0),
        "resize": (lambda a: cv2.resize(a, (100, 70), interpolation=cv2.INTER_LINEAR), 1),
        "warp": (lambda a: cv2.warpAffine(a, turn, (160, 120), flags=cv2.INTER_NEAREST), 255),
        "grey": (lambda a: cv2.cvtColor(a, cv2.COLOR_BGR2GRAY), 1),
        "hsv": (lambda a: cv2.cvtColor(a, cv2.COLOR_BGR2HSV), 1),
        "threshold": (lambda a: cv2.threshold(a, 100, 255, cv2.THRESH_BINARY)[1], 0),
        "add": (lambda a: cv2.addWeighted(a, 0.5, a, 0.25, 3), 1),
        "absdiff": (lambda a: cv2.absdiff(a, cv2.flip(a, 1)), 0),
        "pyramid": (lambda a: cv2.pyrDown(a), 1),
        "bitwise": (lambda a: cv2.bitwise_not(a), 0),
        "split": (lambda a: cv2.split(a)[1], 0),
    }


def main():
    cv2.ocl.setUseOpenCL(True)
    if not cv2.ocl.useOpenCL():
        sys.exit("OpenCV finds no OpenCL device")
    print(cv2.ocl.Device_getDefault().name())
    image = numpy.random.default_rng(1).integers(0, 256, (120, 160, 3), dtype=numpy.uint8)
    image = cv2.GaussianBlur(image, (7, 7), 3)  # neighbours alike, as in pictures
    wrong = 0
    for name, (operation, tolerance) in operations().items():
        host = operation(image).astype(numpy.int64)
        device = operation(cv2.UMat(image)).get().astype(numpy.int64)
        difference = numpy.abs(host - device)
        # Where rounding picks another source pixel the values may differ: of a warp, a few of them.
        good = difference.max() <= tolerance and (tolerance < 255 or (difference > 1).mean() < 0.02)
        print(f"{name:10} largest difference {difference.max():4}  {'right' if good else 'WRONG'}")
        wrong += not good
    floats = numpy.random.default_rng(2).random((64, 64), dtype=numpy.float32)
    product = cv2.gemm(cv2.UMat(floats), cv2.UMat(floats), 1, None, 0).get()
    good = numpy.allclose(product, floats @ floats, rtol=1e-4)
    print(f"{'gemm':10} {'right' if good else 'WRONG'}")
    print("all right" if good and not wrong else f"{wrong + (not good)} wrong")


if __name__ == "__main__":
    sys.exit(main())
