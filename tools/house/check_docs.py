#!/usr/bin/env python3
"""Judges the pages of the project (*.md): lines under 120 characters but for tables, and links that lead somewhere.

    tools/house/check_docs.py [folder]
"""
import pathlib
import re
import sys

from files import ROOT, project_files

LIMIT = 120
LINK = re.compile(r"\]\(([^)\s]+)\)")


def is_table(line):
    return line.lstrip().startswith("|")


def anchors(text):
    """The names that headings have on hosting pages: small letters, dashes for spaces, no other signs."""
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_fault(page, target):
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    to = (page.parent / path) if path else page
    if not to.exists():
        return f"the link '{target}' leads nowhere"
    if anchor and anchor not in anchors(to.read_text()):
        return f"the link '{target}' names a heading that '{to.name}' does not have"
    return None


def faults(page):
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if len(line) >= LIMIT and not is_table(line):
            yield number, f"{len(line)} characters, {LIMIT - 1} are allowed"
        if line != line.rstrip():
            yield number, "spaces at the end"
        for target in LINK.findall(line):
            if fault := link_fault(page, target):
                yield number, fault


def main():
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    names = project_files("*.md", root=root)
    found = [f"{name}:{number}: {text}" for name in names for number, text in faults(root / name)]
    print("\n".join([*found, f"{len(names)} pages, {len(found)} faults"]))
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
