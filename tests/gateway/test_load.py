"""Many scenarios at once, with faults: no call is lost or executed twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.load import audit, load
from tests.gateway.load_scenarios import CALLS_PER_SCENARIO, FAULT_INTERVAL, FAULTS, SCENARIOS
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

REQUESTS, CONCURRENCY = 600, 64


async def test_many_scenarios_at_once(identity: Identity, tmp_path: Path) -> None:
    with Gateway(identity=identity, data=tmp_path) as gateway:
        result = await load(tmp_path / "gateway.json", REQUESTS, CONCURRENCY)
        assert result.faults == REQUESTS // FAULT_INTERVAL
        assert gateway.faults.all() == []  # each was applied to a request
        spoiling = result.faults * (len(FAULTS) - 1) // len(FAULTS)  # a delay does not spoil a call
        assert spoiling * 0.8 < result.errors.total() <= spoiling
        # Each request has arrived once; only the client repeats requests.
        assert result.attempts == REQUESTS + result.errors.total()
        # The fault `unknown_serial` makes the client fetch the certificates, at most once a minute.
        assert gateway.state.log.all(1)[0]["number"] - result.attempts in (0, 1)
        assert len(result.orders) == REQUESTS // CALLS_PER_SCENARIO // len(SCENARIOS) * 6
        audit(gateway, result)
    again = Gateway(data=tmp_path)  # the records on disk are decisive
    audit(again, result)
    again.stop()


async def test_an_audit_finds_what_is_wrong(identity: Identity, tmp_path: Path) -> None:
    with Gateway(identity=identity, data=tmp_path) as gateway:
        result = await load(tmp_path / "gateway.json", CALLS_PER_SCENARIO * len(SCENARIOS), 8)
        audit(gateway, result)
        result.orders["another"] = "NOTPAY"
        with pytest.raises(AssertionError):
            audit(gateway, result)
        del result.orders["another"]
        result.refunds.add("another")
        with pytest.raises(AssertionError):
            audit(gateway, result)
