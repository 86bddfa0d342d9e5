from __future__ import annotations

import pytest

from tests.merchants.support import Tenant, tenant
from tests.support import Keys, new_key
from wechatpay_chain.testing.mock import MockTransport


@pytest.fixture(scope="session")
def tenants(keys: Keys) -> list[Tenant]:
    """Three merchants; the third shares nothing with the others but the merchant's key."""
    return [
        tenant(1, keys.merchant, keys.platform),
        tenant(2, keys.merchant, new_key()),
        tenant(3, keys.merchant, new_key()),
    ]


@pytest.fixture
def transport(tenants: list[Tenant]) -> MockTransport:
    return MockTransport(
        lambda request: {"path": request.path},
        sign={each.key_id: each.platform for each in tenants},
    )


@pytest.fixture
def rows(tenants: list[Tenant]) -> dict[str, dict[str, object]]:
    return {each.mchid: each.arguments() for each in tenants}
