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
    """A WeChat Pay merchant's client. Threads and event loops may share one.

    Args:
        mchid: the merchant number.
        serial: serial number of the merchant's API certificate.
        private_key: that certificate's key, `apiclient_key.pem`, in a form of `crypto.keys`; or an
            object with `sign(message)`, see `keys.signer`.
        certs: WeChat Pay's keys to verify answers with: `{"PUB_KEY_ID_…": "pub_key.pem"}`, or
            platform certificates by their serial numbers. With `apiv3_key` and `private_key`,
            certificates that are missing or old are fetched.
        apiv3_key: 32 bytes; opens notifications and platform certificates.
        secret: the APIv2 key, 32 characters.
        merchant: certificate and key for mutual TLS (`security=True`): `{"cert": …, "key": …}`, or
            an `apiclient_cert.p12`. `serial` and `private_key` default to what it holds.
        base_uri: where relative paths go; may carry a path.
        timeout: seconds to connect, and between two reads; one number is both, None is for ever.
        proxy: `http://[user:password@]host:port`.
        verify: True, the path of a CA bundle, a certificate, an `ssl.SSLContext`, or False. A
            context is used as it is; one that holds the merchant's certificate serves
            `security=True` without `merchant`.
        transport: sends instead of the default; `proxy` and `verify` are set on it, and whoever
            made it closes it.
        sensitive: `"auto"` encrypts and decrypts the fields that the catalogue says are encrypted,
            in APIv3's calls and notifications; a call's own `sensitive=` wins.
        answer_with: the id in `certs` of the key that WeChat Pay shall sign APIv3 answers with, and
            that fields are encrypted with; by default its public key, else the certificate that is
            valid longest. A call's own `answer_with=` wins.
        max_response_size: bytes that a response's body may have in memory, after decoding; None is
            32 MiB. A body that goes to a `sink` has no limit.
        key_store: shares fetched certificates with other processes; see `keys.stores`.
        check_keys: have OpenSSL test the merchant's key as it is loaded (50 ms); the guide "keys"
            says when.
        retry: how often a call is attempted where a repetition can take effect once at most; None
            is one attempt. A call's own `retry=` wins.
        backup_base_uri: the other host of WeChat Pay's, for attempts after one that could not
            reach the first; None is no other. It counts only where `base_uri` is the main host.
        deadline: seconds for a whole call with all its attempts; None is no end. A body that goes
            to a `sink` is bound by a `deadline=` of its call only.
        max_connections: open at a time, per process and per event loop; a call waits for one.
        appid: of the merchant's app, for `fill`.
        notify_url: where notifications go, for `fill`.
        fill: add mchid, appid and notify_url where an operation takes them and a call lacks them; a
            call's own `fill=` wins.
        check: `"catalogue"` holds requests against what their operation takes before they are sent;
            a call's own `check=` wins.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """

    __slots__ = (  # so that a setting changed after the fact is refused, not ignored
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

            install()  # so that a prompt completes this client's chains

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **arguments: Any) -> Self:
        """A client from the `WECHATPAY_*` variables, or of the gateway that one of them names.

        Args:
            environ: instead of the process's environment; the guide "keys" lists the variables.
            arguments: take precedence over the variables.

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
        """A client of a gateway, from the `gateway.json` that it writes.

        Args:
            path: of the file; or the gateway's address, and `WECHATPAY_CONTROL_TOKEN` its token.
            tls: talk TLS, with the gateway's own authority trusted; `security=True` needs it.
            mchid: of the merchant; None is the gateway's first one.
            arguments: take precedence over the file.

        Raises:
            ConfigurationError: there is no such file, gateway or merchant.
        """
        path, arguments = hide(path), hidden(arguments)
        from .testing import connection_file  # few clients need it

        return cls(**{**connection_file.settings(path, tls=tls, mchid=mchid), **arguments})

    if TYPE_CHECKING:
        # The chains that the catalogue knows, generated from it; any other is a string.
        v2: V2
        v3: V3

    def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response:
        """Make one call; what a verb at the end of a chain does.

        Args:
            method: upper-case HTTP method.
            path: as `chain` takes it.
            options: options and template variables.

        Raises:
            WeChatPayError: as `wechatpay_chain.errors` says.
        """
        return self.run(self._flow(method, path, options))

    def request_async(
        self, method: str, path: str, options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Response]:
        """The same on the running event loop."""
        return self.run_async(self._flow(method, path, options))

    def _flow(self, method: str, path: str, options: Mapping[str, Any]) -> Flow:
        v2 = is_v2(path)
        request = build(method, path, options, self._defaults, v2=v2)
        stack = request.options.stack or self.stacks["v2" if v2 else "v3"]
        if not isinstance(stack, Stack):
            raise ConfigurationError(
                _("a stack is expected, not {type}", type=type(stack).__name__)
            )
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
        """Drive a flow of your own with this client's transport."""
        call = self._calls.start()
        watched = observers.sends(flow) if observers.installed else flow
        try:
            return run(watched, self._transport)
        finally:
            self._calls.finish(call)

    async def run_async(self, flow: Flow) -> Response:
        """The same on the running event loop."""
        call = self._calls.start(running_loop())
        watched = observers.sends(flow) if observers.installed else flow
        try:
            return await run_async(watched, self._transport)
        finally:
            self._calls.finish(call)

    @property
    def mchid(self) -> str:
        """The merchant number."""
        return self._mchid

    @property
    def appid(self) -> str | None:
        """The appid that `fill=True` names; None where the client was given none."""
        return self._by_catalogue.values.get("appid")

    @property
    def notify_url(self) -> str | None:
        """Where `fill=True` has notifications sent; None where the client was given none."""
        return self._by_catalogue.values.get("notify_url")

    @property
    def credential(self) -> Credential:
        """What signs for this merchant.

        Raises:
            ConfigurationError: the client was given no key.
        """
        if self._credential is None:
            raise ConfigurationError(_("private_key and serial are missing: nothing can be signed"))
        return self._credential

    @property
    def platform_keys(self) -> PlatformKeys:
        """WeChat Pay's keys: those in `certs`, and certificates that were fetched."""
        return self._platform

    @property
    def platform(self) -> PlatformKeys:
        """The same as `platform_keys`."""
        return self._platform

    @property
    def invoke(self) -> Invoke:
        """The signed parameters that start a payment on the customer's device."""
        return Invoke(self._mchid, self._credential, self._secret)

    def decrypt(self, ciphertext: str) -> str:
        """The plaintext of a field that WeChat Pay encrypted for this merchant.

        Raises:
            DecryptionError: it was encrypted for another certificate, or is damaged.
            ConfigurationError: the client was given no key.
        """
        return self.credential.decrypt(ciphertext)

    def __repr__(self) -> str:
        return f"<WeChatPay {self._mchid}>"


def _http_transport(verify: Verify, proxy: str | None, max_connections: int) -> HTTPTransport:
    from .transport import HTTPTransport  # importing this package loads no ssl, no HTTP library

    return HTTPTransport(verify=verify, proxy=proxy, max_connections=max_connections)


def _checked(transport: Any) -> Any:
    """A transport that was handed over.

    Raises:
        ConfigurationError: it sends neither sync nor async requests.
    """
    sends = (getattr(transport, name, None) for name in ("send", "send_async"))
    if not isinstance(transport, type) and any(map(callable, sends)):
        return transport
    raise ConfigurationError(
        _(
            "transport is of type {type}, which has neither send() nor send_async(): an "
            "HTTPTransport, a MockTransport or the like is expected",
            type=type(transport).__name__,
        )
    )
