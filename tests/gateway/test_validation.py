"""Invalid requests are rejected like WeChat Pay does, with place, value and reason."""

from __future__ import annotations

import json
import re
from functools import partial

import pytest

from tests.gateway.creating import created_first
from tests.gateway.support import order
from wechatpay_chain import APIError, ClientError, Media, Sensitive, ServerError, catalogue
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway import gateway as server
from wechatpay_chain.gateway.messages.exchange import Rejection, Secret
from wechatpay_chain.gateway.server import dispatch
from wechatpay_chain.gateway.simulation import checks
from wechatpay_chain.gateway.simulation.registry import simulated
from wechatpay_chain.messages import xml

SECRET = "张三的名字"
USER = "v3/offlinefacemch/organizations/o/users/out-user-id/u"
NESTED = "v3/funds-to-oversea/orders"


def rejected(call, /, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def bare(call, status, /, **options):
    """A rejection without a body and without a signature."""
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value
    assert (error.status_code, error.code, error.verified) == (status, "", False)
    assert error.response.content == b""
    assert not [name for name in error.response.headers if name.lower().startswith("wechatpay-")]
    return error


STUB_BODY = {
    "out_order_id": "1234323JKHDFE1243252",
    "sub_mchid": "1900000109",
    "transaction_id": "4200000001202611200000000001",
    "amount": 10000,
    "foreign_currency": "USD",
    "seller_info": {
        "oversea_business_name": "某某酒店",
        "oversea_shop_name": "hotel",
        "seller_id": "1",
    },
    "express_info": {"courier_number": "1", "express_company_name": "x"},
    "payee_info": {"payee_id": "1"},
}


@pytest.mark.parametrize(
    ("changes", "field", "issue"),
    [
        ({"out_order_id": None}, "/out_order_id", "is required and empty"),
        ({"out_order_id": ""}, "/out_order_id", "is required and empty"),
        ({"out_order_id": 1}, "/out_order_id", "must be of type string (JSON)"),
        ({"seller_info": None}, "/seller_info", "is required and empty"),
        ({"seller_info": []}, "/seller_info", "must be of type object (JSON)"),
        ({"presale_info": {"total_amount": 1}}, "/presale_info/type", "is required and empty"),
        (
            {"presale_info": {"type": "DEPOSIT", "total_amount": "1"}},
            "/presale_info/total_amount",
            "must be of type integer (JSON)",
        ),
        (
            {"presale_info": {"type": "DEPOSIT", "total_amount": True}},
            "/presale_info/total_amount",
            "must be of type integer (JSON)",
        ),
        (
            {"presale_info": {"type": "DEPOSIT", "total_amount": 1.5}},
            "/presale_info/total_amount",
            "must be of type integer (JSON)",
        ),
        ({"goods_info": {}}, "/goods_info", "must be an array"),
        (
            {"goods_info": [{"goods_name": "x", "goods_category": "y", "goods_unit_price": "1"}]},
            "/goods_info/0/goods_unit_price",
            "must be of type",
        ),
        ({"seller_info": "x"}, "/seller_info", "must be of type object"),
    ],
)
def test_a_stub_accepts_what_its_catalogue_says(wxpay, changes, field, issue):
    error = rejected(wxpay[NESTED].post, body=json.dumps({**STUB_BODY, **changes}))
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
    assert (error.detail["field"], error.detail["location"]) == (field, "body")
    assert error.detail["issue"].startswith(issue)
    assert field in error.message


def test_what_is_well_formed_is_answered_and_echoed(wxpay):
    answer = wxpay[NESTED].post(json=STUB_BODY)
    assert answer.headers["Wechatpay-Gateway"] == "stub"
    told = answer.json()
    for name in ("out_order_id", "sub_mchid", "amount", "foreign_currency"):
        assert told[name] == STUB_BODY[name]
    assert wxpay[NESTED].post(json=STUB_BODY).json() == told
    other = wxpay[NESTED].post(json={**STUB_BODY, "out_order_id": "2"}).json()
    assert other["order_id"] != told["order_id"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "/bill_date"),
        ({"organization_id": "", "limit": "1.5"}, "/limit"),
        ({"organization_id": "", "offset": "-"}, "/offset"),
    ],
)
def test_a_query_is_checked(wxpay, query, field):
    path = "v3/bill/tradebill" if field == "/bill_date" else "v3/offlineface/face-collections"
    error = rejected(wxpay[path].get, query=query)
    assert (error.code, error.detail["field"], error.detail["location"]) == (
        "PARAM_ERROR",
        field,
        "query",
    )


