"""`wechatpay-chain migrate`: shows what would be rewritten, or writes it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...utils.display import printable
from ...utils.translation import _
from ..failure import Failure
from ..output import tell, write
from ..usage import PathType, examples
from .files import write as write_file

if TYPE_CHECKING:
    from .planning import Finding
    from .project import Change

__all__ = ["migrate"]

LEFT = 3
"""The exit code where lines are left for people."""


@click.command(
    short_help="Rewrite a program that uses wechatpayv3 or wechatpy.",
    epilog=examples("migrate wechatpayv3 src", "migrate wechatpy shop/pay.py --write"),
)
@click.argument("library", type=click.Choice(["wechatpayv3", "wechatpy"]))
@click.argument("path", type=PathType(exists=True))
@click.option(
    "--diff/--write", "dry", default=True, help="Show the changes (the default), or write them."
)
def migrate(library: str, path: Path, dry: bool) -> None:
    """Rewrite a program that uses LIBRARY: its imports, clients and calls.

    PATH is a file, or a folder with all files below it. Only certain changes are made. The rest is
    listed on standard error, with file, line, and the line to write.

    Exit codes: 0 nothing is left to do by hand; 1 a file could not be read or written, and the
    others were processed; 3 lines are left to write by hand.
    """
    if find_spec("libcst") is None:
        raise Failure(
            _("libcst is not installed; migrate needs an extra"),
            [_('pip install "wechatpay-chain[cli,migrate]"')],
        )
    from .project import changes

    rewritten = failed = left = 0
    for change in changes(path, library):
        name = printable(str(change.path))
        if change.failure:
            tell(_("{name}: left unchanged: {why}", name=name, why=change.failure))
            failed += 1
            continue
        if change.is_rewritten:
            if not _carried_out(change, dry=dry):
                failed += 1
                continue
            rewritten += 1
        for finding in change.findings if dry else change.moved():
            _list(name, finding)
            left += 1
    tell(_summary(rewritten, left, failed, dry=dry))
    if failed or left:
        raise SystemExit(1 if failed else LEFT)


def _carried_out(change: Change, *, dry: bool) -> bool:
    if dry:
        write(change.diff())
        return True
    try:
        write_file(change.path, change.after)
    except OSError as error:
        tell(_("{path}: cannot be written: {why}", path=change.path, why=error.strerror or error))
        return False
    return True


def _list(name: str, finding: Finding) -> None:
    tell(f"{name}:{finding.line}: {finding.reason}")
    for line in finding.suggestion.splitlines():
        tell(f"    {line}")


def _summary(rewritten: int, left: int, failed: int, *, dry: bool) -> str:
    files = _files(rewritten)
    places = _("1 place") if left == 1 else _("{count} places", count=left)
    done = _("{files} to rewrite", files=files) if dry else _("{files} rewritten", files=files)
    text = _("{done}, {places} left to do by hand", done=done, places=places)
    return _("{text}, {files} failed", text=text, files=_files(failed)) if failed else text


def _files(count: int) -> str:
    return _("1 file") if count == 1 else _("{count} files", count=count)
