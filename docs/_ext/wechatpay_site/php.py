"""The tables of what the PHP SDK's names are here, from `php.toml`.

Run as a program, it writes them into the guides.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["PAGES", "completed", "rows"]

DOCS = Path(__file__).resolve().parents[2]
PAGES = {DOCS / "php.md": False, DOCS / "zh" / "php.md": True}
"""The pages with tables, and whether they are in Chinese."""
PLACE = re.compile(r"(?<=<!-- table: )(\w+) -->\n.*?(?=<!-- end of the table -->)", re.S)


@cache
def rows() -> dict[str, list[dict[str, Any]]]:
    """The rows of each table."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def completed(text: str, *, chinese: bool) -> str:
    """A page with its tables as they are now."""
    return PLACE.sub(lambda match: f"{match[1]} -->\n{_table(match[1], chinese)}", text)


def _table(name: str, chinese: bool) -> str:
    lines = ["| PHP | Python |", "|---|---|"]
    for row in rows()[name]:
        php, python = (
            row.get(f"{each}_zh", row[each]) if chinese else row[each] for each in ("php", "python")
        )
        lines.append(f"| {php} | {python} |")
    return "".join(f"{line}\n" for line in ("", *lines, ""))


def main() -> None:
    """Write the tables into their pages."""
    for page, chinese in PAGES.items():
        text = page.read_text("utf-8")
        made = completed(text, chinese=chinese)
        if made != text:  # a page that is written anew makes the built site look old
            page.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
