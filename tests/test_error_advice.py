"""What an error says to do follows from WeChat Pay's number and code, else from its status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import MCHID, PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain import APIError, Headers, Request, Response, Sensitive, catalogue
from wechatpay_chain.catalogue.explanations import MEMBERS, explanations
from wechatpay_chain.messages.request import Options
from wechatpay_chain.middleware.advice import BY_STATUS, UNKNOWN_OUTCOME
from wechatpay_chain.middleware.status import http_error
from wechatpay_chain.testing.mock import MockTransport

KEYS = Keys(new_key(), new_key())
ORIGIN = "https://api.mch.weixin.qq.com"
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
NATIVE = "v3/pay/transactions/native"


def text_of(status, code="", *, number=0, method="POST", path=f"/{NATIVE}", verified=True, **more):
    request = Request(method, ORIGIN, path, Headers())
    body = json.dumps({"code": code, "message": "x", **more}).encode()
    headers = Headers({"Request-ID": f"08F7-{number}"})
    response = Response(status, headers, body, request=request)
    response.verified = verified
    return str(http_error(response))


def test_the_number_is_more_precise_than_the_code_and_the_code_than_the_status():
    assert "already paid" in text_of(403, "RULE_LIMIT", number=268449538)
    assert "a business rule or a limit" in text_of(403, "RULE_LIMIT", number=1)
    assert BY_STATUS[403] in text_of(403)


def test_a_number_that_only_says_which_parameter_yields_to_another_code():
    assert "is too long" in text_of(400, "PARAM_ERROR", number=268435462)
    assert "too little money" in text_of(403, "NOT_ENOUGH", number=268435462)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_what_nobody_knows_is_left_to_the_message(status):
    text = text_of(status, "SOMETHING_NEW", number=999)
    assert text.startswith(f"POST /{NATIVE} was rejected with HTTP {status}: SOMETHING_NEW x; ")
    assert "permission" not in text


STATUSES = (*BY_STATUS.values(), UNKNOWN_OUTCOME)
PERMISSION = {"NO_AUTH", "NOAUTH"}
UNKNOWN = {"SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR"}
AGAIN_LATER = {"FREQUENCY_LIMITED", "ORDER_NOT_READY", "INVALID_REQ_TOO_MUCH"}


def test_no_documented_code_is_contradicted_by_its_status():
    """A code brings the same advice everywhere, and never that of a status as well."""
    for operation in catalogue.operations():
        for code, status, *_ in operation.errors:
            path = operation.path.removeprefix("v2")
            text = text_of(status, code, method=operation.method, path=f"/{path.lstrip('/')}")
            explanation = catalogue.explain(code)
            assert explanation is not None, code
            assert text.count(explanation.meaning) == text.count(explanation.action) == 1
            assert not any(words in text for words in STATUSES), text
            assert ("permission" in text) == (code in PERMISSION), text
            assert ("is unknown" in text) == (code in UNKNOWN), text
            assert ("wait" in text or "after a minute" in text) == (code in AGAIN_LATER), text


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_no_number_is_contradicted_by_its_status(status):
    for key, explanation in explanations().items():
        code, _, number = key.rpartition("/")
        if number.isdigit():
            text = text_of(status, code or "SOMETHING_NEW", number=number)
            assert explanation.action in text
            assert not any(words in text for words in STATUSES), text


def test_an_error_that_nobody_signed_says_so_and_is_advised_of_all_the_same():
    text = text_of(403, "NOT_ENOUGH", number=1, verified=False)
    assert "too little money" in text
    assert "not signed, so it may not come from WeChat Pay" in text
    assert UNKNOWN_OUTCOME not in text


@pytest.mark.parametrize("code", ["INVALID_TRANSACTIONID", "SYSTEM_ERROR", "BANK_ERROR"])
def test_an_unsigned_server_error_leaves_the_outcome_unknown_whatever_it_says(code):
    assert UNKNOWN_OUTCOME in text_of(500, code, verified=False)


# --- which values it is about ---------------------------------------------------------------------


def refused(code, call, *, status=403, **more):
    answer = {"code": code, "message": "x", **more}
    transport = MockTransport(lambda _: (status, answer), sign={PUBLIC_KEY_ID: KEYS.platform})
    with pytest.raises(APIError) as caught:
        call(KEYS.client(transport=transport, retry=None))
    return str(caught.value)


ORDER = {
    "mchid": MCHID,
    "appid": "wx8888888888888888",
    "out_trade_no": "native-0001",
    "payer": {"openid": OPENID},
    "amount": {"total": 100},
}


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda c: c.chain(NATIVE).post(json=ORDER), '(out_trade_no "native-0001")'),
        (
            lambda c: c.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(
                out_trade_no="native-0002", json={"mchid": MCHID}
            ),
            '(out_trade_no "native-0002")',
        ),
        (
            lambda c: c["v3/pay/transactions/out-trade-no/native%2D0003"].get(query={"mchid": 1}),
            '(out_trade_no "native-0003")',
        ),
        (
            lambda c: c["v3/combine-transactions/native"].post(
                json={
                    "combine_out_trade_no": "c-1",
                    "sub_orders": [{"out_trade_no": f"s-{n}"} for n in range(50)],
                }
            ),
            '(combine_out_trade_no "c-1", out_trade_no "s-0", out_trade_no "s-1", '
            'out_trade_no "s-2")',
        ),
        (lambda c: c.chain(NATIVE).post(json={"mchid": MCHID}), "no such order: check"),
        (lambda c: c.chain(NATIVE).post(json=[1, "text", None]), "no such order: check"),
    ],
)
def test_the_values_that_it_is_about(call, value):
    assert value in refused("ORDER_NOT_EXIST", call, status=404)


def test_the_values_of_apiv2(keys):
    transport = MockTransport(lambda _: (403, {"code": "NO_AUTH", "message": "x"}))
    with pytest.raises(APIError, match=rf'this operation \(mch_id "{MCHID}"\): activate'):
        keys.client(transport=transport).v2.pay.unifiedorder.post(xml={"mch_id": MCHID})


def test_odd_values_do_not_disturb_it():
    loop: dict[str, object] = {"out_trade_no": "loop-1"}
    loop["itself"] = loop
    request = Request("POST", ORIGIN, f"/{NATIVE}", Headers())
    response = Response(404, {}, b'{"code":"ORDER_NOT_EXIST"}', request=request)
    request.options = Options(json=loop)
    assert 'out_trade_no "loop-1"' in str(http_error(response))
    request.options = Options(json={"out_trade_no": "\x1b[2J\u202e" + "x" * 1000})
    text = str(http_error(response))
    assert r"\x1b[2J\u202e" in text
    assert "x" * 100 not in text


DETAIL = {"field": "/payer/openid", "value": OPENID, "issue": f"{OPENID} 与 appid 不匹配"}


def test_an_openid_is_in_no_error():
    text = refused(
        "PARAM_ERROR", lambda c: c.chain(NATIVE).post(json=ORDER), status=400, detail=DETAIL
    )
    assert OPENID not in text
    assert '"value": "***"' in text
    text = refused(
        "RESOURCE_NOT_EXISTS",
        lambda c: c["v3/x/accounts/{openid}"].get(openid=OPENID, query={"sub_openid": "o" * 28}),
        status=404,
        detail=[OPENID, "o" * 28],
    )
    assert 'detail: ["***", "***"]' in text


def test_nor_is_a_plaintext():
    name = {"name": Sensitive("Zhang San"), "out_trade_no": Sensitive("Li Si")}
    text = refused("ORDER_NOT_EXIST", lambda c: c.chain(NATIVE).post(json=name), status=404)
    assert "Zhang San" not in text
    assert "Li Si" not in text


def test_a_request_shows_no_openid_in_its_path():
    for operation in catalogue.operations():
        values = [
            OPENID if name.endswith("openid}") else "1900000109" if name.startswith("{") else name
            for name in operation.segments
        ]
        request = Request(operation.method, ORIGIN, f"/{'/'.join(values)}", Headers())
        assert OPENID not in f"{request} {request!r} {request.shown_target}"
        assert ("***" in str(request)) == (OPENID in values)


# --- the file itself ------------------------------------------------------------------------------


def test_the_file_has_one_form():
    path = Path(catalogue.__file__).with_name("explanations.tsv")
    header, *lines = path.read_text("utf-8").splitlines()
    assert header == "keys\tshows\tmeaning\taction\tzh"
    cells = [line.split("\t") for line in lines]
    keys = [key for row in cells for key in row[0].split(" ")]
    assert len(set(keys)) == len(keys), "a key stands twice"
    meanings = [row[2] for row in cells]
    assert len(set(meanings)) == len(meanings), "put keys of one meaning on one line"
    firsts = [row[0].split(" ")[0] for row in cells]
    assert firsts == sorted(firsts, key=lambda key: (key[0].isdigit(), key))
    for key in keys:
        code, _, number = key.rpartition("/")
        assert (number.isdigit() and len(number) == 9) or (not code and key.isupper()), key
    for _, shows, meaning, action, zh in cells:
        assert all(group in MEMBERS for group in shows.split())
        for sentence in (meaning, action):
            assert sentence == sentence.strip()
            assert not sentence.endswith((".", ";"))
            assert len(sentence) <= 160
            assert sentence.isascii()
        assert zh == zh.strip()
        assert zh.count("；") == 1
        assert not zh.endswith(("。", "；"))
        assert not set(",.;:") & set(
            zh.replace("err_code_des", "")
            .replace("detail.", "")
            .replace(".post", "")
            .replace("payer.openid", "")
        )


def test_no_member_that_it_shows_is_a_secret():
    shown = {name for names in MEMBERS.values() for name in names}
    assert not any(name.endswith("openid") for name in shown)
    for operation in catalogue.operations():
        for member in walk((*operation.query, *operation.body, *operation.variables)):
            assert not (member.name in shown and member.encrypted), operation


def walk(members):
    for member in members:
        yield member
        yield from walk(member.members)
