#!/usr/bin/env python3
"""Makes a reference file for `kiesel validate` (docs/accuracy.md has the format) from launches and from what Vortex
counted in them.

    make_reference.py -o vortex-4x4.json.zst --design vortex-4x4 --source "RTL of Vortex 3.0" \\
        --elf programs/ --launches heldout/launches-4x4 --counts heldout/counts-4x4-rtl.csv
    make_reference.py ... --elf reference/elf --cases reference/run.py --start reference/start.bin \\
        --counts reference/counts.csv

A launch is a JSON file: case, kernel, groups, local_size, local_bytes, elf and start (names of files), elf_address,
kernel_entry, launch_block (hexadecimal), and buffers {address, bytes, reserved, file with its first contents}. In place
of such a folder there may be a Python module whose cases(work-items of a core, lanes) gives the same as values.
"""
import argparse
import base64
import csv
import importlib.util
import json
import pathlib
import struct
import subprocess
import sys

HEADER = 128  # bytes of the launch block before the arguments
PLAIN, MASK = "", "-start-mask"  # ends of the tag of the rows that are wanted

# Columns of the counts, and what counters.def calls them. The column divergent is of splits only, where the counter
# is of loops' ends, too: they are not compared.
COLUMNS = {
    "warp_instructions": "instructions", "issued_threads": "lane_instructions", "cycles": "cycles",
    "stall_scoreboard": "scoreboard_cycles", "stall_operands": "operand_collisions",
    "alu": "alu_instructions", "fpu": "fpu_instructions", "lsu": "lsu_instructions", "sfu": "sfu_instructions",
    "ifetches": "fetches", "ifetch_latency": "fetch_cycles", "loads": "load_lanes", "load_latency": "load_lane_cycles",
    "stores": "store_lanes", "icache_reads": "icache_reads", "icache_misses": "icache_misses",
    "dcache_reads": "dcache_reads", "dcache_writes": "dcache_writes", "dcache_read_misses": "dcache_read_misses",
    "dcache_write_misses": "dcache_write_misses", "dcache_evictions": "dcache_evictions",
}
# The end of a launch empties each core's caches, which these count as an access and a miss. The kernel has none of
# them, and the model counts the kernel's.
OF_THE_FLUSH = {"fetches": 1, "icache_reads": 1, "icache_misses": 1, "dcache_reads": 1, "dcache_read_misses": 1}
# Of several cores the counts have those of the core with the most, where the model counts all cores'.
OF_ONE_CORE = ("icache_reads", "icache_misses", "dcache_reads", "dcache_writes", "dcache_read_misses",
               "dcache_write_misses", "dcache_evictions")


def fail(message):
    sys.exit(f"make_reference.py: {message}")


def text_of(data):
    return base64.b64encode(data).decode()


def counts_of(row, cores):
    counts = {counter: int(row[column]) for column, counter in COLUMNS.items()}
    for counter, number in OF_THE_FLUSH.items():
        counts[counter] -= number * cores
    return {counter: count for counter, count in counts.items() if cores == 1 or counter not in OF_ONE_CORE}


def read_counts(options, shape):
    """Of the wanted engine, tag and shape, by case."""
    found = {}
    for path in options.counts:
        for row in csv.DictReader(open(path, newline="")):
            if row["engine"] != options.engine or row["vortex"] not in (options.tag + PLAIN, options.tag + MASK):
                continue
            if tuple(int(row[key]) for key in ("warps", "lanes", "cores")) != shape:
                continue
            if row["case"] in found:
                fail(f"{path}: a second row of {row['case']}")
            found[row["case"]] = row
    return found


class Programs:
    """Programs and pieces of start-up code, each once."""

    def __init__(self, folders):
        self.folders = folders
        self.files = {}

    def find(self, name):
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        fail(f"no folder has {name}")

    def add(self, path):
        data = text_of(path.read_bytes())
        if self.files.setdefault(path.name, data) != data:
            fail(f"two files of the name {path.name}")
        return path.name


def trimmed(data):
    """Bytes that follow the contents are zero."""
    return data.rstrip(b"\0")


def buffer_of(offset, size, data):
    buffer = {"offset": offset, "bytes": size}
    if trimmed(data):
        buffer["contents"] = text_of(trimmed(data))
    return buffer


def case_of(name, kernel, groups, local_size, local_bytes, arguments, buffers, **more):
    dimensions = max([1] + [d + 1 for d in range(3) if groups[d] * local_size[d] > 1])
    return {"name": name, "kernel": kernel, "groups": list(groups[:dimensions]),
            "local_size": list(local_size[:dimensions]), "local_bytes": local_bytes,
            "arguments": text_of(arguments), "buffers": buffers, **more}


