"""The pictures of the README: made of what runs, and shown where they belong."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import chromium as chromium
from tests.docs.support import ROOT

from . import completion, console

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LARGEST = 200 * 1024
"""Bytes of a picture, for readers on slow lines."""


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG (RFC 2083, section 4.1.1)."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_the_completed_line_is_what_pyright_offers() -> None:
    """Otherwise run `make pictures`."""
    pytest.importorskip("pyright", reason="pyright comes with the dependency group check")
    shown = completion.ask()
    assert {"appid", "description", "notify_url"} <= {name for name, _ in shown.members}
    assert completion.PICTURE.read_text("utf-8") == completion.draw(shown)


def test_the_console_can_be_photographed_anew(chromium: Chrome) -> None:
    taken = console.photograph(chromium)
    assert {size(each) for each in taken.values()} == {console.SIZE}
    assert taken["en"] != taken["zh"]


@pytest.mark.parametrize("picture", console.PICTURES.values(), ids=lambda path: path.name)
def test_a_photograph_is_small_and_has_the_right_size(picture: Path) -> None:
    content = picture.read_bytes()
    assert size(content) == console.SIZE
    assert len(content) < LARGEST


@pytest.mark.parametrize(
    ("page", "pictures"),
    [
        ("README.md", ("completion.svg", "console.png")),
        ("README.zh-CN.md", ("completion.svg", "console-zh.png")),
        ("docs/gateway-console.md", ("console.png",)),
        ("docs/zh/gateway-console.md", ("console-zh.png",)),
    ],
)
def test_pages_show_them(page: str, pictures: tuple[str, ...]) -> None:
    text = (ROOT / page).read_text("utf-8")
    for name in pictures:
        before, image, _ = text.partition(f"images/{name})")
        assert image, name
        assert len(before.rpartition("![")[2].partition("](")[0]) > 20, "no alternative text"
