"""The outbox: a call is recorded with the change that needs it, and made once."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from tests.durable.shop import record, transaction
from tests.durable.worlds import effects
from tests.gateway.support import new_number, paid
from wechatpay_chain import ConfigurationError, Retry, Sensitive, catalogue
from wechatpay_chain.durable import Outbox

REFUNDS = "v3/refund/domestic/refunds"
TRANSFERS = "v3/fund-app/mch-transfer/transfer-bills"


@pytest.fixture
def order(gateway, wxpay):
    return paid(gateway, wxpay)


@pytest.fixture
def outbox(world, wxpay, clock):
    return Outbox(world.engine, wxpay, retry=Retry(attempts=4, initial=0), deadline=5, clock=clock)


def refund(order, fen=10, **changes):
    return {
        "out_trade_no": order["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": fen, "total": order["total"], "currency": "CNY"},
        **changes,
    }


def refunded(gateway, order):
    """Fen of an order that were refunded."""
    return gateway.state.store.get("order", order["out_trade_no"])["refunded"]


def noting(world, outbox, fail=()):
    """Register what books a result."""
    results = []

    async def book(result, execute):
        await execute(sa.insert(effects).values(order=result.number, amount=1))
        results.append(result)
        if fail:
            raise fail.pop()

    outbox.on_result(world.handler(book))
    return results


async def test_a_call_is_made_once_after_the_commit(world, outbox, order, gateway):
    results = noting(world, outbox)
    asked = refund(order)
    async with transaction(world) as session:
        number = await world.call(outbox.call, session, "POST", REFUNDS, json=asked)
        assert await world.call(outbox.call, session, "POST", REFUNDS, json=asked) == number
    assert await world.call(outbox.run_once) == 1
    assert await world.call(outbox.run_once) == 0
    assert refunded(gateway, order) == 10
    (row,) = world.rows("wechatpay_outbox")
    assert (row["id"], row["state"], row["in_doubt"], row["attempts"]) == (number, "done", False, 1)
    assert [result.outcome for result in results] == ["done"]
    assert results[0].response["out_refund_no"] == asked["out_refund_no"] == results[0].number
    assert b"out_refund_no" not in row["response"]
    assert len(world.rows(effects)) == 1


async def test_a_call_of_a_transaction_that_is_rolled_back_is_never_made(world, outbox, order):
    async def fail():
        async with transaction(world) as session:
            await world.call(outbox.call, session, "POST", REFUNDS, json=refund(order))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert world.rows("wechatpay_outbox") == []
    assert await world.call(outbox.run_once) == 0


@pytest.mark.parametrize("fault", ["reset", "truncate", "bad_signature", "missing_headers"])
async def test_what_became_of_a_lost_response_is_queried(world, outbox, order, gateway, fault):
    results = noting(world, outbox)
    gateway.faults.add(REFUNDS, fault, times=1)
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    assert await world.call(outbox.run_once, limit=1) == 1
    (row,) = world.rows("wechatpay_outbox")
    assert (row["state"], row["in_doubt"]) == ("pending", True)
    assert await world.call(outbox.run_once) == 1
    assert refunded(gateway, order) == 10
    assert [(result.outcome, result.is_queried) for result in results] == [("done", True)]


@pytest.mark.parametrize("fault", ["status", "frequency_limit"])
async def test_what_was_not_carried_out_is_sent_again(world, outbox, order, gateway, fault):
    results = noting(world, outbox)
    gateway.faults.add(REFUNDS, fault, times=2, **({"status": 500} if fault == "status" else {}))
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    assert await world.call(outbox.run_once) == 3
    assert refunded(gateway, order) == 10
    assert [(result.outcome, result.is_queried) for result in results] == [("done", False)]


class Died(BaseException):
    """What the process dies of, as the database sees it."""


async def test_a_call_whose_process_dies_each_time_ends_as_unknown(world, order, wxpay, clock):
    retry = Retry(attempts=2, initial=0)
    outbox = Outbox(world.engine, wxpay, retry=retry, deadline=5, clock=clock)
    results = noting(world, outbox, fail=[Died(), Died(), Died()])
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    for attempt in (1, 2):
        with pytest.raises(Died):
            await world.call(outbox.run_once)
        (row,) = world.rows("wechatpay_outbox")
        assert (row["state"], row["attempts"], row["error"]) == ("pending", attempt, None)
        assert await world.call(outbox.run_once) == 0
        clock.now += 15
    with pytest.raises(Died):
        await world.call(outbox.run_once)
    assert await world.call(outbox.run_once) == 0
    (row,) = world.rows("wechatpay_outbox")
    assert (row["state"], row["in_doubt"]) == ("dead", True)
    assert row["error"].startswith("attempt 2 did not finish: the process crashed")
    assert [result.outcome for result in results] == ["done", "done", "unknown"]
    assert world.rows(effects) == []
    assert await world.call(outbox.replay, row["id"])
    assert await world.call(outbox.run_once) == 1
    assert [result.is_queried for result in results] == [False, True, False, True]


async def test_on_result_is_told_of_a_call_that_did_not_end(world, order, wxpay, clock, caplog):
    retry = Retry(attempts=1, initial=0)
    outbox = Outbox(world.engine, wxpay, retry=retry, deadline=5, clock=clock)
    results = noting(world, outbox, fail=[ZeroDivisionError(), Died()])
    for _ in range(2):
        await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    with pytest.raises(Died):
        await world.call(outbox.run_once)
    clock.now += 15
    assert await world.call(outbox.run_once) == 2
    assert "on_result failed: ZeroDivisionError" in caplog.text
    assert outbox.counters["unknown"] == 1
    assert {result.outcome for result in results} == {"done", "unknown"}


async def test_an_operation_with_a_long_id(world, wxpay, clock):
    """The ids of some operations are longer than the column."""
    outbox = Outbox(world.engine, wxpay, retry=Retry(attempts=1), clock=clock)
    results = noting(world, outbox)
    path = (
        "v3/fund-app/mch-transfer/user-confirm-authorization/out-authorization-no/"
        f"{new_number('T')}/close"
    )
    async with transaction(world) as session:
        number = await world.call(outbox.call, session, "POST", path, json={})
        assert await world.call(outbox.call, session, "POST", path, json={}) == number
    assert await world.call(outbox.run_once) == 1
    (result,) = results
    assert result.operation == catalogue.find("POST", path).id
    assert len(result.operation) > 96


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"out_refund_no": "R\x00"}, "characters, or the path or the number contains a"),
        ({"out_refund_no": "R\ud800"}, "the call cannot be stored: it contains a lone"),
        ({"reason": "\ud800"}, "the call cannot be stored: it contains a lone"),
    ],
)
async def test_characters_that_cannot_be_stored(world, outbox, order, changes, message):
    with pytest.raises(ConfigurationError, match=message):
        await record(world, outbox.call, "POST", REFUNDS, json=refund(order, **changes))
    assert world.rows("wechatpay_outbox") == []


async def test_a_rejected_call_ends_at_once(world, outbox, order, gateway):
    results = noting(world, outbox)
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order, order["total"] + 1))
    assert await world.call(outbox.run_once) == 1
    (row,) = world.rows("wechatpay_outbox")
    assert (row["state"], row["in_doubt"], row["status_code"]) == ("dead", False, 400)
    assert [(result.outcome, result.code) for result in results] == [("failed", "INVALID_REQUEST")]
    assert refunded(gateway, order) == 0


async def test_a_call_that_nobody_answers_ends_as_unknown(world, outbox, order, gateway):
    results = noting(world, outbox)
    gateway.faults.add("v3/refund/*", "reset")
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    assert await world.call(outbox.run_once) == 4
    (row,) = world.rows("wechatpay_outbox")
    assert (row["state"], row["in_doubt"], row["attempts"]) == ("dead", True, 4)
    assert [result.outcome for result in results] == ["unknown"]
    gateway.faults.clear()
    assert await world.call(outbox.replay, row["id"])
    assert await world.call(outbox.run_once) == 1
    assert [(result.outcome, result.is_queried) for result in results[1:]] == [("done", True)]
    assert refunded(gateway, order) == 10


async def test_a_worker_that_died_leaves_its_call_to_others(world, outbox, order, gateway, clock):
    class Killed(BaseException):
        """What no rule handles, as kill -9 is not handled."""

    def die(*_: object) -> None:
        raise Killed

    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    dying = Outbox(world.engine, gateway.client(retry=None), deadline=5, clock=clock)
    dying._merchant.client = die
    with pytest.raises(Killed):
        await world.call(dying.run_once)
    assert await world.call(outbox.run_once) == 0
    clock.now += 16
    assert await world.call(outbox.run_once) == 1
    assert refunded(gateway, order) == 10


async def test_on_result_that_fails_has_the_outcome_recorded_again(world, outbox, order, gateway):
    results = noting(world, outbox, fail=[RuntimeError("no such column")])
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    assert await world.call(outbox.run_once, limit=1) == 1
    (row,) = world.rows("wechatpay_outbox")
    assert row["state"] == "pending"
    assert row["error"].startswith("RuntimeError: no such column")
    assert world.rows(effects) == []
    assert await world.call(outbox.run_once) == 1
    assert [result.is_queried for result in results] == [False, True]
    assert len(world.rows(effects)) == 1
    assert refunded(gateway, order) == 10


async def test_what_may_be_carried_out_twice_is_rejected(world, outbox, order):
    asked = refund(order)
    cases = [
        ("GET", REFUNDS + "/{out_refund_no}", {"out_refund_no": "R1"}, "call it directly"),
        ("POST", REFUNDS, {"json": {**asked, "out_refund_no": ""}}, "it needs out_refund_no"),
        ("POST", "v3/unheard/of", {"json": {}}, "is not in the catalogue"),
        ("POST", REFUNDS, {"json": asked, "sink": "x"}, "sink: an outbox records"),
        ("POST", REFUNDS, {"json": {**asked, "amount": object()}}, "is not a JSON value"),
        ("POST", REFUNDS, {"json": asked, "mchid": "1"}, "merchant 1 is not the client's"),
    ]
    async with transaction(world) as session:
        for method, path, options, message in cases:
            with pytest.raises(ConfigurationError, match=message):
                await world.call(outbox.call, session, method, path, **options)
        await world.call(outbox.call, session, "POST", REFUNDS, json=asked)
        other = {**asked, "reason": "another"}
        with pytest.raises(
            ConfigurationError, match="with different content: one number identifies"
        ):
            await world.call(outbox.call, session, "POST", REFUNDS, json=other)


async def test_fields_that_travel_encrypted_are_encrypted_at_rest(world, wxpay, gateway, clock):
    bill = {
        "appid": gateway.identity.appid,
        "out_bill_no": new_number("T"),
        "transfer_scene_id": "1000",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "user_name": Sensitive("张三丰"),
        "transfer_amount": 200000,
        "transfer_remark": "佣金",
        "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "新会员有礼"}],
    }
    plain = Outbox(world.engine, wxpay)
    with pytest.raises(ConfigurationError, match="encryption_key"):
        await record(world, plain.call, "POST", TRANSFERS, json=bill)
    keys = [Fernet.generate_key(), Fernet.generate_key()]
    old = Outbox(world.engine, wxpay, encryption_key=keys[1], clock=clock)
    await record(world, old.call, "POST", TRANSFERS, json=bill)
    (row,) = world.rows("wechatpay_outbox")
    assert "张三丰" not in repr(row)
    assert "张三丰".encode() not in row["options"]
    outbox = Outbox(world.engine, wxpay, encryption_key=keys, clock=clock)
    assert await world.call(outbox.run_once) == 1
    (row,) = world.rows("wechatpay_outbox")
    assert (row["state"], row["error"]) == ("done", None)


async def test_wake_is_told_once_a_call_is_committed(world, outbox, order):
    woken = []

    def wake(number):
        assert number in [row["id"] for row in world.rows("wechatpay_outbox")]
        woken.append(number)

    outbox.wake = wake
    async with transaction(world) as session:
        ids = [
            await world.call(outbox.call, session, "POST", REFUNDS, json=refund(order))
            for _ in range(2)
        ]
        assert woken == []
    assert woken[-1] == ids[-1]
    woken.clear()
    await world.call(outbox.run_once)
    async with transaction(world):
        pass
    with pytest.raises(ZeroDivisionError):
        await record_and_fail(world, outbox, order)
    async with transaction(world):
        pass
    assert woken == []


async def record_and_fail(world, outbox, order):
    async with transaction(world) as session:
        await world.call(outbox.call, session, "POST", REFUNDS, json=refund(order))
        raise ZeroDivisionError


async def test_a_wake_that_fails_is_logged(world, outbox, order, caplog):
    outbox.wake = lambda number: 1 / 0
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    assert "wake failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert await world.call(outbox.run_once) == 1


async def test_an_async_wake_runs_in_the_event_loop(world, outbox, order, caplog):
    woken = asyncio.Event()

    async def wake(number):
        woken.set()
        raise OSError("the broker is down")

    outbox.wake = wake
    await record(world, outbox.call, "POST", REFUNDS, json=refund(order))
    if not world.is_async:
        return
    await asyncio.wait_for(woken.wait(), 20)
    await asyncio.sleep(0)
    assert "wake failed" in caplog.text
