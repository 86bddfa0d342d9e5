"""Prints what is wrong in the Chinese of the project."""

from __future__ import annotations

import sys

from tests.chinese.checker import findings
from tests.chinese.texts import texts


def main() -> int:
    """1 where something is wrong."""
    found = [finding for text in texts() for finding in findings(text)]
    for each in found:
        print(f"{each.path}:{each.line}: {each.found} -> {each.wanted}")  # noqa: T201
    print(f"{len(found)} findings in the Chinese texts")  # noqa: T201
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
