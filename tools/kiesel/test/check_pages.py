#!/usr/bin/env python3
"""Judges manual pages and completion against what the programs' own help says.

    tools/kiesel/test/check_pages.py --build build
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPLETION = ROOT / "packaging/completion"
PREFIX_COMMANDS = ("compile", "disasm")  # of kiesel: their options are kiesel-compiler's


def output(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    require(done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}")
    return done.stdout, done.stderr


def require(condition, message):
    if not condition:
        sys.exit(f"error: {message}")


def commands_of(program):
    help_text = output(program, "--help")[0]
    names = re.findall(r"^  (\w+) ", help_text.partition("Subcommands:")[2], re.MULTILINE)
    require(names, f"no commands in the help of {program}")
    return names


def options_of(program, command):
    if program.name == "kiesel" and command in PREFIX_COMMANDS:
        program = program.with_name("kiesel-compiler")
    return re.findall(r"(?<![\w-])--[a-z][a-z-]+", output(program, command, "--help")[0])


def check_roff(text, name):
    path = ROOT / name
    shown, warnings = output("man", "--warnings=w", "--local-file", "-", input=text,
                             env={"LC_ALL": "C.UTF-8", "MANWIDTH": "100", "PATH": "/usr/bin:/bin"})
    require(not warnings.strip(), f"{path.name}: {warnings}")
    return shown


def check_manual(program):
    page = output(program, "--manual")[0]
    shown = check_roff(page, program.name)
    for command in commands_of(program):
        require(f".SS {command}\n" in page, f"{program.name}(1) lacks the command {command}")
        if program.name == "kiesel" and command in PREFIX_COMMANDS:
            continue
        for option in options_of(program, command):
            require(option in shown, f"{program.name}(1) lacks {command} {option}")


def check_options(kiesel):
    shown = check_roff(output(kiesel, "info", "--options-manual")[0], "kiesel-options")
    names = re.findall(r"^OPTION\(\w+, +(\w+),", (ROOT / "support/options.def").read_text(), re.MULTILINE)
    require(names, "no options in support/options.def")
    for name in names:
        require(f"KIESEL_{name.upper()}" in shown, f"kiesel-options(5) lacks {name}")


def bash_completion(program, *words):
    """What bash offers for the last of the words."""
    script = (f"source {COMPLETION}/kiesel.bash; COMP_WORDS=({program} {' '.join(words)!s}); "
              f"[ {len(words)} -lt ${{#COMP_WORDS[@]}} ] || COMP_WORDS+=(''); COMP_CWORD={len(words)}; "
              f"_kiesel {program} '{words[-1]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return output("bash", "-c", script)[0].split()


def check_completion(program):
    commands = commands_of(program)
    offered = bash_completion(program, "")
    require(set(commands) <= set(offered), f"bash offers {offered}, the commands are {commands}")
    for command in commands:
        offered = bash_completion(program, command, "--")
        for option in options_of(program, command):
            require(option in offered, f"bash does not offer {program.name} {command} {option}")


def check_shells():
    """The scripts are understood by the shells that are installed; bash always is."""
    for shell, flags, name in (("bash", ["-n"], "kiesel.bash"), ("zsh", ["-n"], "_kiesel"), ("fish", ["--no-execute"], "kiesel.fish")):
        if shell == "bash" or shutil.which(shell):
            output(shell, *flags, COMPLETION / name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    folder = parser.parse_args().build.resolve() / "bin"
    for program in (folder / "kiesel", folder / "kiesel-compiler"):
        check_manual(program)
        check_completion(program)
    check_options(folder / "kiesel")
    check_shells()
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
