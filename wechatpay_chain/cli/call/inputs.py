"""Parses the arguments of `call` into the options of a call."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from ...utils.translation import N_, _
from ..failure import Misuse
from ..files import STANDARD_INPUT, read_text
from ..wording import shown

__all__ = ["fields", "json_body", "pairs", "xml_body"]

NESTING = N_("the brackets are nested too deeply")


def json_body(given: str, option: str) -> Any:
    """Return a JSON body from an argument, a file or standard input.

    Args:
        given: JSON; `@FILE`; or `-`.
        option: the name of the option.

    Raises:
        Misuse: it is not a JSON object or list, has a duplicate name, or cannot be read.
    """
    text, place = _text(given, option)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise Misuse(
            _(
                "{place} is not JSON: {msg}, line {lineno}, column {colno}",
                place=place,
                msg=error.msg,
                lineno=error.lineno,
                colno=error.colno,
            )
        ) from None
    except (ValueError, RecursionError) as error:
        why = _(NESTING) if isinstance(error, RecursionError) else error
        raise Misuse(_("{place} is not JSON: {why}", place=place, why=why)) from None
    if not isinstance(value, dict | list):
        raise Misuse(_("{place} is not a JSON object or list", place=place))
    return value


def xml_body(given: Iterable[str]) -> dict[str, Any]:
    """Return the members of an APIv2 request.

    Args:
        given: arguments, each `NAME=VALUE`, a JSON object, `@FILE` or `-`.

    Raises:
        Misuse: it has none of these forms.
    """
    members: dict[str, Any] = {}
    for each in given:
        if each[:1] in ("{", "@", "[") or each == STANDARD_INPUT:
            read = json_body(each, "--xml")
            if not isinstance(read, dict):
                raise Misuse(_("--xml is a list: expected an object of fields"))
            members.update(read)
        else:
            members.update(pairs([each], "--xml"))
    return members


def pairs(given: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Return `NAME=VALUE` arguments as pairs.

    Args:
        given: the argument.
        option: the name of the option.

    Raises:
        Misuse: an argument has no name or no `=`.
    """
    found = [(name, value) for name, _ignored, value in (each.partition("=") for each in given)]
    for each, (name, _ignored) in zip(given, found, strict=True):
        if not name or "=" not in each:
            raise Misuse(_("{option} {each}: expected NAME=VALUE", option=option, each=shown(each)))
    return found


def fields(given: Iterable[str]) -> dict[str, str]:
    """Return header fields.

    Args:
        given: arguments, each `NAME: VALUE`.

    Raises:
        Misuse: an argument has no colon.
    """
    found = {}
    for each in given:
        name, colon, value = each.partition(":")
        if not colon or not name.strip():
            raise Misuse(_("--header {name}: expected 'Name: value'", name=shown(name)))
        found[name.strip()] = value.strip()
    return found


def _text(given: str, option: str) -> tuple[str, str]:
    """Return the text, and its name for errors."""
    if given == STANDARD_INPUT:
        return read_text(given), _("standard input")
    if given.startswith("@"):
        path = Path(given[1:])
        return read_text(path), shown(str(path))
    return given, option


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ignored in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(_("{twice} occurs twice in one object", twice=shown(twice)))
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(_("{name} is not valid JSON", name=name))
