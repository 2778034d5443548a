"""What a row of the table is: a command, its limits, what it needs, and who judges it."""
import dataclasses
import pathlib
import shutil
import subprocess
import typing

PYTHON = "/usr/bin/python3"  # Debian's: its packages belong to it
HERE = pathlib.Path(__file__).resolve().parent


def absent(need):
    """Whether a program, a file or, as python:module, a module of Python is not here."""
    if str(need).startswith("python:"):
        command = [PYTHON, "-c", f"import {need.removeprefix('python:')}"]
        return bool(subprocess.run(command, capture_output=True).returncode)
    return not shutil.which(str(need)) and not pathlib.Path(need).is_file()


@dataclasses.dataclass
class Application:
    command: list
    limit: int  # seconds
    judge: typing.Callable
    quick: bool = False  # part of ./check, where it has to be installed
    needs: tuple = ()
    launches: bool = True  # False: it asks the device, and launches nothing
    folder: pathlib.Path | None = None
    environment: dict = dataclasses.field(default_factory=dict)
    beside: float | None = None  # the tolerance: what it reads back is compared with the reference driver's
    lacks: str | None = None  # what the user has to give first

    def missing(self):
        """The first thing that is not here, or None."""
        if self.lacks:
            return self.lacks
        return next((str(need) for need in (self.command[0], *self.needs) if absent(need)), None)


def script(name, limit, judge, arguments=(), **rest):
    """A script of this folder."""
    return Application([PYTHON, HERE / name, *arguments], limit, judge, **rest)
