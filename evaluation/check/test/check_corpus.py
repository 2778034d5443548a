#!/usr/bin/env python3
"""Runs the corpus of small kernels under kiesel check and counts hits, misses and false alarms.

    evaluation/check/test/check_corpus.py --build build [--table]
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "test"))
import bench as common  # noqa: E402
from bench import require  # noqa: E402

FILES = ("memory", "races", "initialisation", "synchronisation")


def cases_of(path):
    """(name, kind) of each case of a file."""
    return [tuple(line.split()[1:3]) for line in path.read_text().splitlines() if line.startswith("//// ")]


def kinds_found(bench, path, one=None):
    """The kinds that were found in each kernel."""
    words = [str(bench.bin / "kiesel"), "check", "--format", "json", "--max", "1000", "--",
             str(bench.bin / "check_application"), str(path), *([one] if one else [])]
    done = subprocess.run(words, capture_output=True, text=True, env=bench.environment, timeout=600)
    require(done.returncode in (0, 1), f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    report = json.loads(done.stdout)
    found = {}
    for finding in report["findings"]:
        found.setdefault(finding["kernel"], set()).add(finding["kind"])
    return found, done.stderr


class Count:
    def __init__(self):
        self.hits, self.misses, self.false, self.others = 0, [], [], []

    def judge(self, name, kind, found):
        bad, good = found.get(name + "_bad", set()), found.get(name + "_good", set())
        if kind in bad:
            self.hits += 1
        else:
            self.misses.append(f"{name}: {kind} not found, but {sorted(bad) or 'nothing'}")
        if good:
            self.false.append(f"{name}: {sorted(good)} found where nothing is wrong")
        if bad - {kind}:
            self.others.append(f"{name}: {sorted(bad - {kind})} besides {kind}")


def run(bench, arguments):
    all_right = True
    for file in FILES:
        path = HERE / "corpus" / f"{file}.cl"
        cases = cases_of(path)
        count = Count()
        found, errors = kinds_found(bench, path)
        for name, kind in cases:
            count.judge(name, kind, found)
        print(f"{file}: {len(cases)} defects, {count.hits} hits, {len(count.misses)} misses, "
              f"{len(count.false)} false alarms")
        for line in count.misses + count.false + (count.others if arguments.table else []):
            print(f"    {line}")
        if errors.strip() and arguments.table:
            print(errors)
        all_right &= not count.misses and not count.false
    return all_right


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--table", action="store_true", help="also say what else was found in kernels with a defect")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = common.Bench(arguments.build.resolve(), pathlib.Path(folder))
        require(run(bench, arguments), "misses or false alarms")


if __name__ == "__main__":
    main()
