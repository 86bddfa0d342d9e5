"""A real Chromium: the fixture that starts it, and why it cannot be started."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "headless",
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "accept-lang=zh-CN",
)


def missing() -> str:
    """Why a browser cannot be driven here; empty if it can."""
    if os.environ.get("SITE_TEST") == "skip":
        return "SITE_TEST=skip leaves the browser out"
    for program in (CHROMIUM, DRIVER):
        if not shutil.which(program):
            return f"{program} is not there: apt-get install chromium chromium-driver"
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed: pip install --group docs"
    return ""


def skip_or_fail(why: str) -> None:
    """Skip a test for a reason, if there is one; fail where the browser is required, as in CI."""
    if why and os.environ.get("SITE_TEST") == "required":
        pytest.fail(why)
    if why:
        pytest.skip(why)


@contextmanager
def started(profile: Path) -> Iterator[Chrome]:
    """A browser with a new profile, which is closed after the block."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"user-data-dir={profile}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        driver.set_page_load_timeout(30)
        driver.set_script_timeout(10)
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    skip_or_fail(missing())
    with started(tmp_path_factory.mktemp("profile")) as driver:
        yield driver
