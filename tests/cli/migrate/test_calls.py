"""What is certain is rewritten; what is not stays, and a person gets the line to write."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("libcst")

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.migrate.support import CLIENT, V2_CLIENT, calls, migrated
from wechatpay_chain.cli.migrate.mapping import LIBRARIES, functions

QUERY = 'wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(out_trade_no="1"'


def test_a_value_that_may_be_empty_is_left_out_where_it_is(tmp_path: Path) -> None:
    after, _ = calls(tmp_path, 'a = wxpay.refund("r", m, out_trade_no="1", reason=why)')
    assert '**({"reason": why} if why else {}),' in after
    after, _ = calls(tmp_path, 'a = wxpay.refund("r", m, out_trade_no="1", reason="")')
    assert "reason" not in after
    after, _ = calls(tmp_path, 'a = wxpay.fapiao_query("1", fapiao_id=number)')
    assert 'query={"fapiao_id": number or None}' in after


def test_a_value_is_not_computed_twice(tmp_path: Path) -> None:
    after, result = calls(tmp_path, 'a = wxpay.refund("r", m, out_trade_no="1", reason=ask())')
    assert "wxpay.refund" in after
    assert "reason is omitted if empty: compute it beforehand" in result.stderr


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a = wxpay.pay('x', 'y', m, pay_type=kind)", "the value of pay_type determines"),
        ("a = wxpay.pay(**order)", "the arguments **order are only known at run time"),
        ("a = wxpay.query(transaction_id=a, out_trade_no=b)", "the value of transaction_id"),
        ("a = wxpay.query()", "the other library has no request for these"),
        ("a = wxpay.close()", "close needs out_trade_no"),
        ("a = wxpay.close('1', '2', '3', '4')", "close does not accept these arguments"),
        ("a = wxpay.close('1', number=1)", "close has no parameter 'number'"),
        ("a = json.loads(wxpay.close('1')[1])", "the result is used in an expression"),
        ("if x: a = wxpay.close('1')", "the result is used in an expression"),
        ("a = b = wxpay.close('1')", "the result is used in an expression"),
        ("a = wxpay.decrypt_callback(h, b)", "it returned JSON text; here the resource is"),
        ("a = wxpay.sign(d, SignType.HMAC_SHA256)", "sign: signs with the APIv3 key"),
        ("a = wxpay.complaint_list_query()", "the other library has no request for these"),
        ("wxpay.callback(h, b)", "the result is not used"),
        ("a = other.profitsharing_unfreeze('1', '2', '3')", "this may be a client"),
        ("a = shop.wxpay.pay('1', '2', m)", "this may be a client"),
    ],
)
def test_what_is_not_certain_stays(line: str, reason: str, tmp_path: Path) -> None:
    after, result = calls(tmp_path, line)
    assert after == f"{line}\n"
    assert f"shop.py:11: {reason}" in result.stderr
    assert result.exit_code == 3
    assert "    " in result.stderr.partition(reason)[2]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a = client.order.create('NATIVE', 'x', 1, url, '1.1.1.1')", "out_trade_no is missing"),
        (
            "a = client.order.create('NATIVE', 'x', 1, url, out_trade_no='1')",
            "client_ip is missing",
        ),
        ("a = client.tools.download_bill(day)", "bill_date must be text"),
        ("a = client.jsapi.get_jsapi_params(p, jssdk=True)", "jssdk cannot be chosen here"),
        ("a = client.transfer.transfer_bankcard('a', 'b', 'c', 1, out_trade_no='1')", "it is encr"),
        (
            "a = client.check_signature(fields)",
            "check_signature: checks fields that you have parsed",
        ),
        (
            "a = client.withhold.apply_signing('1', '2', '3', url)",
            "creates the fields of the contract",
        ),
        ("a = client.order.close(client.order.query('1')['out_trade_no'])", "another call on a cl"),
        ("a = client.post('pay/orderquery', data=d)", "any operation"),
    ],
)
def test_what_is_not_certain_of_apiv2_stays(line: str, reason: str, tmp_path: Path) -> None:
    after, result = calls(tmp_path, line, client=V2_CLIENT)
    assert line.partition("(")[0] in after
    assert reason in result.stderr
    assert result.exit_code == 3


def test_the_line_to_write_is_told(tmp_path: Path) -> None:
    _, result = calls(tmp_path, 'a = wxpay.close("1")[0]')
    assert result.stderr == (
        f"{tmp_path}/shop.py:11: the result is used in an expression\n"
        "    wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(\n"
        '        out_trade_no="1",\n'
        '        json={"mchid": wxpay.mchid},\n'
        "    )\n"
        "1 file rewritten, 1 place left to do by hand\n"
    )


def test_names_that_are_taken_are_not_used(tmp_path: Path) -> None:
    after, _ = calls(tmp_path, "response = answer = error = 1", 'a, b = wxpay.close("1")')
    assert "wxpay_response = failure.response" in after


def test_a_name_that_is_bound_to_something_else_is_no_client(tmp_path: Path) -> None:
    lines = ("def f(wxpay):", '    return wxpay.close("1")')
    after, result = calls(tmp_path, *lines)
    assert after == "\n".join(lines) + "\n"
    assert "this may be a client" in result.stderr


def test_other_methods_of_the_name_are_let_alone(tmp_path: Path) -> None:
    lines = ("session.query(Order)", "file.close()", "db.order.query(1)", "cart.order.create(1)")
    after, result = calls(tmp_path, *lines)
    assert after == "\n".join(lines) + "\n"
    assert result.exit_code == 0


def test_a_placeholder_is_bound_later(tmp_path: Path) -> None:
    text = CLIENT.replace(
        "wxpay = ", "wxpay = None\n\n\ndef start():\n    global wxpay\n    wxpay = "
    )
    after, result = migrated(tmp_path, f'{text}\n\ndef f():\n    return wxpay.close("1")\n')
    assert "json={" in after
    assert result.exit_code == 0


def test_a_client_of_a_factory(tmp_path: Path) -> None:
    text = CLIENT.replace("wxpay = ", "def made():\n    return ")
    lines = 'wxpay = made()\na = wxpay.close("1")\nb = made().close("1")\n'
    after, result = migrated(tmp_path, text + lines)
    assert "outTradeNo._out_trade_no_.close.post(" in after
    assert 'b = made().close("1")' in after
    assert "bind the client to a name first" in result.stderr


def test_a_client_that_stays_keeps_its_calls(tmp_path: Path) -> None:
    text = 'from wechatpayv3 import WeChatPay\n\nwxpay = WeChatPay(**KEYS)\nwxpay.close("1")\n'
    after, result = migrated(tmp_path, text)
    assert after == text
    assert "shop.py:3: the arguments **KEYS are only known at run time" in result.stderr
    assert "shop.py:4: " in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    from wechatpayv3 import WeChatPay\nexcept ImportError:\n    WeChatPay = None\n"
        'wxpay = WeChatPay(T.NATIVE, "1", k, s, a, v)\nwxpay.close("1")\n',
        'from wechatpy.pay import WeChatPay\nclient = WeChatPay("a", "b", "c", sandbox=True)\n',
    ],
)
def test_a_client_that_cannot_be_made_the_same_stays(text: str, tmp_path: Path) -> None:
    library = "wechatpy" if "wechatpy" in text else "wechatpayv3"
    after, result = migrated(tmp_path, text, library)
    assert after == text
    assert result.exit_code == 3


def test_what_is_gone_is_told(tmp_path: Path) -> None:
    text = CLIENT.replace("    notify", '    cert_dir="./cert",\n    logger=LOGGER,\n    notify')
    after, result = migrated(tmp_path, text)
    assert "cert_dir" not in after
    assert "shop.py:3: cert_dir was removed" in result.stderr
    assert "shop.py:3: logger was removed" in result.stderr


def test_comments_stay(tmp_path: Path) -> None:
    after, _ = calls(tmp_path, "# above", "a = wxpay.close(", '    "1",  # inside', ")  # behind")
    assert after.index("# above") < after.index("# inside") < after.index("try:")
    assert "response.text  # behind\n" in after
    assert after.count("#") == 3


def test_a_proxy_and_a_key_id(tmp_path: Path) -> None:
    more = '    proxy={"https": PROXY},\n    public_key=PUB,\n    public_key_id=ID,\n    notify'
    after, _ = migrated(tmp_path, CLIENT.replace("    notify", more))
    assert "    proxy=PROXY,\n" in after
    assert "    certs={ID: PUB},\n" in after


def test_exceptions_of_wechatpy(tmp_path: Path) -> None:
    text = (
        "import requests\nfrom wechatpy.exceptions import WeChatPayException as Failed\n"
        + V2_CLIENT
        + 'try:\n    client.order.close("1")\n'
        "except (Failed, requests.Timeout) as e:\n    print(e.errcode, e.return_code)\n"
    )
    after, result = migrated(tmp_path, text, "wechatpy")
    assert "requests.Timeout is no longer raised" in result.stderr
    assert "Failed" in after


def test_what_is_not_the_librarys_stays_imported(tmp_path: Path) -> None:
    text = "import wechatpayv3\nfrom wechatpayv3.utils import sha256\n" + CLIENT + "print(sha256)\n"
    after, _ = migrated(tmp_path, text)
    assert "from wechatpayv3.utils import sha256\n" in after
    assert "import WeChatPay\n" in after


NAMES = [
    (library, function)
    for library in LIBRARIES
    for function in functions(library).values()
    if function.name != "WeChatPay"
]
VALUES = st.sampled_from(["None", "x", "'1'", "1", "[]", "{'a': 1}", "f()", "f'{x}'", "x or y"])


@settings(max_examples=20)
@given(data=st.data(), which=st.sampled_from(NAMES))
def test_any_call_becomes_python_and_stays_so(
    data: st.DataObject, which: tuple[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    library, function = which
    name, parameters = function.name, function.parameters  # type: ignore[attr-defined]
    chosen = [
        each for each in parameters if each.default is None or data.draw(st.booleans(), each.name)
    ]
    arguments = ", ".join(f"{each.name}={data.draw(VALUES)}" for each in chosen)
    client, receiver = (CLIENT, "wxpay") if library == "wechatpayv3" else (V2_CLIENT, "client")
    text = f"{client}\n\nasync def f(x):\n    a = {receiver}.{name}({arguments})\n"
    folder = tmp_path_factory.mktemp("program")
    after, result = migrated(folder, text, library)
    compile(after, "shop.py", "exec")
    stays = f"{receiver}.{name}(" in after
    assert stays == (result.exit_code == 3 and "left unchanged" not in result.stderr) or not stays
    again, _ = migrated(folder, after, library)
    assert again == after
