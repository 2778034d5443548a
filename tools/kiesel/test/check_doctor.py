#!/usr/bin/env python3
"""Breaks installations in one way each and asks `kiesel doctor` what is wrong.

    tools/kiesel/test/check_doctor.py --build build
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

FOREIGN_USER = 65534


class Installation:
    """A working one; each case changes one thing."""

    def __init__(self, build, folder):
        self.program, self.library = build / "bin/kiesel", build / "lib/libkiesel.so"
        self.folder = folder
        self.vendors = folder / "vendors"
        self.vendors.mkdir()
        self.icd(self.library)
        self.cache = folder / "cache"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("KIESEL_", "OCL_ICD", "OPENCL_"))}
        self.set(OCL_ICD_VENDORS=self.vendors, KIESEL_CACHE_DIR=self.cache, XDG_CONFIG_HOME=folder)
        self.limits = {}

    def set(self, **variables):
        self.environment.update({name: str(value) for name, value in variables.items()})

    def icd(self, library, name="kiesel.icd"):
        (self.vendors / name).write_text(f"{library}\n")

    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def compiled(self, name, source):
        (self.folder / "x.c").write_text(source)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.folder / name, self.folder / "x.c"], check=True)
        return self.folder / name

    def ask(self, *arguments):
        def lower():
            for which, value in self.limits.items():
                resource.setrlimit(which, (value, value))
        return subprocess.run([self.program, "doctor", *arguments], env=self.environment, text=True, capture_output=True,
                              preexec_fn=lower)

    def findings(self):
        done = self.ask("--json")
        rows = json.loads(done.stdout)
        found = {row["name"]: row for row in rows}
        require(len(found) == len(rows), "two checks have one name")
        errors = [row["name"] for row in rows if row["verdict"] == "error"]
        require(done.returncode == (1 if errors else 0), f"exit status {done.returncode} with the errors {errors}")
        for row in rows:
            require(row["verdict"] != "error" or row["mend"], f"{row['name']}: an error without what to do")
        return found


def require(condition, message):
    if not condition:
        raise AssertionError(message)


def wrong_icd_path(it):
    it.icd("/nonexistent/libkiesel.so")


def no_icd_file(it):
    (it.vendors / "kiesel.icd").unlink()


def no_vendors_folder(it):
    it.set(OCL_ICD_VENDORS=it.folder / "nothing")


def not_a_library(it):
    (it.folder / "libkiesel.so").write_text("nothing that a linker knows\n")
    it.icd(it.folder / "libkiesel.so")


def not_a_driver(it):
    it.icd(it.compiled("libkiesel.so", "int answer(void) { return 42; }"))


def dies_when_opened(it):
    it.icd(it.compiled("libkiesel.so", "#include <stdlib.h>\n__attribute__((constructor)) void f(void) { abort(); }"))


def broken_neighbour(it):
    it.icd("libnothing-here.so.7", "neighbour.icd")


def no_compiler(it):
    it.set(KIESEL_COMPILER=it.folder / "nothing")


def other_compiler(it):
    it.set(KIESEL_COMPILER=it.script("kiesel-compiler", "echo kiesel-compiler 77.0.0"))


def foreign_cache(it):
    if os.geteuid() == 0:
        it.cache.mkdir()
        os.chown(it.cache, FOREIGN_USER, FOREIGN_USER)
    else:
        it.set(KIESEL_CACHE_DIR="/usr")


def open_cache(it):
    it.cache.mkdir()
    it.cache.chmod(0o777)


def cache_is_a_file(it):
    it.cache.write_text("")


def cache_below_a_file(it):
    (it.folder / "file").write_text("")
    it.set(KIESEL_CACHE_DIR=it.folder / "file/cache")


def bad_configuration(it):
    (it.folder / "kiesel.toml").write_text("threads = \n")


def configuration_with_unknown_option(it):
    (it.folder / "kiesel.toml").write_text("number_of_threads = 3\n")


def missing_configuration(it):
    it.set(KIESEL_CONFIG=it.folder / "nothing.toml")


def unknown_variable(it):
    it.set(KIESEL_THREAD=3)


def wrong_value(it):
    it.set(KIESEL_THREADS="many")


def unknown_engine(it):
    it.set(KIESEL_ENGINE="steam")


def unknown_device(it):
    it.set(KIESEL_DEVICE="kiesel,nothing.toml")


def few_files(it):
    it.limits[resource.RLIMIT_NOFILE] = 64


def compiler_that_never_builds(it):
    version = subprocess.run([it.program, "--version"], capture_output=True, text=True).stdout.split()[-1]
    it.set(KIESEL_COMPILER=it.script("kiesel-compiler", f"[ $1 = serve ] || echo kiesel-compiler {version}"))


# What is broken, what `doctor` must find, in words that its finding has.
CASES = [
    (wrong_icd_path, {"driver": "error", "platform": "error", "launch": "error"}, "/nonexistent/libkiesel.so"),
    (no_icd_file, {"vendors": "error", "driver": "error", "platform": "error"}, "none is Kiesel"),
    (no_vendors_folder, {"vendors": "error"}, "nothing"),
    (not_a_library, {"driver": "error"}, "libkiesel.so"),
    (not_a_driver, {"driver": "error"}, "no driver"),
    (dies_when_opened, {"driver": "error", "platform": "error"}, "Aborted"),
    (broken_neighbour, {"other drivers": "warning"}, "libnothing-here.so.7"),
    (no_compiler, {"compiler": "error", "version": "error", "build": "error", "launch": "error"}, "No such file"),
    (other_compiler, {"version": "error", "build": "error"}, "77.0.0"),
    (foreign_cache, {"cache": "error"}, "belongs to another user"),
    (open_cache, {"cache": "error"}, "others may write"),
    (cache_is_a_file, {"cache": "error"}, "Not a directory"),
    (cache_below_a_file, {"cache": "error"}, "Not a directory"),
    (bad_configuration, {"configuration": "warning"}, "kiesel.toml:1"),
    (configuration_with_unknown_option, {"configuration": "warning"}, "number_of_threads"),
    (missing_configuration, {"configuration": "error"}, "nothing.toml"),
    (unknown_variable, {"environment": "warning"}, "thread"),
    (wrong_value, {"environment": "warning"}, "many"),
    (unknown_engine, {"engine": "error"}, "steam"),
    (unknown_device, {"devices": "error"}, "nothing.toml"),
    (few_files, {"limits": "warning"}, "64"),
    (compiler_that_never_builds, {"build": "error", "launch": "error"}, "compiler"),
]


def check(build, change, expected, words):
    with tempfile.TemporaryDirectory() as name:
        it = Installation(build, pathlib.Path(name))
        change(it)
        found = it.findings()
        for row, verdict in expected.items():
            require(found[row]["verdict"] == verdict, f"{row} is {found[row]}, not {verdict}")
            require(found[row]["mend"], f"{row}: nothing to do about '{found[row]['found']}'")
        first = found[next(iter(expected))]["found"]
        require(words in first, f"'{first}' does not say '{words}'")


def check_good(build):
    with tempfile.TemporaryDirectory() as name:
        it = Installation(build, pathlib.Path(name))
        for row in it.findings().values():
            # What the host offers is the host's; the rest is ours.
            host = row["name"] in ("host", "processors", "limits", "memory", "sandbox")
            require(row["verdict"] == "ok" or host, f"a good installation has {row}")
        words = it.ask().stdout
        require("work-items are right" in words and " 0 errors" in words, f"the table is\n{words}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*", help="cases; all when there is none")
    options = parser.parse_args()
    build = options.build.resolve()
    cases = [(change.__name__, lambda change=change, rest=rest: check(build, change, *rest)) for change, *rest in CASES]
    failed = 0
    chosen = [case for case in [("good", lambda: check_good(build)), *cases]
              if not options.names or case[0] in options.names]
    for name, run in chosen:
        try:
            run()
        except AssertionError as problem:
            failed += 1
            print(f"FAILED {name}: {problem}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
