"""The site: its generator on the path; the built site behind a server; a real browser."""

from __future__ import annotations

import functools
import html
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.chromium import chromium as chromium
from tests.browser.chromium import skip_or_fail

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "docs" / "_build" / "html"

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from wechatpay_site.renderer import Page, Renderer

    from tests.site.site_page import SitePage


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "site: looks at the built site; see `make site-test`")


def stale() -> str:
    """Why the built site cannot be looked at; empty if it can."""
    built = BUILT / "zh" / "search-data.js"
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


def renderer_of(language: str) -> Renderer:
    """What Sphinx gives the pages, without Sphinx."""
    from wechatpay_site import guides
    from wechatpay_site.renderer import Renderer

    titles = {name: name for name in guides.sources(language)}
    return Renderer(language, lambda code, _: f"<pre>{html.escape(code)}</pre>", titles)


def pages_of(renderer: Renderer) -> dict[str, Page]:
    from wechatpay_site.pages import pages

    return {page.name: page for page in pages(renderer)}


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """The English tree's."""
    return renderer_of("en")


@pytest.fixture(scope="session")
def pages(renderer: Renderer) -> dict[str, Page]:
    """The English tree's."""
    return pages_of(renderer)


@pytest.fixture(scope="session")
def chinese_pages() -> dict[str, Page]:
    return pages_of(renderer_of("zh"))


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


@pytest.fixture
def site(chromium: Chrome, origin: str) -> Iterator[SitePage]:
    from tests.site.site_page import SitePage

    site = SitePage(chromium, origin)
    site.severe_messages()
    yield site
    assert site.severe_messages() == []
