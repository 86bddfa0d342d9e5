"""The pages of the console and of the cashier, in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.page import COLORS, LEGIBLE, BrowserPage

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CONTRAST = (
    COLORS
    + """
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
)

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


class ConsolePage(BrowserPage):
    """The page object of the console.

    Attributes:
        expected_errors: parts of the messages in the browser's log that a test expects.
    """

    screenshots = Path(__file__).parents[2] / "build" / "screenshots"
    desktop = (1440, 900)
    mobile_below = 600

    def __init__(self, driver: Chrome, base_uri: str) -> None:
        super().__init__(driver, base_uri.rstrip("/"))
        self.expected_errors: list[str] = []
        driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def open(self, address: str) -> None:
        """Open a view of the console, or any URL."""
        is_view = not address.startswith("http")
        self.driver.get("about:blank")
        self.driver.get(f"{self.origin}/_gateway/#/{address}" if is_view else address)
        self.wait_until(lambda: self.all(".live:not(.off)"))

    @contextmanager
    def without_updates(self) -> Iterator[None]:
        """Block responses to all requests of pages except POST during the block."""
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

    def overflowing(self) -> list[str]:
        """Return the elements that extend beyond the screen or make a page scroll."""
        return self.run(
            "const wide = document.documentElement.clientWidth;"
            "const out = (each) => each.getBoundingClientRect().right > wide + 1;"
            "const clip = (each) =>"
            " each.closest('.offscreen, .row, .steps, .toast, .skip, .scroll');"
            "const all = [...document.querySelectorAll('body *')];"
            "const seen = all.filter((each) => each.checkVisibility());"
            "const found = seen.filter((each) => out(each) && !clip(each));"
            "const page = document.documentElement.scrollWidth > wide ? ['page'] : [];"
            "const tall = document.scrollingElement.scrollHeight > innerHeight;"
            "if (tall && document.body.className === 'console') page.push('page too tall');"
            "return [...page, ...found.map((each) => each.outerHTML.slice(0, 120))]"
        )

    def accessibility_problems(self) -> list[str]:
        """Return the accessibility problems of the page."""
        found: list[str] = self.run(AUDIT)
        return found

    def low_contrast(self) -> tuple[list[list[str]], float]:
        """Return the texts with too little contrast, and the brightness of the page from 0 to 1."""
        low, brightness = self.run(CONTRAST, LEGIBLE)
        return low, float(brightness)

    def evaluate_in_module(self, module: str, expression: str, *arguments: Any) -> Any:
        """Return the value of an expression over a script's exports, which are called `m`."""
        script = (  # not with `new Function`, which the page's policy forbids
            "const [module, a, done] = arguments; import(`/_gateway/static/${module}.js`)"
            f".then((m) => done({expression})).catch((error) => done(String(error)))"
        )
        return self.driver.execute_async_script(script, module, list(arguments))
