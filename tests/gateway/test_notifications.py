"""Notifications of every type: delivered, decrypted, and retried until acknowledged."""

from __future__ import annotations

import queue
import time
from typing import Any

import pytest

from tests.catalogue.test_examples import coerced, errors
from tests.gateway.support import NOBODY, order
from tests.servers import ACKNOWLEDGED_V2, NotificationServer
from wechatpay_chain import ClientError, catalogue
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.notifications.outbox import RETRY_INTERVALS, Outbox
from wechatpay_chain.gateway.store.clock import Clock
from wechatpay_chain.messages import xml

WEBHOOKS = catalogue.webhooks()
EVENT = "TRANSACTION.SUCCESS"


@pytest.fixture(scope="module")
def server():
    with NotificationServer() as shop:
        yield shop


@pytest.fixture
def shop(server):
    server.reset()
    return server


@pytest.fixture
def written(gateway):
    """Yield notifications after each attempt."""
    yield from listen(gateway)


def listen(gateway):
    attempts: queue.Queue[dict[str, Any]] = queue.Queue()

    def listener(kind, what):
        if kind == "notification":
            attempts.put(what)

    gateway.state.log.listeners.add(listener)
    yield attempts
    gateway.state.log.listeners.remove(listener)


def attempted(written, number):
    """Return a notification after its next attempt."""
    while True:
        notice = written.get(timeout=20)
        if notice["id"] == number:
            return notice


# --- all of the catalogue ----------------------------------------------------------------------


CONTRADICTIONS = {
    "RECHARGE.CLOSED": [
        '$.employee_type: \'{"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}\' is not one of '
        "['ADMIN', 'STAFF', 'LEGAL_PERSON']",
        '$: \'{"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}\' is not one of '
        "['ADMIN', 'STAFF', 'LEGAL_PERSON']",
    ],
}
"""What the catalogue says of one member cannot be so: it is one of three words, and JSON."""


def test_there_are_112():
    assert len(WEBHOOKS) == 112


@pytest.mark.parametrize(
    "webhook", [each for each in WEBHOOKS if each.protocol == "v3"], ids=lambda each: each.event
)
def test_every_notification_of_apiv3(gateway, wxpay, shop, webhook):
    gateway.trigger(webhook.event, shop.url)
    headers, body = shop.take()
    notice = wxpay.notify(headers, body)
    assert (notice.event_type, bool(notice.id)) == (webhook.event, True)
    for member in webhook.body:
        assert not member.enum or notice.raw[member.name] in member.enum
        for inner in member.members if member.name == "resource" else ():
            assert not inner.enum or notice.raw["resource"][inner.name] in inner.enum
    wanted = schema(webhook.variants[0].resource if webhook.variants else webhook.resource)
    assert list(errors(notice.resource, wanted)) == CONTRADICTIONS.get(webhook.event, [])
    assert_opens(notice.resource, webhook.resource, wxpay)


@pytest.mark.parametrize(
    "webhook", [each for each in WEBHOOKS if each.protocol == "v2"], ids=lambda each: each.event
)
def test_every_notification_of_apiv2(gateway, wxpay, shop, webhook):
    gateway.trigger(webhook.event, shop.url, protocol="v2")
    _, body = shop.take()
    notice = wxpay.notify_v2(body)
    resource = notice.resource
    if "event_ciphertext" in notice.raw:
        assert (notice.event_type, notice.id) == (webhook.event, notice.raw["event_id"])
        assert notice.create_time
    else:
        resource = coerced(resource, schema(webhook.resource))
    assert list(errors(resource, schema(webhook.resource))) == []
    known = {member.name for member in webhook.body}
    assert notice.raw.keys() <= known | {"nonce_str", "sign"}
    if "req_info" in known:
        assert list(notice.raw) == ["req_info"]


def schema(resource):
    members = [each for each in resource if "$" not in each.name]
    return {
        "type": "object",
        "required": [each.name for each in members if each.required],
        "properties": {each.name: each.schema for each in members},
    }


def assert_opens(given, members, wxpay):
    for member in members:
        value = given.get(member.name)
        for each in value if isinstance(value, list) else [value]:
            if member.encrypted == "RSAES-OAEP" and each is not None:
                assert wxpay.decrypt(each)
            elif isinstance(each, dict):
                assert_opens(each, member.members, wxpay)


FORMS = [(each, form) for each in WEBHOOKS for form in each.variants]


@pytest.mark.parametrize(
    ("webhook", "form"), FORMS, ids=[f"{each.event}-{form.name}" for each, form in FORMS]
)
def test_every_product_that_shares_a_type_has_its_own_form(gateway, wxpay, shop, webhook, form):
    gateway.trigger(webhook.event, shop.url, variant=form.name)
    notice = wxpay.notify(*shop.take())
    assert notice.resource.keys() == {member.name for member in form.resource}
    assert list(errors(notice.resource, schema(form.resource))) == []
    if form.original_type:
        assert notice.raw["resource"]["original_type"] == form.original_type
    for name in ("mchid", "sp_mchid", "mch_id", "combine_mchid"):
        assert notice.resource.get(name, gateway.identity.mchid) == gateway.identity.mchid


