"""Inside the parentheses of a verb: arguments, members and values, completed by a real IPython."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import Chain, catalogue
from wechatpay_chain.chain import call_site
from wechatpay_chain.chain.call_site import Site, site
from wechatpay_chain.chain.ipython import CALLED
from wechatpay_chain.chain.keywords import candidates
from wechatpay_chain.messages.request import Options

NATIVE = "wxpay.v3.pay.transactions.native.post("
NEEDED = ["appid", "mchid", "description", "out_trade_no", "amount", "notify_url"]


def added(complete, line):
    """What can follow a line."""
    found = complete(line)
    assert all(each.startswith(line) for each in found)
    return [each.removeprefix(line) for each in found]


# --- arguments


def test_the_body_of_an_operation_comes_first(complete):
    found = added(complete, NATIVE)
    assert found[0] == "json="
    assert {"query=", "timeout=", "headers=", "check=", "fill="} <= set(found)
    assert {"xml=", "nonceless="}.isdisjoint(found)


def test_variables_of_the_path_come_first(complete):
    found = added(complete, "wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(")
    assert found[:2] == ["out_trade_no=", "query="]


def test_what_is_a_value_in_the_path_is_no_variable(complete):
    assert added(complete, 'wxpay["v3/pay/transactions/id/42"].get(')[0] == "query="


def test_apiv2_takes_xml(complete):
    found = added(complete, "wxpay.v2.pay.unifiedorder.post(")
    assert found[0] == "xml="
    assert "json=" not in found


def test_what_an_operation_needs_besides_is_offered(complete):
    assert added(complete, "wxpay.v2.secapi.pay.refund.post(")[:2] == ["xml=", "security="]


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        (f"{NATIVE}js", ["on="]),
        (f"await {NATIVE.replace('post', 'post_async')}js", ["on="]),
        (f"print({NATIVE}js", ["on="]),
        (f"{NATIVE}timeout=3, js", ["on="]),
        (f"{NATIVE}json={{'a': [1, (2)]}}, chec", ["k="]),
        ('wxpay.chain("v3/pay/transactions/native").post(js', ["on="]),
        ("orders.native.post(js", ["on="]),
        (f"{NATIVE}\n    timeout=3,  # seconds, (say\n    js", ["on="]),
        ("wxpay.v3.nobody.knows._it_.post(i", ["t="]),
    ],
)
def test_arguments(complete, line, ends):
    assert added(complete, line) == ends


def test_an_argument_is_offered_once(complete):
    assert "json=" not in added(complete, f"{NATIVE}json={{}}, ")


@pytest.mark.parametrize(
    "line",
    [
        f"{NATIVE}timeout=sensi",
        f"{NATIVE}x.sensi",
        f"{NATIVE}*sensi",
        "wxpay.v3.pay.transactions.native(sensi",
        "print(sensi",
        "len(print(sensi",
        f"{NATIVE}json=dict(sensi",
        f"{NATIVE}json={{}}) # (sensi",
        f"{NATIVE}'sensi",
        f"{NATIVE}]sensi",
    ],
)
def test_nothing_is_offered_where_no_argument_is(complete, line):
    assert not any("sensitive=" in each for each in complete(line))


# --- members


def test_a_body_has_the_members_of_its_operation(complete):
    found = added(complete, f'{NATIVE}json={{"')
    assert found[:6] == NEEDED
    assert "goods_tag" in found


def test_a_key_that_is_not_begun_is_offered_in_quotes(complete):
    found = added(complete, f"{NATIVE}json={{")
    assert found[:6] == [f'"{name}": ' for name in NEEDED]
    assert added(complete, f'{NATIVE}json={{"appid": "wx", ')[0] == '"mchid": '


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        (f"{NATIVE}json={{'des", ["cription"]),
        (f'{NATIVE}json={{"amount": {{"', ["total", "currency"]),
        (f'{NATIVE}json={{"amount": {{"total": 1, "', ["currency"]),
        (f'{NATIVE}json={{"detail": {{"goods_detail": [{{"quan', ["tity"]),
        (f'{NATIVE}json={{"detail": {{"goods_detail": [{{"quantity": 1}}, {{"quan', ["tity"]),
        (f'{NATIVE}json={{**common, "not', ["ify_url"]),
        (f'{NATIVE}json={{\n    "amount": {{\n        "cur', ["rency"]),
        (f'{NATIVE}{{"json": {{"des', ["cription"]),
        (f"{NATIVE}{{'js", ["on"]),
        ('wxpay.v3.pay.transactions.id._transaction_id_.get(query={"', ["mchid"]),
        ('wxpay.v2.pay.unifiedorder.post(xml={"total_', ["fee"]),
        (f'{NATIVE}headers={{"Wec', ["hatpay-Serial"]),
        ('wxpay.v3.merchant.media.upload.post(meta={"sh', ["a256"]),
        (f'{NATIVE}json={{"limit_pay": ["no_c', ["redit"]),
        ('wxpay.v2.pay.unifiedorder.post(xml={"trade_type": "NA', ["TIVE"]),
    ],
)
def test_members_and_values(complete, line, ends):
    assert added(complete, line) == ends


@pytest.mark.parametrize(
    "line",
    [
        f'{NATIVE}json={{"nobody": {{"',
        f'{NATIVE}json={{"appid": {{"',
        f'{NATIVE}xml={{"',
        f'{NATIVE}json="',
        f'{NATIVE}"',
        'wxpay.v3.nobody.knows.post(json={"',
    ],
)
def test_ipython_is_left_alone_where_the_catalogue_says_nothing(complete, line):
    names = {"total", "currency", *NEEDED}
    assert names.isdisjoint(added(complete, line))


def test_a_member_is_offered_once(complete):
    assert "appid" not in added(complete, f'{NATIVE}json={{"appid": "wx", "')


def test_what_an_operation_requires_is_offered_wherever_it_is_called(wxpay):
    """Each operation, by the names that `candidates` gives for it."""
    for operation in catalogue.operations():
        if operation.body_option not in ("json", "xml"):
            continue
        place = Site("", "key", (operation.body_option,), frozenset(), "")
        found = candidates(operation.path, operation.verb, place)
        required = {each.name for each in operation.body if each.required and "$" not in each.name}
        assert required == set(found[: len(required)]), operation


# --- where a cursor stands


@given(st.text(alphabet="wxpay.post(){}[]\"'=:,# \n\\ab1*", max_size=60))
def test_any_text_has_a_place_or_none(text):
    place = site(text)
    if place is not None:
        assert text.startswith(place.before)
        assert text.endswith(place.typed)
        CALLED.search(place.before)


@given(st.dictionaries(st.sampled_from("abcdef"), st.text(max_size=8), max_size=4))
def test_the_keys_of_a_dict_are_found(members):
    place = site(f"call(json={members!r}"[:-1] + (", '" if members else "'"))
    assert place == Site("call", "key", ("json",), frozenset(members), "")


def test_a_long_text_is_read_from_near_its_end(monkeypatch):
    monkeypatch.setattr(call_site, "LONGEST", 30)
    place = site("x = 1\n" * 20 + 'call(json={"a')
    assert place is not None
    assert place.before.endswith("call")


# --- signatures


def test_a_verb_has_a_signature(wxpay):
    chain = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    names = list(inspect.signature(chain.get).parameters)
    assert names[:3] == ["options", "out_trade_no", "query"]
    assert set(names[2:]) == set(Options.__annotations__) - {"nonceless", "xml"}
    text = str(inspect.signature(chain.get))
    assert text.startswith("(options=None, /, *, out_trade_no: str | int = …, query=…, ")
    assert "Coroutine" in str(inspect.signature(chain.get_async))


def test_a_call_fits_its_signature(wxpay):
    bind = inspect.signature(wxpay["v3/refund/domestic/refunds"].post).bind
    assert bind({"json": {}}, timeout=3)
    with pytest.raises(TypeError):
        bind(refund_id="1")


def test_a_place_that_is_no_verb_has_the_signature_of_a_chain(wxpay):
    assert "keywords" in inspect.signature(wxpay.v3.pay).parameters
    assert not hasattr(wxpay.v3.pay, "__signature__")
    assert "caller" in inspect.signature(Chain).parameters


def test_a_mock_of_a_chain_takes_what_the_chain_takes(wxpay):
    spec = mock.create_autospec(wxpay.v3.pay.transactions)
    spec.native.post(json={}, timeout=3)


def test_a_notebook_shows_signature_and_operation(shell):
    """What Jupyter asks for at Shift+Tab."""
    text = shell.object_inspect_mime("orders.native.post", detail_level=0)["text/plain"]
    text = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert "json=…" in text
    assert "Native下单" in text
    assert "description             string    required  商品描述" in text


LIGHT = """
import inspect, sys
from wechatpay_chain import WeChatPay
wxpay = WeChatPay(mchid="1900000109")
print([name for name in sys.modules if name.rpartition(".")[2] in {"signature", "keywords"}])
"""


def test_no_client_loads_it():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
