#!/usr/bin/env python3
"""kiesel compile makes code for the device that is named, and the same code for every device of the same target."""
import argparse
import os
import pathlib
import subprocess
import tempfile

SOURCE = "kernel void copy(global int* to, global const int* from) { to[get_global_id(0)] = from[get_global_id(0)]; }"
# The target of vortex-4x4, on a device that is another one otherwise.
OTHER = """name = "other"
cores = 3
warps = 4
lanes = 4
clock_mhz = 100
local_memory_bytes = 16384
private_memory_bytes = 8192
extensions = ["Zicond", "vote"]
"""


class Compiler:
    def __init__(self, build, folder):
        self.program, self.libraries, self.folder = build / "bin/kiesel", build / "lib", folder
        self.input = folder / "copy.cl"
        self.input.write_text(SOURCE)

    def run(self, command, *arguments, device=""):
        environment = {**os.environ, "KIESEL_DEVICE": device}
        return subprocess.run([self.program, command, *arguments], env=environment, cwd=self.folder, capture_output=True,
                              text=True)

    def compile(self, *arguments, device=""):
        """What it says, and the program's bytes."""
        output = self.folder / "copy.elf"
        output.unlink(missing_ok=True)
        done = self.run("compile", self.input, "-o", output, *arguments, device=device)
        return done, output.read_bytes() if output.exists() else None

    def made(self, *arguments, device=""):
        done, program = self.compile(*arguments, device=device)
        assert done.returncode == 0 and program, done.stderr
        return done.stdout, program

    def listing(self):
        return self.run("disasm", self.folder / "copy.elf").stdout

    def refused(self, text, *arguments, device=""):
        done, program = self.compile(*arguments, device=device)
        assert done.returncode == 2 and program is None and text in done.stderr, done


def check(it):
    said, default = it.made()
    assert "for kiesel, 32 warps of 32 lanes, A " in said, said
    assert "sh2add" in it.listing()
    said, vortex = it.made(device="vortex-4x4")
    assert "for vortex-4x4, 4 warps of 4 lanes, Zicond vote" in said, said
    assert "sh2add" not in it.listing()
    assert vortex != default
    assert it.made("--device", "vortex-4x4", device="kiesel-1,kiesel-2")[1] == vortex, "the argument wins"

    (it.folder / "other.toml").write_text(OTHER)
    said, other = it.made("--device", "other.toml")
    assert "for other," in said, said
    assert other == vortex, "devices of one target have one program"
    assert it.made("--device", "vortex-8x8")[1] != vortex

    name = f"plugin:{it.libraries}/libkiesel-example.so:shape="
    said, plugin = it.made(f"--device={name}kiesel-4")
    assert f"for {name}kiesel-4, 16 warps of 4 lanes, A " in said, said
    assert plugin == it.made("--device", "kiesel-4")[1], "a plug-in of the same target has the same program"
    assert it.made(device=f"{name}vortex-4x4,threads=1")[1] == vortex
    it.refused("no device shape is called 'pebble'", "--device", name + "pebble")
    it.refused("nowhere.so", "--device", "plugin:/nowhere.so")

    it.refused("here are 2: kiesel-1, kiesel-2", device="kiesel-1,kiesel-2")
    it.refused("no device shape is called 'pebble'", "--device", "pebble")
    it.refused("nowhere.toml", device="./nowhere.toml")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        check(Compiler(build, pathlib.Path(folder)))


if __name__ == "__main__":
    main()
