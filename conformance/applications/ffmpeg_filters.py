#!/usr/bin/env python3
"""ffmpeg's OpenCL filters beside its CPU filters on the same two frames; what has no CPU filter of the same meaning must run."""
import subprocess
import sys

import numpy

SIZE = (160, 120)
# OpenCL filter, CPU filter, largest difference and mean difference of the luma and chroma values.
PAIRS = [
    ("avgblur_opencl=sizeX=3", "avgblur=sizeX=3", 3, 1.0),
    ("boxblur_opencl=2:1", "boxblur=2:1", 3, 1.0),
    ("sobel_opencl", "sobel", 3, 1.0),
    ("prewitt_opencl", "prewitt", 3, 1.0),
    ("roberts_opencl", "roberts", 3, 1.0),
    ("dilation_opencl", "dilation", 0, 0),
    ("erosion_opencl", "erosion", 0, 0),
    ("convolution_opencl=0m=1 1 1 1 1 1 1 1 1:0rdiv=1/9", "convolution=0m=1 1 1 1 1 1 1 1 1:0rdiv=1/9", 2, 1.0),
    ("transpose_opencl=dir=clock", "transpose=dir=clock", 0, 0),
    # Another approximation of a Gaussian than the CPU filter's.
    ("unsharp_opencl=lx=5:ly=5:la=1", "unsharp=lx=5:ly=5:la=1", 12, 1.0),
    ("pad_opencl=w=180:h=140:x=10:y=10", "pad=w=180:h=140:x=10:y=10", 0, 0),
]
RUN_ONLY = ["nlmeans_opencl=s=2:p=3:r=5", "deshake_opencl"]


def frames(source, video_filter, device):
    command = ["ffmpeg", "-v", "error", "-nostdin"]
    if device:
        command += ["-init_hw_device", "opencl=cl", "-filter_hw_device", "cl"]
        video_filter = f"hwupload,{video_filter},hwdownload,format=yuv420p"
    command += ["-f", "lavfi", "-i", source, "-vf", f"format=yuv420p,{video_filter},format=yuv420p", "-frames:v", "2",
                "-f", "rawvideo", "-"]
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        return done.stderr.decode(errors="replace").strip().splitlines()[-1]
    return numpy.frombuffer(done.stdout, numpy.uint8).astype(int)


def inner(values, height_width):
    """The luma planes without the rim, where filters may treat what is outside in their own ways."""
    width, height = height_width
    size = width * height * 3 // 2
    planes = [values[i * size:i * size + width * height].reshape(height, width) for i in range(len(values) // size)]
    return numpy.stack([plane[8:-8, 8:-8] for plane in planes])


def main():
    source = f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=5"
    wrong = 0
    for ours, theirs, most, mean in PAIRS:
        device, host = frames(source, ours, True), frames(source, theirs, False)
        name = ours.split("=")[0]
        if isinstance(device, str) or isinstance(host, str):
            print(f"{name:20} WRONG: {device if isinstance(device, str) else host}")
            wrong += 1
            continue
        size = SIZE[::-1] if "transpose" in name else (180, 140) if "pad" in name else SIZE
        difference = numpy.abs(inner(device, size) - inner(host, size))
        good = difference.max() <= most and difference.mean() <= mean
        print(f"{name:20} largest difference {difference.max()}, mean {difference.mean():.3f}  {'right' if good else 'WRONG'}")
        wrong += not good
    for ours in RUN_ONLY:
        device = frames(source, ours, True)
        good = not isinstance(device, str) and len(device) == 2 * SIZE[0] * SIZE[1] * 3 // 2
        print(f"{ours.split('=')[0]:20} {'ran' if good else f'WRONG: {device}'}")
        wrong += not good
    print("all right" if not wrong else f"{wrong} wrong")


if __name__ == "__main__":
    sys.exit(main())
