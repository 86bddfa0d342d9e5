"""The HTML report in Chromium: legible, as wide as the screen, in the language that was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bills.report.sample import report
from tests.browser.chromium import chromium as chromium
from tests.browser.page import PHONE, BrowserPage
from tests.console.console_page import CONTRAST, LEGIBLE
from wechatpay_chain.bills.report import page

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SHOWN = """
return [...document.querySelectorAll("[lang]")]
  .filter((each) => each !== document.documentElement && each.checkVisibility())
  .map((each) => each.lang);
"""


class ReportPage(BrowserPage):
    desktop = (1280, 900)
    mobile_below = 500


@pytest.fixture
def opened(chromium: Chrome, tmp_path: Path) -> ReportPage:
    path = tmp_path / "day.html"
    shown = report(changes={"new": 3, "open": 30, "solved": 0})
    path.write_text("".join(page.html(shown)), "utf-8")
    browser = ReportPage(chromium, path.as_uri())
    browser.severe_messages()
    chromium.get(path.as_uri())
    return browser


def test_nothing_is_requested_and_nothing_is_blocked(opened: ReportPage) -> None:
    assert opened.run("return performance.getEntriesByType('resource').length") == 0
    assert opened.severe_messages() == []


@pytest.mark.parametrize("size", [ReportPage.desktop, PHONE, (320, 700)])
def test_the_page_is_as_wide_as_the_screen(opened: ReportPage, size: tuple[int, int]) -> None:
    opened.resize(*size)
    for language in ("zh", "en"):
        opened.click(f"label[for=choose-{language}]")
        assert opened.run("return document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_is_legible(opened: ReportPage, scheme: str) -> None:
    opened.color_scheme(scheme)
    low, brightness = opened.run(CONTRAST, LEGIBLE)
    assert low == []
    assert (brightness > 0.5) == (scheme == "light")


def test_one_language_is_shown(opened: ReportPage) -> None:
    switch = {"zh", "en-US"}
    assert set(opened.run(SHOWN)) == {"zh-CN"} | switch
    opened.click("label[for=choose-en]")
    assert set(opened.run(SHOWN)) == {"en"} | switch
    opened.click("label[for=choose-zh]")
    assert set(opened.run(SHOWN)) == {"zh-CN"} | switch


def test_the_language_can_be_chosen_by_key(opened: ReportPage) -> None:
    opened.run("document.querySelector('#choose-zh').focus()")
    opened.first("#choose-zh").send_keys("\ue014")  # the right arrow
    assert "en" in opened.run(SHOWN)
