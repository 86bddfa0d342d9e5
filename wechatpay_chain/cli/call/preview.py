"""`call --dry-run`: shows the signed request without sending it.

A signature is a credential for five minutes: everybody with the whole request can send it. It is
masked unless an option reveals it, and the keys themselves are never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ...messages.request import SIGN
from ...utils.display import printable
from ...utils.exceptions import ConfigurationError, WeChatPayError
from ...utils.translation import _
from ..failure import Misuse
from ..output import tell, write, write_json

if TYPE_CHECKING:
    from ...messages.request import Request
    from ..profile import Profile

__all__ = ["show"]

SIGNATURE = re.compile(r'(signature=")[^"]*')
SHOWN = 64 * 1024
"""Maximum bytes of a displayed body."""


class _CapturedError(WeChatPayError):
    """Raised instead of sending the request."""


class _Capture:
    """A transport that keeps the request and does not send it."""

    def __init__(self) -> None:
        self.request: Request | None = None

    def send(self, request: Request) -> NoReturn:
        """Keep the request."""
        self.request = request
        raise _CapturedError


def show(
    profile: Profile,
    method: str,
    path: str,
    options: Mapping[str, Any],
    reveal: bool,
    output: str,
) -> None:
    """Show the request of a call without sending it.

    Args:
        profile: the merchant that signs.
        method: the method of the call.
        path: the path of the call.
        options: the options of the call.
        reveal: whether to show the signature.
        output: `text` or `json`.

    Raises:
        Misuse: the call is invalid.
    """
    capture = _Capture()
    with profile.client(transport=capture, retry=None) as wxpay:
        try:
            wxpay.request(method.upper(), path, {**options, "sink": None})
        except ConfigurationError as error:
            raise Misuse(str(error)) from None
        except _CapturedError:
            pass
        request = capture.request
        if request is None or (request.operation == "/v3/certificates" != f"/{path.lstrip('/')}"):
            raise Misuse(
                _(
                    "this call needs WeChat Pay's key, and a dry run does not download it: "
                    "configure WeChat Pay's public key (WECHATPAY_PUBLIC_KEY_ID, "
                    "WECHATPAY_PUBLIC_KEY)"
                )
            )
    described = _described(request, reveal)
    if output == "json":
        write_json(described)
        return
    head = [f"{name}: {value}" for name, value in described["headers"].items()]
    lines = [f"{described['method']} {described['target']} HTTP/1.1", *head, "", described["body"]]
    write("\n".join(lines) + "\n")
    tell(_("nothing was sent") if reveal else _("nothing was sent; --reveal shows the signature"))


def _described(request: Request, reveal: bool) -> dict[str, Any]:
    content = request.content or b""
    body = _body(content if reveal else SIGN.sub(rb"\1***", content))
    fields = {name: printable(value, 10_000) for name, value in request.headers.items()}
    if not reveal:
        fields = {name: SIGNATURE.sub(r"\1***", value) for name, value in fields.items()}
    return {
        "method": request.method,
        "url": request.origin + (request.target if reveal else request.shown_target),
        "target": request.target if reveal else request.shown_target,
        "headers": {"Host": request.origin.partition("://")[2], **fields},
        "body": body,
    }


def _body(content: bytes) -> str:
    try:
        text = content[:SHOWN].decode("utf-8") if len(content) <= SHOWN else None
    except UnicodeDecodeError:
        text = None
    if text is None or "\x00" in text:
        return _("({count} bytes)", count=len(content))
    return "\n".join(printable(line, SHOWN) for line in text.split("\n"))
