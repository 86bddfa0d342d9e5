"""A page in the browser: opens, finds, clicks, waits, measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

PHONE = (390, 844)
LEGIBLE = 4.5
"""The contrast that WCAG 2 asks for (success criterion 1.4.3)."""

COLORS = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const over = ([r, g, b, a], below) =>
  [r, g, b].map((value, index) => (value * a + below[index] * (255 - a)) / 255);
const luminance = (colour) => {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
"""
"""Functions for scripts that measure contrast."""


class BrowserPage:
    """The page object of a site; its subclasses know what is on the pages.

    Attributes:
        screenshots: the folder that screenshots are written to.
        desktop: the size that a page begins with.
        mobile_below: the width below which the browser behaves like a phone's.
        driver: of the browser.
        origin: the address of the site, without a slash at its end.
    """

    screenshots: ClassVar[Path]
    desktop: ClassVar[tuple[int, int]]
    mobile_below: ClassVar[int] = 0

    def __init__(self, driver: Chrome, origin: str) -> None:
        self.driver = driver
        self.origin = origin
        self.resize(*self.desktop)
        self.color_scheme("light")

    def resize(self, width: int, height: int) -> None:
        mobile = width < self.mobile_below
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def color_scheme(self, scheme: str) -> None:
        """Set the scheme that the system prefers: `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        from selenium.webdriver.common.by import By

        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def first(self, selector: str) -> Any:
        """The first element of a selector, as soon as there is one."""
        return self.wait_until(lambda: next(iter(self.all(selector)), None))

    def click(self, selector: str) -> None:
        self.wait_until(lambda: self.first(selector).click() or True)

    def fill(self, selector: str, text: str) -> None:
        field = self.first(selector)
        field.clear()
        field.send_keys(text)

    def wait_until(self, true: Callable[[], Any]) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.wait import WebDriverWait

        ignored = (StaleElementReferenceException,)
        return WebDriverWait(self.driver, 30, 0.05, ignored).until(lambda _: true())

    def wait_for_text(self, words: str, selector: str = "body") -> None:
        from selenium.common.exceptions import TimeoutException

        try:
            self.wait_until(lambda: any(words in each.text for each in self.all(selector)))
        except TimeoutException:
            found = [each.text for each in self.all(selector)]
            raise AssertionError(f"{words!r} not in {found}") from None

    def screenshot(self, name: str) -> bytes:
        self.screenshots.mkdir(parents=True, exist_ok=True)
        path = self.screenshots / f"{name}.png"
        self.driver.save_screenshot(str(path))
        return path.read_bytes()

    def severe_messages(self) -> list[str]:
        """The errors that the browser has logged since the last time."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [each["message"] for each in entries if each["level"] == "SEVERE"]
