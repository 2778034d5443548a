#!/usr/bin/env python3
"""Do the checks of this folder, and the change log's script, find what is wrong?"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_tidy

HERE = pathlib.Path(__file__).resolve().parent
CHANGELOG = HERE.parents[1] / "packaging/debian_changelog.py"


class Docs(unittest.TestCase):
    def judge(self, text):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "other.md").write_text("# A heading: two\n")
            (folder / "page.md").write_text(text)
            done = subprocess.run([HERE / "check_docs.py", folder], capture_output=True, text=True)
            return done.returncode, done.stdout

    def test_good_page(self):
        code, text = self.judge("# Page\n\n[a](other.md#a-heading-two) [b](https://example.org/x)\n")
        self.assertEqual(code, 0, text)

    def test_long_line(self):
        code, text = self.judge("x" * 120 + "\n")
        self.assertEqual(code, 1)
        self.assertIn("page.md:1: 120 characters", text)

    def test_tables_may_be_wide(self):
        self.assertEqual(self.judge("| " + "x" * 300 + " |\n")[0], 0)

    def test_link_to_nothing(self):
        code, text = self.judge("one\n[a](nothing.md)\n")
        self.assertEqual(code, 1)
        self.assertIn("page.md:2: the link 'nothing.md'", text)

    def test_link_to_no_heading(self):
        self.assertEqual(self.judge("[a](other.md#three)\n")[0], 1)

    def test_spaces_at_the_end(self):
        self.assertEqual(self.judge("one \n")[0], 1)


class Tidy(unittest.TestCase):
    def stamp(self, source, header):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "a.cpp").write_text(source)
            (folder / "b.hpp").write_text('#include "c.hpp"\n')
            (folder / "c.hpp").write_text(header)
            check_tidy.text_of.cache_clear()
            return check_tidy.stamp_of({"command": "c++", "file": folder / "a.cpp"})

    def test_a_stamp_is_of_the_file_and_its_headers(self):
        first = self.stamp('#include "b.hpp"\n', "int a;\n")
        self.assertEqual(first, self.stamp('#include "b.hpp"\n', "int a;\n"))
        self.assertNotEqual(first, self.stamp('#include "b.hpp"\n', "int b;\n"))
        self.assertNotEqual(first, self.stamp('#include "b.hpp"\nint a;\n', "int a;\n"))


class Changes(unittest.TestCase):
    PAGE = "# Changes\n\n## [Unreleased]\n- later\n\n## [1.2.3] - 2026-01-05\n\n### Added\n- a thing\n  of `two` lines\n"

    def convert(self, version, page=PAGE):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "CHANGELOG.md"
            path.write_text(page)
            done = subprocess.run([CHANGELOG, path, "--version", version, "--maintainer", "N <a@b>"],
                                  capture_output=True, text=True)
            return done.returncode, done.stdout

    def test_a_release(self):
        code, text = self.convert("1.2.3")
        self.assertEqual(code, 0)
        self.assertEqual(text, "kiesel (1.2.3) unstable; urgency=medium\n\n  * a thing of two lines\n\n"
                               " -- N <a@b>  Mon, 05 Jan 2026 12:00:00 +0000\n")

    def test_another_version_than_the_build(self):
        self.assertEqual(self.convert("1.2.4")[0], 1)

    def test_a_heading_that_is_no_release(self):
        self.assertEqual(self.convert("1.2.3", self.PAGE.replace(" - 2026-01-05", ""))[0], 1)


if __name__ == "__main__":
    sys.exit(unittest.main())
