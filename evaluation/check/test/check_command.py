#!/usr/bin/env python3
"""What kiesel check says, and how it ends: forms, suppressions, captures, and applications that go wrong.

    evaluation/check/test/check_command.py --build build
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

MEMORY, RACES = HERE / "corpus/memory.cl", HERE / "corpus/races.cl"
ENDLESS = """//// endless out-of-bounds 32 32 buf:128
kernel void KERNEL(global int* out) {
  out[get_global_id(0) + 1] = 1;
  while (atomic_or(out, 0) != 12345) {}
}
"""


class Bench(common.Bench):
    def run(self, command, status, **environment):
        """Output, error output."""
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300,
                              env={**self.environment, **environment})
        require(done.returncode == status,
                f"{command} ended with {done.returncode}, not {status}:\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def check(self, *words, status):
        return self.run((self.bin / "kiesel", "check", *words), status)

    def application(self, *words):
        return ("--", self.bin / "check_application", *words)

    def says(self, *words, status, options=(), has=(), has_not=()):
        """The text of a check of the application has and has not these pieces."""
        out, errors = self.check(*options, *self.application(*words), status=status)
        for piece in has:
            require(piece in out + errors, f"'{piece}' is not in the report of {words}:\n{out}{errors}")
        for piece in has_not:
            require(piece not in out + errors, f"'{piece}' is in the report of {words}:\n{out}{errors}")
        return out + errors


def check_texts(bench):
    bench.says(MEMORY, "store_past_end", status=1,
               has=("program.cl:4:", "out-of-bounds: store of 4 bytes behind the end of 'out'",
                    "by work-item (63, 0, 0) of work-group (3, 0, 0), kernel 'store_past_end_bad'",
                    "'out' is a buffer of 252 bytes, argument 0, made by check_application", "4 | out[i] = 1;",
                    "1 finding in 2 launches"))
    bench.says(MEMORY, "store_past_end", status=1, options=("--without-lines",),
               has=("store_past_end_bad at 0x", "(sw "), has_not=("program.cl",))
    bench.says(RACES, "neighbours", status=1,
               has=("race on byte ", " of 'data'", "before: ", "of work-group (", "times"))
    bench.says(RACES, "neighbours", status=0, options=("--tools", "memory"), has=("0 findings in 2 launches",))
    out = bench.says(RACES, status=1, options=("--max", "2"))
    shown = [line for line in out.splitlines() if line.startswith("program.cl:")]
    require(len(shown) == 2, f"--max 2 shows other than 2 findings:\n{out}")


def check_forms(bench):
    words = bench.application(MEMORY, "store_past_end")
    out, _ = bench.check("--format", "json", *words, status=1)
    report = json.loads(out)
    finding = report["findings"][0]
    require(report["count"] == 1 and report["launches"] == 2, f"numbers of {report}")
    require(finding["kind"] == "out-of-bounds" and finding["deed"]["line"] == 4 and finding["deed"]["column"] > 0,
            f"the place of {finding}")
    text, _ = bench.check("-o", bench.folder / "report.txt", *words, status=1)
    text = (bench.folder / "report.txt").read_text()
    require(finding["message"] in text and finding["object"] in text, "text and JSON have other words")
    out, _ = bench.check("--format", "sarif", *words, status=1)
    result = json.loads(out)["runs"][0]["results"][0]
    require(result["locations"][0]["physicalLocation"]["region"]["startLine"] == 4, f"the place of {result}")
    require(finding["message"] in result["message"]["text"], "SARIF and JSON have other words")


def check_suppressions(bench):
    known = bench.folder / "known.txt"
    known.write_text("# intended\nkind:out-of-bounds kernel:store_*\n")
    bench.says(MEMORY, "store_past_end", status=0, options=("--suppressions", known), has=("1 suppressed",))
    known.write_text("kind:race\n")
    bench.says(MEMORY, "store_past_end", status=1, options=("--suppressions", known))
    known.write_text("colour:red\n")
    bench.says(MEMORY, "store_past_end", status=2, options=("--suppressions", known), has=("line 1",))


def check_refusals(bench):
    bench.check(status=2)
    bench.check("--tools", "colour", *bench.application(MEMORY), status=2)
    bench.check("--", bench.folder / "nothing", status=2)
    bench.check("--", "true", status=2)  # no kernel


def check_option(bench):
    """The option alone, without the program kiesel."""
    words = (bench.bin / "check_application", MEMORY, "store_past_end")
    driver = {"OCL_ICD_VENDORS": str(bench.bin.parent / "kiesel.icd")}
    _, errors = bench.run(words, 0, KIESEL_CHECKS="memory", **driver)
    require("store of 4 bytes behind the end of 'out'" in errors, f"the option finds nothing:\n{errors}")
    _, errors = bench.run(words, 0, KIESEL_CHECKS="colour", **driver)
    require("there is no tool 'colour'" in errors and "behind the end" not in errors, f"a wrong option:\n{errors}")


def check_wrong_applications(bench):
    found = "behind the end of 'out'"
    bench.says(MEMORY, "store_past_end", "crash", status=1, has=(found, "signal 6", "1 finding in 1 launches"))
    bench.says(MEMORY, "store_past_end", "exit", status=1, has=(found, "1 finding in 1 launches"))
    bench.says(RACES, "counter", "exit", status=1, options=("--tools", "races"), has=("race on byte 0",))
    bench.says(MEMORY, "store_past_end", "exit", status=0, options=("--tools", "races"), has=("0 findings in 1",))
    bench.says(MEMORY, "null_argument", "exit", status=1, options=("--tools", "races"),
               has=("null_argument_bad: fault",))
    bench.says(MEMORY, "store_past_end", "fork", status=1, has=(found, "2 times", "1 finding in 3 launches"))
    endless = bench.folder / "endless.cl"
    endless.write_text(ENDLESS)
    bench.says(endless, status=1, options=("--launch-seconds", "2"),
               has=(found, "not checked: kernel 'endless_bad' was not checked to its end"))


def check_leaks(bench):
    bench.says(MEMORY, "store_past_end", "leak", status=1, options=("--tools", "leaks"),
               has=("leak: buffer number 0 of 252 bytes is not released", "allocation by check_application"))
    bench.says(MEMORY, "store_past_end", status=0, options=("--tools", "leaks"))


def check_il(bench):
    """SPIR-V without debug information: instructions stand for lines."""
    folder = bench.folder / "dump"
    bench.says(MEMORY, "store_past_end", "exit", status=1, options=("--dump", folder, "--without-lines"))
    modules = list(folder.rglob("program.spv"))
    require(len(modules) == 1, f"{len(modules)} modules")
    bench.says(MEMORY, "store_past_end", f"il:{modules[0]}", status=1,
               has=("store_past_end_bad at 0x", "behind the end of", "kernel 'store_past_end_bad'"),
               has_not=("program.cl",))


def check_captures(bench):
    path = bench.folder / "w.kcap"
    bench.run((bench.bin / "kiesel", "capture", "-o", path, *bench.application(MEMORY, "far_away")), 0)
    out, errors = bench.check(path, status=1)
    require("of 'out'" in out + errors, f"nothing about the capture:\n{out}{errors}")
    bench.check(path, "--kernels", "far_away_good", status=0)
    bench.check(path, "--kernels", "far_away_bad", status=1)
    whole, cut, damaged = path.read_bytes(), bench.folder / "cut.kcap", bench.folder / "damaged.kcap"
    cut.write_bytes(whole[:-100])
    out, errors = bench.check(cut, status=1)
    require("of 'out'" in out + errors and "not checked: what follows in the capture" in out + errors,
            f"a capture that was cut off:\n{out}{errors}")
    damaged.write_bytes(whole[:-100] + b"x" * 100)
    out, errors = bench.check(damaged, status=2)
    require("not checked: what follows in the capture" in out + errors, f"a damaged capture:\n{out}{errors}")
    stripped = bench.folder / "stripped.kcap"
    bench.run((bench.bin / "kiesel", "capture", "-o", stripped, "--without-source",
               *bench.application(MEMORY, "far_away")), 0)
    out, errors = bench.check(stripped, status=1)
    require("far_away_bad at 0x" in out + errors, f"a capture without source:\n{out}{errors}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.build.resolve(), pathlib.Path(folder))
        for check in (check_texts, check_forms, check_suppressions, check_refusals, check_option,
                      check_wrong_applications, check_leaks, check_il, check_captures):
            check(bench)
            print(f"{check.__name__}: as expected")


if __name__ == "__main__":
    main()
