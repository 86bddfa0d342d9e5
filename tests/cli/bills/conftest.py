from __future__ import annotations

import pytest

from wechatpay_chain.testing.bills import Paths, generate


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The files of a day on which everything agrees."""
    made = generate("2026-11-25", orders=60, refunds=0.1, seed=3)
    return made.write(tmp_path_factory.mktemp("day"))


@pytest.fixture(scope="session")
def differing(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The files of a day with two differences of every class."""
    made = generate("2026-11-25", orders=200, refunds=0.2, seed=4, differences="every")
    return made.write(tmp_path_factory.mktemp("differing"))
