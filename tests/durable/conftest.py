from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.durable.opened import opened
from tests.durable.shop import Clock
from tests.durable.worlds import KINDS, World
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity


@pytest.fixture(scope="module", params=KINDS)
def kind(request: Any) -> str:
    """What kind of engine a test runs on."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def every_world(kind: str, tmp_path_factory: Any) -> Iterator[World]:
    with opened(kind, tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(every_world: World) -> World:
    """An empty database with the tables of the durable parts, and one of a shop."""
    every_world.empty()
    return every_world


@pytest.fixture(scope="session")
def identity() -> Identity:
    return Identity.new()


@pytest.fixture(scope="module")
def gateway(identity: Identity) -> Iterator[Gateway]:
    """Its time hardly moves by itself, so that nothing depends on how fast a test is."""
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def no_faults(request: Any) -> Iterator[None]:
    yield
    if "gateway" in request.fixturenames:
        request.getfixturevalue("gateway").faults.clear()


@pytest.fixture(autouse=True)
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits before a retry are as long as they can be; at random, one may be 0 milliseconds."""
    monkeypatch.setattr(random, "uniform", lambda _shortest, longest: longest)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wxpay(gateway: Gateway) -> Iterator[WeChatPay]:
    """A client that attempts each call once."""
    with gateway.client(retry=None) as wxpay:
        yield wxpay
