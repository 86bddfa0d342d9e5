from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

from tests.support import Keys, new_key

os.environ["WECHATPAY_LANG"] = "en"  # tests compare messages, whatever the developer's locale is

pytest_plugins = ["tests.services"]  # databases and brokers, as fixtures

# Every run tries the same examples, however slow the machine; `make properties` tries others.
settings.register_profile("ordinary", derandomize=True, deadline=None)
settings.register_profile("many", max_examples=2000, deadline=None)
settings.register_profile("most", max_examples=10_000, deadline=None)
settings.load_profile("ordinary")


def pytest_collection_finish() -> None:
    """Keep what is imported and collected out of garbage collections: it lives to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(merchant=new_key(), platform=new_key())
