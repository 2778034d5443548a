#!/usr/bin/env python3
"""Runs clang-tidy 15 with .clang-tidy over sources of the project.

    tools/house/check_tidy.py [--build build] [--all | --latest N | FILE...]

--latest N, the default with 12, takes what is changed and not committed, then the files that commits changed last: half
a minute. --all takes all of them, most of an hour of one processor.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from files import ROOT, git

TIDY = "clang-tidy-15"
# What g++ has and clang does not: a flag, and names of warnings.
UNKNOWN_FLAG = re.compile(r" -mstringop-strategy=\S+")
COMPATIBLE = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error"]


def latest(count, known):
    """The `count` sources that were changed last, uncommitted ones first."""
    changed = [line[3:] for line in git(ROOT, "status", "--porcelain", "--untracked-files=all")]
    committed = git(ROOT, "log", "--name-only", "--format=", "-n", "200")
    # Without history: any of them.
    order = dict.fromkeys(name for name in [*changed, *committed, *sorted(known)] if name in known)
    return list(order)[:count]


def judge(database, name):
    done = subprocess.run([TIDY, "-p", database, "--quiet", "--warnings-as-errors=*", *COMPATIBLE, ROOT / name],
                          capture_output=True, text=True)
    return name, done.returncode, done.stdout


def judge_all(commands, names):
    """How many of the sources have faults, which are printed."""
    faults = 0
    with tempfile.TemporaryDirectory() as database, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        (pathlib.Path(database) / "compile_commands.json").write_text(UNKNOWN_FLAG.sub("", json.dumps(commands)))
        for name, code, text in pool.map(lambda name: judge(database, name), names):
            faults += code != 0
            if code:
                print(f"{name}:\n{text}", flush=True)
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--latest", type=int, default=12)
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    commands = json.loads((options.build / "compile_commands.json").read_text())
    sources = (pathlib.Path(command["file"]) for command in commands)
    known = {str(source.relative_to(ROOT)) for source in sources
             if source.is_relative_to(ROOT) and not source.is_relative_to(options.build.resolve())}
    names = options.files or (sorted(known) if options.all else latest(options.latest, known))
    faults = judge_all(commands, names)
    print(f"{len(names)} files, {faults} with faults: {' '.join(names) if len(names) < 30 else ''}")
    return 1 if faults or not names else 0


if __name__ == "__main__":
    sys.exit(main())
