"""Probes of WeChat Pay in responses and notifications, and duplicate notifications."""

from __future__ import annotations

import queue

import pytest

from tests.gateway.support import control, order
from tests.servers import VerifyingServer
from wechatpay_chain import SignatureError
from wechatpay_chain.gateway.server.faults import PROBE

EVENT = "TRANSACTION.SUCCESS"


@pytest.fixture(autouse=True)
def no_faults(gateway):
    yield
    gateway.faults.clear()


@pytest.fixture
def written(gateway):
    """Yield notifications after each attempt."""
    attempts: queue.Queue = queue.Queue()

    def listener(kind, what):
        if kind == "notification":
            attempts.put(what)

    gateway.state.log.listeners.add(listener)
    yield attempts
    gateway.state.log.listeners.remove(listener)


def bought(gateway, wxpay, url):
    made = order(gateway, notify_url=url)
    wxpay.v3.pay.transactions.native.post(json=made)
    return gateway.pay(made["out_trade_no"])["out_trade_no"]


async def test_a_probe_in_an_answer_is_rejected(gateway, wxpay):
    path = wxpay.v3.certificates
    gateway.faults.add("v3/certificates", "probe", times=2)
    with pytest.raises(SignatureError) as first:
        path.get()
    with pytest.raises(SignatureError) as second:
        await path.get_async()
    for caught in (first, second):
        assert caught.value.response.headers["Wechatpay-Signature"].startswith(PROBE)
    assert path.get().verified


def test_a_probe_comes_before_the_notification_itself(gateway, wxpay, receiver, written):
    gateway.faults.add("TRANSACTION.*", "notification_probe", times=1)
    number = bought(gateway, wxpay, receiver.url)
    headers, body = receiver.take()
    assert headers["Wechatpay-Signature"].startswith(PROBE)
    with pytest.raises(SignatureError):
        wxpay.notify(headers, body)
    assert receiver.next().resource["out_trade_no"] == number
    first, second = (written.get(timeout=10)["attempts"] for _ in range(2))
    assert (first[0]["probe"], first[0]["acknowledged"]) == (True, True)
    assert [("probe" in each) for each in second] == [True, False]
    notice = gateway.notifications()[0]
    assert notice["state"] == "DELIVERED"


def test_a_notification_comes_twice_at_once(gateway, wxpay, receiver, written):
    gateway.faults.add(EVENT, "notification_twice", times=1)
    number = bought(gateway, wxpay, receiver.url)
    first, second = (receiver.next() for _ in range(2))
    assert first.id == second.id
    assert first.resource == second.resource
    assert first.resource["out_trade_no"] == number
    assert len(written.get(timeout=10)["attempts"]) == 2
    notice = gateway.notifications()[0]
    assert (notice["state"], len(notice["attempts"])) == ("DELIVERED", 2)


def test_twice_in_apiv2_as_well(gateway, receiver):
    gateway.faults.add("transaction-success", "notification_twice", times=1)
    gateway.trigger("transaction-success", receiver.url, protocol="v2")
    assert receiver.next() == receiver.next()


def test_faults_of_notifications_and_of_requests_are_apart(gateway, wxpay, receiver):
    control(gateway, "faults", match="*", fault="notification_twice", times=1)
    assert wxpay.v3.certificates.get().verified
    gateway.faults.add("*", "probe", times=1)
    gateway.trigger(EVENT, receiver.url)
    assert receiver.next().id == receiver.next().id
    with pytest.raises(SignatureError):
        wxpay.v3.certificates.get()
    assert gateway.faults.all() == []


def test_another_event_is_not_hit(gateway, receiver):
    gateway.faults.add("REFUND.*", "notification_probe")
    gateway.trigger(EVENT, receiver.url)
    assert receiver.next().event_type == EVENT
    assert isinstance(receiver, VerifyingServer)
    assert receiver.empty
