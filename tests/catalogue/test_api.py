"""The small API over the documents: what it finds, and how little it reads for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Operation


def found(method: str, path: str) -> Operation:
    operation = catalogue.find(method, path)
    assert operation is not None
    return operation


def test_everything_is_there() -> None:
    assert len(catalogue.operations()) == 1148
    assert len(catalogue.webhooks()) == 112
    assert sum(len(catalogue.operations(name)) for name in catalogue.products()) == 1148


def test_one_operation_tells_what_is_known_of_it() -> None:
    native = found("post", "v3/pay/transactions/native")
    assert (native.title, native.tags, native.mode) == ("Native下单", ("基础支付",), "merchant")
    assert native.attributes == ("v3", "pay", "transactions", "native")
    assert (native.protocol, native.product, native.verb) == ("v3", "v3/pay", "post")
    assert (native.base_uri, native.security, native.nonceless) == (None, False, False)
    assert not native.retired
    amount = next(member for member in native.body if member.name == "amount")
    assert (amount.type, amount.required, amount.title) == ("object", True, "订单金额")
    assert [(each.name, each.type) for each in amount.members] == [
        ("total", "integer"),
        ("currency", "string"),
    ]
    assert [member.name for member in native.response] == ["code_url"]
    assert (native.response_status, native.response_type) == (200, "application/json")


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "v3/pay/transactions/id/42", "v3/pay/transactions/id/{transaction_id}"),
        ("get", "/v3/pay/transactions/id/42?mchid=1", "v3/pay/transactions/id/{transaction_id}"),
        ("GET", "v3/pay/transactions/id/{id}", "v3/pay/transactions/id/{transaction_id}"),
        ("POST", "V2/pay/unifiedorder", "v2/pay/unifiedorder"),
        ("POST", "v2/secapi/mch/addInstitutionsub", "v2/secapi/mch/addInstitutionsub"),
        ("POST", "v3/applyment4sub/applyment/", "v3/applyment4sub/applyment/"),
        ("POST", "v3/offlineface/transactions", "v3/offlineface/transactions"),
        (
            "POST",
            "v3/apply4subject/applyment/{business_code}/cancel",
            "v3/apply4subject/applyment/{business_code}/cancel",
        ),
        (
            "POST",
            "v3/apply4subject/applyment/{applyment_id}/cancel",
            "v3/apply4subject/applyment/{applyment_id}/cancel",
        ),
    ],
)
def test_a_path_finds_its_operation(method: str, path: str, template: str) -> None:
    assert found(method, path).path == template


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "v3/pay/transactions/native"),
        ("POST", "v3/pay/transactions"),
        ("GET", "v3/pay/transactions/id/"),
        ("GET", "v3/pay/transactions/id/42/more"),
        ("POST", "v2/secapi/mch/addinstitutionsub"),
        ("POST", "v3/applyment4sub/applyment"),
        ("GET", "v4/pay"),
        ("GET", ""),
    ],
)
def test_what_is_not_there_is_not_found(method: str, path: str) -> None:
    assert catalogue.find(method, path) is None


def test_the_most_literal_template_wins() -> None:
    literal = found("GET", "v3/marketing/favor/stocks")
    assert "{" not in literal.path
    for operation in catalogue.operations():
        assert catalogue.find(operation.method, operation.path) is operation


@given(st.text(), st.text())
def test_no_path_is_too_odd_to_be_looked_up(method: str, path: str) -> None:
    assert catalogue.find(method, path) is None or path
    catalogue.node(path)
    catalogue.suggest(method, path)
    catalogue.search(path)


def test_a_search_takes_titles_products_and_paths() -> None:
    refunds = catalogue.search("退款")
    assert all("退款" in f"{each.title}{each.tags}" for each in refunds)
    assert "退款" in refunds[0].title
    assert refunds[0].protocol == "v3"
    assert found("POST", "v3/refund/domestic/refunds") in refunds
    assert {each.product for each in catalogue.search("offlineface 重采")} == {"v3/offlineface"}
    assert catalogue.search("REFUND/domestic")[0].path.startswith("v3/refund/domestic")
    assert found("POST", "v3/pay/transactions/native") in catalogue.search("基础支付 native")
    assert found("POST", "v3/profitsharing/orders") in catalogue.search("profitsharing.orders.post")
    assert catalogue.search("") == catalogue.search("  ") == catalogue.search("没有这个") == ()


def test_retired_operations_come_last() -> None:
    retired = [each for each in catalogue.operations() if each.retired]
    assert len(retired) == 5
    listed = catalogue.search(retired[0].tags[0])
    assert [each.retired for each in listed] == sorted(each.retired for each in listed)


def test_a_near_miss_is_suggested() -> None:
    native = found("POST", "v3/pay/transactions/native")
    assert catalogue.suggest("POST", "v3/pay/transaction/native")[0] is native
    assert catalogue.suggest("POST", "/v3/pay/transactions/nativ?a=1")[0] is native
    by_number = catalogue.suggest("GET", "v3/pay/transactions/out_trade_no/4200")[0]
    assert by_number.path == "v3/pay/transactions/out-trade-no/{out_trade_no}"
    assert len(catalogue.suggest("GET", "v3/pay/transactions/native", count=1)) == 1
    assert catalogue.suggest("GET", "completely/different") == ()


def test_a_node_has_what_follows() -> None:
    assert catalogue.node("") == (("v2", "v3"), ())
    assert "offlineface" in catalogue.node("v3").attributes
    assert {"faceCollections", "authinfo"} <= set(catalogue.node("v3/offlineface").attributes)
    collections = catalogue.node("v3/offlineface/face-collections")
    assert collections.attributes == ("_collection_id_",)
    assert collections.verbs == ("get",)
    for path in ("v3/pay/transactions/id/42", "v3/pay/transactions/id/{transaction_id}"):
        assert catalogue.node(path).verbs == ("get",)
    assert "return_" in catalogue.node("v3/ecommerce/subsidies").attributes
    assert catalogue.node("v3/of/next/year") == ((), ())


def test_paths_are_the_chains_own() -> None:
    assert "v3/pay/transactions/native" in catalogue.paths()
    assert "v2/pay/unifiedorder" in catalogue.paths()
    assert "transactions/native" in catalogue.paths("v3/pay")
    assert catalogue.paths("v3/pay/transactions/native") == ()
    assert len(catalogue.paths()) == len({each.path for each in catalogue.operations()})


def test_the_merged_document_has_everything_once() -> None:
    merged = catalogue.document()
    assert sum(len(item) for item in merged["paths"].values()) == 1148
    assert len(merged["webhooks"]) == 112
    assert {"Error", "Failure"} <= set(merged["components"]["schemas"])
    native = merged["paths"]["/v3/pay/transactions/native"]["post"]
    assert native["security"] == [{"WECHATPAY2-SHA256-RSA2048": []}]
    assert merged["paths"]["/pay/unifiedorder"]["post"]["security"] == []
    assert {tag["name"] for tag in merged["tags"]} >= {"基础支付", "v3/offlineface", "通知"}


def test_a_document_is_the_callers_own() -> None:
    first = catalogue.document("v3/pay")
    first["paths"].clear()
    assert catalogue.document("v3/pay")["paths"]
    with pytest.raises(KeyError, match="v3/refund"):
        catalogue.document("v3/refunding")


def test_a_notification_tells_what_it_carries() -> None:
    paid = catalogue.webhook("TRANSACTION.SUCCESS")
    assert paid is not None
    assert {"out_trade_no", "transaction_id", "amount"} <= {m.name for m in paid.resource}
    deposit = catalogue.webhook("TRANSACTION.SUCCESS", "v2")
    assert deposit is not None
    assert deposit is not paid
    assert deposit.title != paid.title
    assert catalogue.webhook("NOTHING.HAPPENED") is None
    assert [each for each in catalogue.webhooks() if not each.resource] == []
    refund = catalogue.webhook("refund-processed", "v2")
    assert refund is not None
    assert {"out_refund_no", "refund_status"} <= {member.name for member in refund.resource}


def test_repr_shows_what_a_thing_is() -> None:
    native = found("POST", "v3/pay/transactions/native")
    assert repr(native) == "<Operation POST v3/pay/transactions/native Native下单>"
    assert repr(native.body[0]) == "<Member appid: string>"
    assert repr(catalogue.webhook("REFUND.SUCCESS")).startswith("<Webhook v3 REFUND.SUCCESS ")


def test_nothing_is_read_before_it_is_asked_for() -> None:
    code = """
