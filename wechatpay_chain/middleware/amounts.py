"""Rejects a number with a fraction if WeChat Pay requires an integer.

Amounts are integers in fen. `19.9` is an amount in yuan, and `19.9 * 100` is 1989.9999999999998.
The catalogue lists the integer members; it is read only if a request contains such a number.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

if TYPE_CHECKING:
    from decimal import Decimal

    from ..catalogue import Member, Operation
    from ..messages.request import Request

__all__ = ["reject_fractions"]

PLAIN = frozenset({bool, type(None)})
CONTAINERS = (dict, list, tuple, Mapping)
NEARLY = 1e-6
"""Maximum distance from an integer of a product such as 19.9 * 100 in binary floating point."""


def reject_fractions(request: Request, option: str, given: Any) -> None:
    """Reject a float, and a Decimal that is not written as an integer, if an integer is required.

    Args:
        request: the request; its operation is looked up in the catalogue. Unknown operations pass.
        option: `json`, `xml` or `query`.
        given: the option's value.

    Raises:
        ConfigurationError: a number has the wrong type; the message names the member and a remedy.
    """
    if isinstance(given, str) or not _has_fraction(given):
        return
    if option == "query" and not isinstance(given, Mapping):
        given = dict(given)
    operation = _operation(request)
    if operation is not None:
        _check(given, (*operation.query, *operation.body), option)


def _has_fraction(given: Any) -> bool:
    rest = [given]
    for value in rest:  # the list grows, but ends: an encoder has already rejected cycles
        is_mapping = type(value) is dict or isinstance(value, Mapping)
        for each in value.values() if is_mapping else value:
            kind = type(each)
            if kind is str or kind is int or kind in PLAIN:
                continue
            if kind is dict or isinstance(each, CONTAINERS):
                rest.append(each)
            elif isinstance(each, float) or _is_decimal(each):
                return True
    return False


def _is_decimal(value: Any) -> bool:
    decimal = sys.modules.get("decimal")  # loaded if a value is a Decimal
    return decimal is not None and isinstance(value, decimal.Decimal)


def _operation(request: Request) -> Operation | None:
    path = request.operation
    if not path.lower().startswith("/v3/"):
        path = f"v2{path}"
    try:
        from .. import catalogue  # calls without such a number do not need it

        return catalogue.find(request.method, path)
    except (ImportError, OSError):  # the catalogue cannot be read (no free descriptor): continue
        return None


def _check(value: Any, members: Iterable[Member], place: str) -> None:
    if isinstance(value, list | tuple):
        for at, each in enumerate(value):
            _check(each, members, f"{place}[{at}]")
    elif isinstance(value, Mapping):
        known = {member.name: member for member in members}
        for name, each in value.items():
            member = known.get(name) or known.get(_counted(name))
            if member is not None:
                _check_member(each, member, f"{place}.{name}")


def _check_member(value: Any, member: Member, place: str) -> None:
    is_integer = member.type.removesuffix("[]") == "integer"
    for at, each in enumerate(value if isinstance(value, list | tuple) else (value,)):
        where = place if each is value else f"{place}[{at}]"
        if not (isinstance(each, float) or _is_decimal(each)):
            _check(each, member.members, where)
        elif is_integer and (isinstance(each, float) or not str(each).isdigit()):
            _reject(each, where)


def _counted(name: Any) -> str:
    """Convert a numbered APIv2 name (`coupon_fee_0`) to the catalogue's form (`coupon_fee_$n`)."""
    return re.sub(r"_\d+", "_$m", re.sub(r"_\d+", "_$n", str(name), count=1), count=1)


def _reject(value: float | Decimal, place: str) -> NoReturn:
    from decimal import Decimal  # needed only for an error

    number = Decimal(str(value))
    if not number.is_finite():
        instead = _("a whole number")
    elif abs(number - round(number)) < NEARLY:
        instead = f"{round(number)}"
    else:
        fen = round(number * 100)
        instead = _("a whole number; if it is an amount in yuan, {fen} (fen)", fen=fen)
    raise ConfigurationError(
        _(
            "{place} is the {type} {value}, but WeChat Pay expects an integer; write {instead}. "
            "Compute amounts as int or as int(Decimal('19.9') * 100), never with float",
            place=place,
            type=type(value).__name__,
            value=value,
            instead=instead,
        )
    )
