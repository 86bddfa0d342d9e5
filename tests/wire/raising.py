"""What every exception of the library promises: a class, a useful message, and no secret."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import APIV3_KEY, SECRET, Keys, pem
from wechatpay_chain import WeChatPayError

from .server import Server


def not_yet(reason: str, world: str | None = None) -> pytest.MarkDecorator:
    """A promise that is not kept so far, in one world or in both."""
    mark = pytest.mark.xfail(strict=True, reason=reason)
    if world is None:
        return mark
    names = [pytest.param(name, marks=mark if name == world else ()) for name in ("sync", "async")]
    return pytest.mark.parametrize("world", names, indirect=True)


class CheckedRaises:
    """`with refusals(SignatureError, "what it must say") as caught:`."""

    def __init__(self, keys: Keys, server: Server) -> None:
        self._keys = keys
        self._server = server

    @contextlib.contextmanager
    def __call__(
        self, kind: type[WeChatPayError], *said: str
    ) -> Iterator[pytest.ExceptionInfo[Any]]:
        with pytest.raises(kind) as caught:
            yield caught
        assert type(caught.value) is kind
        for words in said:
            assert words in str(caught.value)
        self.assert_no_secret(caught.value)

    def assert_no_secret(self, error: BaseException) -> None:
        shown = f"{error} {error!r} {''.join(traceback.format_exception(error))}"
        secrets = [SECRET, APIV3_KEY, *pem(self._keys.merchant).decode().split("\n")[1:-2]]
        secrets += [
            request.headers[name]
            for request in self._server.requests
            for name in ("authorization", "proxy-authorization")
            if name in request.headers
        ]
        for secret in secrets:
            assert secret not in shown
