"""Observers see calls, sends and notifications from beginning to end, and change nothing."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.merchants.support import tenant
from tests.support import MCHID, PUBLIC_KEY_ID, Keys, new_key
from tests.test_notifications import notification
from wechatpay_chain import (
    APIError,
    Headers,
    Merchants,
    Notification,
    Request,
    Response,
    Retry,
    Send,
    SignatureError,
    UnknownMerchant,
    WeChatPay,
)
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages import canonical, xml
from wechatpay_chain.middleware import observers
from wechatpay_chain.testing.mock import MockTransport

REFUND = "v3/refund/domestic/refunds/{out_refund_no}"


class Notes:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.outcomes: list[Any] = []

    def call(self, mchid: str, request: Request) -> Note:
        return Note(self, f"call {mchid} {request.method} {request.template}")

    def send(self, request: Request, resend_count: int) -> Note:
        return Note(self, f"send {request.template} {resend_count}")

    def notification(self, mchid: str) -> Note:
        return Note(self, f"notification {mchid or '?'}")


class Note:
    def __init__(self, notes: Notes, what: str) -> None:
        self._notes, self._what = notes, what
        notes.lines.append(what)

    def end(self, outcome: Any) -> None:
        self._notes.lines.append(f"/{self._what.partition(' ')[0]} {type(outcome).__name__}")
        self._notes.outcomes.append(outcome)


@pytest.fixture
def notes() -> Iterator[Notes]:
    made = Notes()
    observers.add(made)
    yield made
    observers.remove(made)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """Make a call in one of the two worlds."""

    def make(wxpay: WeChatPay, verb: str, path: str, **options: Any) -> Response:
        chain = wxpay.chain(path)
        if request.param == "sync":
            return getattr(chain, verb)(**options)
        return asyncio.run(getattr(chain, f"{verb}_async")(**options))

    return make


def client(keys: Keys, answer: Any, **arguments: Any) -> WeChatPay:
    transport = MockTransport(answer, sign={PUBLIC_KEY_ID: keys.platform})
    return keys.client(transport=transport, **arguments)


def test_a_call_and_its_attempts(keys, notes, call):
    answers = [(500, {"code": "SYSTEM_ERROR", "message": "busy"}), (200, {"status": "SUCCESS"})]
    wxpay = client(keys, lambda _: answers.pop(0), retry=Retry(initial=0))
    response = call(wxpay, "get", "v3/refund/domestic/refunds/R1")
    assert notes.lines == [
        f"call {MCHID} GET {REFUND}",
        f"send {REFUND} 0",
        "/send Response",
        f"send {REFUND} 1",
        "/send Response",
        "/call Response",
    ]
    assert notes.outcomes[-1] is response


def test_a_call_that_fails(keys, notes, call):
    wxpay = client(keys, lambda _: (404, {"code": "RESOURCE_NOT_EXISTS", "message": "no"}))
    with pytest.raises(APIError) as caught:
        call(wxpay, "get", "v3/refund/domestic/refunds/R1")
    assert notes.lines[-2:] == ["/send Response", "/call ClientError"]
    assert notes.outcomes[-1] is caught.value


def test_a_file_is_in_its_place_before_the_call_ends(keys, notes, call, tmp_path):
    class Looks(Note):
        def end(self, outcome: Any) -> None:
            super().end((tmp_path / "bill.csv").exists())

    notes.call = lambda *_: Looks(notes, "call")
    call(client(keys, lambda _: (200, b"a,b")), "get", "v3/billdownload/file", sink="bill.csv")
    assert notes.outcomes[-1] is True


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_client_that_was_made_before(keys):
    wxpay, notes = client(keys, lambda _: {}), Notes()
    wxpay.v3.certificates.get()
    observers.add(notes)
    wxpay.v3.certificates.get()
    observers.remove(notes)
    wxpay.v3.certificates.get()
    assert len(notes.lines) == 4
    assert observers.installed == ()


def test_a_flow_of_the_users_own(keys, notes, call):
    def flow() -> Any:
        yield Send(Request("POST", "http://127.0.0.1:9000", "/sign", Headers(), b""))
        return (yield Send(Request("POST", "http://127.0.0.1:9000", "/sign", Headers(), b"")))

    client(keys, lambda _: {}).run(flow())
    assert notes.lines == ["send None 0", "/send Response", "send None 1", "/send Response"]


def test_a_notification(keys, notes):
    wxpay, body = keys.client(), notification()
    wxpay.notify(keys.signed_headers(body), body)
    asyncio.run(wxpay.notify_async(keys.signed_headers(body), body))
    with pytest.raises(SignatureError):
        wxpay.notify(keys.signed_headers(body), body + b" ")
    opened = [f"notification {MCHID}", "/notification Notification"]
    assert notes.lines == [*opened, *opened, opened[0], "/notification SignatureError"]
    assert isinstance(notes.outcomes[0], Notification)


def test_a_notification_of_apiv2(keys, notes):
    wxpay = keys.client()
    fields = {"return_code": "SUCCESS", "out_trade_no": "1"}
    sign = digest.sign("MD5", canonical.fields(fields), "192006250b4c09247ec02edce69f6a2d")
    wxpay.notify_v2(xml.dumps({**fields, "sign": sign}))
    with pytest.raises(SignatureError):
        wxpay.notify_v2(xml.dumps(fields))
    assert notes.lines[1::2] == ["/notification Notification", "/notification SignatureError"]


async def test_a_notification_for_one_of_many_is_observed_once(notes):
    each = tenant(1, new_key(), new_key())
    merchants = Merchants({each.mchid: each.arguments()})
    body = notification(key=each.apiv3_key)
    merchants.notify(each.signed(body), body)
    await merchants.notify_async(each.signed(body), body, mchid=each.mchid)
    with pytest.raises(UnknownMerchant):
        merchants.notify(each.signed(body), body, mchid="1900000009")
    assert notes.lines[::2] == [
        "notification ?",
        f"notification {each.mchid}",
        "notification 1900000009",
    ]
    assert notes.outcomes[0].mchid == each.mchid


class Fails:
    """An observer in which everything goes wrong."""

    def call(self, *_: Any) -> Any:
        raise RuntimeError("no call\x1b[31m")

    def send(self, *_: Any) -> Any:
        return self

    def notification(self, *_: Any) -> Any:
        raise RuntimeError("no notification")

    def end(self, outcome: Any) -> None:
        raise RuntimeError("no end")


@pytest.fixture
def failing() -> Iterator[Fails]:
    made = Fails()
    observers.add(made)
    yield made
    observers.remove(made)


def test_an_observer_that_fails_fails_nothing(keys, failing, notes, call, caplog):
    response = call(client(keys, lambda _: {"a": 1}), "get", "v3/certificates")
    assert response.json() == {"a": 1}
    body = notification()
    assert keys.client().notify(keys.signed_headers(body), body).event_type == "TRANSACTION.SUCCESS"
    assert [record.getMessage() for record in caplog.records] == [
        "Fails raised RuntimeError: no call\\x1b[31m; the call goes on",
        "Fails raised RuntimeError: no end; the call goes on",
        "Fails raised RuntimeError: no notification; the call goes on",
    ]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert len(notes.lines) == 6  # the other one saw everything


def test_an_error_that_a_failing_observer_is_told_of_stays_the_error(keys, failing, call):
    with pytest.raises(APIError, match="RESOURCE_NOT_EXISTS"):
        call(client(keys, lambda _: (404, {"code": "RESOURCE_NOT_EXISTS"})), "get", "v3/x")


class Never:
    """A transport that never answers."""

    async def send_async(self, request: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    def send(self, request: Request) -> Response:
        raise KeyboardInterrupt

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


async def test_a_call_that_is_cancelled_ends(keys, notes):
    task = asyncio.create_task(keys.client(transport=Never()).v3.certificates.get_async())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert notes.lines[-2:] == ["/send CancelledError", "/call CancelledError"]


def test_a_call_that_is_interrupted_ends(keys, notes):
    with pytest.raises(KeyboardInterrupt):
        keys.client(transport=Never()).v3.certificates.get()
    assert notes.lines[-2:] == ["/send KeyboardInterrupt", "/call KeyboardInterrupt"]


def test_a_call_that_is_dropped_ends_when_it_is_collected(keys, notes):
    async def drop() -> None:
        call = keys.client(transport=Never()).v3.certificates.get_async()
        call.send(None)  # as far as it goes; then nobody awaits it any more

    asyncio.run(drop())
    gc.collect()
    assert notes.lines[-2:] == ["/send GeneratorExit", "/call GeneratorExit"]


def test_who_watched_the_beginning_watches_the_end(keys, call):
    notes = Notes()

    def answer(request: Request) -> dict[str, str]:
        observers.remove(notes)
        return {}

    observers.add(notes)
    call(client(keys, answer), "get", "v3/certificates")
    assert notes.lines[-2:] == ["/send Response", "/call Response"]
