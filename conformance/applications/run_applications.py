#!/usr/bin/env python3
"""Runs OpenCL applications that know nothing of Kiesel against one ICD and judges what they print.

    run_applications.py --build build [NAME ...]

One line an application; exit code 0 when all are right. An application that is not installed fails.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent


def run(command, environment, limit):
    start = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=limit)
        code, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        code, output = None, f"no end within {limit} s"
    except FileNotFoundError as error:
        code, output = None, f"not installed: {error}"
    return code, output, time.monotonic() - start


def clinfo_is_whole(output):
    """clinfo prints <error ...> or an error's name where a query fails."""
    bad = [line for line in output.splitlines() if "CL_INVALID" in line or "<error" in line.lower() or "error:" in line.lower()]
    return "Kiesel" in output and not bad, "\n".join(bad) or "no device of ours"


def clblast_has_no_failure(output):
    """CLBlast's own tests count what passed and failed for each precision."""
    passed = sum(int(n) for n in re.findall(r"(\d+) test\(s\) passed", output))
    failed = sum(int(n) for n in re.findall(r"(\d+) test\(s\) failed", output))
    return passed > 0 and failed == 0, f"{passed} passed, {failed} failed"


def applications(build):
    clinfo = shutil.which("clinfo") or "clinfo"
    python = "/usr/bin/python3"  # Debian's: python3-pyopencl belongs to it
    return {
        "clinfo": ([clinfo], 20, clinfo_is_whole),
        "clinfo-raw": ([clinfo, "--raw"], 20, clinfo_is_whole),
        "pyopencl": ([python, HERE / "pyopencl_script.py"], 120, lambda out: ("all right" in out, "results")),
        "clblast-sgemm": ([build / "bin/clblast_sgemm", "64", "100", "256"], 300,
                          lambda out: (out.count(" right") == 3 and "WRONG" not in out, "results")),
        "clblast-xaxpy": (["clblast_test_xaxpy"], 120, clblast_has_no_failure),
        "clblast-xgemv": (["clblast_test_xgemv"], 120, clblast_has_no_failure),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    build = options.build.resolve()
    environment = {**os.environ, "OCL_ICD_VENDORS": str(build / "kiesel.icd")}
    passed = failed = 0
    for name, (command, limit, judge) in applications(build).items():
        if options.names and name not in options.names:
            continue
        code, output, seconds = run(command, environment, limit)
        good, reason = judge(output)
        if code != 0:
            good, reason = False, f"exit code {code}"
        passed, failed = passed + good, failed + (not good)
        print(f"{name:16} {'right' if good else 'WRONG: ' + reason:24} {seconds:7.2f} s", flush=True)
        if not good:
            print(output)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
