"""A gateway for each module, a client of it, and a shop that receives notifications."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import VerifyingServer
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity


@pytest.fixture(scope="session")
def identity():
    return Identity.new()


@pytest.fixture(scope="module")
def gateway(identity):
    """A gateway with a nearly stopped clock, so that tests do not depend on their speed."""
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


@pytest.fixture
def wxpay(gateway):
    with gateway.client(retry=None) as wxpay:
        yield wxpay


@pytest.fixture
def receiver(gateway):
    with VerifyingServer(gateway) as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def the_ledger_balances(request):
    gateway = request.getfixturevalue("gateway") if "gateway" in request.fixturenames else None
    yield
    if gateway is not None and not gateway.platform.store.closed:
        gateway.state.ledger.check()


@pytest.fixture
def platform(identity: Identity) -> Iterator[Gateway]:
    """A separate gateway, which signs with a platform certificate."""
    with Gateway(identity=identity, signs_with="certificate", time_scale=0.001) as platform:
        yield platform


@pytest.fixture
def fetches(platform: Gateway) -> list[int]:
    """The statuses of all responses to requests for certificates, in order."""
    fetches: list[int] = []

    def listen(kind: str, entry: dict[str, Any]) -> None:
        if kind == "request" and entry["target"] == "/v3/certificates":
            fetches.append(entry["status"])

    platform.state.log.listeners.add(listen)
    return fetches
