#!/usr/bin/env python3
"""Judges the form of all C++ files by clang-format 14 and .clang-format. Kernels (*.cl) and lists (*.def) are tables
that people lay out.

    tools/house/check_format.py [--fix]
"""
import subprocess
import sys

from files import ROOT, project_files

FORMATTER = "clang-format-14"


def main():
    names = project_files("*.cpp", "*.hpp")
    mode = ["-i"] if "--fix" in sys.argv[1:] else ["--dry-run", "--Werror", "--ferror-limit=3"]
    done = subprocess.run([FORMATTER, *mode, *names], cwd=ROOT)
    print(f"{len(names)} files, {'clean' if done.returncode == 0 else 'not clean: tools/house/check_format.py --fix mends'}")
    return 1 if done.returncode or not names else 0


if __name__ == "__main__":
    sys.exit(main())
