#!/usr/bin/env python3
"""Validates the cycle model with the references that come along, compares the outcome with docs/accuracy.md, and feeds
files that are damaged.

    evaluation/validate/test/check_validate.py --build build [--fix]

--fix writes the page's tables anew.
"""
import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
from bench import require  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
REFERENCES = ROOT / "evaluation/validate/reference"
PAGE = ROOT / "docs/accuracy.md"
BEGIN, END = "<!-- begin: kiesel validate -->\n", "<!-- end -->\n"
LIMIT = 5.0
# Cases whose cycles are off by more, and by how much at most. What is missing is on the page.
MISSES = {"vortex-4x4 private_array": 8, "vortex-8x8 matrix_vector": 6, "vortex-8x8 neighbour_partial": 7,
          "vortex-8x8 polynomial": 7, "vortex-8x8 quantize": 7, "vortex-4x4-2 chase_miss": 6,
          "vortex-4x4-2 points": 6, "vortex-4x4-2 polynomial": 10, "vortex-4x4-2 private_array": 7,
          "vortex-4x4-2 scatter_17": 6, "vortex-4x4-2 sort_private": 8, "vortex-4x4-2 transpose_vector": 22}
MEDIAN = {"vortex-4x4": 0.5, "vortex-8x8": 1.5, "vortex-4x4-2": 1.0}
# Partial warps start with all lanes on that RTL; so many percent of lane instructions are too many there.
DEFECT = {"neighbour_partial": 4, "tiny_partial": 1, "tiny_partial_full": 1}


class Bench:
    def __init__(self, build, folder):
        self.program, self.folder = build / "bin/kiesel", folder

    def validate(self, place, *words, status):
        done = subprocess.run([str(word) for word in (self.program, "validate", place, *words)], capture_output=True,
                              text=True, timeout=1500)
        require(done.returncode in status,
                f"validate {place} {words} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr}")
        return done.stdout if done.returncode < 2 else done.stdout + done.stderr

    def refused(self, name, content, words):
        path = self.folder / name
        if content is not None:
            path.write_bytes(content)
        text = self.validate(path, status=(2,))
        require(words in text, f"{name}: '{words}' is not in\n{text}")


def check_cases(bench):
    path = bench.folder / "all.json"
    text = bench.validate(REFERENCES, "--json", path, status=(0, 1))
    for reference in json.loads(path.read_text())["references"]:
        median = reference["cycles"]["median_percent"]
        require(median <= MEDIAN[reference["name"]], f"{reference['name']}: the median error of cycles is {median:.2f} %")
        for case in reference["cases"]:
            name, counters = f"{reference['name']} {case['name']}", case["counters"]
            require(counters["instructions"]["error_percent"] == 0, f"{name}: instructions are not equal")
            lanes = abs(counters["lane_instructions"]["error_percent"])
            require(lanes <= DEFECT.get(case["name"], 0), f"{name}: lane instructions are {lanes:.2f} % off")
            error = abs(counters["cycles"]["error_percent"])
            require(error <= MISSES.get(name, LIMIT), f"{name}: cycles are {error:.2f} % off")
    return text, json.loads(path.read_text())


def tables(text, outcome):
    """What the page has: the tables of cases, then that of counters."""
    sections = [f"### {name}\n\n" + re.search(rf"^{name} on design [^\n]*\n\n(.*?\n\n.*?\n)", text, re.M | re.S)[1]
                for name in (reference["name"] for reference in outcome["references"])]
    rows = [f"| `{counter}` | {row['cases']} | {row['median_percent']:.2f} | {row['mean_percent']:.2f} | "
            f"{row['largest_percent']:.2f} | {row['largest_at']} |" for counter, row in outcome["counters"].items()]
    head = "| counter | cases | median % | mean % | largest % | at |\n|---|---:|---:|---:|---:|---|\n"
    whole = [text.rstrip().splitlines()[-1], "", "### Counters", "", head + "\n".join(rows), "", *sections]
    return "".join(line + "\n" if line.startswith("|") else textwrap.fill(line, 118) + "\n"
                   for line in "\n".join(whole).rstrip("\n").splitlines())


