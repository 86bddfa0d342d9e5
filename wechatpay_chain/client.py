"""The client: configuration, and the root of every chain."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from .chain.certificate_call import certificates
from .chain.options import Defaults, build, deadline_of, is_v2, sensitive_of, size_of, timeout_of
from .chain.root import ChainRoot
from .chain.uri import DEFAULT_BASE_URI
from .crypto import keys
from .flow import Flow, Transport, run, run_async
from .invoke import Invoke
from .keys.configuration import (
    aes_key_of,
    credential_of,
    hidden,
    mchid_of,
    merchant_of,
    platform_of,
    secret_of,
    shared_of,
)
from .keys.credential import Credential, answer_with_of
from .keys.platform_keys import PlatformKeys
from .keys.signer import Signer
from .messages.response import Response
from .middleware import observers
from .middleware.download import downloading
from .middleware.failover import BACKUP_BASE_URI, failover_of
from .middleware.preparation import by_catalogue
from .middleware.preparation.values import flag_of
from .middleware.retry import Retry, retry_of
from .middleware.retry import retry as attempts
from .middleware.sensitive import secured
from .middleware.stacks import default_stacks
from .notifications.receiving import Receiving
from .stack import Stack
from .utils.exceptions import ConfigurationError
from .utils.lifetime import Calls, Closable, running_loop
from .utils.secret import hide
from .utils.translation import _
from .utils.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from .keys.stores import KeyStore
    from .transport import HTTPTransport
    from .transport.tls import Verify
    from .typed import V2, V3

__all__ = ["WeChatPay"]

PYTHON = ".".join(map(str, sys.version_info[:3]))
USER_AGENT = f"wechatpay-chain/{__version__} Python/{PYTHON} ({sys.platform})"


class WeChatPay(ChainRoot, Receiving, Closable):
    """A client for one WeChat Pay merchant. Threads and event loops can share one instance.

    Args:
        mchid: the merchant ID.
        serial: the serial number of the merchant API certificate.
        private_key: the private key of that certificate (`apiclient_key.pem`), in any form that
            `crypto.keys` accepts; or an object with a `sign(message)` method, see `keys.signer`.
        certs: WeChat Pay's keys, used to verify responses: `{"PUB_KEY_ID_…": "pub_key.pem"}`, or
            platform certificates by serial number. If `apiv3_key` and `private_key` are set, the
            client fetches missing and outdated certificates.
        apiv3_key: the APIv3 key, 32 bytes; decrypts notifications and platform certificates.
        secret: the APIv2 key, 32 characters.
        merchant: the certificate and key for mutual TLS (`security=True`): `{"cert": …, "key": …}`,
            or an `apiclient_cert.p12`. `serial` and `private_key` default to its contents.
        base_uri: the base of relative paths; it may include a path.
        timeout: seconds to connect, and between two reads; a single number applies to both, and
            None waits indefinitely.
        proxy: `http://[user:password@]host:port`.
        verify: True, the path of a CA bundle, a certificate, an `ssl.SSLContext`, or False. A
            context is used unchanged; if it holds the merchant's certificate, `security=True` works
            without `merchant`.
        transport: replaces the default transport. Set `proxy` and `verify` on the transport itself,
            and close it yourself.
        sensitive: `"auto"` encrypts and decrypts the sensitive fields in APIv3 calls and
            notifications, according to the catalogue. A call's own `sensitive=` takes precedence.
        answer_with: the id in `certs` of the key that WeChat Pay must use to sign APIv3 responses;
            the client also encrypts sensitive fields with it. The default is the WeChat Pay public
            key, else the certificate with the latest expiry. A call's own `answer_with=` takes
            precedence.
        max_response_size: maximum bytes of a decoded response body in memory; None means 32 MiB.
            There is no limit for a body written to a `sink`.
        key_store: shares fetched certificates with other processes; see `keys.stores`.
        check_keys: lets OpenSSL check the merchant's key when it is loaded, which takes about 50
            ms; the guide "keys" explains when to use it.
        retry: the retry policy for calls that take effect at most once when repeated; None means a
            single attempt. A call's own `retry=` takes precedence.
        backup_base_uri: WeChat Pay's backup host, used for the attempts after one that could not
            reach the main host; None means no backup. The default applies only if `base_uri` is the
            main host without a path.
        deadline: seconds for a whole call with all its attempts; None means no limit. For a body
            written to a `sink`, only the call's own `deadline=` applies.
        max_connections: maximum number of open connections per process and per event loop; further
            calls wait for a free connection.
        appid: the appid that `fill` adds.
        notify_url: the notification URL that `fill` adds.
        fill: adds mchid, appid and notify_url to calls that lack them, if the operation takes them.
            A call's own `fill=` takes precedence.
        check: `"catalogue"` validates requests against the catalogue before they are sent. A call's
            own `check=` takes precedence.

    Raises:
        ConfigurationError: an argument is invalid.
    """

    __slots__ = (  # setting an unknown attribute raises an error instead of being ignored
        "__weakref__",
        "_apiv3_key",
        "_by_catalogue",
        "_calls",
        "_credential",
        "_defaults",
        "_mchid",
        "_own_transport",
        "_platform",
        "_replaced",
        "_secret",
        "_sensitive",
        "_transport",
        "stacks",
    )

    def __init__(
        self,
        *,
        mchid: str,
        serial: str | None = None,
        private_key: keys.KeySource | Signer | None = None,
        certs: Mapping[str, keys.KeySource] | None = None,
        apiv3_key: str | bytes | None = None,
        secret: str | None = None,
        merchant: Any = None,
        base_uri: str = DEFAULT_BASE_URI,
        timeout: float | tuple[float | None, float | None] | None = (5, 30),
        proxy: str | None = None,
        verify: Verify = True,
        transport: Transport | None = None,
        sensitive: Literal["auto", "off"] | None = None,
        answer_with: str | None = None,
        max_response_size: int | None = None,
        key_store: KeyStore | None = None,
        check_keys: bool = False,
        retry: Retry | None = Retry(),  # noqa: B008 - it is immutable
        backup_base_uri: str | None = BACKUP_BASE_URI,
        deadline: float | None = 60,
        max_connections: int = 100,
        appid: str | None = None,
        notify_url: str | None = None,
        fill: bool = False,
        check: Literal["catalogue", "off"] | None = None,
    ) -> None:
        private_key, certs, apiv3_key = hide(private_key), hide(certs), hide(apiv3_key)
        secret, merchant, proxy = hide(secret), hide(merchant), hide(proxy)
        self._replaced: dict[str, Any] | None = None
        self._mchid = mchid_of(mchid)
        tested = flag_of(check_keys, "check_keys")
        pair = merchant_of(merchant, self._mchid, check_key=tested)
        self._credential = credential_of(self._mchid, serial, private_key, pair, check_key=tested)
        self._platform = platform_of(certs, self._credential, pair, private_key)
        self._apiv3_key = aes_key_of(apiv3_key)
        self._secret = secret_of(secret)
        made = _http_transport(verify, proxy, max_connections) if transport is None else None
        self._own_transport = made
        self._transport: Any = _checked(transport) if made is None else made
        self._defaults = Defaults(
            base_uri,
            timeout_of(timeout),
            pair,
            USER_AGENT,
            size_of(max_response_size),
            deadline_of(deadline),
            getattr(self._transport, "has_own_context", False) is True,
        )
        self._sensitive = sensitive_of(sensitive) == "auto"
        self._by_catalogue = by_catalogue(self._mchid, appid, notify_url, fill, check)
        self._calls = Calls(_("the client"))
        fetches = self._credential is not None and self._apiv3_key is not None
        answer_with = answer_with_of(answer_with, self._platform, fetches)
        self.stacks = default_stacks(
            self._mchid,
            self._secret,
            self._platform,
            self._credential,
            attempts(retry_of(retry), failover_of(backup_base_uri, base_uri, self._transport)),
            answer_with,
        )
        if fetches and self._apiv3_key is not None:
            fetch = functools.partial(
                certificates, self.stacks, self._defaults, self._platform, self._apiv3_key
            )
            shared = shared_of(key_store, self._mchid, self._apiv3_key, self._platform)
            self._platform.fetched_by(fetch, self._apiv3_key, answer_with, shared)
        if "IPython" in sys.modules:
            from .chain.ipython import install

            install()  # enables completion of this client's chains

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **arguments: Any) -> Self:
        """Create a client from the `WECHATPAY_*` variables, or for the gateway that they name.

        Args:
            environ: replaces the process environment; the guide "keys" lists the variables.
            arguments: arguments of `WeChatPay`, which take precedence over the variables.

        Raises:
            ConfigurationError: a variable is missing or malformed.
        """
        environ, arguments = hide(os.environ if environ is None else environ), hidden(arguments)
        from .keys.environment import gateway_of, settings

        if at := gateway_of(environ):
            arguments = {"notify_url": at.notify_url, **arguments}
            return cls.from_gateway(at.address.reveal(), mchid=at.mchid, **arguments)
        return cls(**{**settings(environ), **arguments})

    @classmethod
    def from_gateway(
        cls, path: str | Path, *, tls: bool = False, mchid: str | None = None, **arguments: Any
    ) -> Self:
        """Create a client for a local gateway from the `gateway.json` that the gateway writes.

        Args:
            path: the path of the file, or the gateway's address with the token in
                `WECHATPAY_CONTROL_TOKEN`.
            tls: use TLS and trust the gateway's own certificate authority; `security=True` requires
                it.
            mchid: the merchant ID; None selects the gateway's first merchant.
            arguments: arguments of `WeChatPay`, which take precedence over the file.

        Raises:
            ConfigurationError: the file, gateway or merchant does not exist.
        """
        path, arguments = hide(path), hidden(arguments)
        from .testing import connection_file  # few clients need it

        return cls(**{**connection_file.settings(path, tls=tls, mchid=mchid), **arguments})

    if TYPE_CHECKING:
        # The chains of the catalogue, generated from it; write any other path as a string.
        v2: V2
        v3: V3

    def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response:
        """Make one call; a verb at the end of a chain calls this method.

        Args:
            method: upper-case HTTP method.
            path: the path, in any form that `chain` accepts.
            options: options and template variables.

        Raises:
            WeChatPayError: see `wechatpay_chain.errors`.
        """
        return self.run(self._flow(method, path, options))

    def request_async(
        self, method: str, path: str, options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Response]:
        """Async variant of `request`."""
        return self.run_async(self._flow(method, path, options))

    def _flow(self, method: str, path: str, options: Mapping[str, Any]) -> Flow:
        v2 = is_v2(path)
        request = build(method, path, options, self._defaults, v2=v2)
        stack = request.options.stack or self.stacks["v2" if v2 else "v3"]
        if not isinstance(stack, Stack):
            raise ConfigurationError(_("expected a Stack, not {type}", type=type(stack).__name__))
        handle = stack.handler
        if self._sensitive or request.options.sensitive is not None:
            handle = secured(handle, request.options.sensitive, self._credential, v2=v2)
        if self._by_catalogue.wants(request.options):
            handle = self._by_catalogue.prepared(handle, request.options)
        flow = handle(request) if request.sink is None else downloading(request, handle)
        if observers.installed:
            flow = observers.call(flow, self._mchid, request)
        return (yield from flow)

    def run(self, flow: Flow) -> Response:
        """Run your own flow with this client's transport."""
        call = self._calls.start()
        watched = observers.sends(flow) if observers.installed else flow
        try:
            return run(watched, self._transport)
        finally:
            self._calls.finish(call)

    async def run_async(self, flow: Flow) -> Response:
        """Async variant of `run`."""
        call = self._calls.start(running_loop())
        watched = observers.sends(flow) if observers.installed else flow
        try:
            return await run_async(watched, self._transport)
        finally:
            self._calls.finish(call)

    @property
    def mchid(self) -> str:
        """The merchant ID."""
        return self._mchid

    @property
    def appid(self) -> str | None:
        """The appid that `fill=True` adds, or None if the client has none."""
        return self._by_catalogue.values.get("appid")

    @property
    def notify_url(self) -> str | None:
        """The notification URL that `fill=True` adds, or None if the client has none."""
        return self._by_catalogue.values.get("notify_url")

    @property
    def credential(self) -> Credential:
        """The credential that signs for this merchant.

        Raises:
            ConfigurationError: the client has no private key.
        """
        if self._credential is None:
            raise ConfigurationError(
                _("private_key and serial are missing: the client needs them to sign")
            )
        return self._credential

    @property
    def platform_keys(self) -> PlatformKeys:
        """WeChat Pay's keys: the keys in `certs`, and the fetched certificates."""
        return self._platform

    @property
    def platform(self) -> PlatformKeys:
        """Alias of `platform_keys`."""
        return self._platform

    @property
    def invoke(self) -> Invoke:
        """Launch parameters: signed parameters that start a payment on the customer's device."""
        return Invoke(self._mchid, self._credential, self._secret)

    def decrypt(self, ciphertext: str) -> str:
        """Decrypt a field that WeChat Pay encrypted for this merchant.

        Raises:
            DecryptionError: the field was encrypted for another certificate, or is damaged.
            ConfigurationError: the client has no private key.
        """
        return self.credential.decrypt(ciphertext)

    def __repr__(self) -> str:
        return f"<WeChatPay {self._mchid}>"


def _http_transport(verify: Verify, proxy: str | None, max_connections: int) -> HTTPTransport:
    from .transport import HTTPTransport  # importing the package loads no ssl, no HTTP library

    return HTTPTransport(verify=verify, proxy=proxy, max_connections=max_connections)


def _checked(transport: Any) -> Any:
    """Check a transport passed by the caller.

    Raises:
        ConfigurationError: it has neither a sync nor an async `send` method.
    """
    sends = (getattr(transport, name, None) for name in ("send", "send_async"))
    if not isinstance(transport, type) and any(map(callable, sends)):
        return transport
    raise ConfigurationError(
        _(
            "transport is of type {type}, which has neither send() nor send_async(): expected an "
            "HTTPTransport, a MockTransport or a similar object",
            type=type(transport).__name__,
        )
    )
