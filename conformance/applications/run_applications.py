#!/usr/bin/env python3
"""Runs OpenCL applications that know nothing of Kiesel against one ICD, judges what they print, and counts the kernels
that they launched: an application that quietly works without OpenCL does not pass.

    run_applications.py --build build [--all] [--pyopencl-tests FOLDER] [NAME ...]

Without --all the quick ones of ./check, where one that is not installed fails. With --all or names everything; what is not
installed is listed as such. Exit code 0 when nothing that ran is wrong.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # Debian's: its packages belong to it


def clinfo_is_whole(output):
    """clinfo prints <error ...> or an error's name where a query fails."""
    bad = [line for line in output.splitlines() if "CL_INVALID" in line or "<error" in line.lower() or "error:" in line.lower()]
    return "Kiesel" in output and not bad, "\n".join(bad) or "no device of ours"


def clblast_has_no_failure(output):
    """CLBlast's own tests count what passed and failed for each precision."""
    passed = sum(int(n) for n in re.findall(r"(\d+) test\(s\) passed", output))
    failed = sum(int(n) for n in re.findall(r"(\d+) test\(s\) failed", output))
    return passed > 0 and failed == 0, f"{passed} passed, {failed} failed"


def pytest_has_no_failure(output):
    found = re.search(r"(\d+) passed", output)
    failed = re.search(r"(\d+) (failed|error)", output)
    return bool(found) and not failed, (output.strip().splitlines() or ["nothing"])[-1]


def says_all_right(output):
    return "all right" in output, "results"


def sgemm_is_right(output):
    return output.count(" right") == 3 and "WRONG" not in output, "results"


def clpeak_is_whole(output):
    return "Kiesel" in output and "bandwidth" in output and "rror" not in output, "results"


class Application:
    """A command with its limit in seconds, the judge of its output, and what must be installed for it."""

    def __init__(self, command, limit, judge, quick=False, needs=(), launches=True, folder=None):
        self.command, self.limit, self.judge, self.quick = command, limit, judge, quick
        self.needs, self.launches, self.folder = needs, launches, folder

    def missing(self):
        """The first thing that is not installed, or None. Modules are named python:module."""
        if not shutil.which(str(self.command[0])):
            return str(self.command[0])
        for need in self.needs:
            module = need.removeprefix("python:")
            found = shutil.which(need) if module == need else \
                not subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode
            if not found:
                return need
        return None


def applications(options):
    def script(name, limit, **rest):
        return Application([PYTHON, HERE / name], limit, says_all_right, **rest)

    table = {
        "clinfo": Application(["clinfo"], 20, clinfo_is_whole, quick=True, launches=False),
        "clinfo-raw": Application(["clinfo", "--raw"], 20, clinfo_is_whole, quick=True, launches=False),
        "pyopencl": script("pyopencl_script.py", 120, quick=True, needs=["python:pyopencl"]),
        "clblast-sgemm": Application([options.build / "bin/clblast_sgemm", "64", "100", "256"], 300, sgemm_is_right, quick=True),
        "clblast-xaxpy": Application(["clblast_test_xaxpy"], 120, clblast_has_no_failure, quick=True),
        "clblast-xgemv": Application(["clblast_test_xgemv"], 120, clblast_has_no_failure, quick=True),
        "clblast-xger": Application(["clblast_test_xger"], 600, clblast_has_no_failure),
        "clblast-xgemm": Application(["clblast_test_xgemm"], 1800, clblast_has_no_failure),
        "opencv-tapi": script("opencv_tapi.py", 300, needs=["python:cv2"]),
        "opencv-dnn": script("opencv_dnn.py", 300, needs=["python:cv2"]),
        "clfft": script("fft_script.py", 300, needs=["python:gpyfft"]),
        "ffmpeg": script("ffmpeg_filters.py", 600, needs=["ffmpeg"]),
        "hashcat": script("hashcat_attack.py", 900, needs=["hashcat"]),
        "clpeak": Application(["clpeak"], 1800, clpeak_is_whole),
    }
    for name in ("test_wrapper", "test_clmath", "test_clrandom", "test_array", "test_algorithm"):
        table["pyopencl-" + name] = Application(
            [PYTHON, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"{name}.py"], 3600, pytest_has_no_failure,
            needs=["python:pytest", "python:pyopencl"], folder=options.pyopencl_tests)
    return table


def run(application, environment):
    start = time.monotonic()
    try:
        done = subprocess.run(application.command, env=environment, capture_output=True, text=True, errors="replace",
                              timeout=application.limit, cwd=application.folder)
        code, output = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as error:
        code, output = None, (error.stdout or b"").decode(errors="replace") + f"\nno end within {application.limit} s"
    return code, output, time.monotonic() - start


def count_launches(log):
    if not log.exists():
        return 0
    with log.open(errors="replace") as lines:
        return sum(" device debug: launch " in line for line in lines)


def run_one(application, options):
    """Verdict, launches, seconds, output."""
    missing = application.missing()
    if not missing and application.folder is None and "pytest" in application.command:
        missing = "its tests: --pyopencl-tests"
    if missing:
        return f"not installed: {missing}", 0, 0.0, ""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log"
        environment = {**os.environ, "OCL_ICD_VENDORS": str(options.build / "kiesel.icd"), "KIESEL_LOG": "device=debug",
                       "KIESEL_LOG_FILE": str(log), "PYOPENCL_NO_CACHE": "1"}  # it would give us an older build's binary
        code, output, seconds = run(application, environment)
        launches = count_launches(log)
    good, reason = application.judge(output)
    if code != 0:
        good, reason = False, f"exit code {code}" if code is not None else f"no end within {application.limit} s"
    elif good and application.launches and not launches:
        good, reason = False, "no kernel was launched"
    return "right" if good else "WRONG: " + reason, launches, seconds, output


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build")
    parser.add_argument("--all", action="store_true", help="not only the quick ones")
    parser.add_argument("--pyopencl-tests", type=pathlib.Path, help="the test folder of PyOpenCL's source")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.build = options.build.resolve()
    counts = {"right": 0, "wrong": 0, "missing": 0}
    print(f"{'application':24} {'result':34} {'launches':>9} {'seconds':>8}")
    for name, application in applications(options).items():
        if name not in options.names if options.names else not (options.all or application.quick):
            continue
        verdict, launches, seconds, output = run_one(application, options)
        kind = "right" if verdict == "right" else "missing" if verdict.startswith("not installed") else "wrong"
        counts[kind] += 1
        print(f"{name:24} {verdict:34} {launches:9} {seconds:8.2f}", flush=True)
        if kind == "wrong":
            print(output)
    print(f"{counts['right']} passed, {counts['wrong']} failed, {counts['missing']} not installed")
    tolerant = options.all or options.names
    return 0 if counts["right"] and not counts["wrong"] and (tolerant or not counts["missing"]) else 1


if __name__ == "__main__":
    sys.exit(main())
