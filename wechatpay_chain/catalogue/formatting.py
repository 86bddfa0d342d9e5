"""The canonical text of a document: readable, and with small diffs.

Values that fit on a line are written on one line; others are indented by two spaces.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["dumps", "rewrite"]

WIDTH = 100


def dumps(document: Any) -> str:
    """Serialize a document, with a final line feed.

    Args:
        document: a value of JSON's own types.
    """
    return f"{_text(document, 0, 0)}\n"


def rewrite(folder: Path) -> None:
    """Rewrite all documents of a folder in the canonical form; used by `make format`."""
    for path in folder.rglob("*.json"):
        path.write_text(dumps(json.loads(path.read_text("utf-8"))), "utf-8")


def _text(value: Any, depth: int, before: int) -> str:
    """Return one value as text; `before` is the number of characters already on its first line."""
    line = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or before + len(line) < WIDTH:
        return line
    margin = "  " * (depth + 1)
    if isinstance(value, dict):
        keys = {name: f"{margin}{json.dumps(name, ensure_ascii=False)}: " for name in value}
        items = [key + _text(value[name], depth + 1, len(key)) for name, key in keys.items()]
        opening, closing = "{", "}"
    else:
        items = [margin + _text(item, depth + 1, len(margin)) for item in value]
        opening, closing = "[", "]"
    body = ",\n".join(items)
    return f"{opening}\n{body}\n{'  ' * depth}{closing}"


if __name__ == "__main__":
    rewrite(Path(__file__).parent)
