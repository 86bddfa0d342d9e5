"""A merchant of a gateway: its keys, its client and its controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import WeChatPay
from .addresses import Addresses
from .control.merchant_controls import MerchantControls
from .simulation import funds
from .state import State
from .store.description import describe_keys, describe_platform
from .store.identity import Identity
from .store.profile import Collecting, Kind, SubMerchant

__all__ = ["Merchant", "client_of", "platform_certs"]


class Merchant(MerchantControls):
    """A merchant of a gateway.

    `Gateway.add_merchant` creates one, and `Gateway.merchants` contains all of them. It has the
    same controls as the gateway (`pay`, `fail`, `complain`, `orders`, `notifications`, `trigger`,
    …), limited to its own orders.

    Args:
        state: state of the merchant in the gateway.
        addresses: addresses of the gateway.
        is_first: True for the merchant that every gateway has.
    """

    def __init__(self, state: State, addresses: Addresses, *, is_first: bool = False) -> None:
        self.state = state
        self._addresses = addresses
        self._is_first = is_first

    @property
    def mchid(self) -> str:
        """The merchant ID."""
        return self.state.profile.mchid

    @property
    def kind(self) -> Kind:
        """The kind: `direct`, `partner`, `ecommerce`, or `any` for the first merchant."""
        return self.state.profile.kind

    @property
    def name(self) -> str:
        """The name of the company, or an empty string."""
        return self.state.profile.name

    @property
    def appid(self) -> str:
        """The first appid that is bound to the merchant."""
        return self.state.profile.apps[0]

    @property
    def apps(self) -> tuple[str, ...]:
        """All appids that are bound to the merchant."""
        return self.state.profile.apps

    @property
    def permissions(self) -> frozenset[str] | None:
        """The products that the merchant can use; None means all."""
        return self.state.profile.permissions

    @property
    def collecting(self) -> Collecting:
        """The limits on the merchant's payments, and whether it is frozen."""
        return self.state.profile.collecting

    @property
    def sub_merchants(self) -> Mapping[str, SubMerchant]:
        """The merchant's sub-merchants by number."""
        return self.state.profile.sub_merchants

    @property
    def balances(self) -> dict[str, int]:
        """Balances in fen by account of the ledger (`merchant`, `operation`, …)."""
        return self.state.ledger.balances()

    def balance(self, sub_mchid: str = "") -> int:
        """Return the balance in fen that is available for payouts and refunds.

        Args:
            sub_mchid: ID of a sub-merchant; empty selects the merchant itself.
        """
        return self.state.ledger.balance(funds.account_of("merchant", sub_mchid))

    def client(self, *, tls: bool = True, **arguments: Any) -> WeChatPay:
        """Create a client for this merchant.

        Args:
            tls: True uses TLS and trusts the gateway's CA. Without TLS, the client cannot present
                a certificate, so the gateway rejects operations that require `security=True`.
            arguments: arguments of `WeChatPay` that override the defaults.
        """
        at = self._addresses
        base_uri = at.tls_base_uri if tls else at.base_uri
        return client_of(self.identity, base_uri, tls=tls, arguments=arguments)

    def describe(self, *, inline_keys: bool = False) -> dict[str, Any]:
        """Return the settings of this merchant for a client, as in `gateway.json`.

        Args:
            inline_keys: True returns the key and the certificate in PEM format. False returns the
                paths of their files, if the gateway has a data directory.
        """
        identity, directory = self.identity, self.state.directory
        place = None if inline_keys else directory
        added = None if self._is_first else self.mchid
        has_keys = inline_keys or directory is not None
        keys: dict[str, Any] = {}
        if has_keys:
            platform = describe_platform(identity, place, added)
            keys = {**describe_keys(identity, place, added), "platform": platform}
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
    """Create a client for a merchant.

    Args:
        identity: keys of the merchant.
        base_uri: address of the gateway.
        tls: True trusts the gateway's CA.
        arguments: arguments of `WeChatPay` that override the defaults.
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
        del given["merchant"]  # it belongs to the merchant's own ID and key
    return WeChatPay(**{**given, **arguments})


def platform_certs(identity: Identity) -> dict[str, Any]:
    """Return the keys by id, with which a merchant verifies the gateway's responses."""
    certificate = {identity.platform_serial: identity.platform_certificate}
    if identity.signs_with == "certificate":
        return certificate
    public_key = {identity.public_key_id: identity.platform_key.public_key()}
    return public_key | certificate if identity.has_certificate else public_key
