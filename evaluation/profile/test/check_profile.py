#!/usr/bin/env python3
"""Profiles applications of several kinds, and looks at every file of their reports.

    evaluation/profile/test/check_profile.py --build build
"""
import argparse
import csv
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
import bench as common  # noqa: E402
from bench import require  # noqa: E402

FILES = {"profile.json", "kernels.csv", "launches.csv", "transfers.csv", "code.csv", "timeline.perfetto-trace",
         "report.html", "data"}


class Bench(common.Bench):
    def start(self, *words):
        return subprocess.Popen([str(word) for word in (self.bin / "kiesel", *words)], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, env=self.environment, start_new_session=True)

    def kiesel(self, *words, status=0):
        """Output of `kiesel WORDS`, which must end with this status."""
        done = self.start(*words)
        text = done.communicate(timeout=300)[0]
        require(done.returncode == status, f"{words} ended with {done.returncode}, not {status}:\n{text}")
        return text

    def report(self, name):
        folder = self.folder / name
        seen = {path.name for path in folder.iterdir()}
        require(seen == FILES, f"{name} has the files {seen}")
        return json.loads((folder / "profile.json").read_text())

    def profile(self, what, *options, name=None, status=0):
        """The profile of what capture_application does, and what was said."""
        name = name or what
        text = self.kiesel("profile", "-o", self.folder / name, *options, "--", self.bin / "capture_application", what,
                           status=status)
        return self.report(name), text


def kernels_of(profile):
    return {kernel["name"]: kernel for kernel in profile["kernels"]}


def notes_of(profile):
    return "\n".join(profile["notes"])


def check_numbers(bench):
    profile, _ = bench.profile("many")
    kernels = kernels_of(profile)
    require(set(kernels) == {"add", "square"}, f"kernels {set(kernels)}")
    process, = profile["processes"]
    require(process["ended"] and len(process["launches"]) == 10, "ten launches of one process")
    require(all(a["start_ns"] <= b["start_ns"] for a, b in zip(process["launches"], process["launches"][1:])), "order")
    require(process["transfer_totals"]["write"]["count"] > 0, f"transfers {process['transfer_totals']}")
    for name, kernel in kernels.items():
        counters = kernel["counters"]
        require(kernel["launches"] == kernel["counted"] == 5, name)
        require(counters["work_groups"] == 5 * 625 and counters["warps"] == 5 * 625, f"{name}: {counters}")
        # 16 work-items in warps of 32 lanes; a load and a store of 4 bytes each at least.
        require(kernel["figures"]["active_lanes"] == 50, f"{name}: {kernel['figures']}")
        require(counters["store_bytes"] == 5 * 10000 * 4, f"{name} stores {counters['store_bytes']} bytes")
        rules = [advice["rule"] for advice in kernel["advice"]]
        require("work-group size" in rules and "idle lanes" in rules, f"{name}: {rules}")
        require("cycles" not in counters and "device_ns" not in kernel and not kernel["limits"], f"{name} has a clock")
    require("no clock" in notes_of(profile) and profile["accuracy"] == "not validated", notes_of(profile))
    return profile


def check_code(profile):
    kernel = kernels_of(profile)["add"]
    code = kernel["code"]
    rows = [row for function in code["functions"] for row in function["instructions"] if "counts" in row]
    for place, counter in enumerate(code["counters"]):
        total = sum(row["counts"][place] for row in rows)
        require(total == kernel["counters"][counter], f"{counter}: {total} by instruction, {kernel['counters'][counter]} in all")
    source = code["source"].split("\n")
    lines = {row["line"] for row in rows if "line" in row}
    require(any("out[i] += in[i] + plus" in source[line - 1] for line in lines), f"lines {lines} of {len(source)}")
    stores = [row for row in rows if row["text"].startswith("sw ") and row["counts"][0] == 5 * 625]
    require(stores, "a store that each warp executes")


