from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support import Keys
from wechatpay_chain import Response, WeChatPay

from .raising import CheckedRaises
from .responses import Signed
from .server import Server
from .transports import pytest_generate_tests as pytest_generate_tests
from .transports import transport_class as transport_class

TIMEOUT = (5, 5)
"""Generous: no test waits for it. Those about timeouts bring their own."""


class World:
    """Makes calls either blocking, or awaited on one event loop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_async = name == "async"
        self._clients: list[WeChatPay] = []
        self._runner = asyncio.Runner() if self.is_async else None

    def call(self, client: WeChatPay, verb: str, path: str, **options: Any) -> Response:
        """One call on a client, by its verb or the verb's async form."""
        chain = self.keep(client).chain(path)
        if self._runner is None:
            return getattr(chain, verb)(**options)
        return self._runner.run(getattr(chain, f"{verb}_async")(**options))

    def keep(self, client: WeChatPay) -> WeChatPay:
        """The client, to be closed in the end."""
        if client not in self._clients:
            self._clients.append(client)
        return client

    def run(self, awaitable: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the world's event loop; the async world only."""
        assert self._runner is not None
        return self._runner.run(awaitable)

    def close(self) -> None:
        for client in self._clients:
            if self._runner is None:
                client.close()
            else:
                self._runner.run(client.aclose())
        if self._runner is not None:
            self._runner.close()


@pytest.fixture(params=["sync", "async"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(request.param)
    yield made
    made.close()


@pytest.fixture
def nothing_left_open() -> Iterator[None]:
    """A socket or session that was left open says so when it is collected, and fails the test."""
    gc.collect()
    gc.freeze()  # the next collection looks at what the test made, not at all that was there before
    yield
    gc.collect()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def black_hole() -> Iterator[int]:
    """A port of 127.0.0.1 that drops packets: connecting neither succeeds nor fails."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # its queue is full, and Linux drops whatever comes further
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def wxpay(server: Server, keys: Keys) -> WeChatPay:
    """A client that knows everything, and the server."""
    return keys.client(base_uri=server.url, timeout=TIMEOUT)


@pytest.fixture
def call(world: World, wxpay: WeChatPay) -> Any:
    """`call("get", "v3/…", **options)`, once in each world; `client=` for another client."""

    def call(verb: str, path: str, client: WeChatPay = wxpay, **options: Any) -> Response:
        return world.call(client, verb, path, **options)

    return call


@pytest.fixture(scope="session")
def signed(keys: Keys) -> Signed:
    return Signed(keys)


@pytest.fixture
def raises(keys: Keys, server: Server) -> CheckedRaises:
    return CheckedRaises(keys, server)


@pytest.fixture
def name(tmp_path: Path) -> Path:
    """Where a download goes."""
    return tmp_path / "bill.csv"


@pytest.fixture
def left(tmp_path: Path) -> Callable[[], list[str]]:
    """Tells what there is in the folder of that download."""
    return lambda: sorted(path.name for path in tmp_path.iterdir())


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="session")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of the authority's certificate."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def secure(server_context: ssl.SSLContext) -> Iterator[Server]:
    """The server over TLS."""
    with Server(server_context) as running:
        yield running
