#!/usr/bin/env python3
"""Runs clang-tidy 15 with .clang-tidy over sources of the project.

    tools/house/check_tidy.py [--build build] [--all | --latest N | FILE...]

--latest N, the default with 12, takes what is changed and not committed, then the files that commits changed last: half
a minute. --all takes all of them, some 25 minutes of one processor. A file that was found clean is not looked at again
until it, its command, a header of the project or .clang-tidy changes: build/tidy has a stamp for each.
"""
import argparse
import concurrent.futures
import functools
import hashlib
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
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
COMPATIBLE = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-error"]


def latest(count, known):
    """The `count` sources that were changed last, uncommitted ones first."""
    changed = [line[3:] for line in git(ROOT, "status", "--porcelain", "--untracked-files=all")]
    committed = git(ROOT, "log", "--name-only", "--format=", "-n", "200")
    # Without history: any of them.
    order = dict.fromkeys(name for name in [*changed, *committed, *sorted(known)] if name in known)
    return list(order)[:count]


@functools.cache
def text_of(path):
    return path.read_text(errors="replace") if path.is_file() else ""


def with_headers(path):
    """The file, and what it includes of the project."""
    found, left = {}, [path]
    while left:
        path = left.pop()
        if path not in found:
            found[path] = text_of(path)
            left += [folder / name for name in INCLUDE.findall(found[path]) for folder in (ROOT, path.parent)]
    return found


def stamp_of(command):
    """The name of the stamp that the file has where it was found clean as it is."""
    parts = [command["command"], text_of(ROOT / ".clang-tidy")]
    parts += [text for _, text in with_headers(pathlib.Path(command["file"])).items()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def judge(database, command, stamps):
    stamp = stamps / stamp_of(command)
    if stamp.exists():
        return command["file"], 0, ""
    done = subprocess.run([TIDY, "-p", database, "--quiet", "--warnings-as-errors=*", *COMPATIBLE, command["file"]],
                          capture_output=True, text=True)
    if done.returncode == 0:
        stamp.touch()
    return command["file"], done.returncode, done.stdout + (done.stderr if done.returncode else "")


def judge_all(commands, names, stamps, jobs):
    """How many of the sources have faults, which are printed."""
    faults = 0
    stamps.mkdir(exist_ok=True)
    chosen = {command["file"]: command for command in commands if command["file"] in {str(ROOT / name) for name in names}}
    with tempfile.TemporaryDirectory() as database, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        (pathlib.Path(database) / "compile_commands.json").write_text(UNKNOWN_FLAG.sub("", json.dumps(commands)))
        for name, code, text in pool.map(lambda command: judge(database, command, stamps), chosen.values()):
            faults += code != 0
            if code:
                print(f"{name}:\n{text}", flush=True)
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--latest", type=int, default=12)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    commands = json.loads((options.build / "compile_commands.json").read_text())
    sources = (pathlib.Path(command["file"]) for command in commands)
    known = {str(source.relative_to(ROOT)) for source in sources
             if source.is_relative_to(ROOT) and not source.is_relative_to(options.build.resolve())}
    names = options.files or (sorted(known) if options.all else latest(options.latest, known))
    faults = judge_all(commands, names, options.build / "tidy", options.jobs)
    print(f"{len(names)} files, {faults} with faults: {' '.join(names) if len(names) < 30 else ''}")
    return 1 if faults or not names else 0


if __name__ == "__main__":
    sys.exit(main())
