#!/usr/bin/env python3
"""hcxkeys: WPA's keys of some passwords, computed with OpenCL, beside those of Python's PBKDF2."""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

NETWORK, PASSWORDS = "network", [f"password{n}" for n in range(40)]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "words").write_text("\n".join(PASSWORDS) + "\n")
        subprocess.run(["wlangenpmkocl", "-e", NETWORK, "-i", folder / "words", "-a", folder / "keys"], check=True)
        found = set((folder / "keys").read_text().split())
    expected = {hashlib.pbkdf2_hmac("sha1", word.encode(), NETWORK.encode(), 4096, 32).hex() for word in PASSWORDS}
    print(f"{len(found & expected)} of {len(expected)} keys")
    print("all right" if found == expected else "wrong")


if __name__ == "__main__":
    sys.exit(main())
