"""The profile of a merchant: its kind, apps, permissions and sub-merchants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

__all__ = ["Collecting", "Kind", "Profile", "SubMerchant"]

Kind = Literal["any", "direct", "partner", "ecommerce"]
"""The kind of a merchant: `direct` sells for itself (直连商户), `partner` acts for sub-merchants
(服务商), `ecommerce` is a partner with the operations of 收付通, and `any` combines all of them."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """Limits on the payments that a merchant receives.

    Attributes:
        frozen: True if the merchant cannot receive payments (收款功能已被限制).
        payment_limit: maximum amount of one payment in fen (单笔限额); None means no limit.
        daily_limit: maximum total of one day in fen (单日限额); None means no limit.
    """

    frozen: bool = False
    payment_limit: int | None = None
    daily_limit: int | None = None

    def as_record(self) -> dict[str, Any]:
        """Return the limits as JSON."""
        return {
            "frozen": self.frozen,
            "payment_limit": self.payment_limit,
            "daily_limit": self.daily_limit,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Create limits from the result of `as_record`; missing fields get their defaults."""
        names = cls().as_record().keys() & record.keys()
        return cls(**{name: record[name] for name in names})


@dataclass(frozen=True, slots=True)
class SubMerchant:
    """A sub-merchant of a service provider (特约商户, 二级商户).

    Attributes:
        mchid: sub-merchant ID, for `sub_mchid`.
        apps: appids that are bound to the sub-merchant, for `sub_appid`.
        name: name of the company.
        permissions: products that the sub-merchant can use; None permits all products of its
            service provider.
        collecting: limits on its payments, and whether it is frozen.
    """

    mchid: str
    apps: tuple[str, ...] = ()
    name: str = ""
    permissions: frozenset[str] | None = None
    collecting: Collecting = Collecting()

    def as_record(self) -> dict[str, Any]:
        """Return the sub-merchant as JSON."""
        return {
            "mchid": self.mchid,
            "apps": list(self.apps),
            "name": self.name,
            "permissions": _listed(self.permissions),
            **self.collecting.as_record(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Create a sub-merchant from the result of `as_record`."""
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
        mchid: merchant ID.
        apps: appids that are bound to the merchant; the first one is the default of requests.
        kind: kind of the merchant, which determines its permitted operations.
        permissions: products that the merchant can use; None permits all.
        sub_merchants: sub-merchants by number.
        name: name of the company.
        collecting: limits on its payments, and whether it is frozen.
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
        """True if the merchant can act for sub-merchants."""
        return self.kind != "direct"

    def as_record(self) -> dict[str, Any]:
        """Return the profile as JSON."""
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
        """Create a profile from the result of `as_record`."""
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
