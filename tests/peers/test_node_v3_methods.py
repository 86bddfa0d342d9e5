"""Every method of wechatpay-node-v3 that calls an operation is called."""

from __future__ import annotations

from typing import Any

PENDING = {"query_batches_transfer_detail_wx"}
"""Asks for a detail that the batch does not list yet."""


def test_every_method(run_node: Any) -> None:
    told = run_node("wechatpay-node-v3", "node_v3_methods.cjs")
    assert told["left"] == []
    failed = {name: each for name, each in told["seen"].items() if each["status"] >= 300}
    assert failed.keys() == PENDING
    assert failed["query_batches_transfer_detail_wx"] == {"status": 404, "code": "NOT_FOUND"}
    assert len(told["seen"]) > 30
