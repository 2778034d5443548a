#!/usr/bin/env python3
"""hashcat: its self-test, and a mask attack that must find the text behind a hash, for MD5, SHA-1 and SHA-256."""
import hashlib
import subprocess
import sys
import tempfile

MODES = {0: "md5", 100: "sha1", 1400: "sha256"}
TEXT = "kit"


def attack(mode, name, folder):
    digest = hashlib.new(name, TEXT.encode()).hexdigest()
    done = subprocess.run(["hashcat", "--force", "--potfile-disable", "--session", f"kiesel{mode}", "--outfile",
                           f"{folder}/{mode}", "-m", str(mode), "-a", "3", digest, "?l?l?l"],
                          capture_output=True, text=True, errors="replace")
    try:
        found = open(f"{folder}/{mode}", encoding="utf-8").read().strip()
    except FileNotFoundError:
        found = ""
    good = done.returncode == 0 and found == f"{digest}:{TEXT}" and "Self-test failed" not in done.stdout + done.stderr
    print(f"{name:8} {'right' if good else 'WRONG: ' + (done.stdout + done.stderr)[-2000:]}", flush=True)
    return good


def main():
    with tempfile.TemporaryDirectory() as folder:
        results = [attack(mode, name, folder) for mode, name in MODES.items()]
    print("all right" if all(results) else "wrong")


if __name__ == "__main__":
    sys.exit(main())
