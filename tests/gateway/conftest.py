"""A gateway for each module, a client of it, and a shop that takes notifications."""

from __future__ import annotations

import pytest

from tests.servers import VerifyingServer
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity


@pytest.fixture(scope="session")
def identity():
    return Identity.new()


@pytest.fixture(scope="module")
def gateway(identity):
    """Its time hardly moves by itself, so that nothing depends on how fast a test is."""
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
    yield
    if "gateway" in request.fixturenames:
        request.getfixturevalue("gateway").state.ledger.check()
