#!/usr/bin/env python3
"""Writes CHANGELOG.md in the form of Debian's change logs. The newest release must be the version of the build.

    packaging/debian_changelog.py CHANGELOG.md --version 0.1.0 --maintainer "NAME <ADDRESS>" > changelog
"""
import argparse
import datetime
import pathlib
import re
import sys
import textwrap

RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$")


def releases(text):
    """(version, date, list of entries) of each release, newest first; what is unreleased is not in it."""
    found = []
    for block in re.split(r"(?m)^(?=## )", text)[1:]:
        head, _, body = block.partition("\n")
        if match := RELEASE.match(head):
            entries = [re.sub(r"\s+", " ", entry).strip() for entry in re.split(r"(?m)^- ", body)[1:]]
            found.append((match[1], match[2], [entry.split(" ###")[0] for entry in entries]))
        elif head != "## [Unreleased]":
            sys.exit(f"error: '{head}' is neither a release with its date nor [Unreleased]")
    return found


def stanza(version, date, entries, maintainer):
    lines = [f"kiesel ({version}) unstable; urgency=medium", ""]
    for entry in entries:
        lines += textwrap.wrap(entry.replace("`", ""), 76, initial_indent="  * ", subsequent_indent="    ")
    stamp = datetime.datetime.fromisoformat(date).strftime("%a, %d %b %Y 12:00:00 +0000")
    return "\n".join([*lines, "", f" -- {maintainer}  {stamp}", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("changelog", type=pathlib.Path)
    parser.add_argument("--version", required=True)
    parser.add_argument("--maintainer", required=True)
    options = parser.parse_args()
    found = releases(options.changelog.read_text())
    if not found or found[0][0] != options.version:
        sys.exit(f"error: {options.changelog} begins with {found[0][0] if found else 'no release'}, "
                 f"the version of the build is {options.version}")
    print("\n".join(stanza(*release, options.maintainer) for release in found), end="")


if __name__ == "__main__":
    main()