import json, sys
import wechatpay_chain
loaded = [[name for name in sys.modules if "catalogue" in name]]
from wechatpay_chain import catalogue
from wechatpay_chain.catalogue.documents import load
loaded.append(load.cache_info().currsize)
catalogue.node("v3")
loaded.append(load.cache_info().currsize)
catalogue.find("GET", "v3/pay/transactions/id/42")
catalogue.node("v3/pay/transactions")
loaded.append(load.cache_info().currsize)
print(json.dumps(loaded))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], 0, 0, 1]


def test_limits_are_those_of_the_documentation() -> None:
    members = {member.name: member for member in found("POST", "v3/pay/transactions/jsapi").body}
    assert members["description"].limits == {"maxLength": 127}
    assert members["attach"].limits_in_words == ("at most 128 characters",)
    assert members["out_trade_no"].limits == {
        "minLength": 6,
        "maxLength": 32,
        "pattern": r"^[0-9A-Za-z_\-|*@]+$",
    }
    assert members["out_trade_no"].limits_in_words[0] == "6 to 32 characters"
    assert members["time_expire"].limits["format"] == "date-time"
    goods = next(each for each in members["detail"].members if each.name == "goods_detail")
    assert goods.limits == {"minItems": 1, "maxItems": 6000}
    assert goods.limits_in_words == ("1 to 6000 items",)
    total = next(each for each in members["amount"].members if each.name == "total")
    assert total.limits_in_words == ("at least 1",)
    started = next(
        each for each in found("POST", "v2/pay/unifiedorder").body if each.name == "time_start"
    )
    assert started.limits_in_words[0] == "exactly 14 characters"
    assert members["support_fapiao"].limits == {}


