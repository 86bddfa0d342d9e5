"""The errors of a type checker for a snippet, which is not run."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from ...utils.translation import _

__all__ = ["complaints", "installed"]

SECONDS = 120
PRELUDE = (
    "from wechatpay_chain import APIError, Media, Merchants, Retry, Sensitive, WeChatPay, errors",
    "wxpay = WeChatPay.from_env()",
)
"""The code before a snippet: the names of the package, and a client `wxpay`."""
FUNCTION = "async def snippet() -> None:"
"""Wraps a snippet with `await` outside a function, as in a notebook."""
ARGUMENTS = {
    "mypy": (
        "--strict",
        "--no-error-summary",
        "--no-color-output",
        "--config-file=",
        "--no-incremental",
    ),
    "pyright": ("--pythonpath", sys.executable),
}
LINE = re.compile(r"snippet\.py:(\d+)(?::\d+)?(?: -|:) (?:error|warning|note): (.*)")


def installed() -> str | None:
    """Return the name of the installed type checker: mypy, else pyright; None without one."""
    return next((name for name in ARGUMENTS if importlib.util.find_spec(name)), None)


def complaints(source: str, checker: str) -> list[str]:
    """Return the errors of a type checker, one line each with the line of the source.

    Args:
        source: valid Python source.
        checker: `mypy` or `pyright`.
    """
    before = [] if _binds(source, "wxpay") else list(PRELUDE)
    if _awaits(source):
        before.append(FUNCTION)
        source = textwrap.indent(source, "    ")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "snippet.py")
        path.write_text("\n".join([*before, source, ""]), "utf-8")
        command = [sys.executable, "-m", checker, *ARGUMENTS[checker], path.name]
        try:
            done = subprocess.run(  # noqa: S603 - the path is ours, and the snippet is a file
                command, cwd=folder, capture_output=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return [_("{checker} did not finish in {seconds} s", checker=checker, seconds=SECONDS)]
    text = done.stdout.decode("utf-8", "replace")
    found = [(int(line) - len(before), said) for line, said in LINE.findall(text)]
    if not found and done.returncode:
        return [
            _(
                "{checker} failed: {output}",
                checker=checker,
                output=(text or done.stderr.decode("utf-8", "replace")).strip()[:500],
            )
        ]
    return [_("line {line}: {problem}", line=line, problem=said) for line, said in found]


def _binds(source: str, name: str) -> bool:
    """Return whether a snippet makes its own client."""
    return any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
        for node in ast.walk(_tree(source))
    )


def _awaits(source: str) -> bool:
    """Return whether a snippet awaits where Python allows it in functions only."""
    try:
        compile(source, "snippet.py", "exec", dont_inherit=True)
    except SyntaxError:
        return True
    return False


def _tree(source: str) -> ast.Module:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree: ast.Module = compile(source, "snippet.py", "exec", flags=flags, dont_inherit=True)
    return tree
