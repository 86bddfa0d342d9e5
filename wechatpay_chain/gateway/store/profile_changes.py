"""Validated changes of a merchant's or sub-merchant's profile, applied together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, TypeVar

from ...utils.display import represented
from ...utils.translation import _
from .profile import Collecting, Profile, SubMerchant

__all__ = ["LONGEST_NAME", "MerchantChanges", "assert_name", "changed", "unfit"]

LONGEST_NAME = 128
COLLECTING = tuple(Collecting().as_record())

Party = TypeVar("Party", Profile, SubMerchant)


class MerchantChanges(TypedDict, total=False):
    """The changeable fields of a profile; omitted fields stay the same.

    Attributes:
        name: the name of the company.
        apps: appids that are bound to the merchant.
        permissions: products that the merchant can use; None permits all.
        frozen: whether the merchant cannot receive payments.
        payment_limit: maximum amount of one payment in fen; None means no limit.
        daily_limit: maximum total of one day in fen; None means no limit.
    """

    name: str
    apps: Iterable[str]
    permissions: Iterable[str] | None
    frozen: bool
    payment_limit: int | None
    daily_limit: int | None


def changed(
    party: Party,
    changes: Mapping[str, Any],
    apps_of: Callable[[Iterable[str]], tuple[str, ...]],
    permissions_of: Callable[[Iterable[str]], frozenset[str]],
) -> Party:
    """Return a profile with changes.

    Args:
        party: the current profile.
        changes: see `MerchantChanges`.
        apps_of: validates appids.
        permissions_of: validates the names of products.

    Raises:
        ValueError: a change is unknown or invalid.
    """
    known = MerchantChanges.__annotations__
    if unknown := changes.keys() - known.keys():
        names = ", ".join(sorted(map(represented, unknown)))
        raise ValueError(
            _("{names} cannot be changed; expected {known}", names=names, known=", ".join(known))
        )
    values = dict(changes)
    if "name" in values:
        assert_name(values["name"])
    if "apps" in values:
        values["apps"] = apps_of(values["apps"])
    if values.get("permissions") is not None:
        values["permissions"] = permissions_of(values["permissions"])
    collecting = {name: values.pop(name) for name in COLLECTING if name in values}
    return replace(party, **values, collecting=_collecting(party.collecting, collecting))


def assert_name(name: object) -> None:
    """Raise `ValueError` if a value is not a valid company name."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        expected = _("a text of at most {limit} characters", limit=LONGEST_NAME)
        raise unfit("name", name, expected)


def _collecting(collecting: Collecting, changes: Mapping[str, Any]) -> Collecting:
    for name, value in changes.items():
        if name == "frozen":
            if not isinstance(value, bool):
                raise unfit(name, value, _("true or false"))
        elif value is not None and (type(value) is not int or value < 1):
            raise unfit(name, value, _("an integer of fen above 0, or null for no limit"))
    return replace(collecting, **changes)


def unfit(name: str, value: object, expected: str) -> ValueError:
    """Return the error for an invalid value.

    Args:
        name: name of the argument.
        value: the value.
        expected: description of a valid value.
    """
    return ValueError(
        _(
            "{name} {value}: expected {expected}",
            name=name,
            value=represented(value),
            expected=expected,
        )
    )
