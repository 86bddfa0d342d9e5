"""Where the guides are, and what can be read out of them."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

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
    """A module of docs/examples, as a reader's own would be: importable by its name."""
    if module not in sys.modules:
        spec = importlib.util.spec_from_file_location(module, EXAMPLES / f"{module}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[module] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[module])
    return sys.modules[module]
