"""The pages of the built site, in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.page import COLORS, BrowserPage
from tests.site.conftest import BUILT

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CONTRAST = (
    COLORS
    + """
const element = document.querySelector(arguments[0]);
const layers = [];
for (let each = element; each; each = each.parentElement)
  layers.unshift(rgba(getComputedStyle(each).backgroundColor));
const back = layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
const text = over(rgba(getComputedStyle(element).color), back);
const [light, dark] = [luminance(text), luminance(back)].sort((a, b) => b - a);
return [(light + 0.05) / (dark + 0.05), luminance(back)];
"""
)


class SitePage(BrowserPage):
    """The page object of the documentation."""

    screenshots = BUILT.parent / "screenshots"
    desktop = (1440, 1000)

    def __init__(self, driver: Chrome, origin: str) -> None:
        super().__init__(driver, origin)
        self.open("zh/index.html")
        self.run("localStorage.clear()")

    def open(self, path: str) -> None:
        self.driver.get(f"{self.origin}/{path}")

    def search(self, words: str) -> list[str]:
        """Titles of the results, best first; asked in the field that is on every page."""
        from selenium.webdriver.common.keys import Keys

        field = self.first(".sidebar-search")
        field.clear()
        field.send_keys(words, Keys.ENTER)
        self.wait_until(
            lambda: "/search.html" in self.driver.current_url and self.all(".wx-results")
        )
        self.wait_until(lambda: self.first("#search .wx-filter").get_property("value") == words)
        return self.results()

    def results(self) -> list[str]:
        return [link.text for link in self.all(".wx-results a")]

    def follow_link(self, title: str) -> None:
        from selenium.webdriver.common.by import By

        self.driver.find_element(By.LINK_TEXT, title).click()
        self.wait_until(lambda: self.first("h1").text.startswith(title))

    def selected_tabs(self) -> list[str]:
        """The open tab of each set on the page."""
        return [
            label.text
            for label in self.all(".sd-tab-set > input:checked + label[data-sync-group=call]")
        ]

    def visible_tab_contents(self) -> list[str]:
        return [each.text for each in self.all(".sd-tab-content") if each.is_displayed()]

    def width(self) -> int:
        script = "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
        return int(self.run(script))

    def contrast(self, selector: str) -> tuple[float, float]:
        """Of the text to what is behind it; and how bright that is, from 0 to 1."""
        ratio, brightness = self.run(CONTRAST, selector)
        return float(ratio), float(brightness)
