"""A world on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.durable.django_world import DjangoWorld
from tests.durable.worlds import World
from tests.services import MARIADB, POSTGRES, own_database

SERVERS = {"postgresql": POSTGRES, "mariadb": MARIADB}


def world_class(kind: str) -> type[World]:
    """The class of a kind of world."""
    return DjangoWorld if kind.endswith("-django") else World


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[World]:
    """A world with its tables.

    Args:
        kind: one of `KINDS`.
        folder: where a file of SQLite's is put.
    """
    name, _, mode = kind.partition("-")
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/shop.db"
        if name in SERVERS:
            url = stack.enter_context(own_database(SERVERS[name])).url
        world = world_class(kind)(name, url, is_async=mode == "async")
        world.create()
        yield world
        world.close()
