#!/usr/bin/env python3
"""Captures applications, replays them on devices of several kinds, and looks at what is said.

    evaluation/capture/test/check_capture.py --build build
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
import bench as common  # noqa: E402
from bench import require  # noqa: E402

OTHER_TARGETS = ("kiesel-small", "kiesel-4")  # fewer warps, and fewer lanes, too
OTHER_LANES = OTHER_TARGETS[1]


class Bench(common.Bench):
    def __init__(self, build, folder):
        super().__init__(build, folder)
        self.other_shape = folder / "shape.toml"  # of the default's target
        self.other_shape.write_text("cores = 2\n")

    def kiesel(self, *words, status=0):
        """Output of `kiesel WORDS`, which must end with this status, or one of these."""
        done = subprocess.run([str(word) for word in (self.bin / "kiesel", *words)], capture_output=True, text=True,
                              env=self.environment, timeout=300)
        text = done.stdout + done.stderr
        require(done.returncode in (status if isinstance(status, tuple) else (status,)), f"{words} ended with {done.returncode}, not {status}:\n{text}")
        return text

    def file(self, name):
        return self.folder / f"{name}.kcap"

    def capture(self, what, *options, name=None, status=0):
        path = self.file(name or what)
        text = self.kiesel("capture", "-o", path, *options, "--", self.bin / "capture_application", what, status=status)
        return path, text

    def replay(self, path, *options, status=0):
        """How many launches are the same, differ, have no outcome, could not run; and the whole text."""
        text = self.kiesel("replay", path, *options, status=status)
        counts = re.search(r"(\d+) same, (\d+) different, (\d+) without a recorded outcome, (\d+) could not run", text)
        require(counts, f"no counts in {text}")
        return tuple(map(int, counts.groups())), text

    def expect(self, path, counts, *options, status=0):
        seen, text = self.replay(path, *options, status=status)
        require(seen == counts, f"replay of {path.name} with {options}: {seen}, expected {counts}\n{text}")
        return text


def launches_of(bench, path):
    """(number, kernel) of each launch that `capture info` lists."""
    text = bench.kiesel("capture", "info", path)
    return [(int(number), kernel) for number, kernel in re.findall(r"^ +(\d+)  (\w+) +\d+x", text, re.MULTILINE)]


def check_devices(bench):
    path, _ = bench.capture("many")
    require(launches_of(bench, path) == [(i, ("add", "square")[i % 2]) for i in range(10)], "launches of many")
    for options in ([], ["--engine", "interpreter"], ["--engine", "translator"], ["--device", bench.other_shape],
                    *(["--device", name] for name in OTHER_TARGETS), ["--device", bench.plugin], ["--exact-bounds"],
                    ["--device", f"{bench.plugin},shape={OTHER_LANES}"]):
        bench.expect(path, (10, 0, 0, 0), *options)
    path, _ = bench.capture("features")
    for options in ([], ["--device", bench.plugin]):
        bench.expect(path, (10, 0, 0, 0), *options)
    path, _ = bench.capture("features", "--device", bench.plugin, name="from-plugin")
    bench.expect(path, (10, 0, 0, 0))
    path, _ = bench.capture("threads")
    bench.expect(path, (30, 0, 0, 0))


def check_pointers(bench):
    path, _ = bench.capture("pointers")
    bench.expect(path, (2, 0, 0, 0))
    bench.expect(path, (2, 0, 0, 0), "--device", bench.other_shape)
    text = bench.expect(path, (0, 0, 0, 2), "--device", bench.plugin, status=2)
    require("holds addresses of memory that lies elsewhere" in text, text)


def check_differences(bench):
    path, _ = bench.capture("lanes")
    bench.expect(path, (1, 0, 0, 0))
    text = bench.expect(path, (0, 1, 0, 0), "--device", OTHER_LANES, status=1)
    require("160 of 40000 bytes differ, the first at byte 0: recorded 10 00 00 00 10 00 00 00, "
            "here 04 00 00 00 04 00 00 00" in text, text)


def check_ends(bench):
    path, text = bench.capture("die", status=137)
    require("ended with status 137" in text, text)
    bench.expect(path, (2, 0, 0, 0))
    path, _ = bench.capture("die-within", status=137)
    bench.expect(path, (2, 0, 1, 0), "--launch-seconds", "1")
    path, _ = bench.capture("fault")
    bench.expect(path, (1, 0, 0, 0))
    _, text = bench.capture("nothing", status=1)
    require("nothing was recorded" in text and not bench.file("nothing").exists(), text)
    bench.capture("fork")
    files = sorted(bench.folder.glob("fork.kcap*"))
    require(len(files) == 2, f"parent and child wrote {files}")
    for each in files:
        bench.expect(each, (2, 0, 0, 0))


def check_filters(bench):
    path, _ = bench.capture("many", "--kernels", "sq*", "--first", "2", "--last", "8", "--every", "2", name="filtered")
    require(launches_of(bench, path) == [(3, "square"), (7, "square")], "filtered launches")
    bench.expect(path, (2, 0, 0, 0), "--device", bench.plugin)
    bench.expect(bench.file("many"), (2, 0, 0, 0), "--kernels", "add", "--first", "3", "--last", "6")
    path, text = bench.capture("large", "--mib", "1", name="limited")
    require("used up" in text and path.stat().st_size <= 1 << 20, text)
    bench.expect(path, (len(launches_of(bench, path)), 0, 0, 0))


def check_source(bench):
    path, _ = bench.capture("many", "--without-source", name="without-source")
    bench.expect(path, (10, 0, 0, 0), "--device", bench.other_shape)
    text = bench.expect(path, (0, 0, 0, 10), "--device", OTHER_LANES, status=2)
    require("made without source" in text, text)


def check_damage(bench):
    whole = bench.file("many").read_bytes()
    damaged = bench.folder / "damaged.kcap"
    for at in range(16, len(whole), len(whole) // 20):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        # Contents that a launch left behind are not read when the replay's have their hash.
        text = bench.kiesel("replay", damaged, status=(0, 2))
        require("kiesel replay:" in text or re.search("[1-9][0-9]* could not run", text) or "10 same" in text, text)
    damaged.write_bytes(whole[:len(whole) * 3 // 4])
    text = bench.kiesel("replay", damaged)
    require("the capture ends too early" in text, text)
    damaged.write_bytes(b"no capture")
    require("is not a capture" in bench.kiesel("capture", "info", damaged, status=2), "a file that is no capture")


def check_run(bench):
    text = bench.kiesel("run", "--device", OTHER_LANES, "--", "clinfo", "-l")
    require(OTHER_LANES in text, text)
    bench.kiesel("run", "--", "sh", "-c", "exit 7", status=7)
    require("name an application" in bench.kiesel("run", status=2), "no application")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, pathlib.Path(folder))
        checks = (check_devices, check_pointers, check_differences, check_ends, check_filters, check_source,
                  check_damage, check_run)
        for check in checks:
            check(bench)
    print(f"{len(checks)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
