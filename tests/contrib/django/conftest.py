from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contrib.django import project
from tests.durable.django_world import DjangoWorld
from tests.durable.opened import opened
from tests.durable.worlds import DRIVERS

project.configure()


@pytest.fixture(scope="module", params=DRIVERS)
def every_world(request: Any, tmp_path_factory: Any) -> Iterator[DjangoWorld]:
    with opened(f"{request.param}-django", tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(every_world: DjangoWorld) -> DjangoWorld:
    """An empty database of the project."""
    every_world.empty()
    return every_world
