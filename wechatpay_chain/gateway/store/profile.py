"""What a merchant is to WeChat Pay: its kind, its apps, its permissions and its sub-merchants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

__all__ = ["Collecting", "Kind", "Profile", "SubMerchant"]

Kind = Literal["any", "direct", "partner", "ecommerce"]
"""`direct` sells itself (直连商户), `partner` acts for sub-merchants (服务商), `ecommerce` is a
partner with the operations of 收付通, and `any` is all of them at once."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """What a merchant may collect.

    Attributes:
        frozen: whether it may collect nothing (收款功能已被限制).
        payment_limit: fen of one payment at most (单笔限额); None is no limit.
        daily_limit: fen of a day's payments at most (单日限额); None is no limit.
    """

    frozen: bool = False
    payment_limit: int | None = None
    daily_limit: int | None = None

    def as_record(self) -> dict[str, Any]:
        """What it may collect, as JSON."""
        return {
            "frozen": self.frozen,
            "payment_limit": self.payment_limit,
            "daily_limit": self.daily_limit,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """What `as_record` gave; no limits where an older version wrote the record."""
        names = cls().as_record().keys() & record.keys()
        return cls(**{name: record[name] for name in names})


@dataclass(frozen=True, slots=True)
class SubMerchant:
    """A merchant for which a service provider acts (特约商户, 二级商户).

    Attributes:
        mchid: its number, as `sub_mchid` names it.
        apps: the appids that are bound to it, as `sub_appid` names one.
        name: of the company.
        permissions: the products that it may use; None is all of its service provider's.
        collecting: what it may collect.
    """

    mchid: str
    apps: tuple[str, ...] = ()
    name: str = ""
    permissions: frozenset[str] | None = None
    collecting: Collecting = Collecting()

    def as_record(self) -> dict[str, Any]:
        """The sub-merchant as JSON."""
        return {
            "mchid": self.mchid,
            "apps": list(self.apps),
            "name": self.name,
            "permissions": _listed(self.permissions),
            **self.collecting.as_record(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The sub-merchant that `as_record` gave."""
        return cls(
            record["mchid"],
            _texts(record["apps"]),
            record["name"],
            _set(record.get("permissions")),
            Collecting.from_record(record),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A merchant without its keys.

    Attributes:
        mchid: its number.
        apps: the appids that are bound to it; the first one is used where a request names none.
        kind: what it may call.
        permissions: the products that it may use; None is all of them.
        sub_merchants: for whom it acts, by their numbers.
        name: of the company.
        collecting: what it may collect.
    """

    mchid: str
    apps: tuple[str, ...]
    kind: Kind = "any"
    permissions: frozenset[str] | None = None
    sub_merchants: Mapping[str, SubMerchant] = field(default_factory=dict)
    name: str = ""
    collecting: Collecting = Collecting()

    @property
    def is_partner(self) -> bool:
        """Whether it may act for sub-merchants."""
        return self.kind != "direct"

    def as_record(self) -> dict[str, Any]:
        """The profile as JSON."""
        return {
            "mchid": self.mchid,
            "kind": self.kind,
            "name": self.name,
            "apps": list(self.apps),
            "permissions": _listed(self.permissions),
            **self.collecting.as_record(),
            "sub_merchants": [each.as_record() for each in self.sub_merchants.values()],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The profile that `as_record` gave."""
        subs = map(SubMerchant.from_record, record["sub_merchants"])
        return cls(
            record["mchid"],
            _texts(record["apps"]),
            record["kind"],
            _set(record["permissions"]),
            {each.mchid: each for each in subs},
            record["name"],
            Collecting.from_record(record),
        )


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


def _listed(given: frozenset[str] | None) -> list[str] | None:
    return None if given is None else sorted(given)


def _set(given: Iterable[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)
