"""One merchant of a gateway: its keys, its client and its controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import WeChatPay
from .addresses import Addresses
from .control.merchant_controls import MerchantControls
from .simulation import funds
from .state import State
from .store.description import describe_keys
from .store.identity import Identity
from .store.profile import Collecting, Kind, SubMerchant

__all__ = ["Merchant", "client_of", "platform_certs"]


class Merchant(MerchantControls):
    """A merchant of a gateway; `Gateway.add_merchant` makes one.

    Its controls (`pay`, `fail`, `complain`, `orders`, `notifications`, `trigger`, …) are those of
    the gateway, and know this merchant's orders only.

    Args:
        state: what the gateway knows of it.
        addresses: of the gateway.
        is_first: whether it is the merchant that every gateway has.
    """

    def __init__(self, state: State, addresses: Addresses, *, is_first: bool = False) -> None:
        self.state = state
        self._addresses = addresses
        self._is_first = is_first

    @property
    def mchid(self) -> str:
        """Its number."""
        return self.state.profile.mchid

    @property
    def kind(self) -> Kind:
        """`direct`, `partner` or `ecommerce`; the first merchant of a gateway is `any`."""
        return self.state.profile.kind

    @property
    def name(self) -> str:
        """The name of the company; empty if none was given."""
        return self.state.profile.name

    @property
    def appid(self) -> str:
        """The first of its apps."""
        return self.state.profile.apps[0]

    @property
    def apps(self) -> tuple[str, ...]:
        """The appids that are bound to it."""
        return self.state.profile.apps

    @property
    def permissions(self) -> frozenset[str] | None:
        """The products that it may use; None is all of them."""
        return self.state.profile.permissions

    @property
    def collecting(self) -> Collecting:
        """What it may collect: whether it is frozen, and its limits."""
        return self.state.profile.collecting

    @property
    def sub_merchants(self) -> Mapping[str, SubMerchant]:
        """For whom it acts, by their numbers."""
        return self.state.profile.sub_merchants

    @property
    def balances(self) -> dict[str, int]:
        """Fen on each of its accounts, by the names of the ledger (`merchant`, `operation`, …)."""
        return self.state.ledger.balances()

    def balance(self, sub_mchid: str = "") -> int:
        """Fen that it, or one of its sub-merchants, can pay out or refund."""
        return self.state.ledger.balance(funds.account_of("merchant", sub_mchid))

    def client(self, *, tls: bool = True, **arguments: Any) -> WeChatPay:
        """A client of this merchant.

        Args:
            tls: use TLS and trust the gateway's own authority. Without TLS no client certificate
                can be shown, so the operations that need `security=True` are rejected.
            arguments: replace the client's.
        """
        at = self._addresses
        base_uri = at.tls_base_uri if tls else at.base_uri
        return client_of(self.identity, base_uri, tls=tls, arguments=arguments)

    def describe(self, *, inline_keys: bool = False) -> dict[str, Any]:
        """What a client needs of this merchant, as in `gateway.json`.

        Args:
            inline_keys: whether key and certificate are described in PEM; else their paths are,
                if the gateway has a data directory.
        """
        identity, directory = self.identity, self.state.directory
        place = None if inline_keys else directory
        added = None if self._is_first else self.mchid
        has_keys = inline_keys or directory is not None
        keys = describe_keys(identity, place, added) if has_keys else {}
        return {
            **self.state.profile.as_record(),
            "appid": self.appid,
            "serial": identity.serial,
            **keys,
            "apiv3_key": identity.apiv3_key,
            "secret": identity.secret,
        }

    def __repr__(self) -> str:
        return f"<Merchant {self.mchid}, {self.kind}>"


def client_of(
    identity: Identity, base_uri: str, *, tls: bool, arguments: Mapping[str, Any]
) -> WeChatPay:
    """A client of a merchant.

    Args:
        identity: of the merchant.
        base_uri: of the gateway.
        tls: whether to trust the gateway's own authority.
        arguments: replace the client's.
    """
    given: dict[str, Any] = {
        "mchid": identity.mchid,
        "serial": identity.serial,
        "private_key": identity.merchant_key,
        "certs": platform_certs(identity),
        "apiv3_key": identity.apiv3_key,
        "secret": identity.secret,
        "appid": identity.appid,
        "merchant": {"cert": identity.merchant_certificate, "key": identity.merchant_key},
        "base_uri": base_uri,
        **({"verify": identity.authority} if tls else {}),
    }
    if "merchant" not in arguments and arguments.keys() & {"serial", "private_key"}:
        del given["merchant"]  # it goes with the merchant's own number and key
    return WeChatPay(**{**given, **arguments})


def platform_certs(identity: Identity) -> dict[str, Any]:
    """The keys with which a merchant verifies the gateway's responses."""
    certificate = {identity.platform_serial: identity.platform_certificate}
    if identity.signs_with == "certificate":
        return certificate
    public_key = {identity.public_key_id: identity.platform_key.public_key()}
    return public_key | certificate if identity.has_certificate else public_key