def test_the_form_that_is_meant_without_a_word_is_a_merchants_own(gateway, wxpay, shop):
    gateway.trigger(EVENT, shop.url)
    notice = wxpay.notify(*shop.take())
    assert notice.resource["mchid"] == gateway.identity.mchid
    assert notice.resource["amount"]["total"] == notice.resource["amount"]["payer_total"]
    assert notice.resource["trade_state"] == "SUCCESS"
    assert (notice.summary, notice.raw["resource"]["original_type"]) == ("支付成功", "transaction")


def test_sharing_is_another_original_type(gateway, wxpay, shop):
    gateway.trigger(EVENT, shop.url, variant="profitsharing")
    notice = wxpay.notify(*shop.take())
    assert notice.raw["resource"]["original_type"] == "profitsharing"
    assert notice.resource["receiver"]["amount"]


def test_a_form_that_there_is_not(gateway):
    for event, variant, words in (
        (EVENT, "nobody", "direct, partner, combine"),
        ("COMPLAINT.CREATE", "partner", "only one variant"),
        (EVENT, ["partner"], "direct, partner, combine"),
    ):
        with pytest.raises(LookupError, match=words):
            gateway.trigger(event, NOBODY, variant=variant)


# --- given content -----------------------------------------------------------------------------


def test_given_members_replace_generated_ones(gateway, wxpay, shop):
    given = {"out_trade_no": "mine", "extra": {"a": [1, None, True]}}
    gateway.trigger(EVENT, shop.url, given)
    resource = wxpay.notify(*shop.take()).resource
    assert (resource["out_trade_no"], resource["extra"]) == ("mine", {"a": [1, None, True]})
    assert resource["mchid"] == gateway.identity.mchid


def test_apiv2_takes_any_text(gateway, wxpay, shop):
    given = {"attach": "a\0b\r\n<&]]>\U0001f409", "total_fee": 7, "detail": {"a": "中"}, "no": None}
    gateway.trigger("transaction-success", shop.url, given, protocol="v2")
    fields = wxpay.notify_v2(shop.take()[1]).resource
    assert (fields["attach"], fields["total_fee"]) == ("ab\n<&]]>\U0001f409", "7")
    assert (fields["detail"], "no" in fields) == ('{"a": "中"}', False)
    gateway.trigger("refund-processed", shop.url, given, protocol="v2")
    assert wxpay.notify_v2(shop.take()[1]).resource["attach"] == "ab\n<&]]>\U0001f409"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("NOTHING", "http://a.example"), "has no notification NOTHING"),
        (("transaction", "http://a.example"), "there is TRANSACTION.FAIL"),
        ((7, "http://a.example"), "has no notification 7"),
        ((EVENT, "ftp://a.example"), "an http or https address"),
        ((EVENT, None), "an http or https address"),
        ((EVENT, NOBODY, [1]), "resource: expected an object"),
        ((EVENT, NOBODY, {"a": float("nan")}), "resource: expected an object"),
        ((EVENT, NOBODY, {"a": "\ud800"}), "resource: expected an object"),
        ((EVENT, NOBODY, {"a": object()}), "resource: expected an object"),
    ],
)
def test_what_cannot_be_triggered(gateway, arguments, words):
    before = len(gateway.notifications())
    with pytest.raises(LookupError, match=words):
        gateway.trigger(*arguments)
    assert len(gateway.notifications()) == before


def test_what_cannot_be_triggered_in_apiv2(gateway):
    for arguments, protocol, words in (
        (("transaction-success", NOBODY, {"no name": 1}), "v2", "is not a valid XML element name"),
        (("transaction-success", NOBODY), "v4", "expected v2 or v3"),
        ((EVENT.lower(), NOBODY), "v2", "there is TRANSACTION.SUCCESS"),
    ):
        with pytest.raises(LookupError, match=words):
            gateway.trigger(*arguments, protocol=protocol)


# --- until it is acknowledged ------------------------------------------------------------------


