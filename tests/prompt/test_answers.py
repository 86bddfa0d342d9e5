"""What a response, an error and a notification show: in IPython, as HTML, and in rich."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.utils.capture import capture_output

from tests.prompt.forms import FORMS, html_text, plain, rich_text
from tests.support import MCHID, PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain import APIError, Chain, Notification, Response, Sensitive, catalogue
from wechatpay_chain.display.amounts import amount, currency_of
from wechatpay_chain.display.body import DEEPEST, EACH, MOST
from wechatpay_chain.display.masking import is_personal
from wechatpay_chain.testing.mock import MockTransport

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
QUERIED = {
    "out_trade_no": "native-0001",
    "trade_state": "SUCCESS",
    "amount": {"total": 1990, "payer_total": 1990, "currency": "CNY"},
    "payer": {"openid": OPENID},
    "attach": "<script>alert(1)</script>\x1b[31m\u202e",
}
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CIPHERTEXT = base64.b64encode(bytes(256)).decode()


@pytest.fixture(scope="module")
def keys():
    return Keys(new_key(), new_key())


@pytest.fixture(scope="module")
def client(keys):
    def client(answer, **arguments):
        transport = MockTransport(answer, sign={PUBLIC_KEY_ID: keys.platform})
        return keys.client(transport=transport, **arguments)

    return client


@pytest.fixture(scope="module")
def queried(client):
    chain = client(lambda request: QUERIED).v3.pay.transactions.outTradeNo._out_trade_no_
    return chain.get(out_trade_no="native-0001", query={"mchid": MCHID})


# --- responses


@FORMS
def test_a_response_shows_what_it_is_and_what_it_says(form, queried):
    text = form(queried)
    for words in (
        "GET",
        "/v3/pay/transactions/out-trade-no/native-0001",
        "商户订单号查询",
        "HTTP 200",
        "verified",
        "Request-ID",
        "19.90 yuan",
        "1990 fen",
        "用户支付金额",
        "trade_state",
        "SUCCESS",
    ):
        assert words in text, words
    assert "NOT VERIFIED" not in text


@FORMS
def test_who_the_customer_is_and_what_drives_a_terminal_are_not_shown(form, queried):
    text = form(queried)
    assert OPENID not in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    assert r"<script>alert(1)</script>\x1b[31m\u202e" in text
    assert "<script>" not in queried._repr_html_()


def test_what_is_shown_changes_nothing(queried):
    assert queried.json() == QUERIED
    members = queried.peek_json()
    plain(queried)
    assert queried.json() is members
    assert repr(queried) == f"<Response 200 {len(queried.content)} bytes>"
    assert str(queried) == repr(queried)


def test_within_a_list_it_is_its_repr(queried):
    assert plain([queried]) == f"[{queried!r}]"


def test_hypothesis_prints_what_can_be_copied(queried):
    from hypothesis.vendor.pretty import pretty as printed

    assert printed(queried) == repr(queried)


def test_a_long_message_is_whole_in_html():
    error = APIError("x" * 3000)
    assert "x" * 3000 in html_text(error)
    assert "x" * 3000 in plain(error)


def test_a_notebook_shows_html_and_a_terminal_text(shell, queried):
    shell.user_ns["answer"] = queried
    with capture_output() as captured:
        shell.run_cell("display(answer)\nanswer").raise_error()
    (output,) = captured.outputs
    assert output.data["text/plain"] == plain(queried)
    assert output.data["text/html"] == queried._repr_html_()
    assert plain(queried) in captured.stdout


@FORMS
def test_what_nobody_vouches_for_is_flagged(form, queried):
    forged = Response(200, {"Request-ID": "08-1-2"}, b'{"code_url": "weixin://x"}')
    assert "NOT VERIFIED: do not act on it" in form(forged)
    assert "08-1-2" in form(forged)
    forged.unsigned = True
    assert "unsigned: origin unknown" in form(forged)


@FORMS
def test_ciphertext_is_marked_and_plaintext_is_not_shown(form, client):
    phone = {"payer_phone": CIPHERTEXT, "complaint_detail": "late"}
    chain = client(lambda request: phone)["v3/merchant-service/complaints-v2/{complaint_id}"]
    text = form(chain.get(complaint_id="1"))
    assert "encrypted, 256 bytes; decrypt with wxpay.decrypt(…)" in text
    assert CIPHERTEXT[:20] not in text
    assert "late" in text


@FORMS
def test_what_was_decrypted_is_masked(form, client, keys):
    sealed = Sensitive("13800138000").encrypt(keys.merchant.public_key())
    chain = client(lambda request: {"payer_phone": sealed}, sensitive="auto")
    answer = chain["v3/merchant-service/complaints-v2/1"].get()
    assert answer.json() == {"payer_phone": "13800138000"}
    assert "13800138000" not in form(answer)
    assert "was encrypted" in form(answer)


@FORMS
def test_platform_certificates_are_marked(form, client):
    sealed = {"algorithm": "AEAD_AES_256_GCM", "ciphertext": "c2VjcmV0" * 9, "nonce": "n"}
    data = {"data": [{"serial_no": "5157F09EFDC096DE", "encrypt_certificate": sealed}]}
    text = form(client(lambda request: data).v3.certificates.get())
    assert "c2VjcmV0" not in text
    assert "encrypted, 72 characters; decrypt with the APIv3 key" in text
    assert "5157F09EFDC096DE" in text


@FORMS
def test_apiv2_is_a_tree_too(form):
    xml = f"<xml><total_fee>101</total_fee><openid>{OPENID}</openid><r>&lt;b&gt;</r>"
    xml += "<sign>9A0A8659F005D6984697E2CA0A9CF3B7</sign></xml>"
    text = form(Response(200, {"Content-Type": "text/xml"}, xml.encode()))
    assert "1.01 yuan" in text
    assert "101 fen" in text
    assert "<b>" in text
    assert OPENID not in text
    assert "9A0A8659" not in text


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"", "", "none"),
        (b"\x89PNG\r\n\0", "image/png", "Not text; use .content for the bytes"),
        (b"{" * 5000, "application/json", "{{{{"),
        (b"<a" * 50, "text/xml", "<a<a"),
        (b"[" * 200_000, "application/json", "characters)"),
        (b"{}" + b" " * 2_000_000, "application/json", "Larger than 1,048,576 bytes"),
        (b"one\ntwo\n3\n4\n5\n6\n7", "text/plain", "… and 2 more lines"),
        (f"x,{OPENID},1\n".encode(), "text/plain", "x,***,1"),
        (b'{"a": "' + b"\xff" + b'"}', "application/json", '{"a": "'),
        (b"null", "application/json", "null"),
    ],
)
@FORMS
def test_any_body_is_shown_in_some_way(form, content, kind, words):
    text = form(Response(200, {"Content-Type": kind}, content))
    assert words in text
    assert len(text) < 5000


@FORMS
def test_a_body_that_went_to_a_sink_is_not(form, client, tmp_path):
    target = tmp_path / "bill.csv"
    wxpay = client(lambda request: b"a,b\n" * 100)
    answer = wxpay["v3/billdownload/file?token=secret-token"].get(sink=target)
    text = form(answer)
    assert "400 bytes were written to the sink" in text
    assert "secret-token" not in text
    assert target.stat().st_size == 400


@FORMS
def test_what_is_long_is_counted(form):
    body = {"data": [{"n": number} for number in range(EACH + 7)], "text": "x" * 1000}
    text = form(Response(200, {}, json.dumps(body).encode()))
    assert "… and 7 more" in text
    assert f"{EACH + 7} items" in text
    assert "(1,000 characters)" in text
    wide = {f"m{number}": list(range(EACH)) for number in range(EACH)}
    assert form(Response(200, {}, json.dumps(wide).encode())).count("\n") < MOST * 2


@FORMS
def test_what_is_deep_is_counted(form):
    body = b'{"a":' * 40 + b"{}" + b"}" * 40
    text = form(Response(200, {}, body))
    assert "… 1 member below it" in text
    assert len(text) < 5000 * DEEPEST


@FORMS
def test_a_catalogue_that_cannot_be_read_hides_nothing(form, queried, monkeypatch):
    def unreadable(*_):
        raise OSError("gone")

    monkeypatch.setattr(catalogue, "find", unreadable)
    monkeypatch.setattr(catalogue, "webhook", unreadable)
    assert "1990" in form(queried)
    assert "商户订单号查询" not in form(queried)
    assert "42" in form(notice(resource={"id": "42"}))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12), VALUES), st.booleans())
def test_any_json_has_three_forms(body, verified):
    answer = Response(200, {}, json.dumps(body).encode("utf-8", "surrogatepass"))
    answer.verified = verified
    for form in (plain, html_text, rich_text):
        text = form(answer)
        if "VERIFIED" not in str(body):
            assert ("NOT VERIFIED" in text) is not verified
        assert all(
            sign == "\n" or sign.isprintable() or sign == "\u3000" or ord(sign) > 0x9F
            for sign in text
        )


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["", "text/plain", "application/json", "\x1b<b>"]))
def test_any_bytes_have_three_forms(content, kind):
    for form in (plain, html_text, rich_text):
        assert "HTTP 200" in form(Response(200, {"Content-Type": kind}, content))


@pytest.mark.parametrize(
    ("name", "title", "hidden"),
    [
        ("sp_openid", "", True),
        ("payer_phone", "", True),
        ("transfer_name", "收款用户姓名", True),
        ("director_name", "董事姓名", True),
        ("number", "董事证件号码", True),
        ("key", "sm4密钥", True),
        ("access_token", "", True),
        ("next_page_token", "下一页Token", False),
        ("access_token_expire_in", "", False),
        ("merchant_name", "商户名称", False),
        ("name", "商品名称", False),
        ("out_trade_no", "商户订单号", False),
        ("out_card_no", "商户卡号", False),
        ("type", "证件类型", False),
    ],
)
def test_what_is_personal(name, title, hidden):
    assert is_personal(name, title) is hidden


# --- money


@pytest.mark.parametrize(
    ("name", "value", "beside", "fen"),
    [
        ("amount", 1, {}, 1),
        ("discount_amount", 1, {}, 1),
        ("coupon_fee_0_1", "12", {}, 12),
        ("total", 1, {"currency": "CNY"}, 1),
        ("total", 1, {}, None),
        ("total_count", 1, {}, None),
        ("amount", "1.5", {}, None),
        ("amount", True, {}, None),
        ("amount", 1.5, {}, None),
        ("refund_rate", 1, {}, None),
    ],
)
def test_what_money_is_without_the_catalogue(name, value, beside, fen):
    assert amount(name, value, None, beside) == fen


@pytest.mark.parametrize(
    ("path", "name", "is_money"),
    [
        ("v3/refund/domestic/refunds/{out_refund_no}", "amount.settlement_refund", True),
        ("v3/pay/transactions/id/{transaction_id}", "promotion_detail.amount", True),
        ("v3/profitsharing/merchant-configs/{sub_mchid}", "max_ratio", False),
        ("v3/marketing/favor/stocks/{stock_id}", "distributed_coupons", False),
    ],
)
def test_what_money_is_by_the_catalogue(path, name, is_money):
    members = catalogue.find("GET", path).response
    for part in name.split("."):
        member = next(each for each in members if each.name == part)
        members = member.members
    assert (amount(member.name, 7, member, {}) == 7) is is_money


def test_currencies():
    assert currency_of("payer_total", {"currency": "USD", "payer_currency": "CNY"}) == "CNY"
    assert currency_of("total", {"currency": "USD"}) == "USD"
    assert currency_of("total_fee", {"fee_type": "HKD"}) == "HKD"
    body = b'{"amount": {"total": 1990, "currency": "USD"}}'
    text = plain(Response(200, {}, body))
    assert "1990  USD, in its smallest unit" in text
    assert "yuan" not in text


# --- errors


@FORMS
def test_an_error_shows_what_it_says(form, client):
    def refuse(request):
        return 400, {"code": "ORDER_CLOSED", "message": f"closed {OPENID}"}

    payer = {"payer": {"openid": OPENID}}
    with pytest.raises(APIError) as caught:
        client(refuse).v3.pay.transactions.jsapi.post(json=payer)
    error = caught.value
    text = form(error)
    for words in (
        "ClientError",
        "POST",
        "JSAPI下单",
        "HTTP 400",
        "ORDER_CLOSED",
        "new out_trade_no",
    ):
        assert words in text, words
    assert OPENID not in text
    assert repr(error).startswith("ClientError(")


def test_an_error_that_is_made_by_hand_shows_itself():
    assert "APIError" in plain(APIError("no"))
    assert "no" in html_text(APIError("no"))


# --- notifications


def notice(**changes):
    members = {
        "id": "EV-1",
        "event_type": "TRANSACTION.SUCCESS",
        "create_time": "2026-11-25T10:00:00+08:00",
        "resource_type": "encrypt-resource",
        "summary": "支付成功",
        "resource": {"amount": {"total": 100, "currency": "CNY"}, "payer": {"openid": OPENID}},
        "raw": {},
        "mchid": MCHID,
    }
    return Notification(**{**members, **changes})


@FORMS
def test_a_notification_shows_itself(form):
    text = form(notice())
    for words in ("TRANSACTION.SUCCESS", f"verified for {MCHID}", "EV-1", "支付成功", "1.00 yuan"):
        assert words in text, words
    assert OPENID not in text
    assert repr(notice()) == "<Notification EV-1 TRANSACTION.SUCCESS>"
    assert plain([notice()]) == f"[{notice()!r}]"


@FORMS
def test_a_notification_of_nobody_says_so(form):
    assert "not verified by a client" in form(notice(mchid=""))


@FORMS
def test_a_notification_of_apiv2_and_of_no_type(form):
    fields = {"out_trade_no": "A-1", "total_fee": "100", "openid": OPENID}
    text = form(notice(event_type="", version="v2", resource=fields, summary=""))
    assert "1.00 yuan" in text
    assert "A-1" in text
    assert OPENID not in text
    assert "of type bytes" in form(notice(resource=b"x"))


def test_a_notification_is_the_tuple_that_it_was():
    assert notice()._fields[-1] == "mchid"
    assert notice()._replace(id="2").id == "2"


# --- what it costs, and chains


@pytest.mark.parametrize(
    "name", ["_repr_html_", "_repr_pretty_", "_repr_mimebundle_", "__rich__", "__rich_console__"]
)
def test_chains_and_clients_do_not_show_themselves(wxpay, name):
    for thing in (wxpay, wxpay.v3, wxpay.v3.pay.transactions.native.post):
        assert not hasattr(thing, name)
    assert not hasattr(Chain, name)


LIGHT = """
import sys
import wechatpay_chain
from wechatpay_chain import Response
assert repr(Response(200)) == "<Response 200 0 bytes>"
loaded = {name for name in sys.modules if name.startswith("wechatpay_chain.display.")}
print(sorted(loaded), "rich" in sys.modules)
"""


def test_whoever_does_not_look_loads_none_of_it():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['wechatpay_chain.display.showing'] False"


def test_without_rich_there_is_text_and_html():
    program = (
        "import sys; sys.modules['rich'] = None\n"
        "from wechatpay_chain import Response\n"
        "assert 'NOT VERIFIED' in Response(200, {}, b'{}')._repr_html_()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parent)
