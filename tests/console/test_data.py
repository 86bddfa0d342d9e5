"""The data of the console: orders, requests with their causes, keys, notifications."""

from __future__ import annotations

import json
import socket
from urllib.parse import quote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from wechatpay_chain import APIError, ClientError
from wechatpay_chain.gateway.console.explanation import verdict
from wechatpay_chain.gateway.console.queries import scope
from wechatpay_chain.messages import canonical

from .support import ask, combined, latest, order


def listed(gateway, path):
    reply = ask(gateway, f"_gateway/{path}")
    assert reply.status == 200
    return reply.json()


def test_orders_newest_first(gateway, wxpay):
    numbers = [order(gateway, wxpay)["number"] for _ in range(3)]
    found = listed(gateway, "orders")
    assert [each["out_trade_no"] for each in found] == numbers[::-1]
    assert found[0]["amount"] == "¥123.45"
    assert (found[0]["state"], found[0]["open"]) == ("NOTPAY", True)
    assert [each["out_trade_no"] for each in listed(gateway, "orders?limit=1")] == numbers[2:]
    assert len(listed(gateway, "orders?limit=x")) == 3
    assert [each["out_trade_no"] for each in listed(gateway, f"orders?q={numbers[1].lower()}")] == [
        numbers[1]
    ]


def test_many_orders_are_read_page_by_page(gateway, wxpay, monkeypatch):
    monkeypatch.setattr(scope, "MOST", 2)
    numbers = [order(gateway, wxpay)["number"] for _ in range(5)]
    assert listed(gateway, f"orders?q={numbers[0]}")[0]["out_trade_no"] == numbers[0]
    assert len(listed(gateway, "orders?limit=9")) == 2


def test_one_order_with_all_that_belongs_to_it(gateway, wxpay, shop):
    new = order(gateway, wxpay, notify_url=shop.url)
    gateway.pay(new["number"])
    found = listed(gateway, f"orders/{new['number']}")
    assert (found["state"], found["open"], found["together"]) == ("SUCCESS", False, [])
    assert found["content"]["description"] == "Image形象店"
    assert ask(gateway, "_gateway/orders/none").status == 404


def test_an_order_whose_time_is_over_is_shown_as_any_query_would(gateway, wxpay):
    new = order(gateway, wxpay)
    gateway.advance(hours=3)
    assert listed(gateway, "orders")[0]["state"] == "CLOSED"
    assert gateway.state.store.get("order", new["number"])["state"] == "NOTPAY"


def test_the_orders_of_a_combined_one(gateway, wxpay):
    new = combined(gateway, wxpay)
    gateway.pay(new["numbers"][1])
    for number in new["numbers"]:
        found = listed(gateway, f"orders/{number}")
        others = {each["out_trade_no"] for each in found["together"]}
        assert others == set(new["numbers"]) - {number}


def test_requests_in_short_and_whole(gateway, wxpay):
    new = order(gateway, wxpay)
    with pytest.raises(ClientError):
        wxpay.v3.pay.transactions.native.post(json={"out_trade_no": new["number"]})
    refused, made = listed(gateway, "console/requests")
    assert (made["ok"], made["kind"], made["status"]) == (True, "simulated", 200)
    assert (refused["ok"], refused["code"], refused["failed"]) == (False, "PARAM_ERROR", "")
    assert "headers" not in made
    assert len(listed(gateway, f"console/requests?q={new['number'].lower()}")) == 2
    assert listed(gateway, "console/requests?q=nowhere-to-be-found") == []
    whole = listed(gateway, f"console/requests/{made['number']}")
    assert json.loads(whole["body"])["out_trade_no"] == new["number"]
    assert whole["headers"]["Authorization"].startswith(canonical.SCHEME)
    assert [step["passed"] for step in whole["steps"]] == [True] * 6
    assert whole["explanation"]["hashed"].startswith("POST\n/v3/pay/transactions/native\n")
    for number in ("0", "x", "9" * 30, "٣"):
        assert ask(gateway, f"_gateway/console/requests/{quote(number)}").status == 404


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, '{"code":"mine"}', ""),
        (400, '{"code":"PARAM_ERROR","message":"m"}', "PARAM_ERROR"),
        (500, "{", ""),
        (500, "{" * 50_000, ""),
        (200, "<xml><return_code>FAIL</return_code></xml>", "FAIL"),
        (200, "<xml><result_code>FAIL</result_code><err_code>X</err_code></xml>", "X"),
        (200, "<xml><result_code>FAIL</result_code></xml>", "FAIL"),
        (200, "<xml><a>FAIL</a></xml>", ""),
        (200, "<xml>FAIL", ""),
        (None, "", ""),
    ],
)
def test_how_a_request_ended(status, body, code):
    found = verdict({"status": status, "steps": [], "answer_body": body})
    assert found["code"] == code
    assert found["ok"] is (status == 200 and not code)


