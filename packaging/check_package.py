#!/usr/bin/env python3
"""Makes the Debian package, unpacks it into a temporary folder and uses it from there.

    packaging/check_package.py --build build
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = "kernel void twice(global int* data) { data[get_global_id(0)] *= 2; }"


def run(*command, **environment):
    done = subprocess.run([str(word) for word in command], env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def require(condition, message):
    if not condition:
        sys.exit(f"error: {message}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run("cpack", "--config", options.build.resolve() / "CPackConfig.cmake", "-B", folder)
        packages = list(folder.glob("kiesel_*.deb"))
        require(len(packages) == 1, f"one package expected, not {packages}")
        root = folder / "root"
        run("dpkg-deb", "-x", packages[0], root)

        library = pathlib.Path((root / "etc/OpenCL/vendors/kiesel.icd").read_text().strip())
        require(library.is_absolute(), "the ICD file must name the library by its full path")
        unpacked = root / library.relative_to("/")
        require(unpacked.exists(), f"the ICD file names {library}, which is not in the package")

        (folder / "vendors").mkdir()
        (folder / "vendors/kiesel.icd").write_text(f"{unpacked}\n")
        pocl = pathlib.Path("/etc/OpenCL/vendors/pocl.icd")
        (folder / "vendors/pocl.icd").write_text(pocl.read_text())
        platforms = run("clinfo", "-l", OCL_ICD_VENDORS=f"{folder}/vendors")
        require("Kiesel" in platforms and "Portable Computing Language" in platforms,
                f"clinfo -l does not show both platforms:\n{platforms}")

        (folder / "x.cl").write_text(SOURCE)
        run(root / "usr/bin/kiesel", "compile", folder / "x.cl", "-o", folder / "x.elf")
        listing = run(root / "usr/bin/kiesel", "disasm", folder / "x.elf")
        require("<twice>" in listing, f"no kernel in the listing:\n{listing}")
        require((root / "usr/share/kiesel/expectations/kiesel.json").exists(), "no conformance expectations in the package")
        # A build in an application's process starts the compiler of the package, not the build tree's.
        clinfo = run("clinfo", OCL_ICD_VENDORS=f"{folder}/vendors/kiesel.icd", KIESEL_CACHE="0")
        require("Preferred work group size multiple (kernel)" in clinfo and "CL_" not in clinfo.split("(kernel)")[1][:60],
                "clinfo could not build a program with the unpacked driver")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
