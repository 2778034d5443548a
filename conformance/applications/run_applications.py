#!/usr/bin/env python3
"""Runs OpenCL applications that know nothing of Kiesel against one ICD, judges what they print, and counts the kernels
that they launched: an application that quietly works without OpenCL does not pass.

    run_applications.py --build build [--all] [--checkout NAME=FOLDER ...] [--pyopencl-tests FOLDER] [NAME ...]

Without --all the quick ones of ./check, where one that is not installed fails. With --all or names everything; what is not
installed is listed as such. A name also stands for all rows that begin with it and a dash: "john" for "john-bcrypt", ...
Exit code 0 when nothing that ran is wrong.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import checkouts
import installed
import records
from application import HERE


def run(application, environment):
    """Exit code (None: stopped at its limit), output, seconds."""
    start = time.monotonic()
    try:
        done = subprocess.run(application.command, env=environment, capture_output=True, text=True, errors="replace",
                              timeout=application.limit, cwd=application.folder, stdin=subprocess.DEVNULL)
        code, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as error:
        code, output = None, (error.stdout or b"").decode(errors="replace") + f"\nno end within {application.limit} s"
    return code, output, time.monotonic() - start


def count_launches(log):
    if not log.exists():
        return 0
    with log.open(errors="replace") as lines:
        return sum(" device debug: launch " in line for line in lines)


def recording(options, file):
    """The environment that makes an application write down what it reads back, with the same random numbers each time."""
    recorder = str(options.build / "lib/libkiesel_recorder.so")
    return {"OPENCL_LAYERS": recorder, "LD_PRELOAD": recorder, "RECORD_FILE": str(file)}


def differs_from_reference(application, options, ours, folder):
    """None when the reference driver gives the application the same."""
    theirs = folder / "reference"
    environment = {**os.environ, **application.environment, **recording(options, theirs),
                   "OCL_ICD_VENDORS": str(options.reference)}
    code, _, _ = run(application, environment)
    if code != 0:
        return f"the reference driver ends it with {code}"
    return records.compare(ours, theirs, application.beside)


def run_one(application, options):
    """Verdict, launches, seconds, output."""
    missing = application.missing()
    if not missing and application.beside is not None and not options.reference.exists():
        missing = f"{options.reference}, the driver to compare with"
    if missing:
        return f"not installed: {missing}", 0, 0.0, ""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        log, ours = folder / "log", folder / "ours"
        environment = {**os.environ, **application.environment, "OCL_ICD_VENDORS": str(options.build / "kiesel.icd"),
                       "KIESEL_LOG": "device=debug", "KIESEL_LOG_FILE": str(log),
                       "PYOPENCL_NO_CACHE": "1"}  # it would give us an older build's binary
        if application.beside is not None:
            environment |= recording(options, ours)
        code, output, seconds = run(application, environment)
        launches = count_launches(log)
        good, reason = application.judge(output)
        if code != 0:
            good, reason = False, f"exit code {code}" if code is not None else f"no end within {application.limit} s"
        elif good and application.launches and not launches:
            good, reason = False, "no kernel was launched"
        elif good and application.beside is not None:
            reason = differs_from_reference(application, options, ours, folder)
            good = reason is None
    return "right" if good else f"WRONG: {reason}", launches, seconds, output


def chosen(name, application, options):
    if not options.names:
        return options.all or application.quick
    return any(name == wanted or name.startswith(wanted + "-") for wanted in options.names)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build")
    parser.add_argument("--all", action="store_true", help="not only the quick ones")
    parser.add_argument("--checkout", type=checkouts.given, action="append", default=[], metavar="NAME=FOLDER",
                        help=f"what the user has built: {', '.join(checkouts.CHECKOUTS)} (checkouts.py says how)")
    parser.add_argument("--reference", type=pathlib.Path, default=pathlib.Path("/etc/OpenCL/vendors/pocl.icd"),
                        help="the driver beside which an application is run that does not check itself")
    parser.add_argument("--pyopencl-tests", type=pathlib.Path, help="the test folder of PyOpenCL's source")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.build = options.build.resolve()
    return options


def main():
    options = parse()
    table = installed.rows(options) | checkouts.rows(options)
    counts = {"right": 0, "wrong": 0, "missing": 0}
    print(f"{'application':24} {'result':34} {'launches':>9} {'seconds':>8}")
    for name, application in table.items():
        if not chosen(name, application, options):
            continue
        verdict, launches, seconds, output = run_one(application, options)
        kind = "right" if verdict == "right" else "missing" if verdict.startswith("not installed") else "wrong"
        counts[kind] += 1
        print(f"{name:24} {verdict:34} {launches:9} {seconds:8.2f}", flush=True)
        if kind == "wrong":
            print(output[-4000:])
    print(f"{counts['right']} passed, {counts['wrong']} failed, {counts['missing']} not installed")
    tolerant = options.all or options.names
    return 0 if counts["right"] and not counts["wrong"] and (tolerant or not counts["missing"]) else 1


if __name__ == "__main__":
    sys.exit(main())