def test_the_query_of_a_stub_is_checked_and_echoed(wxpay):
    path = wxpay["v3/marketing/favor/stocks"]
    good = {"offset": "7", "limit": "3", "stock_creator_mchid": "9800064"}
    told = path.get(query=good).json()
    assert (told["offset"], told["limit"]) == (7, 3)
    for changes, field in (({"offset": "x"}, "/offset"), ({"limit": "1e3"}, "/limit")):
        assert rejected(path.get, query={**good, **changes}).detail["field"] == field
    del good["stock_creator_mchid"]
    error = rejected(path.get, query=good)
    assert (error.detail["field"], error.detail["issue"]) == (
        "/stock_creator_mchid",
        "is required",
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": -Infinity}',
        b'{"amount": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xed\xa0\x80"}',
        b"\xff\xfe{\0}\0",
        b'{"a": ' + b"[" * 90 + b"]" * 90 + b"}",
        b'{"a": ' + b'{"a":' * 90 + b"1" + b"}" * 91,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1',
        b"null",
        b'"text"',
        b"[{}]",
        b"\0",
        b"{'a': 1}",
    ],
)
def test_a_body_that_is_no_json_object(wxpay, body):
    for path in ("v3/pay/transactions/native", NESTED):
        error = rejected(wxpay[path].post, body=body)
        assert (error.status_code, error.code) == (400, "PARAM_ERROR")


@pytest.mark.parametrize(
    "text",
    ["\U0001f409", "\0", "a\nb", "\u202e", "]]>", "\ufffe", "\\u0000", "x" * 100_000, "{" * 99],
)
def test_any_text_comes_back_as_it_was(wxpay, text):
    told = wxpay[NESTED].post(json={**STUB_BODY, "foreign_currency": text}).json()
    assert told["foreign_currency"] == text


def test_of_two_members_with_one_name_the_last_counts(wxpay):
    body = json.dumps(STUB_BODY)[:-1] + ', "foreign_currency": "1", "foreign_currency": "2"}'
    assert wxpay[NESTED].post(body=body).json()["foreign_currency"] == "2"


def test_unknown_paths_and_what_is_near(gateway, wxpay):
    error = bare(wxpay.v3.pay.transactions.nativ.post, 404, json={})
    assert "POST v3/pay/transactions/native" in str(error)
    assert "did you mean" not in str(bare(wxpay.v3.nothing.like.this.get, 404))
    (step,) = gateway.state.log.all(2)[1]["steps"]
    assert (step["name"], step["passed"]) == ("path", False)
    assert "did you mean POST v3/pay/transactions/native" in step["note"]


@pytest.mark.parametrize("path", ["v3/pay/transactions/native", "v2/pay/micropay"])
def test_a_wrong_method_is_told_the_right_ones(gateway, wxpay, path):
    options = {"xml": fields(gateway)} if path.startswith("v2") else {}
    error = bare(wxpay[path].patch, 405, **options)
    assert error.response.headers["Allow"] == "POST"
    assert "this path supports only POST" in str(error)


def test_a_template_variable_that_is_empty_is_no_path(wxpay):
    bare(wxpay["v3/pay/transactions/id/"].get, 404)


# --- APIv2 -------------------------------------------------------------------------------------


def fields(gateway, **more):
    return {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid, **more}


