"""The diagrams of the guides: made of their texts, and true to the folders."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.docs.support import ROOT, generator
from tests.pictures import completion, console

PACKAGE = ROOT / "wechatpay_chain"
PICTURES = {*console.PICTURES.values(), completion.PICTURE}
"""The pictures of the README, which `tests/pictures` checks."""


diagrams = generator("diagrams")
ENGLISH = [path for path in diagrams.SOURCES if path.parent.name != "zh"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parsed(path: Path) -> diagrams.Diagram:
    return diagrams.parse(path.read_text("utf-8"))


def chinese(path: Path) -> Path:
    return path.parent / "zh" / path.name


@pytest.mark.parametrize("path", diagrams.SOURCES, ids=name)
def test_an_image_is_what_its_text_gives(path: Path) -> None:
    """Otherwise run `make format`."""
    assert diagrams.image_of(path).read_bytes() == diagrams.draw(parsed(path)).encode()


def test_there_is_no_other_image() -> None:
    images = {diagrams.image_of(path) for path in diagrams.SOURCES}
    found = {*(ROOT / "docs").glob("images/*"), *(ROOT / "docs").glob("zh/images/*")}
    assert found == images | PICTURES
    assert {chinese(path) for path in ENGLISH} == {*diagrams.SOURCES} - {*ENGLISH}


@pytest.mark.parametrize("path", diagrams.SOURCES, ids=name)
def test_an_image_speaks_to_screen_readers_and_keeps_to_its_paper(path: Path) -> None:
    diagram = parsed(path)
    image = ET.fromstring(diagrams.draw(diagram))
    space = "{http://www.w3.org/2000/svg}"
    assert image.get("role") == "img"
    assert image.findtext(f"{space}title") == diagram.title
    assert image.findtext(f"{space}desc") == diagram.description
    assert image.get("aria-labelledby") == "title description"
    paper, frames = image.find(f"{space}rect"), image.findall(f"{space}rect")[1:]
    assert paper is not None
    for frame in frames:
        assert int(frame.get("y", "")) + int(frame.get("height", "")) < int(paper.get("height", ""))
    for place in (diagram.head, *diagram.places):
        for text in (place.out, place.back):
            assert all(diagrams._width(line) <= diagrams.TEXT for line in diagrams._wrapped(text))
        assert diagrams._width(place.name) <= diagrams.BOX - 20


@pytest.mark.parametrize("path", ENGLISH, ids=name)
def test_both_languages_have_the_same_shape(path: Path) -> None:
    for mine, theirs in zip(parsed(path).places, parsed(chinese(path)).places, strict=True):
        assert [bool(text) for text in mine[1:]] == [bool(text) for text in theirs[1:]]
        if mine.inner or diagrams.CODE.search(mine.name):
            assert mine.name == theirs.name


@pytest.mark.parametrize("path", diagrams.SOURCES, ids=name)
def test_the_places_exist(path: Path) -> None:
    """A place that is a folder ends with a slash, a module with `.py`; a part is either, in it."""
    folder = PACKAGE
    for place in parsed(path).places:
        if place.inner:
            for part in place.name.split(", "):
                assert list(folder.rglob(f"{part}.py")) or (folder / part).is_dir(), part
        elif diagrams.CODE.search(place.name):
            folder = PACKAGE / place.name
            assert folder.exists(), place.name


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/zh/architecture.md"])
def test_the_architecture_page_has_every_folder(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    rows = re.findall(r"^\| (`.+?`) \| ", text, re.M)
    listed = {each for row in rows for each in re.findall("`([^`]+)`", row)}
    parents = (PACKAGE, PACKAGE / "gateway")
    folders = {f"{path.parent.relative_to(PACKAGE)}/" for p in parents for path in p.glob("*/*.py")}
    assert listed >= folders - {"typed/", "gateway/"}
    generated = {"typed/"}
    assert [
        each
        for each in listed - generated
        if not (PACKAGE / each).exists() and not (ROOT / each).exists()
    ] == []
