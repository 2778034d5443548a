#!/usr/bin/env python3
"""x264 with its lookahead in OpenCL: the stream decodes to as many frames as went in, and is as good and as large as the one
whose lookahead ran on the CPU (the two estimate motion in their own ways, so the streams are not equal)."""
import pathlib
import re
import subprocess
import sys
import tempfile

FRAMES = 30


def encode(folder, name, *options):
    """PSNR of the luma and the stream's size."""
    stream = pathlib.Path(folder) / f"{name}.264"
    done = subprocess.run(["x264", "--threads", "1", "--crf", "25", "--psnr", *options, "-o", stream, f"{folder}/in.y4m"],
                          check=True, capture_output=True, text=True, errors="replace")
    frames = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of",
                             "csv=p=0", stream], check=True, capture_output=True, text=True).stdout
    assert int(frames) == FRAMES, f"{frames} frames"
    return float(re.search(r"PSNR Mean Y:([\d.]+)", done.stderr).group(1)), stream.stat().st_size


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-frames:v", str(FRAMES),
                        "-pix_fmt", "yuv420p", f"{folder}/in.y4m"], check=True)
        host, device = encode(folder, "host"), encode(folder, "device", "--opencl", "--opencl-clbin", f"{folder}/clbin")
    print(f"PSNR and bytes: {host} on the CPU, {device} with OpenCL")
    good = abs(host[0] - device[0]) < 0.5 and abs(host[1] - device[1]) < 0.1 * host[1]
    print("all right" if good else "wrong")


if __name__ == "__main__":
    sys.exit(main())
