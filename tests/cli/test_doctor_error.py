"""`doctor error`: codes, numbers and Request-IDs, in English and Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.support import data, failed, lines
from wechatpay_chain import APIError, catalogue
from wechatpay_chain.gateway import Gateway

REQUEST_ID = "08F7D7D6DC0510E90218A4D2B7C70120B3C204-268512771"


@pytest.mark.parametrize("key", ["ORDER_NOT_EXIST", "order_not_exist", "268512771", REQUEST_ID])
def test_a_meaning_and_what_to_do(key: str) -> None:
    told = lines("doctor", "error", key)
    assert "meaning  no such order" in told
    assert "action   check the number, and that this merchant placed the order" in told
    assert "中文     订单不存在；检查单号，并确认由该商户下单" in told


def test_where_a_code_is_documented() -> None:
    told = lines("doctor", "error", "ORDER_CLOSED")
    assert told[told.index("Documented for") + 1].split()[0] in {"GET", "POST"}
    assert [each["code"] for each in data("ops", "show", "v3/pay/transactions/native")["errors"]]
    found = data("doctor", "error", "ORDER_CLOSED")["operations"]
    listing = [
        f"{each.method} {each.path}"
        for each in catalogue.operations()
        if "ORDER_CLOSED" in {error.code for error in each.errors}
    ]
    assert found == listing


def test_the_documentation_of_an_operation_comes_first() -> None:
    found = data("doctor", "error", "NO_AUTH", "--operation", "v3/profitsharing/orders")
    operation = catalogue.find("POST", "v3/profitsharing/orders")
    assert operation is not None
    (documented,) = [each for each in operation.errors if each.code == "NO_AUTH"]
    assert (found["en"], found["zh"]) == (documented.en, documented.zh)
    assert found["operations"] == ["POST v3/profitsharing/orders"]


def test_a_request_id_tells_when_it_was_received() -> None:
    found = data("doctor", "error", REQUEST_ID)
    assert found["time"] == "2018-09-09T23:25:43+00:00"
    assert (found["number"], found["key"]) == (268512771, "268512771")


def test_a_success() -> None:
    told = lines("doctor", "error", REQUEST_ID.replace("268512771", "0"))
    assert told[-1] == "number      0: the request succeeded (请求成功)"


def test_a_number_that_nobody_knows_is_still_a_request_id() -> None:
    told = "\n".join(lines("doctor", "error", REQUEST_ID.replace("268512771", "999")))
    assert "999: not a known code" in told
    assert "提供完整的 Request-ID" in told


def test_an_unknown_code_says_what_is_like_it() -> None:
    message = failed("doctor", "error", "ORDER_NOT_EXISTS")
    assert "'ORDER_NOT_EXISTS' is not a known code" in message
    assert "  ORDER_NOT_EXIST\n" in message


def test_what_a_gateway_has_logged(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        with pytest.raises(APIError) as caught:
            wxpay.v3.pay.transactions.out_trade_no["order-1"].get(query={"mchid": wxpay.mchid})
        request_id = caught.value.request_id
        found = data("doctor", "error", request_id, "--gateway", str(tmp_path))
        assert found["exchange"]["status"] == 404
        assert found["exchange"]["answer_headers"]["Request-ID"] == request_id
        told = lines("doctor", "error", request_id, "--gateway", gateway.base_uri)
        assert any("order-1" in line for line in told)
        message = failed("doctor", "error", REQUEST_ID, "--gateway", str(tmp_path))
    assert "the gateway's log has no response with" in message