def from_folder(folder, options, programs, starts):
    for path in sorted(folder.glob("*.json")):
        launch = json.loads(path.read_text())
        block = bytearray.fromhex(launch["launch_block"])
        buffers = []
        for buffer in launch["buffers"]:
            at = block.find(struct.pack("<Q", buffer["address"]), HEADER)
            if at < 0:
                fail(f"{path}: no argument is the address of a buffer")
            block[at:at + 8] = bytes(8)
            buffers.append(buffer_of(at - HEADER, buffer["reserved"], (folder / buffer["file"]).read_bytes()))
        yield case_of(launch["case"], launch["kernel"], launch["groups"], launch["local_size"], launch["local_bytes"],
                      bytes(block[HEADER:]), buffers, program=programs.add(programs.find(launch["elf"])),
                      start=starts.add(starts.find(launch["start"])),
                      kernel_entry=launch["kernel_entry"] - launch["elf_address"])


def module_of(path):
    sys.path.insert(0, str(path.parent.resolve()))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def from_module(path, options, programs, starts):
    module, (warps, lanes, _) = module_of(path), options.shape
    layout = importlib.import_module("kiesel_elf")
    elf = programs.find(options.program)
    program = layout.Program(str(elf))
    for name, case in module.cases(warps * lanes, lanes).items():
        kernel_name, groups, local_size, values = case[:4]
        if not any(kernel["name"] == kernel_name for kernel in program.json["kernels"]):
            continue
        kernel = program.kernel(kernel_name)
        buffers, plain = [], []
        for argument, value in zip(kernel["arguments"], values):
            if isinstance(value, tuple):
                buffers.append(buffer_of(argument["offset"] - HEADER, max(64, len(value[1])), value[1]))
                value = bytes(8)
            plain.append(value.n if isinstance(value, module.Local) else value)
        block, local = layout.launch_block(kernel, plain, groups, local_size, kernel["local_memory_bytes"], 0, 0, 0, 0)
        yield case_of(name, kernel_name, groups, local_size, local, block[HEADER:], buffers,
                      program=programs.add(elf), start=starts.add(options.start),
                      kernel_entry=program.symbols[kernel["symbol"]])


def write(path, value):
    text = json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    if path.suffix == ".zst":
        text = subprocess.run(["zstd", "-19", "--long=24", "--no-progress", "-c"], input=text, capture_output=True,
                              check=True).stdout
    path.write_bytes(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, help="NAME.json, or NAME.json.zst")
    parser.add_argument("--design", required=True, help="the machine: a shape of kiesel, or another name, to be run with --design")
    parser.add_argument("--source", required=True, help="where the counts are from, in a line")
    parser.add_argument("--shape", required=True, metavar="WARPSxLANESxCORES", help="of the rows that are wanted",
                        type=lambda text: tuple(map(int, text.split("x"))))
    parser.add_argument("--engine", default="rtlsim", help="of the rows that are wanted (default: %(default)s)")
    parser.add_argument("--tag", default="vortex-3.0-d76b7f24e", help="likewise, column vortex; with -start-mask for "
                        "partial warps (default: %(default)s)")
    parser.add_argument("--elf", type=pathlib.Path, action="append", required=True, metavar="FOLDER",
                        help="with programs and start-up code; may be given again")
    parser.add_argument("--launches", type=pathlib.Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--cases", type=pathlib.Path, help="a Python module, beside a module kiesel_elf")
    parser.add_argument("--program", help="for --cases: the ELF file's name")
    parser.add_argument("--start", type=pathlib.Path, help="for --cases: start-up code")
    parser.add_argument("--counts", type=pathlib.Path, action="append", required=True, metavar="CSV")
    options = parser.parse_args()
    if options.cases and not (options.program and options.start):
        parser.error("--cases needs --program and --start")
    rows = read_counts(options, options.shape)
    programs, starts = Programs(options.elf), Programs(options.elf)
    launches = [case for folder in options.launches for case in from_folder(folder, options, programs, starts)]
    if options.cases:
        launches += from_module(options.cases, options, programs, starts)
    cases = []
    for case in launches:
        row = rows.pop(case["name"], None)
        if row and row["correct"] != "1":
            fail(f"{case['name']}: its result was wrong")
        if row:
            cases.append({**case, "counts": counts_of(row, options.shape[2])})
        else:
            print(f"no counts of {case['name']}", file=sys.stderr)
    for name in rows:
        print(f"no launch of {name}", file=sys.stderr)
    write(options.output, {"format": "kiesel-reference", "version": 1, "design": options.design,
                           "source": options.source, "programs": programs.files, "starts": starts.files,
                           "cases": cases})
    print(f"{options.output}: {len(cases)} cases, {options.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
