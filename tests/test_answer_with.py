"""`Wechatpay-Serial`: every APIv3 request names the key that WeChat Pay answers with."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.support import (
    MCHID,
    PLATFORM_SERIAL,
    PUBLIC_KEY_ID,
    SECRET,
    new_key,
    self_signed,
)
from wechatpay_chain import ConfigurationError, Media, Response, Sensitive
from wechatpay_chain.crypto import rsa
from wechatpay_chain.keys import credential
from wechatpay_chain.testing.mock import MockTransport

WORLDS = pytest.mark.parametrize("world", ["sync", "async"])
CERTIFIED = new_key()


@pytest.fixture
def certs(keys):
    """A public key and a certificate with different keys."""
    return {
        PLATFORM_SERIAL: self_signed(CERTIFIED, PLATFORM_SERIAL, "Tenpay.com"),
        PUBLIC_KEY_ID: keys.platform.public_key(),
    }


@pytest.fixture
def line(keys):
    return MockTransport(
        lambda _: {"ok": True}, sign={PUBLIC_KEY_ID: keys.platform, PLATFORM_SERIAL: CERTIFIED}
    )


def named(wxpay, line, world="sync", method="get", **options):
    call = wxpay.v3.x
    if world == "sync":
        answer = getattr(call, method)(**options)
    else:
        answer = asyncio.run(getattr(call, f"{method}_async")(**options))
    assert answer.verified
    name = line.requests[-1].headers.get("Wechatpay-Serial")
    assert answer.headers["Wechatpay-Serial"] == (name or PUBLIC_KEY_ID)
    return name


@WORLDS
def test_every_request_names_a_key(keys, line, certs, world):
    wxpay = keys.client(transport=line, certs=certs)
    for method, options in (
        ("get", {}),
        ("get", {"query": {"a": 1}}),
        ("post", {"json": {}}),
        ("put", {"body": b"x"}),
        ("patch", {"json": {"a": 1}}),
        ("delete", {}),
        ("post", {"media": Media(b"x", "x.jpg")}),
    ):
        assert named(wxpay, line, world, method, **options) == PUBLIC_KEY_ID, (method, options)
        assert len(line.requests[-1].headers.get_all("Wechatpay-Serial")) == 1
    wxpay["v3/billdownload/file?token=x"].get()
    assert line.requests[-1].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID


def test_without_a_usable_key_none_is_named(keys):
    line = MockTransport(lambda _: {"ok": True})
    wxpay = keys.client(transport=line, certs=None)
    wxpay.v3.x.get(unsigned=True)
    assert "Wechatpay-Serial" not in line.requests[0].headers


@WORLDS
@pytest.mark.parametrize("written", [str, str.lower, lambda name: f" {name}\n"])
def test_a_call_and_a_client_choose(keys, line, certs, world, written):
    wxpay = keys.client(transport=line, certs=certs, answer_with=written(PLATFORM_SERIAL))
    assert named(wxpay, line, world) == PLATFORM_SERIAL
    assert named(wxpay, line, world, answer_with=None) == PLATFORM_SERIAL
    assert named(wxpay, line, world, answer_with=written(PUBLIC_KEY_ID)) == PUBLIC_KEY_ID
    assert named(wxpay, line, world, headers={"wechatpay-serial": PUBLIC_KEY_ID}) == PUBLIC_KEY_ID
    by_default = keys.client(transport=line, certs=certs)
    assert named(by_default, line, world, answer_with=written(PLATFORM_SERIAL)) == PLATFORM_SERIAL


@pytest.mark.parametrize(
    ("chosen", "name"), [({}, PUBLIC_KEY_ID), ({"answer_with": PLATFORM_SERIAL}, PLATFORM_SERIAL)]
)
def test_one_key_encrypts_and_answers(keys, line, certs, chosen, name):
    wxpay = keys.client(transport=line, certs=certs)
    key = {PUBLIC_KEY_ID: keys.platform, PLATFORM_SERIAL: CERTIFIED}[name]
    sealed = {}

    def open_name(request):
        sealed["text"] = rsa.decrypt(request.content.decode().split('"')[3], key)
        return {"ok": True}

    line._answer = open_name
    assert named(wxpay, line, method="post", json={"name": Sensitive("张三")}, **chosen) == name
    assert sealed["text"] == "张三"


@WORLDS
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"answer_with": "5B"}, "'5B' is not in certs"),
        ({"answer_with": 5}, "answer_with= is of type int"),
        ({"answer_with": ""}, "answer_with="),
        (
            {"answer_with": PUBLIC_KEY_ID, "headers": {"Wechatpay-Serial": PLATFORM_SERIAL}},
            "a request can name only one key, so leave one of",
        ),
    ],
)
def test_what_cannot_be_named_is_refused_before_sending(keys, line, certs, world, options, words):
    wxpay = keys.client(transport=line, certs=certs)
    with pytest.raises(ConfigurationError, match=words):
        named(wxpay, line, world, **options)
    assert line.requests == []


def test_a_header_that_says_the_same_may_stand_beside_it(keys, line, certs):
    wxpay = keys.client(transport=line, certs=certs)
    headers = {"Wechatpay-Serial": PLATFORM_SERIAL}
    assert named(wxpay, line, answer_with=PLATFORM_SERIAL.lower(), headers=headers) == (
        PLATFORM_SERIAL
    )


def test_another_known_key_answers_genuinely(keys, certs):
    line = MockTransport(lambda _: {"ok": True}, sign={PLATFORM_SERIAL: CERTIFIED})
    wxpay = keys.client(transport=line, certs=certs)
    answer = wxpay.v3.x.get()
    assert line.requests[0].headers["Wechatpay-Serial"] == PUBLIC_KEY_ID
    assert (answer.verified, answer.headers["Wechatpay-Serial"]) == (True, PLATFORM_SERIAL)


def test_a_clients_choice_that_has_run_out_gives_way(keys, line, certs, monkeypatch):
    wxpay = keys.client(transport=line, certs=certs, answer_with=PLATFORM_SERIAL)
    alone = keys.client(
        transport=line,
        certs={PLATFORM_SERIAL: certs[PLATFORM_SERIAL]},
        answer_with=PLATFORM_SERIAL,
    )
    later = time.time() + 100 * 86400
    monkeypatch.setattr(credential.time, "time", lambda: later)
    for client, name in ((wxpay, PUBLIC_KEY_ID), (alone, None)):
        client.v3.x.get(unsigned=True)
        assert line.requests[-1].headers.get("Wechatpay-Serial") == name
    with pytest.raises(ConfigurationError, match="expired on"):
        wxpay.v3.x.get(answer_with=PLATFORM_SERIAL)


def test_apiv2_names_no_key(keys, certs):
    line = MockTransport(lambda _: Response(200, {}, b"bill"))
    wxpay = keys.client(transport=line, certs=certs, answer_with=PLATFORM_SERIAL, secret=SECRET)
    wxpay.v2.pay.downloadbill.post(xml={"mch_id": MCHID})
    assert "Wechatpay-Serial" not in line.requests[0].headers
    with pytest.raises(
        ConfigurationError, match="answer_with= is only for APIv3: APIv2 signs with"
    ):
        wxpay.v2.pay.downloadbill.post(xml={"mch_id": MCHID}, answer_with=PLATFORM_SERIAL)
