from __future__ import annotations

import gc

import pytest

from tests.support import Keys, new_key


def pytest_collection_finish() -> None:
    """Keep what is imported and collected out of garbage collections: it lives to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(merchant=new_key(), platform=new_key())
