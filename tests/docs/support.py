"""Where the guides are, and what can be read out of them."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.support import MCHID, Keys, write

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
CONTRIBUTING = [ROOT / "CONTRIBUTING.md", ROOT / "CONTRIBUTING.zh-CN.md"]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
CHINESE = sorted((ROOT / "docs" / "zh").glob("*.md"))
SKILLS = sorted((ROOT / "skills").glob("*/SKILL.md"))
PAGES = [*READMES, *GUIDES, *CHINESE]

BLOCK = re.compile(
    r"^(?:<!-- from: (?P<source>\S+) -->\n)?```python\n(?P<code>.*?)^```$", re.M | re.S
)


class Block(NamedTuple):
    """A Python block, and the file that it is a part of, if it says so."""

    line: int
    code: str
    source: str | None


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(text.count("\n", 0, match.start("code")) + 1, match["code"], match["source"])
        for match in BLOCK.finditer(text)
    ]


def example(module: str) -> ModuleType:
    """Return a module of docs/examples, which is then importable by its name."""
    if module not in sys.modules:
        sys.modules[module] = _loaded(module, EXAMPLES, keep=True)
    return sys.modules[module]


def generator(module: str) -> ModuleType:
    """Return a generator of pages, without the rest of the site, which requires Sphinx."""
    return _loaded(module, ROOT / "docs" / "_ext" / "wechatpay_site")


def _loaded(module: str, folder: Path, *, keep: bool = False) -> ModuleType:
    spec = importlib.util.spec_from_file_location(module, folder / f"{module}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    if keep:
        sys.modules[module] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


def write_keys(folder: Path, keys: Keys) -> None:
    """Write the merchant's key, certificate and PKCS#12 file, and the platform's public key."""
    write(folder / "apiclient_key.pem", keys.merchant)
    write(folder / "apiclient_cert.pem", keys.merchant_certificate)
    write(folder / "pub_key.pem", keys.platform.public_key())
    (folder / "apiclient_cert.p12").write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"",
            keys.merchant,
            keys.merchant_certificate,
            None,
            serialization.BestAvailableEncryption(MCHID.encode()),
        )
    )
    (folder / "license.png").write_bytes(b"\x89PNG")
