"""Which operation is meant: every form in which one may be named, and what to say of others."""

from __future__ import annotations

import pytest

from tests.cli.support import failed
from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Operation
from wechatpay_chain.catalogue.code_samples import code_samples
from wechatpay_chain.cli.failure import Failure
from wechatpay_chain.cli.operations.commands import _url
from wechatpay_chain.cli.operations.lookup import as_path, one_operation

BY_ID = "v3/pay/transactions/id/{transaction_id}"
NATIVE = "v3/pay/transactions/native"

TWINS = {"v3/apply4subject/applyment/{business_code}/cancel"}
"""Fits the same paths as another, so that a path with a value in it does not tell them apart."""


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("v3/pay/transactions/id/42", BY_ID),
        ("/v3/pay/transactions/id/42", BY_ID),
        (" v3/pay/transactions/id/{id}?mchid=1#top ", BY_ID),
        ("https://api.mch.weixin.qq.com/v3/pay/transactions/id/42?mchid=1", BY_ID),
        ("HTTPS://API.MCH.WEIXIN.QQ.COM/v3/pay/transactions/id/42", BY_ID),
        ("GET v3/pay/transactions/id/42", BY_ID),
        ("GET /v3/pay/transactions/id/42 HTTP/1.1", BY_ID),
        ("v3.pay.transactions.id._transaction_id_.get", BY_ID),
        ("v3.pay.transactions.id._transaction_id_", BY_ID),
        ("wxpay.v3.pay.transactions.native.post", NATIVE),
        ("wxpay.v3.pay.transactions.native", NATIVE),
        ("wxpay.v3.pay.transactions.native.post_async(json={})", NATIVE),
        ("order = await wxpay.v3.pay.transactions.native.post_async(json={})", NATIVE),
        ('wxpay.chain("v3/pay/transactions/native").post()', NATIVE),
        ("wxpay['v3/pay/transactions/native'].post()", NATIVE),
        ('wxpay["/v3/pay/transactions/native/"].post()', NATIVE),
        ('wxpay.v3["pay/transactions/native"]', NATIVE),
        ("self.client.v3.pay.transactions.native.post(json={})", NATIVE),
        ("client['v3/pay/transactions/native'].post()", NATIVE),
        ('client.v3["pay/transactions"].native.post()', NATIVE),
        ('answer = self.client.chain("v3/pay/transactions/native").post()', NATIVE),
        ("v3.profitsharing.receivers.delete.post", "v3/profitsharing/receivers/delete"),
        ("v3.profitsharing.receivers.delete", "v3/profitsharing/receivers/delete"),
        ("v3.merchantService.complaintsV2.get", "v3/merchant-service/complaints-v2"),
        ("v3.applyment4sub.applyment._empty_.post", "v3/applyment4sub/applyment/"),
        ("v3/applyment4sub/applyment", "v3/applyment4sub/applyment/"),
        ("v3/pay/transactions/native/", NATIVE),
        ("pay/unifiedorder", "v2/pay/unifiedorder"),
        ("V2/pay/unifiedorder", "v2/pay/unifiedorder"),
        ("https://api.mch.weixin.qq.com/pay/unifiedorder", "v2/pay/unifiedorder"),
        ("https://api.mch.weixin.qq.com/hk/v3/statements", "v3/statements"),
        ("post_v3_pay_transactions_native", NATIVE),
        ("授权获取code", "v2/appauth/authindex"),
        ("v2.secapi.mch._addinstitutionsub_.post", "v2/secapi/mch/addInstitutionsub"),
    ],
)
def test_forms(text: str, path: str) -> None:
    if path:
        assert one_operation(None, text).path == path
    else:
        with pytest.raises(Failure, match="matches 2 operations; choose one"):
            one_operation(None, text)


def forms(operation: Operation) -> list[tuple[str | None, str]]:
    chain = f"wxpay.{'.'.join(operation.attributes)}.{operation.verb}"
    written = [(None, sample.code) for sample in code_samples(operation)]
    if operation.path in TWINS:
        written = written[:2] + written[3:5]
    return [
        (operation.method, operation.path),
        (operation.method, f"/{operation.path}"),
        (operation.method, _url(operation)),
        (None, chain),
        (None, f"await {chain}_async()"),
        (None, operation.id),
        *written,
    ]


def test_every_operation_is_found_in_every_form() -> None:
    missed = [
        (method, text)
        for operation in catalogue.operations()
        for method, text in forms(operation)
        if one_operation(method, text) is not operation
    ]
    assert missed == []


def test_a_literal_path_hides_a_template_of_another_verb() -> None:
    literal = one_operation(None, "v3/marketing/busifavor/callbacks".replace("callbacks", "stocks"))
    assert (literal.method, literal.path) == ("POST", "v3/marketing/busifavor/stocks")


def test_a_path_with_two_verbs_asks_which() -> None:
    message = failed("ops", "show", "v3/brand/card/card-links")
    assert "'v3/brand/card/card-links' matches 2 operations; choose one:" in message
    assert "\n  GET    v3/brand/card/card-links  " in message
    assert "\n  POST   v3/brand/card/card-links  " in message


def test_a_title_that_several_have_lists_them() -> None:
    message = failed("ops", "show", "查询订单")
    assert message.count("查询订单") == message.count("\n")


def test_another_verb_is_named() -> None:
    message = failed("ops", "show", "PUT", "v3/refund/domestic/refunds")
    assert "no operation 'PUT v3/refund/domestic/refunds'; the methods of this path:" in message
    assert "POST   v3/refund/domestic/refunds  申请退款" in message


def test_a_misspelt_path_is_corrected() -> None:
    message = failed("ops", "show", "POST", "v3/refund/domestic/refund")
    assert "Did you mean:\n  POST   v3/refund/domestic/refunds  申请退款\n" in message


def test_a_misspelt_chain_is_corrected() -> None:
    message = failed("ops", "show", "wxpay.v3.pay.transactions.nativ.post")
    assert f"POST   {NATIVE}  Native下单" in message


@pytest.mark.parametrize(
    "text", ["v3/offlineface", "/v3/offlineface/", "wxpay.v3.offlineface", "v3.offlineface.get"]
)
def test_a_beginning_leads_to_the_tree(text: str) -> None:
    message = failed("ops", "show", text)
    assert message.endswith("To see them: wechatpay-chain ops tree v3/offlineface\n")


def test_a_word_is_searched_for() -> None:
    assert "Did you mean:\n  GET    v3/refunds" in failed("ops", "show", "refund")


@pytest.mark.parametrize("text", ["xqzzw", "", "wxpay.", "v3.", "https://", "wxpay.__x"])
def test_what_is_like_nothing_is_told_what_is_expected(text: str) -> None:
    message = failed("ops", "show", text)
    assert "the catalogue has no operation" in message
    assert "wechatpay-chain ops" in message


def test_what_is_typed_is_quoted_and_cut() -> None:
    message = failed("ops", "show", "x\n\x1b[31m" + "y" * 1000)
    assert "'x\\n\\x1b[31myyy" in message
    assert len(message.splitlines()[0]) < 200


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ""),
        ("v3", "v3"),
        ("/v3/offlineface/", "v3/offlineface"),
        ("wxpay.v3.offlineface", "v3/offlineface"),
        ("https://api.mch.weixin.qq.com/v3/offlineface", "v3/offlineface"),
        ("https://api.mch.weixin.qq.com/secapi/pay", "v2/secapi/pay"),
        ("nonsense", "nonsense"),
    ],
)
def test_the_beginning_of_a_path(text: str, path: str) -> None:
    assert as_path(text) == path