def test_what_a_client_needs_is_told_without_its_keys(gateway):
    reply = ask(gateway, "_gateway/console/client")
    identity, told = gateway.identity, reply.json()
    assert told["base_uri"] == gateway.base_uri
    assert (told["mchid"], told["serial"]) == (identity.mchid, identity.serial)
    assert told["gateway_json"] == ""
    for secret in (identity.apiv3_key, identity.secret):
        assert secret not in reply.text
    keys = listed(gateway, "console/client/keys")
    assert keys == {"apiv3_key": identity.apiv3_key, "secret": identity.secret}
    for name in told["files"]:
        pem = ask(gateway, f"_gateway/console/client/files/{name}")
        assert name in pem.headers["Content-Disposition"]
        content = pem.text.encode()
        if name == "apiclient_key.pem":
            key = serialization.load_pem_private_key(content, None)
            assert key.private_numbers() == identity.merchant_key.private_numbers()
        elif name == "pub_key.pem":
            serialization.load_pem_public_key(content)
        else:
            x509.load_pem_x509_certificate(content)
    assert ask(gateway, "_gateway/console/client/files/ca_key.pem").status == 404


def test_a_gateway_with_a_folder_says_where_it_is(tmp_path):
    from wechatpay_chain.gateway import Gateway

    with Gateway(data=tmp_path) as gateway:
        told = listed(gateway, "console/client")
        assert told["gateway_json"] == str(tmp_path / "gateway.json")
        assert json.loads((tmp_path / "gateway.json").read_text())["console"].endswith("/_gateway/")


def test_every_notification_of_the_catalogue_can_be_generated(gateway):
    found = listed(gateway, "console/webhooks")
    assert len(found) == 112
    for each in found:
        path = f"console/webhooks/{each['protocol']}/{quote(each['event'], safe='')}"
        assert isinstance(listed(gateway, path)["resource"], dict)
    assert ask(gateway, "_gateway/console/webhooks/v3/NOTHING").status == 404


def test_notifications_in_short_and_whole(gateway, wxpay):
    new = order(gateway, wxpay)
    gateway.pay(new["number"])
    (line,) = listed(gateway, "console/notifications")
    assert line.keys() == {"id", "event", "url", "state", "created", "attempts", "mchid"}
    whole = listed(gateway, f"console/notifications/{line['id']}")
    assert whole["resource"]["out_trade_no"] == new["number"]
    assert len(listed(gateway, f"console/notifications?q={new['number']}")) == 1
    assert listed(gateway, "console/notifications?q=nothing-like-it") == []
    assert ask(gateway, "_gateway/console/notifications/none").status == 404


def test_bytes_that_are_no_text_spoil_nothing(gateway):
    place = urlsplit(gateway.base_uri)
    for head in (
        b"GET /v3/\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"POST /v3/certificates HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Odd: \xff\xc3\r\n",
        b"POST /pay/unifiedorder HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: \xff\r\n",
    ):
        with socket.create_connection((place.hostname, place.port)) as line:
            body = b"\xff\x00<xml>\xfe"
            line.sendall(
                head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
            )
            while line.recv(65536):
                pass
    for each in listed(gateway, "console/requests"):
        assert listed(gateway, f"console/requests/{each['number']}")["explanation"]["protocol"]


def test_a_body_that_was_not_kept_whole(gateway, wxpay):
    with gateway.client(secret="0" * 32) as wrong, pytest.raises(APIError):
        wrong.v2.pay.unifiedorder.post(
            xml={"mch_id": gateway.identity.mchid, "body": "x" * 70_000, "nonce_str": "1"}
        )
    found = latest(gateway)["explanation"]
    assert (found["hashed"], found["complete"]) == (None, False)
    assert found["findings"] == [{"code": "body_not_kept"}]