def check_tables(bench, profile):
    with open(bench.folder / "many/kernels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    require({row["name"] for row in rows} == {"add", "square"}, f"kernels.csv has {rows}")
    for row in rows:
        counters = kernels_of(profile)[row["name"]]["counters"]
        require(all(int(row[name]) == value for name, value in counters.items()), "kernels.csv has other counters")
    with open(bench.folder / "many/launches.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    require(len(rows) == 10 and sum(int(row["instructions"]) for row in rows)
            == sum(kernel["counters"]["instructions"] for kernel in profile["kernels"]), "launches.csv")
    with open(bench.folder / "many/code.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    require(sum(int(row["instructions"]) for row in rows)
            == sum(kernel["counters"]["instructions"] for kernel in profile["kernels"]), "code.csv")


def check_trace(bench, profile):
    """Decodes the trace with protobuf's own tool: packets with tracks, and slices that begin and end."""
    trace = (bench.folder / "many/timeline.perfetto-trace").read_bytes()
    text = subprocess.run(["protoc", "--decode_raw"], input=trace, capture_output=True, check=True).stdout.decode()
    packets = re.findall(r"^1 \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    process, = profile["processes"]
    commands = len(process["launches"]) + len(process["transfers"])
    begins = [packet for packet in packets if re.search(r"^    9: 1$", packet, re.MULTILINE)]
    ends = [packet for packet in packets if re.search(r"^    9: 2$", packet, re.MULTILINE)]
    require(len(begins) == len(ends) == commands, f"{len(begins)} slices of {commands} commands")
    names = re.findall(r'^    23: "(\w+)"$', text, re.MULTILINE)
    require(names.count("add") == names.count("square") == 5, f"slices {names}")
    times = [int(value) for value in re.findall(r"^  8: (\d+)$", text, re.MULTILINE)]
    require(len(times) == 2 * commands and min(times) == min(l["start_ns"] for l in process["launches"] + process["transfers"]),
            "times of slices")
    tracks = set(re.findall(r"^    1: (\d+)$", "".join(p for p in packets if "  60 {" in p), re.MULTILINE))
    require(set(re.findall(r"^    11: (\d+)$", text, re.MULTILINE)) <= tracks, "each slice has a track")


def check_engines(bench):
    seen = []
    for engine in ("auto", "interpreter", "translator"):
        profile, _ = bench.profile("many", "--engine", engine, name=f"engine-{engine}")
        seen.append({name: kernel["counters"] for name, kernel in kernels_of(profile).items()})
    profile, _ = bench.profile("many", "--threads", "1", name="one-thread")
    seen.append({name: kernel["counters"] for name, kernel in kernels_of(profile).items()})
    require(all(each == seen[0] for each in seen), f"counters differ: {seen}")


def check_sampling_and_energy(bench):
    options = ("--engine", "cycles", "--device", "rv-gpu-mid")
    whole, _ = bench.profile("many", *options, name="timed")
    part, _ = bench.profile("many", *options, "--sample", name="sampled")
    require("sampled:" in notes_of(part) and "sampled:" not in notes_of(whole), notes_of(part))
    for name, kernel in kernels_of(whole).items():
        other = kernels_of(part)[name]
        require(other["counters"]["estimated_cycles"] > 0 and kernel["counters"]["estimated_cycles"] == 0, f"{name}: {other}")
        ratio = other["counters"]["cycles"] / kernel["counters"]["cycles"]
        require(0.95 < ratio < 1.05, f"{name}: the estimate is {ratio} of the whole")
        require("sampling_error" in other["figures"] and "sampling_error" not in kernel["figures"], f"{name}: figures")
        energy = sum(each["joules"] for each in kernel["energy"]["parts"])
        require(abs(1e3 * energy / kernel["figures"]["energy_mj"] - 1) < 1e-6 and energy > 0, f"{name}: {kernel['energy']}")
        require("Horowitz" in kernel["energy"]["source"], kernel["energy"]["source"])
    profile, _ = bench.profile("many", "--engine", "cycles", "--device", "kiesel-4", name="without-energy")
    require(all("energy" not in kernel and "energy_mj" not in kernel["figures"] for kernel in profile["kernels"]), "energy")


def check_captures(bench):
    path = bench.folder / "many.kcap"
    bench.kiesel("capture", "-o", path, "--build-options", "-g", "--", bench.bin / "capture_application", "many")
    bench.kiesel("profile", "-o", bench.folder / "replayed", path)
    replayed = bench.report("replayed")
    live = kernels_of(bench.report("many"))
    for name, kernel in kernels_of(replayed).items():
        require(kernel["counters"] == live[name]["counters"], f"{name} of the capture: {kernel['counters']}")
        require("source" in kernel["code"] and kernel["code"]["source"], "source of the capture")
    require("recorded on" in notes_of(replayed), notes_of(replayed))
    bench.kiesel("profile", "-o", bench.folder / "other", "--design", "kiesel-4", "--kernels", "add", path)
    other = bench.report("other")
    require(other["processes"][0]["devices"][0]["lanes"] == 4 and set(kernels_of(other)) == {"add"}, "another design")
    require(kernels_of(other)["add"]["figures"]["active_lanes"] == 100, "all lanes of a warp of 4")


def check_comparison(bench):
    page = bench.folder / "compared.html"
    text = bench.kiesel("compare", bench.folder / "replayed", bench.folder / "other", "-o", page)
    require(re.search(r"add +active lanes +\+100.0 % +better", text), text)
    require("kiesel-comparison" in page.read_text(), "the page")
    # Times of the host differ from run to run; counters do not.
    text = bench.kiesel("compare", bench.folder / "many", bench.folder / "engine-auto", bench.folder / "one-thread")
    require("active lanes" not in text and "bytes loaded" not in text, text)
    bench.kiesel("compare", bench.folder / "many", bench.folder / "nowhere", status=2)
    bad = bench.folder / "bad.json"
    bad.write_text('{"format": "kiesel-profile", "version": 99}')
    require("another version" in bench.kiesel("compare", bench.folder / "many", bad, status=2), "another version")


def check_ends(bench):
    profile, _ = bench.profile("fault", status=0)
    require(profile["kernels"][0]["failed"] == 1 and "fault" in profile["processes"][0]["launches"][0]["failure"]
            or "address" in profile["processes"][0]["launches"][0]["failure"], "a fault")
    require(profile["kernels"][0]["counters"]["instructions"] > 0, "instructions up to the fault")
    profile, text = bench.profile("die", status=137)
    # 10,000 work-items are two launches of the device: the last work-group is a smaller one.
    square = kernels_of(profile)["square"]
    require(square["launches"] == 2 and square["code"]["functions"] and "code_missing" not in square, f"die: {square}")
    require("signal 9 ended the application" in text and "did not end in order" in notes_of(profile), text)
    profile, _ = bench.profile("die-within", status=137)
    require(kernels_of(profile)["square"]["launches"] == 2, "die-within")
    profile, _ = bench.profile("fork")
    require(len(profile["processes"]) == 2 and [k["launches"] for k in profile["kernels"]] == [2, 2], "fork")
    profile, text = bench.profile("nothing", status=1)
    require("no kernel was launched" in notes_of(profile) and "did not open this driver" in text, text)
    profile, _ = bench.profile("many", "--device", bench.plugin, name="plugin")
    require("were not counted" in notes_of(profile) and len(profile["processes"][0]["launches"]) == 10, "plug-in")
    bench.kiesel("profile", "-o", bench.folder / "no-such", "--", "/no/such/program", status=2)
    bench.kiesel("profile", status=2)
    profile, _ = bench.profile("many", "--without-lines", name="die")  # over what is there
    require(len(profile["processes"]) == 1, "data of the profile before")


def check_interruption(bench):
    # A kernel that does not end, after one that did. A terminal sends the signal to all of them.
    running = bench.start("profile", "-o", bench.folder / "interrupted", "--", bench.bin / "capture_application", "hang")
    logs = bench.folder / "interrupted/data"
    for _ in range(600):
        if any(path.stat().st_size > 2000 for path in logs.glob("*.log")):
            break
        time.sleep(0.1)
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    text = running.communicate(timeout=60)[0]
    require(running.returncode == 130, f"interrupted: {running.returncode}\n{text}")
    profile = bench.report("interrupted")
    require(kernels_of(profile)["square"]["launches"] == 2, "what there is")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, pathlib.Path(folder))
        profile = check_numbers(bench)
        check_code(profile)
        check_tables(bench, profile)
        check_trace(bench, profile)
        checks = (check_engines, check_sampling_and_energy, check_captures, check_comparison, check_ends, check_interruption)
        for check in checks:
            check(bench)
    print(f"{len(checks) + 4} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
