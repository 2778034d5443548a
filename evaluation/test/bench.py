"""What tests of kiesel's commands have in common."""
import os
import sys


def require(condition, message):
    if not condition:
        sys.exit(f"error: {message}")


class Bench:
    """A build's programs, a folder for what they write, and an environment in which nothing else decides."""

    def __init__(self, build, folder):
        self.bin, self.folder = build / "bin", folder
        self.plugin = f"plugin:{build / 'lib/libkiesel-example.so'}:process=own"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("KIESEL_", "OCL_ICD", "OPENCL_"))}
        self.environment["KIESEL_CACHE_DIR"] = str(folder / "cache")
