"""Calls of a gateway only; this module cannot call WeChat Pay."""

from __future__ import annotations

import json
import os
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...client import WeChatPay
from ...messages.authority import WECHAT_PAY_DOMAINS, Origin, split
from ...messages.request import Request
from ...messages.response import Response, ResponseError
from ...transport import HTTPTransport
from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..gateway.client import Control, located

if TYPE_CHECKING:
    from ...gateway import Gateway
    from ...transport.tls import Verify

__all__ = ["GatewayCalls"]

FILE, CONTROL, TOKEN = "gateway.json", "_gateway/", "WECHATPAY_CONTROL_TOKEN"
OPTIONS = ("json", "xml", "query", "security")
KEYS = frozenset({"apiv3_key", "control_token", "private_key", "secret"})
"""Fields of control API responses that are hidden from assistants."""
PRIVATE = "PRIVATE KEY-----"
MASK = "***"
LONGEST = 64 * 1024
"""Maximum characters of a displayed body."""


class OneOrigin:
    """A transport for one origin, which cannot be WeChat Pay.

    Args:
        origin: the origin of the gateway.
        verify: the authority that its certificate is checked with.

    Raises:
        ConfigurationError: the origin belongs to WeChat Pay.
    """

    def __init__(self, origin: Origin, verify: Verify) -> None:
        if origin.host.endswith(WECHAT_PAY_DOMAINS):
            raise ConfigurationError(
                _("{origin} is WeChat Pay: assistants can only call a gateway", origin=origin)
            )
        self._origin = origin
        self._transport = HTTPTransport(verify=verify)

    def send(self, request: Request, /) -> Response:
        """Send a request; see `HTTPTransport.send`."""
        self._assert_gateway(request)
        return self._transport.send(request)

    def send_async(self, request: Request, /) -> Coroutine[Any, Any, Response]:
        """Send the request on the running event loop."""
        self._assert_gateway(request)
        return self._transport.send_async(request)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    async def aclose(self) -> None:
        """Close the connections on the running event loop."""
        await self._transport.aclose()

    def _assert_gateway(self, request: Request) -> None:
        if request.origin != self._origin:
            raise ConfigurationError(
                _(
                    "the call would go to {origin}; assistants can only call the gateway at "
                    "{origin_2}",
                    origin=request.origin,
                    origin_2=self._origin,
                )
            )
        if unquote(request.target).lstrip("/").startswith(CONTROL):
            raise ConfigurationError(
                _(
                    "{path} belongs to the control API: use control_gateway",
                    path=printable(request.path),
                )
            )


class GatewayCalls:
    """The gateway for an assistant: a running one, or its own.

    Args:
        at: the data directory of a gateway, the path of its `gateway.json`, or its address; None
            starts a gateway in this process with the first call.
    """

    def __init__(self, at: str | None = None) -> None:
        self._at = at
        self._own: Gateway | None = None
        self._client: WeChatPay | None = None
        self._control: Control | None = None

    def call(self, method: str, path: str, options: Mapping[str, Any]) -> str:
        """Send a request, and return a description of the response.

        Args:
            method: upper-case HTTP method.
            path: relative path with values.
            options: `json`, `xml`, `query` and `security`.

        Raises:
            WeChatPayError: there is no valid response.
        """
        given = {name: options[name] for name in OPTIONS if options.get(name) is not None}
        try:
            response = self._connected().request(method, path, given)
        except ResponseError as error:
            return str(error) if error.response is None else f"{error}\n\n{_body(error.response)}"
        return _body(response)

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> str:
        """Use the control API: pay an order, move the time on, list notifications.

        Args:
            method: upper-case HTTP method.
            path: path below `/_gateway/`.
            body: fields of the request.

        Raises:
            Failure: the gateway rejects the request.
        """
        self._connected()
        asked = path.lstrip("/").removeprefix(CONTROL)
        if unquote(asked.partition("?")[0].partition("#")[0]).strip("/") == FILE:
            raise ConfigurationError(
                _("{file} contains the gateway's keys; call_gateway uses them", file=FILE)
            )
        if self._control is None:
            raise RuntimeError(_("only a connected gateway has a control API"))
        answer = self._control.ask(method, asked, body)
        return _shown(json.dumps(_without_keys(answer), ensure_ascii=False, indent=2))

    def close(self) -> None:
        """Close the client, and stop the gateway if this object started it."""
        if self._client is not None:
            self._client.close()
        if self._own is not None:
            self._own.stop()

    def _connected(self) -> WeChatPay:
        if self._client is None:
            self._client = self._given(self._at) if self._at else self._started()
        return self._client

    def _given(self, at: str) -> WeChatPay:
        from ...testing import connection_file
        from ...testing.gateway_url import is_url

        folder = Path(at) if Path(at).is_dir() else Path(at).parent
        is_address = is_url(at)
        settings = connection_file.settings(at if is_address else folder / FILE, tls=True)
        token = os.environ.get(TOKEN, "")
        self._control = Control(*located(at if is_address else None, folder, token))
        return WeChatPay(**{**settings, **_only(settings["base_uri"], settings.pop("verify"))})

    def _started(self) -> WeChatPay:
        from ...gateway import Gateway

        self._own = Gateway().start()
        self._control = Control(self._own.base_uri)
        return self._own.client(**_only(self._own.tls_base_uri, self._own.identity.authority))


def _only(base_uri: str, verify: Verify) -> dict[str, Any]:
    """Return the arguments of a client that can only call a gateway."""
    transport = OneOrigin(split(base_uri, "base_uri")[0], verify)
    return {"transport": transport, "backup_base_uri": None}


def _body(response: Response) -> str:
    head = f"HTTP {response.status_code}, Request-ID {response.request_id or 'none'}"
    simulated = response.headers.get("Wechatpay-Gateway", "")
    head += f", {printable(simulated, 100)}" if simulated else ""
    return f"{head}\n\n{_shown(response.text)}"


def _shown(text: str) -> str:
    """Return a text of several lines, printable and bounded."""
    lines = text[:LONGEST].split("\n")
    more = "…" if len(text) > LONGEST else ""
    return "\n".join(printable(line, 2 * LONGEST) for line in lines) + more


def _without_keys(value: Any) -> Any:
    """Return the response of the control API without its keys."""
    if isinstance(value, list):
        return [_without_keys(each) for each in value]
    if isinstance(value, dict):
        return {name: MASK if name in KEYS else _without_keys(each) for name, each in value.items()}
    return MASK if isinstance(value, str) and PRIVATE in value else value
