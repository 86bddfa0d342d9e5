"""axe-core in a page of the browser: what it finds there of serious and critical impact."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

__all__ = ["AXE", "missing", "serious"]

MODULES = Path(os.environ.get("BROWSER", Path(__file__).parents[2] / ".venv" / "browser"))
"""Where `make .venv/.audited` installs what comes from npm."""
AXE = MODULES / "node_modules" / "axe-core" / "axe.min.js"

RUN = """
const done = arguments[0];
axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => done(
  violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
), (error) => done([String(error)]));
"""


def missing() -> str:
    """Why pages cannot be audited here; empty if they can."""
    return "" if AXE.is_file() else f"{AXE} is not there: make .venv/.audited"


def serious(driver: Chrome) -> list[str]:
    """The findings on the page that is open: the rule, and the element.

    Args:
        driver: of the browser.
    """
    driver.set_script_timeout(60)
    driver.execute_script(AXE.read_text("utf-8"))
    found: list[str] = driver.execute_async_script(RUN)
    return found
