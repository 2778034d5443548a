"""A browser without a network, for pages of reports."""
import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from bench import require

WIDTHS = (1280, 400)
THEMES = ("light", "dark")


class Browser:
    """Chromium through chromedriver, by the WebDriver protocol."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(folder)})
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     f"--user-data-dir={folder / 'browser'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        for _ in range(300):
            try:
                self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        sys.exit("error: chromedriver does not start")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method, headers={"Content-Type": "application/json"},
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            sys.exit(f"error: {path}: {error.read().decode()[:500]}")

    def do(self, method, path, body=None):
        return self.ask(method, f"/session/{self.session}{path}", body)

    def command(self, name, **parameters):
        return self.do("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def run(self, script):
        return self.do("POST", "/execute/sync", {"script": script, "args": []})

    def errors(self):
        return [entry for entry in self.do("POST", "/se/log", {"type": "browser"}) if entry["level"] != "DEBUG"]

    def open(self, path, width, theme):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.do("POST", "/url", {"url": path.as_uri()})
        time.sleep(0.5)

    def picture(self):
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=True,
                            clip={"x": 0, "y": 0, "width": width, "height": min(height, 8000), "scale": 1})
        return base64.b64decode(shot["data"])

    def close(self):
        self.do("DELETE", "")
        self.driver.terminate()
        self.driver.wait(timeout=30)


def check_window(browser, what, width, theme):
    require(not (seen := browser.errors()), f"{what}: the console says {seen}")
    wide = browser.run("return document.documentElement.scrollWidth")
    require(wide <= width, f"{what}: the page is {wide} pixels wide")
    page = browser.run("return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
    require((sum(page) < 300) == (theme == "dark"), f"{what}: the page's colour is {page}")


def check_everywhere(folder, page, check):
    """Opens a page at each width in each theme; `check` gets the browser and what it looks at."""
    browser = Browser(folder)
    try:
        for width in WIDTHS:
            for theme in THEMES:
                what = f"{page.name} at {width} pixels, {theme}"
                browser.open(page, width, theme)
                check_window(browser, what, width, theme)
                check(browser, what)
    finally:
        browser.close()