def test_the_schedule_is_the_documented_one(gateway, wxpay, shop, written):
    shop.response = (500, b"no")
    number = gateway.trigger(EVENT, shop.url)["id"]
    bodies, signatures = set(), set()
    for attempt, pause in enumerate((*RETRY_INTERVALS, None), 1):
        headers, body = shop.take()
        assert wxpay.notify(headers, body).event_type == EVENT
        bodies.add(body)
        signatures.add(headers["Wechatpay-Signature"])
        notice = attempted(written, number)
        assert len(notice["attempts"]) == attempt
        if pause is not None:
            made = notice["attempts"][-1]["time"]
            assert notice["next"] - made == pytest.approx(pause, abs=1)
            gateway.advance(pause)
    assert (notice["state"], notice["next"], attempt) == ("GIVEN_UP", None, 16)
    assert all(each["status"] == 500 for each in notice["attempts"])
    assert (len(bodies), len(signatures)) == (1, 16)
    shop.response = (204, b"")
    assert gateway.state.outbox.resend(number)
    shop.take()
    assert attempted(written, number)["state"] == "DELIVERED"


def test_fifteen_fifteen_thirty_and_three_minutes():
    assert RETRY_INTERVALS[:4] == (15, 15, 30, 180)
    assert sum(RETRY_INTERVALS) == 24 * 3600 + 4 * 60


@pytest.mark.parametrize(
    ("protocol", "answer", "state"),
    [
        ("v3", (200, b""), "DELIVERED"),
        ("v3", (204, b""), "DELIVERED"),
        ("v3", (200, b'{"code": "FAIL"}'), "DELIVERED"),
        ("v3", (201, b""), "PENDING"),
        ("v3", (302, b""), "PENDING"),
        ("v3", (404, b""), "PENDING"),
        ("v3", (500, b'{"code": "FAIL", "message": "x"}'), "PENDING"),
        ("v2", (200, ACKNOWLEDGED_V2), "DELIVERED"),
        ("v2", (200, b"<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>"), "DELIVERED"),
        ("v2", (200, b"<xml><return_code>FAIL</return_code></xml>"), "PENDING"),
        ("v2", (200, b"SUCCESS"), "PENDING"),
        ("v2", (200, b"\xff\xfe"), "PENDING"),
        ("v2", (204, b""), "PENDING"),
        ("v2", (500, ACKNOWLEDGED_V2), "PENDING"),
    ],
)
def test_what_counts_as_acknowledged(gateway, shop, written, protocol, answer, state):
    shop.response = answer
    event = EVENT if protocol == "v3" else "transaction-success"
    notice = attempted(written, gateway.trigger(event, shop.url, protocol=protocol)["id"])
    assert notice["state"] == state
    (attempt,) = notice["attempts"]
    assert (attempt["status"], attempt["acknowledged"]) == (answer[0], state == "DELIVERED")
    assert attempt["answer"] == answer[1].decode("utf-8", "replace")
    forget(gateway, notice)


def forget(gateway, notice):
    """Keep what is pending from being sent to a shop that has closed."""
    gateway.state.store.delete("notice", notice["id"])


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:1/x",
        "http://",
        "http://[",
        "http://a:99999/",
        "https://127.0.0.1:1/",
        "http://a b/",
    ],
)
def test_an_address_where_nobody_is(gateway, written, to):
    notice = attempted(written, gateway.trigger(EVENT, to)["id"])
    (attempt,) = notice["attempts"]
    assert (notice["state"], attempt["status"]) == ("PENDING", None)
    assert attempt["error"]
    forget(gateway, notice)


def test_an_order_whose_address_is_none(gateway, wxpay):
    for url in (5, ["x"], "shop", {"a": 1}):
        with pytest.raises(ClientError) as caught:
            wxpay.v3.pay.transactions.native.post(json=order(gateway, notify_url=url))
        assert (caught.value.code, caught.value.detail["field"]) == ("PARAM_ERROR", "/notify_url")


def test_an_answer_without_end_is_cut(gateway, shop, written):
    shop.response = (200, b"x" * 10**6)
    notice = attempted(written, gateway.trigger(EVENT, shop.url)["id"])
    assert len(notice["attempts"][0]["answer"]) == 4096


def test_asking_again_while_an_attempt_is_made(gateway, shop, written):
    asked = []

    def ask(kind, what):
        """The shop has it and the attempt is about to be written down."""
        if kind == "notification" and not asked:
            asked.append(gateway.state.outbox.resend(what["id"]))

    number = gateway.trigger(EVENT, shop.url)["id"]
    shop.take()
    gateway.state.outbox.resend(number)  # it is sent once more, whether recorded or not
    shop.take()
    assert [attempted(written, number)["state"] for _ in range(2)][-1] == "DELIVERED"
    gateway.state.log.listeners.add(ask)
    gateway.state.outbox.resend(number)
    shop.take()
    shop.take()
    gateway.state.log.listeners.remove(ask)
    assert asked == [True]


def test_asking_for_one_that_there_is_not(gateway):
    assert not gateway.state.outbox.resend("nothing")


# --- what is kept ------------------------------------------------------------------------------