def check_page(text, outcome, fix):
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = before + BEGIN + tables(text, outcome) + END + after
    if fix:
        PAGE.write_text(wanted)
    else:
        require(page == wanted, f"{PAGE.name} has other tables than `kiesel validate`; --fix writes them anew")


def check_words(bench):
    one = ("--case", "tiny_1", "--design", "vortex-4x4")
    require("tiny_1" in bench.validate(REFERENCES, *one, status=(0,)), "no table")
    require("dcache_reads" in bench.validate(REFERENCES, *one, "--counters", status=(0,)), "no counters")
    bench.validate(REFERENCES, *one, "--limit", "0", status=(1,))
    slow = bench.folder / "slow.toml"
    slow.write_text((ROOT / "device/designs/vortex-4x4.toml").read_text() + "[memory]\ncolumn_cycles = 400\n")
    bench.validate(REFERENCES, "--case", "tiny_1", "--design", slow, status=(1,))
    # Fetching past full buffers is most of what a fetch takes in a kernel that waits for memory.
    design, path = bench.folder / "no.toml", bench.folder / "one.json"
    for when_full, least, most in ((0, 50, 100), (1, 0, 10)):
        design.write_text((ROOT / "device/designs/vortex-8x8.toml").read_text() + f"[fetch]\nwhen_full = {when_full}\n")
        bench.validate(REFERENCES, "--case", "private_array", "--design", design, "--json", path, status=(0, 1))
        error = abs(json.loads(path.read_text())["counters"]["fetch_cycles"]["largest_percent"])
        require(least <= error <= most, f"when_full = {when_full}: fetch cycles are {error:.1f} % off")
    for words, answer in ((("--case", "none"), "there is no case 'none'"), (("--design", "none"), "'none'"),
                          (("--design", "kiesel"), "no case of a machine of this shape")):
        require(answer in bench.validate(REFERENCES, *words, status=(2,)), f"{words}: no word of {answer}")


def unpacked(path):
    return subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout


def check_damage(bench):
    packed = (REFERENCES / "vortex-4x4.json.zst").read_bytes()
    whole = json.loads(unpacked(REFERENCES / "vortex-4x4.json.zst"))
    whole["cases"] = [case for case in whole["cases"] if case["name"] == "tiny_1"]
    case = whole["cases"][0]
    bench.refused("missing.json", None, "there is no")
    bench.refused("empty.json", b"", "is not JSON")
    bench.refused("short.json.zst", packed[:len(packed) // 2], "ends too early")
    bench.refused("other.json.zst", b"\0" * 1000, "cannot be decompressed")
    bomb = subprocess.run(["zstd", "-c"], input=b" " * (65 << 20), capture_output=True, check=True).stdout
    bench.refused("bomb.json.zst", bomb, "is larger than")

    def changed(**values):
        return json.dumps({**whole, "cases": [{**case, **values}]}).encode()

    bench.refused("entry.json", changed(kernel_entry=1 << 20), "is not in the module")
    bench.refused("local.json", changed(local_bytes=1 << 20), "bytes of local memory")
    bench.refused("group.json", changed(local_size=[4096], groups=[1]), "work-items")
    bench.refused("start.json", json.dumps({**whole, "starts": {case["start"]: "AAAA" * 2000}}).encode(),
                  "more than a page")
    bench.refused("program.json", json.dumps({**whole, "programs": {case["program"]: "AAAA"}}).encode(), "could not run")
    (bench.folder / "folder").mkdir()
    bench.refused("folder", None, "has no reference")
    # Whatever bytes are changed, it ends with a word.
    text, chance = bytearray(json.dumps(whole).encode()), random.Random(1)
    for number in range(40):
        copy = bytearray(text)
        for _ in range(4):
            copy[chance.randrange(len(copy))] = chance.randrange(32, 127)
        path = bench.folder / f"random{number}.json"
        path.write_bytes(copy)
        bench.validate(path, "--launch-seconds", "5", status=(0, 1, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--fix", action="store_true", help="write the tables of docs/accuracy.md anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.build.resolve(), pathlib.Path(folder))
        check_page(*check_cases(bench), options.fix)
        check_words(bench)
        check_damage(bench)
    print("ok")


if __name__ == "__main__":
    main()
