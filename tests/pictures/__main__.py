"""Writes the pictures of the README, with pyright, Chromium and a Chinese font."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser import chromium

from . import completion, console

if __name__ == "__main__":
    completion.PICTURE.write_text(completion.draw(completion.ask()), "utf-8")
    with tempfile.TemporaryDirectory() as profile, chromium.started(Path(profile)) as driver:
        for language, picture in console.photograph(driver).items():
            console.PICTURES[language].write_bytes(picture)
