"""`webhooks`: all notifications, some, or one."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.support import data, failed, lines, run
from wechatpay_chain import catalogue


def test_all_of_them() -> None:
    rows = [line.split("\t") for line in lines("webhooks")]
    assert [(row[0], row[1]) for row in rows] == [
        (each.event, each.protocol) for each in catalogue.webhooks()
    ]
    assert ["TRANSACTION.SUCCESS", "v3", "支付成功通知"] in rows


def test_those_of_one_protocol() -> None:
    assert {line.split("\t")[1] for line in lines("webhooks", "--protocol", "v2")} == {"v2"}


@pytest.mark.parametrize("words", ["refund.", "退款"])
def test_a_part_of_a_type_or_title_lists(words: str) -> None:
    events = [line.split("\t")[0] for line in lines("webhooks", words)]
    assert "REFUND.SUCCESS" in events
    assert "TRANSACTION.SUCCESS" not in events


def test_one_of_them() -> None:
    text = "\n".join(lines("webhooks", "refund.success"))
    assert text.startswith("退款成功(REFUND.SUCCESS)通知\nevent     REFUND.SUCCESS\n")
    assert "protocol  APIv3\n" in text
    assert "├── Wechatpay-Signature* string 签名串\n" in text
    assert "    └── ciphertext* string" in text
    assert "encrypted: AEAD_AES_256_GCM\n" in text
    assert "Resource   ciphertext, decrypted   * required\n├── " in text
    assert "notice = wxpay.notify(headers, body)  # verified and decrypted\n" in text
    assert 'if notice.event_type == "REFUND.SUCCESS":\n' in text


def test_each_product_that_shares_a_type_has_its_own_members() -> None:
    text = "\n".join(lines("webhooks", "TRANSACTION.SUCCESS"))
    assert "├── direct   直连商户的支付\n│   ├── appid* string" in text
    assert "├── partner   服务商的支付\n│   ├── sp_appid* string" in text
    variants = data("webhooks", "TRANSACTION.SUCCESS")["body"]["variants"]
    assert [each["name"] for each in variants][:3] == ["direct", "partner", "combine"]
    assert "sp_mchid" not in [member["name"] for member in variants[0]["resource"]]
    assert data("webhooks", "COMPLAINT.CREATE")["body"]["variants"] == []


def test_the_same_type_in_both_protocols() -> None:
    newer = lines("webhooks", "TRANSACTION.SUCCESS")
    assert newer[2] == "protocol  APIv3   also: --protocol v2"
    older = lines("webhooks", "TRANSACTION.SUCCESS", "--protocol", "v2")
    assert older[2] == "protocol  APIv2"
    assert data("webhooks", "webhook_v2_TRANSACTION_SUCCESS")["protocol"] == "v2"


def code(event: str) -> str:
    text = "\n".join(lines("webhooks", event, "--protocol", "v2"))
    return text.partition("\nCode\n")[2]


def test_notifications_of_apiv2_are_opened_as_they_come() -> None:
    assert "Resource" not in "\n".join(lines("webhooks", "transaction-success"))
    assert code("transaction-success") == (
        'notice = wxpay.notify_v2(body)  # verified\nprint(notice.resource["out_trade_no"])'
    )
    assert 'if notice.event_type == "CHECK.FAIL":' in code("CHECK.FAIL")
    assert 'print(notice.resource["out_trade_no"])' in code("refund-processed")


def test_every_notification_has_a_page_and_code_that_is_python() -> None:
    for webhook in catalogue.webhooks():
        found = lines("webhooks", webhook.event, "--protocol", webhook.protocol)
        assert found[0] == webhook.title
        ast.parse("\n".join(found[found.index("Code") + 1 :]))


def test_json() -> None:
    every = data("webhooks")
    assert len(every) == len(catalogue.webhooks())
    assert every[0].keys() == {"event", "protocol", "title", "id"}
    one = data("webhooks", "REFUND.SUCCESS")
    assert one.keys() == {*every[0], "headers", "body", "resource"}
    assert one["body"]["type"] == "application/json"
    assert "out_refund_no" in [member["name"] for member in one["resource"]]
    assert [each["event"] for each in data("webhooks", "FAPIAO.")] == [
        each.event for each in catalogue.webhooks() if each.event.startswith("FAPIAO.")
    ]


def test_nothing_found() -> None:
    message = failed("webhooks", "REFUND.SUCESS")
    assert "no notification has 'refund.sucess' in its type or title" in message
    assert "Did you mean:\n  REFUND.SUCCESS\n" in message
    message = failed("webhooks", "xqzzw")
    assert "Did you mean" not in message
    assert "All of them: wechatpay-chain webhooks" in message


def test_no_such_protocol() -> None:
    assert "'v4' is not one of 'v2', 'v3'" in failed("webhooks", "--protocol", "v4", code=2)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=20))
def test_no_event_crashes_it(event: str) -> None:
    assert run("webhooks", "--", event).exit_code in (0, 1)
