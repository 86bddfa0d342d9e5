"""What `pip install` brings: built as PyPI would have it, and looked into."""

from __future__ import annotations

import email
import importlib.util
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from pathlib import Path
from types import ModuleType

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain._aliases import ALIASES

pytest.importorskip("hatchling", reason="hatchling comes with the dependency group check")
ROOT = Path(__file__).parents[1]
CHECKED = {
    f"wechatpay_chain/typed/{name}.py"
    for name in ("handlers", "paths", "strings", "strings_for_mypy")
}
"""Nothing is imported from them: they are the types of methods."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= 3 * 1024 * 1024


def test_the_wheel_has_the_stubs_and_the_catalogue(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for product in catalogue.products():
        assert f"wechatpay_chain/catalogue/{product}.json" in names
    stubs = {name for name in names if name.startswith("wechatpay_chain/typed/")}
    stems = {name.rpartition(".")[0] for name in stubs}
    assert stubs == {f"{stem}.{kind}" for stem in stems for kind in ("py", "pyi")} - CHECKED
    assert len(stems) == len(catalogue.products()) + 9
    assert "wechatpay_chain/py.typed" in names
    assert {f"{alias.replace('.', '/')}.pyi" for alias in ALIASES} <= names


ZIPPED = """
import wechatpay_chain
from wechatpay_chain import APIError, ConfigurationError, WeChatPay, catalogue
from wechatpay_chain.gateway import Gateway

assert ".whl" in wechatpay_chain.__file__
assert catalogue.find("GET", "v3/certificates") is not None
try:
    WeChatPay(mchid="1900000109", retry=3)
except ConfigurationError as error:
    print(error)
with Gateway() as gateway, gateway.client(sensitive="auto", check="catalogue") as wxpay:
    wxpay.v3.certificates.get()
    try:
        wxpay["v3/pay/transactions/nativ"].post(json={}, check="off")
    except APIError as error:
        print(error)
"""


def test_the_package_runs_from_a_zip(wheel: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-P", "-c", ZIPPED],
        env={"PYTHONPATH": str(wheel), "WECHATPAY_LANG": "zh", "PYTHONUTF8": "1"},
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    configuration, not_found = process.stdout.splitlines()
    assert configuration == "retry=3：应为 Retry(attempts=3, …)，或 None 表示只发送一次"
    assert "是否应为 POST v3/pay/transactions/native" in not_found


def test_a_wheel_made_of_the_source_distribution_has_the_same(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(tmp_path), "--target"]
    subprocess.run([*command, "sdist"], cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(path for path in tmp_path.iterdir() if path.is_dir())
    subprocess.run([*command, "wheel"], cwd=source, check=True, capture_output=True)
    made = next(tmp_path.glob("*.whl"))
    names = [set(zipfile.ZipFile(path).namelist()) for path in (made, wheel)]
    assert names[0] == names[1]


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


GUIDES = [
    *(ROOT / name for name in ("README.md", "README.zh-CN.md")),
    *sorted(
        path for folder in ("docs", "docs/zh", "docs/api") for path in ROOT.glob(f"{folder}/*.md")
    ),
]
FROM = re.compile(r"^[ \t]*from (wechatpay_chain[\w.]*) import (\([^)]*\)|[^\n`]+)", re.A | re.M)
DOTTED = re.compile(r"\bwechatpay_chain(?:\.[A-Za-z_]\w*)+", re.A)
DOCUMENTED = [
    *("canonical", "catalogue", "certificates", "errors", "gateway", "invoke", "ipython", "xml"),
    *(f"crypto.{name}" for name in ("aes", "certificate", "digest", "keys", "rsa")),
    *("transport", "transport.mock"),
]
"""The submodules that the guides document; users import all that they export."""
IMPORTER = """
import importlib, json, pkgutil, sys

folder, (names, modules, aliases) = sys.argv[1], json.load(sys.stdin)
sys.path.insert(0, folder)
import wechatpay_chain

assert wechatpay_chain.__file__.startswith(folder), wechatpay_chain.__file__
missing = []
for name in names:
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError) as error:
        missing.append(f"{name}: {error!r}")
for name in modules:
    module = importlib.import_module(name)
    missing += [f"{name}.{each}" for each in module.__all__ if not hasattr(module, each)]
for alias, name in aliases.items():
    if importlib.import_module(alias) is not importlib.import_module(name):
        missing.append(f"{alias} is not {name}")
print(json.dumps(missing))
"""


def names_in_guides() -> set[str]:
    """The full names that the guides and the reference pages use."""
    found: set[str] = set()
    for path in GUIDES:
        text = path.read_text("utf-8")
        found |= set(DOTTED.findall(text))
        for module, names in FROM.findall(text):
            without_comments = re.sub(r"#[^\n]*", "", names)
            found |= {
                f"{module}.{name.split(' as ')[0].strip()}"
                for name in without_comments.strip("() \n").split(",")
                if name.strip()
            }
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed in, away from the repository."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(folder), str(wheel)], check=True, capture_output=True)
    return folder


def test_every_name_in_the_guides_is_importable_from_the_wheel(installed: Path) -> None:
    names = sorted(names_in_guides())
    assert len(names) > 80
    assert any(name.startswith("wechatpay_chain.typed.") for name in names)
    modules = [f"wechatpay_chain.{name}" for name in DOCUMENTED]
    done = subprocess.run(
        [sys.executable, "-I", "-c", IMPORTER, str(installed)],
        input=json.dumps([names, modules, ALIASES]),
        cwd=installed.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == []


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
    targets = re.findall(r"\]\(https://code\.example/w/(?:blob|raw)/HEAD/([^)#]*)", text)
    assert "](https://code.example/w/raw/HEAD/docs/images/console.png)" in text
    assert targets
    assert all((ROOT / target).exists() for target in targets)
    assert set(description.urls("https://code.example/w")) >= {"Source", "Documentation", "Issues"}


def test_without_a_repository_there_are_no_images(description: ModuleType) -> None:
    text = "before\n\n![alt](docs/images/a.png)\n\nsee [b](docs/b.md)\n"
    assert description.absolute(text, "") == "before\n\nsee b (docs/b.md)\n"


def test_code_stays_as_it_is(description: ModuleType) -> None:
    text = (
        "[a](docs/a.md#b)\n\nsee [b](docs/b.md#c) and [d](https://d.example)\n```py\nx[1](2)\n```\n"
    )
    assert description.absolute(text, "") == (
        "see b (docs/b.md) and [d](https://d.example)\n```py\nx[1](2)\n```\n"
    )