def test_the_error_codes_of_the_documentation() -> None:
    native = {each.code: each for each in found("POST", "v3/pay/transactions/native").errors}
    assert native["OUT_TRADE_NO_USED"].status == 403
    assert native["FREQUENCY_LIMITED"].status == 429
    assert not native["ORDER_CLOSED"].zh.isascii()
    assert "out_trade_no" in native["ORDER_CLOSED"].en
    micropay = {each.code: each.status for each in found("POST", "v2/pay/micropay").errors}
    assert micropay["USERPAYING"] == 200
    assert found("GET", "v3/marketing/favor/stocks").errors == ()


def test_a_reason_for_an_error_code() -> None:
    path = "v3/pay/transactions/out-trade-no/native-0001"
    assert "no such order" in catalogue.reason("get", path, "ORDER_NOT_EXIST")
    assert catalogue.reason("GET", path, "NO_SUCH_CODE") == ""
    assert catalogue.reason("GET", "v3/nothing", "ORDER_NOT_EXIST") == ""
    assert catalogue.reason("GET", "nothing", "ORDER_NOT_EXIST") == ""


@pytest.mark.parametrize(
    "path",
    [
        *("v3/pay/transactions/jsapi", "v3/pay/partner/transactions/app"),
        *("v3/combine-transactions/native", "v3/refund/domestic/refunds"),
        *("v3/profitsharing/orders", "v3/fund-app/mch-transfer/transfer-bills"),
        *("v2/pay/unifiedorder", "v2/secapi/pay/refund", "v2/pay/orderquery"),
    ],
)
def test_what_moves_money_has_its_errors(path: str) -> None:
    assert found("POST", path).errors


@pytest.mark.parametrize(
    ("method", "path", "never", "first"),
    [
        ("POST", "v3/pay/transactions/out-trade-no/1/query", "close|reverse", "GET v3/pay/tr"),
        ("POST", "v3/fund-app/mch-transfer/transfer-bills/out-bill-no/1/confirm", "cancel", "GET"),
        ("POST", "v3/payscore/serviceorder/1/comfirm", "cancel", "POST v3/payscore/serviceorder/"),
        ("GET", "v3/refund/domestic/refund/1", "POST", "GET v3/refund/domestic/refunds/"),
        ("POST", "v3/merchant-service/complaint-notification", "DELETE", "POST"),
        ("POST", "v2/secapi/pay/refun", "reverse", "POST v2/secapi/pay/refund"),
    ],
)
def test_nothing_that_ends_something_is_suggested_unasked(
    method: str, path: str, never: str, first: str
) -> None:
    found = [f"{each.method} {each.path}" for each in catalogue.suggest(method, path)]
    assert found[0].startswith(first)
    assert not any(re.search(never, each) for each in found)


def test_what_ends_something_is_suggested_for_a_slip() -> None:
    path = "v3/pay/transactions/out-trade-no/1/clsoe"
    assert catalogue.suggest("POST", path)[0].path.endswith("/close")
    path = "v3/merchant-service/complaint-notification"
    assert catalogue.suggest("DELETE", path)[0].method == "DELETE"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("close order", "POST v3/pay/transactions/out-trade-no/{out_trade_no}/close"),
        ("create native order", "POST v3/pay/transactions/native"),
        ("create a refund", "POST v3/refund/domestic/refunds"),
        ("query refunds", "GET v3/refund/domestic/refunds/{out_refund_no}"),
        ("query the order by out_trade_no", "GET v3/pay/transactions/out-trade-no/{out_trade_no}"),
        ("partner native order", "POST v3/pay/partner/transactions/native"),
        ("trade bill", "GET v3/bill/tradebill"),
        ("certificates", "GET v3/certificates"),
        ("JSAPI order", "POST v3/pay/transactions/jsapi"),
        (
            "reply complaint",
            "POST v3/merchant-service/complaints-v2/{complaint_id}/response-immediate-service",
        ),
    ],
)
def test_english_words(words: str, first: str) -> None:
    found = catalogue.search(words)[0]
    assert f"{found.method} {found.path}" == first


def test_merchants_come_before_partners() -> None:
    for words in ("native 下单", "关单", "jsapi order"):
        modes = [each.mode for each in catalogue.search(words)]
        assert modes.index("merchant") < modes.index("partner")


def test_official_pages() -> None:
    pages = [each.page for each in catalogue.operations() if each.page]
    assert len(pages) == 728
    assert all(page.startswith("https://pay.weixin.qq.com/") for page in pages)


def test_words_stand_once_and_for_words_that_occur() -> None:
    text = Path(catalogue.__file__).with_name("words.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    words = [word for row in rows for word in row[0].split()]
    assert len(set(words)) == len(words)
    titles = "\n".join(each.title + " ".join(each.tags) for each in catalogue.operations())
    for _, chinese in rows:
        assert [each for each in chinese.split() if each not in titles and not each.isascii()] == []
