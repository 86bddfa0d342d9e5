"""A whole program: its clients are known in every module, and each module is rewritten."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from ...utils.translation import _
from .clients import Client
from .files import found, module_of
from .planning import Finding, planned
from .reading import Module
from .rewriting import rewritten

__all__ = ["Change", "changes"]


UNREADABLE = (cst.ParserSyntaxError, SyntaxError, UnicodeError, LookupError, ValueError)
"""The errors for a file that this version of Python cannot parse."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a file.

    Attributes:
        path: the path of it.
        before: its content.
        after: its content then; the same where nothing is rewritten.
        findings: places for people, with the lines of `before`.
        failure: why the file was left alone; empty where it was read.
    """

    path: Path
    before: bytes
    after: bytes
    findings: tuple[Finding, ...] = ()
    failure: str = ""

    @property
    def is_rewritten(self) -> bool:
        return self.before != self.after

    def diff(self) -> str:
        """Return the difference in the format of `diff -u`."""
        name = self.path.as_posix().lstrip("/")
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(
                _lines(self.before), _lines(self.after), f"a/{name}", f"b/{name}"
            )
        )

    def moved(self) -> tuple[Finding, ...]:
        """Return the findings with the lines of `after`."""
        matcher = difflib.SequenceMatcher(None, _lines(self.before), _lines(self.after), False)
        where: dict[int, int] = {}
        for _tag, start, end, new, new_end in matcher.get_opcodes():
            for line in range(start, end):
                where[line + 1] = max(min(new + line - start, new_end - 1), 0) + 1
        return tuple(
            Finding(where.get(each.line, each.line), each.reason, each.suggestion)
            for each in self.findings
        )


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").splitlines(keepends=True)


def changes(path: Path, library: str) -> Iterator[Change]:
    """Return the changes of a program's files; only of those that use the library.

    Args:
        path: the path of the program's folder, or of one file.
        library: `wechatpayv3` or `wechatpy`.
    """
    root = path if path.is_dir() else path.parent
    contents: dict[Path, bytes] = {}
    failures: dict[Path, str] = {}
    for file in found(path):
        try:
            contents[file] = file.read_bytes()
        except OSError as error:
            failures[file] = error.strerror or str(error)
    clients = _clients(contents, failures, library)
    names = {name.encode() for exported in clients.values() for name in exported}
    for file in sorted({*contents, *failures}):
        if file in failures:
            yield Change(file, b"", b"", failure=failures[file])
            continue
        content = contents[file]
        wanted = _concerns(content, library) or any(name in content for name in names)
        if not wanted:
            continue
        imported = {
            name: exported
            for other, exported in clients.items()
            if other != file
            for name in module_of(other, file, root)
        }
        change = _change(file, content, library, imported)
        if change.is_rewritten or change.findings or change.failure:
            yield change


def _concerns(content: bytes, library: str) -> bool:
    return library.encode() in content or b"wechatpay_chain" in content


def _clients(
    contents: dict[Path, bytes], failures: dict[Path, str], library: str
) -> dict[Path, dict[str, Client]]:
    """Return the clients that each module exports to the others."""
    if len(contents) < 2:
        return {}
    offered: dict[Path, dict[str, Client]] = {}
    for file, content in contents.items():
        if not _concerns(content, library):
            continue
        try:
            exported = Module(content, library).exported
        except UNREADABLE as error:
            failures[file] = _reason(error)
            continue
        if exported:
            offered[file] = exported
    return offered


def _change(
    file: Path, content: bytes, library: str, imported: dict[str, dict[str, Client]]
) -> Change:
    try:
        module = Module(content, library, imported)
    except UNREADABLE as error:
        return Change(file, content, content, failure=_reason(error))
    plan = planned(module)
    after = rewritten(module, plan)
    if problem := _unusable(after, file):
        return Change(file, content, content, failure=problem)
    return Change(file, content, after, tuple(plan.findings))


def _reason(error: Exception) -> str:
    if isinstance(error, cst.ParserSyntaxError):
        return _("line {line}: not valid Python: {why}", line=error.raw_line, why=error.message)
    return _("not readable as Python: {error}", error=error)


def _unusable(content: bytes, file: Path) -> str:
    """Return why Python cannot parse a rewritten file; empty if it can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(content, str(file), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return _("not valid for this version of Python: {error}", error=error)
    return ""
