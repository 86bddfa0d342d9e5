"""Many at once, and one request in ten that goes wrong: nothing is lost, nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.customers import CALLS, CUSTOMERS, FAULTS, ONE_IN
from tests.gateway.load import audit, load
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

REQUESTS, AT_ONCE = 600, 64


async def test_many_customers_at_once(identity: Identity, tmp_path: Path) -> None:
    with Gateway(identity=identity, data=tmp_path) as gateway:
        outcome = await load(tmp_path / "gateway.json", REQUESTS, AT_ONCE)
        assert outcome.faults == REQUESTS // ONE_IN
        assert gateway.faults.all() == []  # each of them met a request
        spoiling = outcome.faults * (len(FAULTS) - 1) // len(FAULTS)  # a delay spoils none
        assert spoiling * 0.8 < outcome.errors.total() <= spoiling
        # Each request that was sent has come, once; what was repeated, its sender repeated.
        assert outcome.attempts == REQUESTS + outcome.errors.total()
        assert gateway.state.log.all(1)[0]["number"] == outcome.attempts
        assert len(outcome.orders) == REQUESTS // CALLS // len(CUSTOMERS) * 6
        audit(gateway, outcome)
    again = Gateway(data=tmp_path)  # what counts is what is on the disk
    audit(again, outcome)
    again.stop()


async def test_an_audit_sees_what_is_wrong(identity: Identity, tmp_path: Path) -> None:
    with Gateway(identity=identity, data=tmp_path) as gateway:
        outcome = await load(tmp_path / "gateway.json", CALLS * len(CUSTOMERS), 8)
        audit(gateway, outcome)
        outcome.orders["another"] = "NOTPAY"
        with pytest.raises(AssertionError):
            audit(gateway, outcome)
        del outcome.orders["another"]
        outcome.refunds.add("another")
        with pytest.raises(AssertionError):
            audit(gateway, outcome)
