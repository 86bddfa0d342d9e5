"""`ops show`: an operation on a page, as JSON, or as nothing but Python."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.support import data, failed, lines, run
from wechatpay_chain import catalogue
from wechatpay_chain.catalogue.code_samples import code_samples
from wechatpay_chain.cli.operations.describe import folded

REFUND = ("POST", "v3/refund/domestic/refunds")
PAGE_RUN = settings(max_examples=60, deadline=None)


def page(*arguments: str) -> str:
    return "\n".join(lines("ops", "show", *arguments))


def test_it_says_what_it_is() -> None:
    assert lines("ops", "show", *REFUND)[:6] == [
        "申请退款",
        "operation  POST v3/refund/domestic/refunds",
        "url        https://api.mch.weixin.qq.com/v3/refund/domestic/refunds",
        "page       https://pay.weixin.qq.com/docs/merchant/apis/refund/refunds/create.html",
        "product    v3/refund · 退款",
        "called by  merchants and partners",
    ]


def test_parameters_are_a_tree() -> None:
    text = page(*REFUND)
    assert "json   body, application/json\n├── sub_mchid string 子商户号\n" in text
    assert "├── out_refund_no* string 商户退款单号\n" in text
    assert "├── amount* object 金额信息\n│   ├── refund* integer 退款金额\n" in text
    assert "│   ├── from object[] 退款出资账户及金额\n│   │   ├── account* string" in text


def test_errors_stand_at_the_end() -> None:
    text = page(*REFUND)
    assert "Errors\n" in text
    assert "403 NOT_ENOUGH" in text
    assert {"code", "status", "zh", "en"} == data("ops", "show", *REFUND)["errors"][0].keys()
    assert "Errors\n" not in page("v3/marketing/favor/stocks")


def test_limits_stand_below_their_member() -> None:
    text = page(*REFUND)
    assert "├── reason string 退款原因\n│   └── at most 80 characters\n" in text
    assert "│   └── 1 to 64 characters; ^[0-9A-Za-z_\\-|*@]+$\n" in text


def test_variables_query_and_headers_are_apart() -> None:
    text = page("v3/pay/transactions/id/{transaction_id}")
    assert "variables   of the path\n└── transaction_id* string 微信支付订单号\n" in text
    assert "query\n└── mchid* string 直连商户号\n" in text
    headers = next(each for each in catalogue.operations() if each.headers)
    assert f"headers\n├── {headers.headers[0].name}" in page(
        headers.method, headers.path
    ) or f"headers\n└── {headers.headers[0].name}" in page(headers.method, headers.path)


def test_what_is_special_of_a_member_is_marked() -> None:
    assert "sign_type string 签名类型 = MD5 | HMAC-SHA256\n" in page("v2/secapi/pay/refund")
    assert "detail string (JSON)\n│   ├── cost_price" in page("v2/pay/unifiedorder")
    assert "file* string (a file)\n" in page("v3/merchant/media/upload")
    receivers = page("v3/profitsharing/receivers/add")
    assert "encrypted: RSAES-OAEP" in receivers
    assert "needs      Sensitive(…) around each encrypted field" in receivers


def test_what_it_needs() -> None:
    text = page("v2/secapi/mch/addInstitutionsub")
    assert "needs      security=True: mutual TLS with the merchant's certificate\n" in text
    assert "needs      nonceless=True: without nonce_str\n" in text
    text = page("v3/global/transactions/native")
    assert 'needs      base_uri="https://apihk.mch.weixin.qq.com/"' in text
    assert "url        https://apihk.mch.weixin.qq.com/v3/global/transactions/native\n" in text
    complaint = page("v3/merchant-service/complaints-v2/{complaint_id}")
    assert "needs      wxpay.decrypt(…) for each encrypted field of the response" in complaint


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (
            "v3/refund/domestic/refunds",
            "safe with the same out_refund_no and an unchanged request",
        ),
        ("v2/deposit/consume", "not automatically: the number names the deposit, which may be"),
        ("v2/pay/orderquery", "safe\n"),
        ("v3/profitsharing/receivers/add", "not automatically: it has no merchant-assigned number"),
    ],
)
def test_whether_it_may_be_repeated(path: str, line: str) -> None:
    assert f"retry      {line}" in page(path)
    assert "\nretry " not in page("GET", "v3/certificates")


def test_apiv2_urls_have_no_v2() -> None:
    assert "url        https://api.mch.weixin.qq.com/pay/unifiedorder" in page(
        "v2/pay/unifiedorder"
    )


def test_what_is_retired_says_so() -> None:
    retired = next(each for each in catalogue.operations() if each.retired)
    text = page(retired.method, retired.path)
    assert text.startswith(f"{retired.title} (retired)\n")
    assert "status     retired: WeChat Pay no longer offers it" in text


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("v3/certificates", "Response   200 application/json\n└── data* object[] 平台证书列表\n"),
        ("v3/billdownload/file", "Response   200 application/octet-stream: sink= writes it to a"),
        ("v3/pay/transactions/out-trade-no/x/close", "Response   204 without a body"),
    ],
)
def test_the_response(path: str, response: str) -> None:
    assert response in page(path)


def test_an_operation_that_takes_nothing() -> None:
    bare = next(
        each
        for each in catalogue.operations()
        if not (each.query or each.body or each.variables or each.headers)
    )
    assert "Request   no variables, no query, no body\n" in page(bare.method, bare.path)


def test_the_first_call_is_in_full_and_the_long_others_are_folded() -> None:
    first, *others = code_samples(catalogue.find(*REFUND))
    text = page(*REFUND)
    assert f"# attribute\n{first.code}\n" in text
    for other in others:
        assert other.code not in text
        assert f"\n{folded(other.code)}\n" in text
    assert (
        '# bracket, async\nresponse = await wxpay["v3/refund/domestic/refunds"].post_async(' in text
    )


def test_full_writes_all_of_them_out() -> None:
    text = page(*REFUND, "--full")
    assert all(f"\n{each.code}\n" in text for each in code_samples(catalogue.find(*REFUND)))


def test_short_calls_are_never_folded() -> None:
    operation = catalogue.find("GET", "v3/pay/transactions/id/{transaction_id}")
    text = page("v3/pay/transactions/id/{transaction_id}")
    assert all(each.code in text for each in code_samples(operation))


@pytest.mark.parametrize(
    ("options", "captions"),
    [
        (["--style", "chain"], ["chain", "chain, async"]),
        (["--async"], ["attribute, async", "chain, async", "bracket, async"]),
        (["--sync"], ["attribute", "chain", "bracket"]),
        (["--style", "bracket", "--sync"], ["bracket"]),
    ],
)
def test_calls_can_be_narrowed(options: list[str], captions: list[str]) -> None:
    code = lines("ops", "show", *REFUND, "--code", *options)
    assert [line[2:] for line in code if line.startswith("# ")] == captions
    calls = data("ops", "show", *REFUND, *options)["calls"]
    assert [f"{each['style']}{', async' * each['async']}" for each in calls] == captions


def test_code_is_python_that_makes_the_call() -> None:
    code = page(*REFUND, "--code", "--style", "attribute", "--sync")
    assert code == f"# attribute\n{code_samples(catalogue.find(*REFUND))[0].code}"


def test_folded_calls_are_python() -> None:
    for operation in catalogue.operations():
        for sample in code_samples(operation):
            source = folded(sample.code)
            tree = ast.parse(source if not sample.is_async else f"async def f():\n    {source}")
            assert tree.body
            assert source.count("\n") < 10


def test_the_types_are_named_as_they_are_imported() -> None:
    assert (
        "types      from wechatpay_chain.typed.v3.refund import "
        "RefundDomesticRefundsPostJSON, RefundDomesticRefundsPostResponse\n"
    ) in page(REFUND[1])


def test_json_has_these_keys() -> None:
    found = data("ops", "show", *REFUND)
    assert found.keys() == {
        *("method", "path", "title", "id", "tags", "mode", "retired", "chain", "page", "protocol"),
        *("product", "url", "base_uri", "security", "nonceless", "variables", "query"),
        *("safe", "idempotency_key", "not_idempotent"),
        *("headers", "body", "response", "types", "errors", "calls"),
    }
    assert found["types"] == {
        "module": "wechatpay_chain.typed.v3.refund",
        "query": "",
        "body": "RefundDomesticRefundsPostJSON",
        "response": "RefundDomesticRefundsPostResponse",
    }
    assert found["body"].keys() == {"option", "type", "members"}
    assert found["response"].keys() == {"status", "type", "members"}
    assert found["safe"] is False
    assert found["idempotency_key"] == [{"location": "body", "name": "out_refund_no"}]
    assert found["not_idempotent"] is None
    assert len(found["calls"]) == 6
    member = next(each for each in found["body"]["members"] if each["name"] == "out_refund_no")
    assert member == {
        "name": "out_refund_no",
        "type": "string",
        "required": True,
        "title": "商户退款单号",
        "enum": [],
        "limits": {"minLength": 1, "maxLength": 64, "pattern": r"^[0-9A-Za-z_\-|*@]+$"},
        "encrypted": None,
        "encoded": None,
        "members": [],
    }


def test_json_of_what_has_no_body() -> None:
    found = data("ops", "show", "v3/certificates")
    assert found["body"] is None
    assert found["base_uri"] is None
    assert found["response"]["status"] == 200


def test_every_operation_has_a_page() -> None:
    for product in catalogue.products():
        operation = catalogue.operations(product)[0]
        text = page(operation.method, operation.path)
        assert text.startswith(operation.title)
        assert "\x1b" not in text
        found = run("ops", "show", operation.method, operation.path, "--json").stdout
        assert json.loads(found)["id"] == operation.id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument '[METHOD] PATH'"),
        (["POST"], "the path is missing, for example: POST v3/certificates"),
        (
            ["PSOT", "v3/pay"],
            "'PSOT' is not an HTTP method that WeChat Pay uses; expected GET, POST,",
        ),
        (["a", "b", "c"], "3 arguments are too many: expected METHOD and PATH"),
        ([*REFUND, "--style", "dots"], "'dots' is not one of 'attribute', 'chain', 'bracket'"),
    ],
)
def test_usage_errors(arguments: list[str], message: str) -> None:
    assert message in failed("ops", "show", *arguments, code=2)


SEGMENTS = st.sampled_from(
    sorted({segment for each in catalogue.operations() for segment in each.segments})
)
SIGNS = st.sampled_from(["/", ".", "?", "#", "[", '"', "'", "(", ")", " ", "{", "}", "wxpay", "_"])
PATHS = st.lists(st.one_of(SEGMENTS, SIGNS, st.text(max_size=3)), max_size=8).map("".join)


@PAGE_RUN
@given(st.one_of(st.text(max_size=40), PATHS, st.lists(SEGMENTS).map("/".join)))
def test_no_path_crashes_it(path: str) -> None:
    result = run("ops", "show", "--", path)
    assert result.exit_code in (0, 1, 2)
    assert bool(result.stdout) == (result.exit_code == 0)


@PAGE_RUN
@given(st.text(max_size=8), PATHS)
def test_no_method_crashes_it(method: str, path: str) -> None:
    assert run("ops", "show", "--", method, path).exit_code in (0, 1, 2)
