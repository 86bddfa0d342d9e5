from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.durable.worlds import KINDS, World
from tests.services import MARIADB, POSTGRES, own_database
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

SERVERS = {"postgresql": POSTGRES, "mariadb": MARIADB}


@pytest.fixture(scope="module", params=KINDS)
def every_world(request: Any, tmp_path_factory: Any) -> Iterator[World]:
    name, _, mode = request.param.partition("-")
    with ExitStack() as stack:
        if name == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/shop.db"
        else:
            url = stack.enter_context(own_database(SERVERS[name])).url
        world = World(name, url, is_async=mode == "async")
        world.create()
        yield world
        world.close()


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
