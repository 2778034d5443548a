#!/usr/bin/env python3
"""Makes the Debian package, unpacks it into a temporary folder and uses it from there.

    packaging/check_package.py --build build
"""
import argparse
import gzip
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE_ROOT = pathlib.Path(__file__).resolve().parents[1]
SOURCE = "kernel void twice(global int* data) { data[get_global_id(0)] *= 2; }"


def run(*command, **environment):
    done = subprocess.run([str(word) for word in command], env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def require(condition, message):
    if not condition:
        sys.exit(f"error: {message}")


def check_pages(root):
    documents = root / "usr/share/doc/kiesel"
    for name in ("README.md", "CHANGELOG.md", "docs/architecture.md", "copyright", "changelog.gz"):
        require((documents / name).exists(), f"no {name} in the package")
    run(SOURCE_ROOT / "tools/house/check_docs.py", documents)  # every link leads somewhere
    for page in ("man1/kiesel.1.gz", "man1/kiesel-compiler.1.gz", "man5/kiesel-options.5.gz"):
        text = gzip.decompress((root / "usr/share/man" / page).read_bytes()).decode()
        require(text.startswith(".TH KIESEL"), f"{page} is no manual page")
    script = root / "usr/share/bash-completion/completions/kiesel"
    offered = run("bash", "-c", f"source {script}; COMP_WORDS=(kiesel doc); COMP_CWORD=1; "
                                f"_kiesel {root}/usr/bin/kiesel doc; echo ${{COMPREPLY[@]}}")
    require(offered.split() == ["doctor"], f"completion of 'kiesel doc' is '{offered}'")


def check_conformance(root, folder):
    """The program has its expectations wherever it is."""
    def messages(program, *arguments):
        (folder / "empty").mkdir(exist_ok=True)
        done = subprocess.run([program, "conformance", "--cts", folder / "empty", "--output", folder / "results",
                               "--driver", root / "usr/bin/kiesel", *arguments], capture_output=True, text=True)
        return done.stderr
    alone = folder / "alone/kiesel"
    alone.parent.mkdir()
    shutil.copy(root / "usr/bin/kiesel", alone)
    require("no program of the OpenCL-CTS" in messages(alone), "a program alone finds no expectations")
    require("nothing.json" in messages(alone, "--expectations", "nothing.json"), "a wrong --expectations is not reported")


def check_lintian(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package],
                          capture_output=True, text=True)
    require(done.returncode == 0, f"lintian says:\n{done.stdout}{done.stderr}")


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
        check_pages(root)
        check_conformance(root, folder)
        check_lintian(packages[0])

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
        # Plug-ins of the package are found beside its library, and run in a process of its own program.
        vortex = subprocess.run([root / "usr/bin/kiesel", "device-test", "plugin:libkiesel-vortex.so:library=/nowhere.so"],
                                capture_output=True, text=True)
        require(vortex.returncode == 2 and "cannot open Vortex's driver: /nowhere.so" in vortex.stderr,
                f"the installed plug-in says: {vortex.stderr}")
        (folder / "plugin.c").write_text("#include <kiesel/kiesel_device.h>\n")
        run("gcc", "-std=c99", "-pedantic", "-Wall", "-Werror", "-fsyntax-only", "-I", root / "usr/include", folder / "plugin.c")
        # A build in an application's process starts the compiler of the package, not the build tree's.
        clinfo = run("clinfo", OCL_ICD_VENDORS=f"{folder}/vendors/kiesel.icd", KIESEL_CACHE="0")
        require("Preferred work group size multiple (kernel)" in clinfo and "CL_" not in clinfo.split("(kernel)")[1][:60],
                "clinfo could not build a program with the unpacked driver")
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
