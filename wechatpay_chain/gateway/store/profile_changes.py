"""Changes of a merchant's or sub-merchant's profile: each is checked, then all are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, TypeVar

from ...utils.display import represented
from .profile import Collecting, Profile, SubMerchant

__all__ = ["LONGEST_NAME", "MerchantChanges", "assert_name", "changed"]

LONGEST_NAME = 128
COLLECTING = tuple(Collecting().as_record())

Party = TypeVar("Party", Profile, SubMerchant)


class MerchantChanges(TypedDict, total=False):
    """The changes of a merchant; missing members stay unchanged.

    Attributes:
        name: the name of the company.
        apps: the appids that are bound to it from now on.
        permissions: the products that it may use; None is all.
        frozen: whether it may collect nothing.
        payment_limit: fen of one payment at most; None means no limit.
        daily_limit: fen of a day's payments at most; None means no limit.
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
    """Return a profile with some changes.

    Args:
        party: as it is.
        changes: as in `MerchantChanges`.
        apps_of: checks appids.
        permissions_of: checks the names of products.

    Raises:
        ValueError: a change is unknown, or is invalid.
    """
    known = MerchantChanges.__annotations__
    if unknown := changes.keys() - known.keys():
        names = ", ".join(sorted(map(represented, unknown)))
        raise ValueError(f"{names} cannot be changed; {', '.join(known)} can")
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
    """Raise `ValueError` unless a value is the name of a company."""
    if not isinstance(name, str) or len(name) > LONGEST_NAME:
        expected = f"a text of at most {LONGEST_NAME} characters is expected"
        raise ValueError(f"name {represented(name)}: {expected}")


def _collecting(collecting: Collecting, changes: Mapping[str, Any]) -> Collecting:
    for name, value in changes.items():
        if name == "frozen":
            if not isinstance(value, bool):
                raise ValueError(f"frozen {represented(value)}: true or false is expected")
        elif value is not None and (type(value) is not int or value < 1):
            expected = "a whole number of fen above 0, or null for no limit, is expected"
            raise ValueError(f"{name} {represented(value)}: {expected}")
    return replace(collecting, **changes)
