#!/usr/bin/env python3
"""Runs a sweep through a Slurm cluster of this test's own, in which tasks, the controller and a node die.

    evaluation/sweep/test/check_slurm.py --build build

Ends with status 77 where Slurm is not installed (packaging/packages.txt).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
import bench as common  # noqa: E402
import slurm  # noqa: E402
from bench import require  # noqa: E402
from slurm import wait_for  # noqa: E402

POINTS, TASKS = 20, 6
SECONDS = 1.2  # of a point: what is to die must be at work still, on fast machines and busy ones
PLAN = """designs = "kiesel-4"
[[workloads]]
capture = "large.kcap"
last = {last}
[[axes]]
key = "memory.line_cycles"
values = [1, 2, 3, 4, 5]
[[axes]]
key = "data_cache.bytes"
range = {{from = 8192, to = 65536, times = 2}}
"""


class Results(threading.Thread):
    """Looks at a folder of results all the time: each that is there stays the same file, or it was made twice."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.seen, self.over = folder, {}, threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            self.look()

    def look(self):
        for path in self.folder.glob("*.json"):
            entry = path.stat()
            self.seen.setdefault(path.name, set()).add((entry.st_ino, entry.st_mtime_ns))

    def finish(self):
        self.over.set()
        self.join()
        self.look()
        return self.seen


class Bench(common.Bench):
    def __init__(self, build, folder):
        super().__init__(build, folder)
        self.plan = folder / "plan.toml"
        capture, launches = folder / "large.kcap", 8
        self.kiesel("capture", "--device", "kiesel-4", "-o", capture, "--", self.bin / "capture_application", "large")
        start = time.monotonic()
        self.kiesel("replay", capture, "--last", launches - 1, "--device", "kiesel-4", "--engine", "cycles")
        fitting = int(SECONDS * launches / (time.monotonic() - start))
        self.plan.write_text(PLAN.format(last=min(max(fitting, 4), 40) - 1))

    def kiesel(self, *words, environment=None):
        done = subprocess.run([str(word) for word in (self.bin / "kiesel", *words)], capture_output=True, text=True,
                              env=environment or self.environment, timeout=500)
        require(done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def report(self, folder):
        return json.loads((self.folder / folder / "sweep.json").read_text())


class Sweep:
    """`kiesel sweep --engine slurm` in the background."""

    def __init__(self, bench, cluster, *options):
        self.bench, self.cluster, self.folder = bench, cluster, bench.folder / "slurm"
        self.output = bench.folder / "sweep.txt"
        environment = {**bench.environment, "SLURM_CONF": cluster.environment["SLURM_CONF"]}
        words = (bench.bin / "kiesel", "sweep", bench.plan, "-o", self.folder, "--engine", "slurm", *options)
        with open(self.output, "w") as output:
            self.process = subprocess.Popen([str(word) for word in words], env=environment, stdout=output,
                                            stderr=output)
        self.results = Results(self.folder / "results")
        self.results.start()

    def done(self):
        return len(self.results.seen)

    def wait_for(self, condition, what, seconds=60):
        def met():
            require(self.process.poll() is None, f"the sweep ended before {what}:\n{self.output.read_text()}")
            return condition()
        wait_for(met, what, seconds, 0.02)

    def wait_for_more(self, what):
        before = self.done()
        self.wait_for(lambda: self.done() > before, f"results after {what}")


def say(text, start=time.monotonic()):
    print(f"{time.monotonic() - start:6.1f} s  {text}", flush=True)


def kill_a_task(sweep):
    """Its points that are not done go into another array, when this one is over."""
    cluster = sweep.cluster
    sweep.wait_for(lambda: any(cluster.kill_tasks(node, "jobs") for node in cluster.nodes), "a task")
    say(f"a task was killed, {sweep.done()} results")


def kill_the_controller(sweep):
    # A task that it has started and not yet noted it would start again, and take the node that refuses for broken.
    sweep.wait_for(lambda: sweep.cluster.has_noted("kiesel"), "the controller's notes")
    sweep.cluster.kill("slurmctld")
    sweep.wait_for_more("the controller's death")
    time.sleep(4)  # longer than the sweep takes until it asks Slurm
    sweep.cluster.start_controller()
    say(f"the controller was killed and started again, {sweep.done()} results")


def kill_a_node(sweep):
    """Slurm gives its tasks to others; it comes back when its daemon does."""
    cluster = sweep.cluster
    node = cluster.nodes[0]
    sweep.wait_for(lambda: list(cluster.tasks(node)), f"a task on {node}")
    cluster.kill_node(node)
    sweep.wait_for(lambda: "down" in cluster.states(), f"Slurm says that {node} is down")
    cluster.start_node(node)
    say(f"a node was killed and started again, {sweep.done()} results")


def check_end(sweep):
    try:
        status = sweep.process.wait(200)
    except subprocess.TimeoutExpired:
        status = None
    text = sweep.output.read_text()
    require(status == 0 and f"{POINTS} done, 0 failed" in text, f"the sweep ended with {status}:\n{text}")
    seen = sweep.results.finish()
    twice = [name for name, files in seen.items() if len(files) > 1]
    require(len(seen) == POINTS and not twice, f"{len(seen)} results; made more than once: {twice}")
    points = [sweep.bench.report(folder)["points"] for folder in ("slurm", "local")]
    for pair in zip(*points):
        for point in pair:
            point["runs"][0].pop("log", None)
    require(len(points[0]) == POINTS and points[0] == points[1], "other numbers than those of the local engine")
    arrays = sorted(path.name for path in (sweep.folder / "slurm").glob("array-*"))
    listed = [len(json.loads((sweep.folder / "slurm" / name / "jobs.json").read_text())) for name in arrays]
    # Another one for the killed task, but where its node died before the controller had heard of that.
    require(listed[0] == POINTS and all(count < POINTS / 2 for count in listed[1:]), f"points of each array: {listed}")
    say(f"all is right, points of each array: {listed}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    if absent := slurm.missing():
        print(f"Slurm is not installed: no {', '.join(absent)}")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        bench = Bench(build, pathlib.Path(folder))
        bench.kiesel("sweep", bench.plan, "-o", bench.folder / "local")
        say("the local engine has done it")
        with slurm.Cluster(bench.folder / "cluster") as cluster:
            sweep = Sweep(bench, cluster, "--jobs", TASKS)
            for event in (kill_a_task, kill_the_controller, kill_a_node, check_end):
                event(sweep)
    return 0


if __name__ == "__main__":
    sys.exit(main())
