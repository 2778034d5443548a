#!/usr/bin/env python3
"""Opens a report in a browser, without a network: narrow and wide, light and dark. Nothing on the console, charts drawn,
nothing wider than the window.

    evaluation/profile/test/check_page.py --build build [--pictures folder] [--report folder]
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test"))
from bench import require  # noqa: E402
from browser import THEMES, WIDTHS, Browser, check_window  # noqa: E402

CHARTS = ("roofline", "flame", "memory")


# Colours that a canvas has.
COLOURS = """const c = document.querySelector('canvas'); if (!c) return 0;
const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data, seen = new Set();
for (let i = 0; i < d.length; i += 4) if (d[i + 3]) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
return seen.size;"""

SHAPES = "return document.querySelectorAll('svg[data-chart=\"%s\"] :is(rect, line, path, circle)').length"


def check_report(browser, path, width, theme):
    what = f"report at {width} pixels, {theme}"
    browser.open(path, width, theme)
    check_window(browser, what, width, theme)
    for chart in CHARTS:
        require(browser.run(SHAPES % chart) >= 4, f"{what}: {chart} is not drawn")
    require(browser.run(COLOURS) >= 4, f"{what}: the timeline is not drawn")
    # The other kernel, by its button, and another colour of the code.
    names = "return [...document.querySelectorAll('.card h2 span span')].map(e => e.textContent)"
    before = browser.run(names)
    browser.run("document.querySelectorAll('button[data-kernel]')[1].click()")
    require(browser.run(names) != before, f"{what}: another kernel is not shown")
    rows = browser.run("return document.querySelectorAll('.pane tr.hot').length")
    require(rows > 10, f"{what}: {rows} rows of code ran")
    marked = browser.run("document.querySelector('.pane tr.hot[data-line]').click();"
                         "return [...document.querySelectorAll('.pane')].map(p => p.querySelectorAll('tr.on').length)")
    require(len(marked) == 2 and all(marked), f"{what}: a line and its instructions are not marked: {marked}")
    browser.run("const s = [...document.querySelectorAll('select')].at(-1); s.value = 'lane_instructions';"
                "s.dispatchEvent(new Event('change'))")
    browser.run("for (const b of document.querySelectorAll('.tools button')) b.click()")
    browser.run("document.querySelector('svg[data-chart=flame] g').dispatchEvent(new MouseEvent('click'))")
    browser.run("document.querySelector('header button').click()")
    check_window(browser, what, width, "light" if theme == "dark" else "dark")
    browser.run("document.querySelector('header button').click()")


def check_comparison(browser, path, width, theme):
    what = f"comparison at {width} pixels, {theme}"
    browser.open(path, width, theme)
    check_window(browser, what, width, theme)
    require(browser.run("return document.querySelectorAll('tbody tr').length") > 5, f"{what}: no rows")


def check_empty(browser, path):
    browser.open(path, WIDTHS[0], THEMES[0])
    check_window(browser, "an empty report", WIDTHS[0], THEMES[0])
    require("No kernel was launched" in browser.run("return document.body.innerText"), "what an empty report says")


def make_reports(build, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KIESEL_", "OCL_ICD"))}
    environment["KIESEL_CACHE_DIR"] = str(folder / "cache")

    def kiesel(*words, status=0):
        done = subprocess.run([str(word) for word in (build / "bin/kiesel", *words)], capture_output=True, text=True,
                              env=environment, timeout=300)
        require(done.returncode == status, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")

    application = build / "bin/capture_application"
    kiesel("profile", "-o", folder / "a", "--", application, "features")
    kiesel("profile", "-o", folder / "b", "--design", "kiesel-4", "--", application, "features")
    kiesel("profile", "-o", folder / "empty", "--", "true", status=1)
    kiesel("compare", folder / "a", folder / "b", "-o", folder / "compared.html")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--pictures", type=pathlib.Path, help="keep what the pages look like")
    parser.add_argument("--report", type=pathlib.Path, help="pictures of this report only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        if not arguments.report:
            make_reports(arguments.build.resolve(), folder)
        browser = Browser(folder)
        try:
            for width in WIDTHS:
                for theme in THEMES:
                    pages = {"report": arguments.report.resolve()} if arguments.report else {
                        "report": folder / "a/report.html", "compared": folder / "compared.html"}
                    if not arguments.report:
                        check_report(browser, pages["report"], width, theme)
                        check_comparison(browser, pages["compared"], width, theme)
                    for name, page in pages.items() if arguments.pictures else ():
                        browser.open(page, width, theme)
                        arguments.pictures.mkdir(parents=True, exist_ok=True)
                        (arguments.pictures / f"{name}-{width}-{theme}.png").write_bytes(browser.picture())
            if not arguments.report:
                check_empty(browser, folder / "empty/report.html")
        finally:
            browser.close()
    print("0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
