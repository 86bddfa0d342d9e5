"""Which calls may be repeated, and by which number of the merchant's own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import Sensitive, catalogue
from wechatpay_chain.catalogue import Number, Operation
from wechatpay_chain.catalogue.describe import describe
from wechatpay_chain.catalogue.idempotency import numbers

SAFE = "safe"
NEVER = "never"
NOTHING = "nothing"

TABLE = """
v2/pay/unifiedorder                           body out_trade_no
v2/pay/contractorder                          body out_trade_no
v2/pay/closeorder                             body out_trade_no
v2/pay/orderquery                             safe
v2/pay/refundquery                            safe
v2/pay/downloadbill                           safe
v2/pay/micropay                               never out_trade_no
v2/pay/facepay                                never out_trade_no
v2/pay/pappayapply                            body out_trade_no
v2/pay/partner/pappayapply                    body out_trade_no
v2/pay/combinedorder                          body combine_out_trade_no sub_order_list.order_list[].out_trade_no
v2/pay/closecombinedorder                     body combine_out_trade_no sub_order_list.order[].out_trade_no
v2/pay/profitsharingaddreceiver               nothing
v2/secapi/pay/refund                          body out_refund_no
v2/secapi/pay/refundv2                        body out_refund_no
v2/secapi/pay/reverse                         body out_trade_no
v2/secapi/pay/facepayreverse                  body out_trade_no
v2/secapi/pay/profitsharing                   body out_order_no
v2/secapi/pay/multiprofitsharing              body out_order_no
v2/secapi/pay/profitsharingfinish             body out_order_no
v2/secapi/pay/profitsharingreturn             body out_return_no
v2/secapi/mch/uploadmedia                     safe
v2/deposit/unifiedorder                       body out_trade_no
v2/deposit/micropay                           never out_trade_no
v2/deposit/consume                            never out_trade_no
v2/deposit/refund                             body out_refund_no
v2/deposit/reverse                            body out_trade_no
v2/mmpaymkttransfers/promotion/transfers      body partner_trade_no
v2/mmpaymkttransfers/promotion/paywwsptrans2pocket body partner_trade_no
v2/mmpaymkttransfers/sendredpack              body mch_billno
v2/mmpaymkttransfers/sendworkwxredpack        body mch_billno
v2/mmpaymkttransfers/send_coupon              body partner_trade_no
v2/mmpaymkttransfers/gethbinfo                safe
v2/mmpaysptrans/pay_bank                      body partner_trade_no
v2/mmpaysptrans/query_bank                    safe
v2/transit/pay/payapply                       body out_trade_no
v2/vehicle/pay/payapply                       body out_trade_no
v2/papay/deletecontract                       body contract_code
v2/applyment/micro/submit                     body business_code
v2/wxv/finishrentbill                         body out_order_no
v2/fund/reautowithdrawbydate                  nothing
v2/cgi-bin/mch/customs/customdeclareorder     never out_trade_no
v3/pay/transactions/native                    body out_trade_no
v3/pay/transactions/jsapi                     body out_trade_no
v3/pay/transactions/codepay                   never out_trade_no
v3/pay/transactions/exposure                  safe
v3/pay/transactions/out-trade-no/{out_trade_no}/close path out_trade_no
v3/pay/transactions/out-trade-no/{out_trade_no}/reverse path out_trade_no
v3/pay/partner/transactions/app               body out_trade_no
v3/pay/partner/transactions/codepay           never out_trade_no
v3/combine-transactions/jsapi                 body combine_out_trade_no sub_orders[].out_trade_no
v3/combine-transactions/native                body combine_out_trade_no sub_orders[].out_trade_no
v3/repayment/combine-transactions/partner/prepay body combine_out_trade_no sub_orders[].out_trade_no
v3/refund/domestic/refunds                    body out_refund_no
v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund body out_refund_no
v3/ecommerce/refunds/apply                    body out_refund_no
v3/ecommerce/refunds/{refund_id}/return-advance nothing
v3/ecommerce/profitsharing/orders             body out_order_no
v3/ecommerce/profitsharing/returnorders       body out_return_no
v3/ecommerce/profitsharing/finish-order       body out_order_no
v3/ecommerce/profitsharing/after-sales-orders nothing
v3/ecommerce/subsidies/create                 body out_subsidy_no
v3/ecommerce/subsidies/return                 body out_order_no
v3/ecommerce/subsidies/cancel                 nothing
v3/ecommerce/fund/withdraw                    body out_request_no
v3/merchant/fund/withdraw                     body out_request_no
v3/ecommerce/applyments/                      body out_request_no
v3/ecommerce/applyments/out-request-no/{out_request_no}/revoke path out_request_no
v3/ecommerce/combine-papay/transactions/{combine_out_trade_no}/reverse path combine_out_trade_no
v3/applyment4sub/applyment/                   body business_code
v3/apply4subject/applyment                    body business_code
v3/apply4subject/applyment/{business_code}/cancel path business_code
v3/apply4subject/applyment/{applyment_id}/cancel nothing
v3/profitsharing/orders                       body out_order_no
v3/profitsharing/orders/unfreeze              body out_order_no
v3/profitsharing/return-orders                body out_return_no
v3/profitsharing/receivers/add                nothing
v3/brand/profitsharing/orders                 body out_order_no
v3/transfer/batches                           body out_batch_no
v3/partner-transfer/batches                   body out_batch_no
v3/transfer-detail/electronic-receipts        body out_detail_no
v3/fund-app/mch-transfer/transfer-bills       body out_bill_no
v3/fund-app/mch-transfer/transfer-bills/transfer body out_bill_no
v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{out_bill_no}/cancel path out_bill_no
v3/fund-app/mch-transfer/user-confirm-authorization body out_authorization_no
v3/fund-app/mch-transfer/partner/charity-transfer-bills body out_transfer_no
v3/fund-app/brand-redpacket/brand-merchant-batches body out_batch_no
v3/platsolution/ecommerce/recharges/apply     body out_recharge_no
v3/platsolution/mch-transfer/reservation/apply body out_reservation_no
v3/marketing/favor/coupon-stocks              body out_request_no
v3/marketing/favor/users/{openid}/coupons     body out_request_no
v3/marketing/favor/stocks/{stock_id}/start    nothing
v3/marketing/busifavor/coupons/use            body use_request_no
v3/marketing/busifavor/coupons/associate      body out_request_no
v3/marketing/busifavor/subsidy/pay-receipts   body out_subsidy_no
v3/marketing/paygiftactivity/unique-threshold-activity body activity_base_info.out_request_no
v3/marketing/partnerships/build               header Idempotency-Key
v3/marketing/favor/media/image-upload         safe
v3/merchant/media/upload                      safe
v3/payscore/serviceorder                      body out_order_no
v3/payscore/serviceorder/{out_order_no}/complete path out_order_no
v3/payscore/serviceorder/{out_order_no}/cancel path out_order_no
v3/payscore/serviceorder/{out_order_no}/modify path out_order_no
v3/payscore/serviceorder/{out_order_no}/pay   never out_order_no
v3/payscore/serviceorder/{out_order_no}/send-prepaidmessage never out_order_no
v3/payscore/permissions                       body authorization_code
v3/vehicle/transactions/parking               body out_trade_no
v3/vehicle/parking/parkings                   body out_parking_no
v3/papay/pay/transactions/apply               body out_trade_no
v3/papay/sign/contracts/pre-entrust-sign      body out_contract_code
v3/papay/contracts/{contract_id}/notify       nothing
v3/global/transactions/native                 body out_trade_no
v3/global/micropay/transactions/pay           never out_trade_no
v3/global/micropay/transactions/out-trade-no/{out_trade_no}/reverse path out_trade_no
v3/global/papay/transactions                  never out_trade_no
v3/global/refunds                             body out_refund_no
v3/transactions/micropay                      never out_trade_no
v3/customs/orders                             never out_trade_no
v3/customs/redeclare                          never out_trade_no
v3/merchant-service/complaints-v2/{complaint_id}/response-immediate-service body idempotent_id
v3/merchant-service/complaints-v2/{complaint_id}/response nothing
v3/new-tax-control-fapiao/fapiao-applications body fapiao_apply_id
v3/security/echo                              safe
"""  # noqa: E501  # a row is an operation
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def found(path: str, method: str = "POST") -> Operation:
    operation = catalogue.find(method, path)
    assert operation is not None
    assert operation.path == path
    return operation


@pytest.mark.parametrize(("path", "kind", "names"), [(row[0], row[1], row[2:]) for row in ROWS])
def test_what_makes_a_repetition_safe(path: str, kind: str, names: list[str]) -> None:
    operation = found(path)
    key = operation.idempotency_key
    assert operation.safe is (kind == SAFE)
    assert (operation.not_idempotent is not None) is (kind == NEVER)
    assert [place.name for place in key or ()] == names
    if kind in ("path", "header"):
        assert {place.location for place in key or ()} == {kind}
    elif kind in (NOTHING, SAFE):
        assert key is None


def test_the_table_is_long_and_has_each_operation_once() -> None:
    assert len(ROWS) >= 80
    assert len({row[0] for row in ROWS}) == len(ROWS)
    assert {row[1] for row in ROWS} == {"path", "body", "header", SAFE, NEVER, NOTHING}


def test_other_methods() -> None:
    close = found("v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close")
    assert close.idempotency_key == (
        Number("path", "combine_out_trade_no"),
        Number("body", "sub_orders[].out_trade_no"),
    )
    path = "v3/marketing/busifavor/stocks/{stock_id}/couponcodes/{coupon_code}"
    assert found(path, "DELETE").idempotency_key == (Number("query", "delete_request_no"),)
    budget = found("v3/marketing/busifavor/stocks/{stock_id}/budget", "PATCH")
    assert budget.idempotency_key == (Number("body", "modify_budget_request_no"),)
    assert found("v3/customs/orders", "PATCH").not_idempotent is not None


def test_a_get_is_safe_and_has_no_mark() -> None:
    for operation in catalogue.operations():
        if operation.method == "GET":
            assert operation.safe
            assert operation.idempotency_key is None
            assert numbers(operation, {}) == ()


def test_reasons_are_in_both_languages() -> None:
    reason = found("v2/deposit/consume").not_idempotent
    assert reason is not None
    assert "押金" in reason.zh
    assert "deposit" in reason.en


def test_help_says_whether_it_may_be_repeated() -> None:
    assert "Safe to repeat with the same out_refund_no." in describe(REFUND)
    consume = " ".join(describe(found("v2/deposit/consume")).split())
    assert "Not to be repeated automatically: the number names the deposit" in consume


REFUND = found("v3/refund/domestic/refunds")
COMBINED = found("v3/combine-transactions/native")
COMBINED_V2 = found("v2/pay/combinedorder")
CLOSE = found("v3/pay/transactions/out-trade-no/{out_trade_no}/close")
CLOSE_COMBINED = found("v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close")
DELETE_CODE = found("v3/marketing/busifavor/stocks/{stock_id}/couponcodes/{coupon_code}", "DELETE")
BUILD = found("v3/marketing/partnerships/build")


def test_a_number_of_the_body() -> None:
    assert numbers(REFUND, "v3/refund/domestic/refunds", None, {"out_refund_no": "R1"}) == ("R1",)
    assert numbers(REFUND, {}, None, {"out_refund_no": 7, "reason": "x"}) == ("7",)
    assert numbers(REFUND, {}, body=b'{"out_refund_no": "R1"}') == ("R1",)
    query = {"out_refund_no": "R1"}
    assert numbers(REFUND, "v3/refund/domestic/refunds?out_refund_no=R1", query) is None


@pytest.mark.parametrize(
    "value", ["", " ", None, True, 1.5, b"R1", [], ["R1"], {"R": "1"}, object(), Sensitive("R1")]
)
def test_what_is_no_number(value: Any) -> None:
    assert numbers(REFUND, {}, None, {"out_refund_no": value}) is None


@pytest.mark.parametrize("body", [None, {}, [], "", "{", "[]", b"\xff", "[" * 100_000, 7, object()])
def test_what_is_no_body(body: Any) -> None:
    assert numbers(REFUND, {}, None, body) is None


def test_a_number_of_the_path() -> None:
    assert numbers(CLOSE, {"out_trade_no": "N1"}) == ("N1",)
    for written in (
        "v3/pay/transactions/out-trade-no/N1/close",
        "/v3/pay/transactions/out-trade-no/N1/close?x=1",
        "https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/N1/close",
    ):
        assert numbers(CLOSE, written, None, {"mchid": "1"}) == ("N1",)
    encoded = "v3/pay/transactions/out-trade-no/a%2Fb%20%E4%B8%AD/close"
    assert numbers(CLOSE, encoded) == ("a/b 中",)


@pytest.mark.parametrize(
    "path",
    [
        "v3/pay/transactions/out-trade-no/{out_trade_no}/close",
        "v3/pay/transactions/out-trade-no//close",
        "v3/pay/transactions/out-trade-no/N1",
        "v3/pay/transactions/id/N1/close",
        "close",
        "",
        {},
        {"out_trade_no": ""},
        {"transaction_id": "N1"},
    ],
)
def test_what_is_no_number_of_the_path(path: Any) -> None:
    assert numbers(CLOSE, path, {"out_trade_no": "N1"}, {"out_trade_no": "N1"}) is None


def test_a_path_in_brackets_is_found_and_read() -> None:
    path = "v3/payscore/serviceorder/S1/cancel"
    operation = catalogue.find("POST", path)
    assert operation is not None
    assert numbers(operation, path, None, {"reason": "x"}) == ("S1",)


def test_a_number_of_the_query() -> None:
    path = "v3/marketing/busifavor/stocks/1/couponcodes/2"
    for given_query in ({"delete_request_no": "D1"}, [("delete_request_no", "D1")]):
        assert numbers(DELETE_CODE, path, given_query) == ("D1",)
    assert numbers(DELETE_CODE, f"{path}?delete_request_no=D%201") == ("D 1",)
    for given_query in (None, {}, [], "delete_request_no=D1", [1, ("a",)], 7):
        assert numbers(DELETE_CODE, path, given_query) is None


def test_a_number_of_the_header() -> None:
    for name in ("Idempotency-Key", "idempotency-key"):
        assert numbers(BUILD, {}, headers={name: "K1"}) == ("K1",)
    assert numbers(BUILD, {}, body={"Idempotency-Key": "K1"}) is None
    assert numbers(BUILD, {}, headers={}) is None


def test_combined_orders_have_many() -> None:
    orders = [{"out_trade_no": "A"}, {"out_trade_no": "B"}]
    body = {"combine_out_trade_no": "C", "sub_orders": orders}
    assert numbers(COMBINED, {}, None, body) == ("C", "A", "B")
    assert numbers(COMBINED, {}, None, {**body, "sub_orders": tuple(orders)}) == ("C", "A", "B")
    for broken in (None, [], {}, "[]", [{}], [*orders, {}], [*orders, {"out_trade_no": ""}], [1]):
        assert numbers(COMBINED, {}, None, {**body, "sub_orders": broken}) is None
    assert numbers(COMBINED, {}, None, {"sub_orders": orders}) is None
    path = "v3/combine-transactions/out-trade-no/C/close"
    assert numbers(CLOSE_COMBINED, path, None, {"sub_orders": orders}) == ("C", "A", "B")
    assert numbers(CLOSE_COMBINED, path) is None


def test_apiv2_has_its_orders_in_a_string_of_json() -> None:
    orders = {"order_num": 2, "order_list": [{"out_trade_no": "A"}, {"out_trade_no": "B"}]}
    for written in (orders, json.dumps(orders)):
        body = {"combine_out_trade_no": "C", "sub_order_list": written}
        assert numbers(COMBINED_V2, "v2/pay/combinedorder", None, body) == ("C", "A", "B")
        assert numbers(COMBINED_V2, "pay/combinedorder", None, body) == ("C", "A", "B")
    for broken in ("{", "7", json.dumps({"order_list": []}), json.dumps({"order_list": [{}]})):
        assert numbers(COMBINED_V2, {}, None, {**body, "sub_order_list": broken}) is None


def test_what_needs_no_number_gives_none_of_them() -> None:
    assert numbers(found("v2/pay/orderquery"), {}, None, {"transaction_id": "4"}) == ()
    assert numbers(found("v3/merchant/media/upload"), {}) == ()


def test_what_is_not_idempotent_has_no_number_that_helps() -> None:
    for operation in catalogue.operations():
        if operation.not_idempotent is not None:
            everything = {name: "1" for row in ROWS for name in row[2:]}
            assert numbers(operation, everything, everything, everything, everything) is None


def filled(names: list[str], value: str) -> Any:
    """A body with one member at a place."""
    if not names:
        return value
    inner = filled(names[1:], value)
    return {names[0].removesuffix("[]"): [inner] if names[0].endswith("[]") else inner}


def merged(one: Any, other: Any) -> Any:
    return {**one, **other} if isinstance(one, dict) else other


KEYED = [each for each in catalogue.operations() if each.idempotency_key is not None]


@given(st.sampled_from(KEYED), st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_every_operation_with_a_number_gives_it_back(operation: Operation, value: str) -> None:
    parts: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "body": {}}
    for place in operation.idempotency_key or ():
        names = place.name.split(".") if place.location == "body" else [place.name]
        parts[place.location] = merged(parts[place.location], filled(names, value))
    values = numbers(operation, parts["path"], parts["query"], parts["body"], parts["header"])
    count = len(operation.idempotency_key or ())
    assert values == (None if operation.not_idempotent else (value,) * count)
    for name in parts:
        if parts[name]:
            less = {**parts, name: {}}
            assert (
                numbers(operation, *(less[k] for k in ("path", "query", "body", "header"))) is None
            )


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["sub_orders", "out_trade_no", "combine_out_trade_no", "out_refund_no"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from([REFUND, COMBINED, CLOSE, CLOSE_COMBINED, DELETE_CODE, COMBINED_V2]),
    st.text() | st.dictionaries(st.text(), ANYTHING),
    ANYTHING,
    ANYTHING,
)
def test_nothing_is_too_odd_to_be_looked_at(
    operation: Operation, path: Any, query: Any, body: Any
) -> None:
    values = numbers(operation, path, query, body)
    assert values is None or (values and all(value.strip() for value in values))


@given(st.text(min_size=1))
def test_a_path_gives_back_what_went_into_it(value: str) -> None:
    path = CLOSE.path.replace("{out_trade_no}", quote(value.encode("utf-8", "replace"), safe=""))
    expected = value.encode("utf-8", "replace").decode()
    assert numbers(CLOSE, path) == (None if expected.isspace() else (expected,))


def test_it_is_imported_only_when_somebody_asks() -> None:
    code = (
        "import sys, wechatpay_chain, wechatpay_chain.client;"
        "from wechatpay_chain import catalogue;"
        "catalogue.find('GET', 'v3/certificates');"
        "assert 'wechatpay_chain.catalogue.idempotency' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