def test_apiv2_says_it_in_its_own_form(gateway, wxpay):
    error = rejected(wxpay.v2.pay.unifiedorder.post, xml=fields(gateway))
    assert (error.status_code, error.code) == (200, "PARAM_ERROR")
    assert "/body is required and empty" in error.message
    told = xml.loads(error.response.content)
    assert (told["return_code"], told["result_code"]) == ("SUCCESS", "FAIL")
    assert told["mch_id"] == gateway.identity.mchid


WITH_NONCE = [
    each
    for each in catalogue.operations()
    if each.protocol == "v2" and each.body_option == "xml" and not each.nonceless
]


def test_every_operation_of_apiv2_needs_a_nonce_unless_it_has_none(gateway, wxpay):
    assert len(WITH_NONCE) > 90
    for operation in WITH_NONCE:
        for nonce in ({}, {"nonce_str": ""}):
            with pytest.raises(APIError) as caught:
                wxpay[operation.path].post(
                    xml=fields(gateway, **nonce),
                    nonceless=True,
                    base_uri=gateway.base_uris.get(operation.base_uri, gateway.tls_base_uri),
                    security=operation.security,
                )
            error = caught.value
            assert error.code == "PARAM_ERROR", operation
            assert error.message == "/nonce_str is required and empty", operation
            assert xml.loads(error.response.content)["return_code"] == "SUCCESS", operation


def test_the_log_shows_that_the_nonce_is_missing(gateway, wxpay):
    given = fields(gateway, out_trade_no="1")
    rejected(wxpay.v2.pay.orderquery.post, xml=given, nonceless=True)
    rejected(wxpay.v2.pay.orderquery.post, xml=given)  # the client adds one
    steps = [
        [step["passed"] for step in request["steps"] if step["name"] == "nonce_str"]
        for request in gateway.requests(2)
    ]
    assert steps == [[True], [False]]  # newest first


@pytest.mark.parametrize("number", ["transaction_id", "out_trade_no"])
def test_apiv2_takes_either_of_two_numbers(gateway, wxpay, number):
    path, given = wxpay["v2/cgi-bin/mch/customs/customdeclarequery"], fields(gateway, customs="X")
    assert path.post(xml={**given, number: "1"}, nonceless=True).verified
    assert "or one of" in rejected(path.post, xml=given, nonceless=True).message


def test_apiv2_counts_in_whole_numbers(gateway, wxpay):
    path = "v2/transit/pay/payapply"
    operation = catalogue.find("POST", path)
    good = {
        **{member.name: "1" for member in operation.body if member.required},
        **fields(gateway),
        "sign_type": "HMAC-SHA256",
    }
    assert wxpay[path].post(xml=good).verified
    error = rejected(wxpay[path].post, xml={**good, "total_fee": "1.5"})
    assert "/total_fee must be a whole number" in error.message
    del good["body"]
    assert "/body" in rejected(wxpay[path].post, xml=good).message


# --- encrypted members -------------------------------------------------------------------------


def with_serial(gateway, **options):
    return {"headers": {"Wechatpay-Serial": gateway.identity.public_key_id}, **options}


def test_a_sensitive_member_must_open(gateway, wxpay):
    stranger = gateway.identity.merchant_key.public_key()
    for value in ("plain text", "QUJD", rsa.encrypt(SECRET, stranger), "A" * 400):
        error = rejected(wxpay[USER].patch, **with_serial(gateway, json={"user_name": value}))
        assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/user_name")
        assert (error.detail["value"], error.detail["issue"]) == (
            "***",
            "cannot be decrypted with the platform's key",
        )
    nobody = {"Wechatpay-Serial": ""}
    unnamed = rejected(wxpay[USER].patch, json={"user_name": "QUJD"}, headers=nobody)
    assert (unnamed.detail["field"], unnamed.detail["location"]) == ("Wechatpay-Serial", "header")
    wrong = {"Wechatpay-Serial": "5A" * 20}
    error = rejected(wxpay[USER].patch, json={"user_name": "QUJD"}, headers=wrong)
    assert error.detail["value"] == "5A" * 20