def test_what_is_pending_survives_a_restart(tmp_path, shop):
    shop.response = (500, b"")
    with Gateway(data=tmp_path) as gateway:
        attempts = listen(gateway)
        written = next(attempts)
        number = gateway.trigger(EVENT, shop.url)["id"]
        later = gateway.trigger(EVENT, NOBODY)["id"]
        shop.take()
        for _ in range(2):
            assert written.get(timeout=20)["state"] == "PENDING"
    shop.response = (204, b"")
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        assert [each["id"] for each in gateway.state.outbox.pending()] == [number, later] or [
            later,
            number,
        ]
        written = next(listen(gateway))
        gateway.advance(15)
        assert wxpay.notify(*shop.take()).event_type == EVENT
        told = [written.get(timeout=20) for _ in range(2)]
        assert {(each["id"], each["state"]) for each in told} == {
            (number, "DELIVERED"),
            (later, "PENDING"),
        }
        assert [len(each["attempts"]) for each in told] == [2, 2]
    with Gateway(data=tmp_path) as gateway:
        assert [each["id"] for each in gateway.state.outbox.pending()] == [later]


def test_what_was_never_tried_is_delivered_after_a_restart(tmp_path, shop):
    stopped = Gateway(data=tmp_path)
    stopped.trigger(EVENT, shop.url)
    stopped.stop()
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        assert wxpay.notify(*shop.take()).event_type == EVENT


def test_what_was_undone_is_not_sent(gateway, shop):
    def begin():
        with gateway.state.store.transaction():
            gateway.trigger("REFUND.SUCCESS", shop.url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        begin()
    gateway.trigger(EVENT, shop.url)
    assert b"REFUND" not in shop.take()[1]
    assert shop.empty


def test_ten_thousand_that_wait_do_not_hold_up_the_others(identity, shop):
    with Gateway(identity=identity) as gateway:
        state = gateway.state
        tomorrow = state.clock.now() + 86400
        later = Outbox(state.store, Clock(real=lambda: tomorrow), lambda: state.identity)
        with state.store.transaction():
            for _ in range(10_000):
                later.post_v2(NOBODY, "transaction-success", {"a": "b"})
        begin = time.process_time()
        with state.store.transaction():
            for _ in range(200):
                state.outbox.post_v2(shop.url, "transaction-success", {"a": "b"})
        for _ in range(200):
            assert xml.loads(shop.take()[1])["a"] == "b"
        assert time.process_time() - begin < 4  # reading all of them each time takes 20 s
        assert state.store.count("pending") >= 10_000


# --- what goes wrong in the gateway itself -----------------------------------------------------


def test_what_was_taken_back_is_forgotten(gateway, shop, written):
    shop.response = (500, b"")
    notice = attempted(written, gateway.trigger(EVENT, shop.url)["id"])
    shop.take()
    gateway.state.store.delete("notice", notice["id"])
    shop.response = (204, b"")
    gateway.advance(15)
    last = gateway.trigger("REFUND.SUCCESS", shop.url)["id"]
    assert attempted(written, last)["state"] == "DELIVERED"
    assert b"REFUND" in shop.take()[1]
    assert notice["id"] not in dict(gateway.state.outbox.next_due(10_000))


def test_an_outbox_that_cannot_be_read_for_once(gateway, shop, monkeypatch, caplog):
    outbox, failures = gateway.state.outbox, [ZeroDivisionError("disk")]

    def next_due(most):
        if failures:
            raise failures.pop()
        return Outbox.next_due(outbox, most)

    monkeypatch.setattr(outbox, "next_due", next_due)
    gateway.trigger(EVENT, shop.url)
    shop.take()
    assert [record.getMessage() for record in caplog.records] == ["the outbox cannot be read"]


def test_an_attempt_that_cannot_be_kept_is_made_again(gateway, shop, written, monkeypatch, caplog):
    outbox, failures = gateway.state.outbox, [ZeroDivisionError("disk")]

    def attempt(notice, **outcome):
        if failures and notice["event"] == "REFUND.SUCCESS":
            raise failures.pop()
        return Outbox.record_attempt(outbox, notice, **outcome)

    monkeypatch.setattr(outbox, "record_attempt", attempt)
    number = gateway.trigger("REFUND.SUCCESS", shop.url)["id"]
    assert attempted(written, number)["state"] == "DELIVERED"
    assert shop.take()[1] == shop.take()[1]
    (record,) = caplog.records
    assert record.getMessage() == f"an attempt to deliver {number} cannot be kept"


def test_who_listens_and_fails_holds_nobody_up(gateway, wxpay, shop, caplog):
    def fail(kind, what):
        raise ZeroDivisionError(kind)

    gateway.state.log.listeners.add(fail)
    made = order(gateway, notify_url=shop.url)
    assert wxpay.v3.pay.transactions.native.post(json=made).verified
    gateway.pay(made["out_trade_no"])
    shop.take()
    gateway.state.log.listeners.remove(fail)
    assert "a listener failed on a change of order" in caplog.text
