#!/usr/bin/env python3
"""Runs the commands below in the build folder's programs and draws what they print: the picture of the README.

    docs/pictures/session.py [build folder] > docs/pictures/session.svg
"""
import html
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
COMMANDS = [
    "clinfo -l",
    "cat docs/pictures/saxpy.cl",
    "kiesel compile docs/pictures/saxpy.cl -o /tmp/saxpy.elf",
    "kiesel disasm /tmp/saxpy.elf | tail -12",
    "clblast_sgemm 64 256",
]
COLUMNS, FONT, LINE, MARGIN, TITLE = 96, 13, 17, 14, 26
ADVANCE = FONT * 0.602  # of a character in nearly all fonts of one width
COLOURS = {"ground": "#14191f", "title": "#232b34", "text": "#d5dbe1", "prompt": "#6fc28b"}


def session():
    """(is a command, line) of each line."""
    environment = {**os.environ, "PATH": f"{BUILD}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                   "OCL_ICD_VENDORS": f"{BUILD}/kiesel.icd"}
    for command in COMMANDS:
        yield True, command
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            sys.exit(f"error: '{command}' ended with {done.returncode}:\n{done.stdout}")
        for line in done.stdout.rstrip("\n").expandtabs().split("\n") if done.stdout.strip() else []:
            yield False, line.rstrip()[:COLUMNS]


def draw(lines):
    width, height = round(2 * MARGIN + COLUMNS * ADVANCE), TITLE + 2 * MARGIN + LINE * len(lines)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" role="img" aria-label="A session in a terminal">')
    yield f'<rect width="{width}" height="{height}" rx="8" fill="{COLOURS["ground"]}"/>'
    yield (f'<path d="M0 {TITLE} V8 a8 8 0 0 1 8 -8 H{width - 8} a8 8 0 0 1 8 8 V{TITLE} Z" '
           f'fill="{COLOURS["title"]}"/>')
    for x, colour in ((16, "#e0605a"), (34, "#dfb04c"), (52, "#67b65f")):
        yield f'<circle cx="{x}" cy="13" r="5" fill="{colour}"/>'
    yield (f'<g font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="{FONT}" '
           f'xml:space="preserve" fill="{COLOURS["text"]}">')
    for number, (is_command, line) in enumerate(lines):
        y = TITLE + MARGIN + LINE * number + FONT
        text = html.escape(line, quote=False)
        if is_command:
            text = f'<tspan fill="{COLOURS["prompt"]}">$</tspan> <tspan font-weight="bold">{text}</tspan>'
        if line:
            yield f'<text x="{MARGIN}" y="{y}">{text}</text>'
    yield "</g></svg>"


if __name__ == "__main__":
    print("\n".join(draw(list(session()))))
