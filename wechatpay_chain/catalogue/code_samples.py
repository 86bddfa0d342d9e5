"""Code samples of a call: with attributes, `chain()` and brackets, each sync and async."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from ..messages.sensitive import Sensitive
from . import example
from .operation import Operation

__all__ = ["CodeSample", "code_samples"]

WIDTH = 88


class CodeSample(NamedTuple):
    """A call in one style.

    Attributes:
        name: `attribute`, `chain` or `bracket`.
        is_async: whether it is awaited.
        code: the call in Python, with example values.
    """

    name: str
    is_async: bool
    code: str


def code_samples(operation: Operation) -> tuple[CodeSample, ...]:
    """Return the six code samples of an operation: first the sync ones, then the async ones.

    Args:
        operation: an operation of the catalogue.
    """
    variables, options = example.call(operation)
    constants = {name: value for name, value in operation.constants.items() if value}
    filled = operation.path
    for name, value in variables.items():
        filled = filled.replace(f"{{{name}}}", quote(value, safe=""))
    written: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("attribute", f"wxpay.{'.'.join(operation.attributes)}", constants | variables),
        ("chain", f"wxpay.chain({_literal(operation.path)})", variables),
        ("bracket", f"wxpay[{_literal(filled)}]", {}),
    )
    return tuple(
        CodeSample(name, is_async, _call(chain, operation.verb, {**values, **options}, is_async))
        for is_async in (False, True)
        for name, chain, values in written
    )


def _call(chain: str, verb: str, arguments: Mapping[str, Any], is_async: bool) -> str:
    head = f"response = await {chain}.{verb}_async(" if is_async else f"response = {chain}.{verb}("
    if not arguments:
        return f"{head})"
    line = ", ".join(f"{name}={_literal(value)}" for name, value in arguments.items())
    if len(head) + len(line) + 1 <= WIDTH:
        return f"{head}{line})"
    body = "".join(
        f"    {name}={_wrapped(value, 4, len(name) + 1)},\n" for name, value in arguments.items()
    )
    return f"{head}\n{body})"


def _wrapped(value: Any, margin: int, before: int) -> str:
    """Return a literal, wrapped over several lines if necessary."""
    line = _literal(value)
    if margin + before + len(line) + 1 <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    indent = " " * (margin + 4)
    if isinstance(value, dict):
        items = [
            f"{indent}{_literal(name)}: {_wrapped(each, margin + 4, len(_literal(name)) + 2)},\n"
            for name, each in value.items()
        ]
        return f"{{\n{''.join(items)}{' ' * margin}}}"
    items = [f"{indent}{_wrapped(each, margin + 4, 0)},\n" for each in value]
    return f"[\n{''.join(items)}{' ' * margin}]"


def _literal(value: Any) -> str:
    """Return a value as Python source, with double quotes if they need no escape."""
    if isinstance(value, Sensitive):
        return f"Sensitive({_literal(value._value)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_literal(k)}: {_literal(v)}' for k, v in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str) and '"' not in value and "\\" not in value and value.isprintable():
        return f'"{value}"'
    return repr(value)
