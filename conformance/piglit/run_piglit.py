#!/usr/bin/env python3
"""Runs the OpenCL tests of Debian's piglit package, of programs and of the API, against one ICD and judges the results.

    run_piglit.py --icd build/kiesel.icd [--jobs 2] [--quick] [--json out.json] [PART ...]

PART keeps only tests whose path contains it. Every test must pass unless expectations.json names it with the
result that it must have instead and the reason; a listed test that behaves otherwise is a failure too.
Exit code 0: all as expected.
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
import time

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = ("tests/cl/program/execute", "tests/cl/program/build", "generated_tests/cl")
API_PROGRAMS = ("cl-api-*", "cl-custom-*", "cl-program-*")  # in bin/, each a program of its own
QUICK_EVERY = 8  # --quick: every eighth test, evenly over all folders
RESULT = re.compile(r'^PIGLIT: \{"result": "(\w+)"', re.M)


def find_piglit():
    for folder in sorted(pathlib.Path("/usr/lib").glob("*/piglit")) + [pathlib.Path("/usr/lib/piglit")]:
        if (folder / "bin/cl-program-tester").exists():
            return folder
    sys.exit("error: no piglit found; install Debian's package 'piglit' or give --piglit")


def find_tests(piglit, parts, quick):
    tests = [path.relative_to(piglit).as_posix()
             for folder in FOLDERS
             for path in sorted((piglit / folder).rglob("*")) if path.suffix in (".cl", ".program_test")]
    if quick:
        tests = tests[::QUICK_EVERY]
    tests += sorted(path.relative_to(piglit).as_posix() for pattern in API_PROGRAMS
                    for path in (piglit / "bin").glob(pattern) if path.name != "cl-program-tester")
    return [test for test in tests if not parts or any(part in test for part in parts)]


def run_test(piglit, test, environment, limit):
    start = time.monotonic()
    command = [piglit / test] if test.startswith("bin/") else [piglit / "bin/cl-program-tester", piglit / test]
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(command, cwd=folder, env=environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
        output = done.stdout.decode(errors="replace")
        found = RESULT.findall(output)
        result = found[-1] if found and done.returncode >= 0 else "crash"
    except subprocess.TimeoutExpired as error:
        output, result = (error.stdout or b"").decode(errors="replace"), "timeout"
    return {"test": test, "result": result, "seconds": round(time.monotonic() - start, 3), "output": output}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--icd", help="ICD file to test; without it whatever the loader finds")
    parser.add_argument("--piglit", type=pathlib.Path, help="folder of the piglit installation")
    parser.add_argument("--expectations", type=pathlib.Path, default=HERE / "expectations.json")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=float, default=120, help="seconds for one test")
    parser.add_argument("--quick", action="store_true", help=f"only every {QUICK_EVERY}th test")
    parser.add_argument("--json", type=pathlib.Path, help="write all results here")
    parser.add_argument("--verbose", action="store_true", help="print the output of tests that surprise")
    parser.add_argument("parts", nargs="*")
    options = parser.parse_args()

    piglit = options.piglit or find_piglit()
    environment = dict(os.environ)
    if options.icd:
        environment["OCL_ICD_VENDORS"] = os.path.abspath(options.icd)
    expectations = json.loads(options.expectations.read_text()) if options.expectations.exists() else {}
    tests = find_tests(piglit, options.parts, options.quick)
    if not tests:
        sys.exit("error: no test matches")

    counts, surprises, results = {}, [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for result in pool.map(lambda test: run_test(piglit, test, environment, options.limit), tests):
            results.append(result)
            counts[result["result"]] = counts.get(result["result"], 0) + 1
            wanted = expectations.get(result["test"], {}).get("result", "pass")
            if result["result"] != wanted:
                surprises.append(result)
                print(f"{result['test']}: {result['result']}, expected {wanted}", flush=True)
                if options.verbose:
                    print(result["output"])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    print(f"piglit: {len(tests)} tests: " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items())))
    print(f"{len(tests) - len(surprises)} passed, {len(surprises)} failed")
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
