from __future__ import annotations

import pytest

from tests.support import Keys, new_key


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(merchant=new_key(), platform=new_key())