def test_a_sensitive_member_of_a_query(gateway, wxpay):
    operations = [
        (operation, member)
        for operation in catalogue.operations()
        for member in operation.query
        if member.encrypted == "RSAES-OAEP" and "{" not in operation.path
    ]
    assert operations
    for operation, member in operations:
        query = {each.name: "1" for each in operation.query if not each.encrypted}
        query[member.name] = "QUJD"
        if any(each.required and each.name not in query for each in operation.query):
            continue
        error = rejected(wxpay[operation.path].get, **with_serial(gateway, query=query))
        assert (error.detail["field"], error.detail["location"]) == (f"/{member.name}", "query")


def presign(**user):
    return {
        "business_name": "K12",
        "facepay_user": {"out_user_id": "1", "organization_id": "O1", **user},
    }


PRESIGN = "v3/offlineface/contracts/presign"


@pytest.mark.parametrize(
    "body",
    [
        presign(phone=13800000000),
        presign(identification=SECRET),
        presign(identification={"identification_number": SECRET}),
        presign(phone=[SECRET]),
        {**presign(), "limit_bank_card": SECRET},
        {**presign(), "limit_bank_card": [{"bank_card_number": SECRET}]},
        {**presign(), "business_name": {"a": 1}, "limit_bank_card": {"phone": SECRET}},
    ],
)
def test_what_should_have_come_encrypted_is_not_echoed(gateway, wxpay, body):
    error = rejected(wxpay[PRESIGN].post, **with_serial(gateway, json=body))
    assert error.code == "PARAM_ERROR"
    assert SECRET not in error.response.text
    assert "13800000000" not in error.response.text


def test_what_came_encrypted_is_neither_echoed_nor_logged(identity):
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        send_secrets(gateway, wxpay)
        log = gateway.state.log.all()
    assert len(log) > 20
    assert SECRET not in json.dumps(log, ensure_ascii=False)


def send_secrets(gateway, wxpay):
    body = presign(phone=Sensitive(SECRET), identification_name=1)
    error = rejected(wxpay[PRESIGN].post, **with_serial(gateway, json=body))
    assert error.code == "PARAM_ERROR"
    wxpay[PRESIGN].post(**with_serial(gateway, json=presign(phone=Sensitive(SECRET))))
    for operation in sensitive_operations():
        call = catalogue.example.call(operation)
        options = {**call.options, **with_serial(gateway)}
        if "base_uri" in options:
            options["base_uri"] = gateway.base_uris[options["base_uri"]]
        options["json"] = renamed(options["json"])
        post = partial(wxpay[operation.path].post, **call.variables, **options)
        created_first(operation, gateway, post)


def sensitive_operations():
    """Return stub operations with encrypted members."""
    found = [
        operation
        for operation in catalogue.operations()
        if operation.method == "POST"
        and operation.protocol == "v3"
        and operation.body_option == "json"
        and any(each.encrypted for member in operation.body for each in (member, *member.members))
        and (operation.method, operation.path) not in simulated()
    ]
    assert len(found) > 20
    return found


def renamed(value):
    """Return an example with the same secret in all encrypted members."""
    if isinstance(value, Sensitive):
        return Sensitive(SECRET)
    if isinstance(value, dict):
        return {name: renamed(each) for name, each in value.items()}
    return [renamed(each) for each in value] if isinstance(value, list) else value


def test_a_rejection_shows_no_secret():
    secret = Secret(SECRET)
    rejection = Rejection.parameter("name", {"a": [secret]}, f"cannot be {secret}")
    assert SECRET not in f"{rejection} {rejection.detail} {secret!r}"
    assert rejection.detail["value"] == {"a": ["***"]}
    assert json.dumps(secret, ensure_ascii=False) == f'"{SECRET}"'


