"""A person with a browser: what they do, and what they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

SHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PHONE, DESKTOP = (390, 844), (1440, 900)
LEGIBLE = 4.5
"""The contrast that WCAG 2 asks for (success criterion 1.4.3)."""

CONTRAST = """
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
const white = matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
const low = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text = walker.nextNode(); text; text = walker.nextNode()) {
  const element = text.parentElement;
  if (!text.textContent.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
  if (element.closest(".offscreen, option, :disabled, .toast")) continue;
  const layers = [];
  let opacity = 1;
  for (let each = element; each; each = each.parentElement) {
    layers.unshift(rgba(getComputedStyle(each).backgroundColor));
    opacity *= Number(getComputedStyle(each).opacity);
  }
  const back = layers.reduce((below, layer) => over(layer, below), white);
  const colour = rgba(getComputedStyle(element).color);
  const front = over([...colour.slice(0, 3), colour[3] * opacity], back);
  const [light, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < arguments[0]) low.push([text.textContent.trim().slice(0, 40), ratio.toFixed(2)]);
}
return [low, luminance(rgba(getComputedStyle(document.body).backgroundColor))];
"""

AUDIT = """
const complaints = [];
const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) complaints.push(`id ${id}`);
for (const each of document.querySelectorAll("input, select, textarea")) {
  if (!each.labels.length && !each.getAttribute("aria-label")) complaints.push(each.outerHTML);
}
for (const each of document.querySelectorAll("button, a, summary")) {
  const name = each.getAttribute("aria-label") || each.textContent.trim();
  if (!name) complaints.push(each.outerHTML);
}
for (const each of document.querySelectorAll("img")) {
  if (!each.hasAttribute("alt")) complaints.push(each.outerHTML);
}
for (const name of ["aria-labelledby", "aria-describedby"]) {
  for (const each of document.querySelectorAll(`[${name}]`)) {
    if (!document.getElementById(each.getAttribute(name))) complaints.push(each.outerHTML);
  }
}
for (const each of document.querySelectorAll("svg")) {
  const quiet = each.getAttribute("aria-hidden") === "true" || each.closest("symbol, defs");
  if (!quiet && !each.getAttribute("aria-label")) complaints.push("svg");
}
if (document.querySelectorAll("main").length !== 1) complaints.push("main");
if (!document.querySelector("h1")) complaints.push("h1");
if (!document.documentElement.lang) complaints.push("lang");
return complaints;
"""


class Person:
    """What a person does and sees."""

    def __init__(self, driver: Chrome, base_uri: str) -> None:
        self.driver = driver
        self.base_uri = base_uri
        self.expected: list[str] = []
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        self.size(*DESKTOP)
        self.system("light")

    def open(self, address: str) -> None:
        """Open a view of the console, or any address."""
        is_view = not address.startswith("http")
        self.driver.get("about:blank")
        self.driver.get(f"{self.base_uri}_gateway/#/{address}" if is_view else address)
        self.until(lambda: self.all(".live:not(.off)"))

    @contextmanager
    def at_a_page_that_learns_nothing(self) -> Iterator[None]:
        """Pages opened meanwhile get no news: what they ask for, but by a button, never comes."""
        source = (
            "const fetched = window.fetch; window.fetch = (address, options) =>"
            " options?.method === 'POST' ? fetched(address, options) : new Promise(() => {});"
        )
        add, remove = (f"Page.{verb}ScriptToEvaluateOnNewDocument" for verb in ("add", "remove"))
        added = self.driver.execute_cdp_cmd(add, {"source": source})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd(remove, added)

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def system(self, scheme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        from selenium.webdriver.common.by import By

        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def one(self, selector: str) -> Any:
        return self.until(lambda: next(iter(self.all(selector)), None))

    def press(self, selector: str) -> None:
        self.until(lambda: self.one(selector).click() or True)

    def until(self, true: Callable[[], Any]) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.wait import WebDriverWait

        ignored = (StaleElementReferenceException,)
        return WebDriverWait(self.driver, 10, 0.05, ignored).until(lambda _: true())

    def sees(self, words: str, selector: str = "body") -> None:
        """Wait until these words are there."""
        from selenium.common.exceptions import TimeoutException

        try:
            self.until(lambda: any(words in each.text for each in self.all(selector)))
        except TimeoutException:
            found = [each.text for each in self.all(selector)]
            raise AssertionError(f"{words!r} not in {found}") from None

    def write(self, selector: str, text: str) -> None:
        field = self.one(selector)
        field.clear()
        field.send_keys(text)

    def overflows(self) -> list[str]:
        """What reaches beyond the screen, or makes a page scroll that should not."""
        return self.run(
            "const wide = document.documentElement.clientWidth;"
            "const out = (each) => each.getBoundingClientRect().right > wide + 1;"
            "const clip = (each) => each.closest('.offscreen, .row, .steps, .toast, .skip');"
            "const all = [...document.querySelectorAll('body *')];"
            "const seen = all.filter((each) => each.checkVisibility());"
            "const found = seen.filter((each) => out(each) && !clip(each));"
            "const page = document.documentElement.scrollWidth > wide ? ['page'] : [];"
            "const tall = document.scrollingElement.scrollHeight > innerHeight;"
            "if (tall && document.body.className === 'console') page.push('page too tall');"
            "return [...page, ...found.map((each) => each.outerHTML.slice(0, 120))]"
        )

    def unnamed(self) -> list[str]:
        """What a screen reader would have no words for, and the like."""
        found: list[str] = self.run(AUDIT)
        return found

    def dim(self) -> tuple[list[list[str]], float]:
        """Words without contrast to what is behind them; and how bright the page is, 0 to 1."""
        low, brightness = self.run(CONTRAST, LEGIBLE)
        return low, float(brightness)

    def shoot(self, name: str) -> bytes:
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"console-{name}.png"
        self.driver.save_screenshot(str(path))
        return path.read_bytes()

    def imported(self, module: str, expression: str, *arguments: Any) -> Any:
        """What an expression over a script's exports, called `m`, gives."""
        script = (  # not by `new Function`: the page's policy has no place for it
            "const [module, a, done] = arguments; import(`/_gateway/static/${module}.js`)"
            f".then((m) => done({expression})).catch((error) => done(String(error)))"
        )
        return self.driver.execute_async_script(script, module, list(arguments))
