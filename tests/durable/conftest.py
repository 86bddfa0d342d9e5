from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.durable.worlds import KINDS, World
from tests.services import MARIADB, POSTGRES, own_database

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
