"""Which files are the project's, for the checks of this folder."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def git(root, *command):
    """Lines that git prints, or nothing where there is no repository: an unpacked archive, an installed package."""
    done = subprocess.run(["git", "-C", root, *command], capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else []


def project_files(*patterns, root=ROOT):
    """Names, relative to the root, of files that exist and are not ignored."""
    listed = git(root, "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    found = listed or [str(path.relative_to(root)) for pattern in patterns for path in root.rglob(pattern)
                       if not path.relative_to(root).parts[0].startswith("build")]
    return sorted({name for name in found if (root / name).exists()})
