#!/usr/bin/env python3
"""Scores designs: the suite that comes along, small, and a suite of two programs, of which one is wrong.

    evaluation/score/test/check_score.py --build build
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
import bench as common  # noqa: E402
from bench import require  # noqa: E402
from browser import check_everywhere  # noqa: E402

OWN = """title = "own"
[[workloads]]
name = "good"
about = "it is right"
field = "HPC"
command = ["/usr/bin/python3", "{folder}/own.py"]
small = ["0"]
medium = ["0"]
large = ["0"]
[[workloads]]
name = "wrong"
about = "it says that it is not"
field = "HPC"
command = ["/usr/bin/python3", "{folder}/own.py"]
small = ["1"]
medium = ["1"]
large = ["1"]
packages = ["some-package"]
"""
PROGRAM = """import sys
import numpy as np
import pyopencl.array as arrays
import pyopencl as cl
queue = cl.CommandQueue(cl.create_some_context(interactive=False))
twice = (arrays.to_device(queue, np.arange(1000, dtype=np.float32)) * 2).get()
sys.exit("not as it should be" if sys.argv[1] == "1" or twice[7] != 14 else 0)
"""


class Bench(common.Bench):
    def score(self, *words, status=0):
        done = subprocess.run([str(word) for word in (self.bin / "kiesel", "score", *words)], capture_output=True,
                              text=True, env=self.environment, timeout=800)
        text = done.stdout + done.stderr
        require(done.returncode == status, f"{words} ended with {done.returncode}, not {status}:\n{text}")
        return text


def check_suite(bench):
    """Every workload is right on a design, and what is said of it is a share of what the design can do."""
    out = bench.folder / "all"
    text = bench.score("kiesel", "rv-gpu-mid", "-o", out)
    score = json.loads((out / "score.json").read_text())
    require(len(score["workloads"]) >= 12 and len(score["designs"]) == 2, "workloads and designs")
    for design in score["designs"]:
        for workload, run in zip(score["workloads"], design["runs"]):
            what = f"{workload['name']} on {design['name']}"
            require(run["state"] == "done" and not run["different"], f"{what}: {run}")
            require(run["time_s"] > 0 and 0 < run["roof"]["share"] <= 1, f"{what}: {run['roof']}")
            require(0 < run["limits"][0]["used"] <= 1, f"{what}: {run['limits']}")
            require((out / run["capture"]).is_file() and (out / run["result"]).is_file(), f"{what}: its files")
    first, second = score["designs"]
    require(first["time_beside_first"] == 1 and 0.01 < second["time_beside_first"] < 1, "more memory is not faster")
    require("geometric mean" in text and "of the roofline" in text, f"what it says:\n{text}")
    with open(out / "score.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    require(len(rows) == 2 * len(score["workloads"]) and float(rows[0]["time_s"]) == first["runs"][0]["time_s"],
            "lines of the table")
    require("0 failed" in text and "34 are done already" in bench.score("kiesel", "rv-gpu-mid", "-o", out),
            "what is done is done again")


def check_page(bench):
    def check(browser, what):
        rows = browser.run("return document.querySelectorAll('tbody tr').length")
        meters = browser.run("return document.querySelectorAll('.meter').length")
        require(rows > 50 and meters > 60, f"{what}: {rows} rows, {meters} meters")
    check_everywhere(bench.folder, bench.folder / "all/score.html", check)


def check_wrong(bench):
    """A program that says that its result is wrong has failed; the other one is done."""
    suite, out = bench.folder / "own.toml", bench.folder / "own"
    suite.write_text(OWN.format(folder=bench.folder))
    (bench.folder / "own.py").write_text(PROGRAM)
    text = bench.score("vortex-4x4", "--suite", suite, "-o", out, "--profiles", status=1)
    good, wrong = json.loads((out / "score.json").read_text())["designs"][0]["runs"]
    require(good["state"] == "done" and wrong["state"] == "failed", "a program with a wrong result")
    require((out / good["profile"]).is_file() and "profile" not in wrong, "profiles")
    require(wrong["said"] == "not as it should be" and (out / wrong["log"]).is_file() and "some-package" in text,
            f"it says {wrong}:\n{text}")


def check_refusals(bench):
    suite = bench.folder / "bad.toml"
    suite.write_text(OWN.replace("large", "huge", 1))
    require("bad.toml:" in bench.score("vortex-4x4", "--suite", suite, status=2), "a suite with another key")
    require("no workload is called 'nobody'" in bench.score("vortex-4x4", "--workloads", "nobody", status=2), "a name")
    require("name a design" in bench.score(status=2), "no design")
    require("sha-256" in bench.score("--list"), "the list")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, pathlib.Path(folder))
        for check in (check_suite, check_page, check_wrong, check_refusals):
            check(bench)
            print(f"{check.__name__}: good", flush=True)


if __name__ == "__main__":
    main()
