from __future__ import annotations

from collections.abc import Callable

import pytest

from wechatpay_chain.cli import output
from wechatpay_chain.cli.operations import commands as ops


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Someone looks at the output, on a screen of so many columns."""

    def look(columns: int = 80) -> None:
        for module in (ops, output):
            monkeypatch.setattr(module, "is_terminal", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm-256color")

    return look
