"""What `pip install` brings: built as PyPI would have it, and looked into."""

from __future__ import annotations

import email
import importlib.util
import re
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

from wechatpay_chain import catalogue

pytest.importorskip("hatchling", reason="hatchling comes with the dependency group check")
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= 2 * 1024 * 1024


def test_the_wheel_has_the_stubs_and_the_catalogue(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for product in catalogue.products():
        assert f"wechatpay_chain/catalogue/{product}.json" in names
    stubs = {name for name in names if name.startswith("wechatpay_chain/typed/")}
    assert len(stubs) == len(catalogue.products()) + 5
    assert "wechatpay_chain/py.typed" in names


def test_the_wheel_has_nothing_that_does_not_belong_to_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"wechatpay_chain"}
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (ROOT / "docs/examples").glob("*.py"))
)
def test_the_wheel_has_the_examples_that_the_guides_say_to_copy(wheel: Path, name: str) -> None:
    content = zipfile.ZipFile(wheel).read(f"wechatpay_chain/examples/{name}")
    assert content == (ROOT / "docs/examples" / name).read_bytes()


RELATIVE = re.compile(r"\]\((?![a-z]+:|#)[^)]*\)")
"""Where a package index shows the text, such a link leads nowhere."""


def prose(markdown: str) -> str:
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_the_long_description_has_no_relative_link(metadata: Message) -> None:
    text = metadata.get_payload(decode=True).decode()
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert text.startswith("# wechatpay-chain\n")
    assert RELATIVE.findall(prose(text)) == []
    assert "docs/keys.md" in text


def test_the_project_urls_are_absolute(metadata: Message) -> None:
    urls = [value.partition(", ") for value in metadata.get_all("Project-URL")]
    assert urls
    assert all(url.startswith("https://") for _, _, url in urls)


@pytest.fixture(scope="module")
def description() -> ModuleType:
    spec = importlib.util.spec_from_file_location("description", ROOT / "stubs/description.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_with_a_repository_every_link_leads_there(description: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    text = description.absolute(readme, "https://code.example/w/blob/HEAD/")
    assert RELATIVE.findall(prose(text)) == []
    assert len(re.findall(r"\]\(", text)) == len(re.findall(r"\]\(", readme))
    targets = re.findall(r"\]\(https://code\.example/w/blob/HEAD/([^)#]*)", text)
    assert targets
    assert all((ROOT / target).exists() for target in targets)
    assert set(description.urls("https://code.example/w")) >= {"Source", "Documentation", "Issues"}


def test_code_stays_as_it_is(description: ModuleType) -> None:
    text = (
        "[a](docs/a.md#b)\n\nsee [b](docs/b.md#c) and [d](https://d.example)\n```py\nx[1](2)\n```\n"
    )
    assert description.absolute(text, "") == (
        "see b (docs/b.md) and [d](https://d.example)\n```py\nx[1](2)\n```\n"
    )