def test_a_rejection_is_not_as_long_as_what_it_rejects(wxpay):
    for value in ("x" * 10**6, ["x"] * 10**5, {f"{n}": [[[[1]]]] for n in range(10**4)}):
        error = rejected(wxpay[NESTED].post, json={**STUB_BODY, "seller_info": value})
        assert len(error.response.content) < 100_000


# --- internal errors ---------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    def fail(*_):
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(dispatch, "stub_response", fail)


def test_an_unforeseen_fault_is_logged_and_answered(gateway, wxpay, broken, caplog):
    with pytest.raises(ServerError) as caught:
        wxpay[NESTED].post(json=STUB_BODY)
    error = caught.value
    assert (error.status_code, error.code, error.verified) == (500, "SYSTEM_ERROR", True)
    assert "foresaw" not in error.response.text
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("wechatpay_chain.gateway", "ERROR")
    assert record.getMessage() == f"POST /{NESTED} failed"
    assert "ZeroDivisionError: nobody foresaw this" in caplog.text
    assert wxpay.v3.certificates.get().verified


def test_an_unforeseen_fault_in_apiv2(gateway, wxpay, broken, caplog):
    error = rejected(wxpay.v2.transit.queryorder.post, xml=fields(gateway, transaction_id="1"))
    assert error.code == "SYSTEMERROR"
    assert "ZeroDivisionError" in caplog.text


def test_what_an_unforeseen_fault_began_is_undone(gateway, wxpay, monkeypatch, caplog):
    path = "/v3/pay/transactions/native"
    found = dispatch.find("POST", path)

    def create_and_fail(call):
        found.function(call)
        raise ZeroDivisionError

    monkeypatch.setattr(dispatch, "find", lambda *_: found._replace(function=create_and_fail))
    made = order(gateway)
    with pytest.raises(ServerError):
        wxpay[path].post(json=made)
    assert gateway.state.store.get("order", made["out_trade_no"]) is None
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_before_anything_else_is_logged_and_answered(gateway, wxpay, monkeypatch, caplog):
    def fail(path):
        raise ZeroDivisionError(path)

    monkeypatch.setattr(gateway.state.faults, "take", fail)
    with pytest.raises(ServerError) as caught:
        wxpay.v3.certificates.get()
    assert (caught.value.code, caught.value.verified) == ("SYSTEM_ERROR", False)
    (record,) = caplog.records
    assert record.getMessage() == "GET /v3/certificates failed"


def test_what_is_too_large(identity, monkeypatch):
    monkeypatch.setattr(server, "MAX_BODY", 2000)
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        upload = wxpay.v3.merchant.media.upload
        assert upload.post(media=Media(b"x" * 1000, "a.png")).verified
        for call in (
            lambda: upload.post(media=Media(b"x" * 3000, "a.png")),
            lambda: wxpay[NESTED].post(json={**STUB_BODY, "foreign_currency": "x" * 3000}),
        ):
            with pytest.raises(ClientError) as caught:
                call()
            assert caught.value.status_code == 413


@pytest.mark.parametrize(
    ("signs", "longest", "value", "words"),
    [
        (checks.NUMBER, 64, "a b", "1 to 64 digits, letters or _-|*@"),
        (checks.NUMBER, 64, "a" * 65, "1 to 64 digits, letters or _-|*@"),
        (checks.LETTERS, 32, "a-b", "1 to 32 digits or letters"),
        (checks.LETTERS, 32, 7, "1 to 32 digits or letters"),
    ],
)
def test_a_number_is_rejected_with_what_it_is_made_of(signs, longest, value, words):
    with pytest.raises(Rejection, match=re.escape(words)) as caught:
        checks.number(value, "/out_bill_no", longest=longest, signs=signs)
    assert caught.value.code == "PARAM_ERROR"


def test_a_number_may_have_a_least_length():
    assert checks.number("a" * 8, "/x", shortest=8, longest=32, signs=checks.LETTERS) == "a" * 8
    with pytest.raises(Rejection, match="8 to 32 digits or letters"):
        checks.number("a" * 7, "/x", shortest=8, longest=32, signs=checks.LETTERS)
