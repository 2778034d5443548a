#!/usr/bin/env python3
"""Runs sweeps: killed and asked again, with a damaged result, a point that cannot run, a plan that is none.

    evaluation/sweep/test/check_sweep.py --build build
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
import bench as common  # noqa: E402
from bench import require  # noqa: E402
from browser import check_everywhere  # noqa: E402

PLAN = """title = "a sweep"
designs = "kiesel-4"
[[workloads]]
capture = "many.kcap"
last = 1
[[workloads]]
name = "squares"
capture = "many.kcap"
kernels = "square"
last = 1
[[axes]]
key = "memory.line_cycles"
values = [2, 8]
[[axes]]
key = "data_cache.bytes"
range = {from = 8192, to = 32768, times = 2}
[[objectives]]
name = "time"
[[objectives]]
name = "area"
formula = "data_cache.bytes + 10000 / memory.line_cycles"
"""


class Bench(common.Bench):
    def __init__(self, build, folder):
        super().__init__(build, folder)
        self.out = folder / "out"
        self.plan = folder / "plan.toml"
        self.plan.write_text(PLAN)

    def words(self, *words):
        return [str(word) for word in (self.bin / "kiesel", *words)]

    def kiesel(self, *words, status=0):
        done = subprocess.run(self.words(*words), capture_output=True, text=True, env=self.environment, timeout=500)
        text = done.stdout + done.stderr
        require(done.returncode == status, f"{words} ended with {done.returncode}, not {status}:\n{text}")
        return text

    def sweep(self, *options, plan=None, status=0):
        return self.kiesel("sweep", plan or self.plan, "-o", self.out, *options, status=status)

    def results(self):
        return {path.name: path.stat().st_mtime_ns for path in (self.out / "results").glob("*.json")}

    def report(self):
        return json.loads((self.out / "sweep.json").read_text())


def check_counts(bench):
    file = bench.folder / "counts.json"
    bench.kiesel("replay", bench.folder / "many.kcap", "--last", 1, "--device", "kiesel-4", "--engine", "cycles",
                 "--counts", file)
    counts = json.loads(file.read_text())
    require([launch["kernel"] for launch in counts["launches"]] == ["add", "square"], "launches that were counted")
    for name in ("cycles", "instructions", "memory_reads"):
        each = [launch["counts"][name] for launch in counts["launches"]]
        require(min(each) > 0 and sum(each) == counts["total"][name], f"{name}: {each}, {counts['total'][name]}")
    file.unlink()
    bench.kiesel("replay", bench.folder / "many.kcap", "--last", 1, "--device", "kiesel-4", "--counts", file)
    require("cycles" not in json.loads(file.read_text())["total"], "cycles of a device without a clock")


def check_killed(bench):
    """Results of a sweep that was killed stay; the next one makes the others."""
    process = subprocess.Popen(bench.words("sweep", bench.plan, "-o", bench.out, "--jobs", 1), env=bench.environment,
                               stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 300
    while not (bench.out / "results").is_dir() or len(bench.results()) < 3:
        require(process.poll() is None and time.monotonic() < deadline, "the sweep ended, or made no results")
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.5)
    before = bench.results()
    require(len(before) < 12, "the sweep was over before it was killed")
    text = bench.sweep()
    after = bench.results()
    require(len(after) == 12, f"{len(after)} results, not 12")
    require(all(after[name] == when for name, when in before.items() if name in after) and
            f"{len(before)} are done already" in text, f"what was done is done again:\n{text}")


def check_again(bench):
    """Nothing, then one damaged result, then a plan with one value more."""
    before = bench.results()
    require("12 are done already" in bench.sweep() and bench.results() == before, "a whole sweep is done again")
    report = bench.report()
    victim = bench.out / "results" / sorted(before)[0]
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    require("is done again" in bench.sweep(), "a damaged result is not told")
    changed = {name for name, when in bench.results().items() if before[name] != when}
    require(changed == {victim.name}, f"done again: {changed}")
    require(bench.report() == report, "the report is another one")
    larger = bench.folder / "larger.toml"
    larger.write_text(PLAN.replace("[2, 8]", "[2, 8, 16]"))
    require("18 runs: 9 points, 2 workloads; 12 are done already" in bench.sweep(plan=larger), "a larger plan")


def check_report(bench):
    bench.sweep()
    report = bench.report()
    times = [point["total"][0] for point in report["points"]]
    require(all(times) and times[0] < times[3], f"slower memory is not slower: {times}")
    require(any(point["front"] for point in report["points"]), "no point is on the front")
    line = next(s for s in report["sensitivity"] if s["axis"] == 0 and s["objective"] == 0 and s["workload"] is None)
    require(line["doubling"] > 1 and line["pairs"] == 3, f"what twice as many cycles a line cost: {line}")
    page = (bench.out / "sweep.html").read_text()
    require('"a sweep"' in page and "http" not in page.replace("http://www.w3.org", ""), "the page")
    require((bench.out / "sweep.csv").read_text().count("\n") == 13, "lines of the table")


def check_profiles(bench):
    """Points on the front get a profile, which the page links; none is made twice."""
    bench.sweep("--profiles")
    for point in bench.report()["points"]:
        for run in point["runs"]:
            require(("profile" in run) == point["front"], f"profile of point {point['number']}: {run}")
            if point["front"]:
                require('"kernels"' in (bench.out / run["profile"]).read_text(), "what a profile has")
    pages = {path: path.stat().st_mtime_ns for path in bench.out.glob("profiles/*/report.html")}
    bench.sweep("--profiles")
    require(pages and all(path.stat().st_mtime_ns == when for path, when in pages.items()), "profiles are made again")


def check_page(bench):
    def check(browser, what):
        charts = browser.run("return document.querySelectorAll('svg circle').length")
        rows = browser.run("return document.querySelectorAll('tbody tr').length")
        require(charts >= 8 and rows >= 8, f"{what}: {charts} marks, {rows} rows")
        browser.run("for (const s of document.querySelectorAll('select')) { s.selectedIndex = s.options.length - 1;"
                    "s.dispatchEvent(new Event('change')) }")
        browser.run("document.querySelector('#theme').click()")
        require(not (seen := browser.errors()), f"{what}: the console says {seen}")
    check_everywhere(bench.folder, bench.out / "sweep.html", check)


def check_failures(bench):
    """A run without a launch fails three times; the others are done."""
    plan = bench.folder / "fails.toml"
    plan.write_text('designs = "kiesel-4"\n[[workloads]]\ncapture = "many.kcap"\nlast = 0\nkernels = "add"\n'
                    'first = 0\n[[axes]]\nkey = "local_memory_bytes"\nvalues = [32768]\n'
                    '[[workloads]]\nname = "none"\ncapture = "many.kcap"\nkernels = "nobody"\n')
    text = bench.sweep(plan=plan, status=1)
    require("failed, 3 times" in text and "1 done, 1 failed, 0 not run" in text, f"a run that fails:\n{text}")
    runs = bench.report()["points"][0]["runs"]
    log = (bench.out / runs[1]["log"]).read_text()
    require(runs[1]["state"] == "failed" and log.count("no launch was replayed") == 3, f"its log:\n{log}")


def check_refusals(bench):
    plan = bench.folder / "bad.toml"
    for text, said in ((PLAN + "size = 1\n", "bad.toml:"), (PLAN.replace("line_cycles", "line"), "memory has"),
                       (PLAN.replace("values = [2, 8]", "range = {from = 1, to = 500, step = 1}")
                        .replace("times = 2", "step = 64"), "--yes")):
        plan.write_text(text)
        require(said in bench.sweep(plan=plan, status=2), f"'{said}' is not said of a bad plan")
    text = bench.kiesel("sweep", bench.plan, "--dry-run")
    require("6 points of 6 combinations" in text and "memory.line_cycles = 8" in text, f"the list of points:\n{text}")
    require("-o DIR" in bench.kiesel("sweep", bench.plan, status=2), "no folder is asked for")


def check_command(bench):
    """A command is recorded once for points that it cannot tell apart."""
    plan = bench.folder / "command.toml"
    application = bench.bin / "capture_application"
    plan.write_text(f'designs = "kiesel-4"\n[[workloads]]\ncommand = ["{application}", "many"]\nlast = 1\n'
                    '[[axes]]\nkey = "memory.line_cycles"\nvalues = [2, 8]\n[[axes]]\nkey = "cores"\nvalues = [2, 4]\n')
    bench.sweep(plan=plan)
    captures = list((bench.out / "captures").glob("*.kcap"))
    require(len(captures) == 2, f"{len(captures)} recordings, not one for each number of cores")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, pathlib.Path(folder))
        bench.kiesel("capture", "-o", bench.folder / "many.kcap", "--", bench.bin / "capture_application", "many")
        for check in (check_counts, check_killed, check_again, check_report, check_profiles, check_page, check_failures,
                      check_refusals, check_command):
            check(bench)
            print(f"{check.__name__}: good", flush=True)


if __name__ == "__main__":
    main()
