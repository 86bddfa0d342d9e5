"""The site: its generator on the path; the built site behind a server; a real browser."""

from __future__ import annotations

import functools
import html
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "docs" / "_build" / "html"
CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from wechatpay_site.renderer import Page, Renderer


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "site: looks at the built site; see `make site-test`")


def missing() -> str:
    """Why the browser cannot be driven here; empty if it can."""
    if os.environ.get("SITE_TEST") == "skip":
        return "SITE_TEST=skip leaves the browser out"
    for program in (CHROMIUM, DRIVER):
        if not shutil.which(program):
            return f"{program} is not there: apt-get install chromium chromium-driver"
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed: make docs installs it"
    return stale()


def stale() -> str:
    """Why the built site cannot be looked at; empty if it can."""
    built = BUILT / "search-data.js"
    if not built.is_file():
        return "the site is not built: make docs"
    folders = [ROOT / "docs", ROOT / "wechatpay_chain" / "catalogue"]
    sources = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    newest = max(
        path.stat().st_mtime
        for path in sources
        if "_build" not in path.parts and "__pycache__" not in path.parts
    )
    if newest > built.stat().st_mtime:
        return "the built site is older than its sources: make docs"
    return ""


def skip_or_fail(why: str) -> None:
    """Where the site must be tested, as in CI, nothing is skipped in silence."""
    if why and os.environ.get("SITE_TEST") == "required":
        pytest.fail(why)
    if why:
        pytest.skip(why)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """What Sphinx gives the pages, without Sphinx."""
    from wechatpay_site.renderer import Renderer

    guides = sorted((ROOT / "docs").glob("*.md")) + sorted((ROOT / "docs" / "zh").glob("*.md"))
    names = [str(path.relative_to(ROOT / "docs").with_suffix("")) for path in guides]
    return Renderer(lambda code, language: f"<pre>{html.escape(code)}</pre>", {n: n for n in names})


@pytest.fixture(scope="session")
def pages(renderer: Renderer) -> dict[str, Page]:
    from wechatpay_site.pages import pages

    return {page.name: page for page in pages(renderer)}


@pytest.fixture(scope="session")
def built() -> Path:
    skip_or_fail(stale())
    return BUILT


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="session")
def origin(built: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(built)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    skip_or_fail(missing())
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()
