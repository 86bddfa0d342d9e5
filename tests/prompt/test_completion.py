"""At a prompt: `dir()`, `help()`, brackets, and a real IPython, with jedi and without."""

from __future__ import annotations

import contextlib
import inspect
import os
import pydoc
import subprocess
import sys
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter

from wechatpay_chain import Chain, ConfigurationError, WeChatPay, catalogue
from wechatpay_chain.catalogue.describe import describe, outline
from wechatpay_chain.chain import ipython
from wechatpay_chain.chain.node import VERBS

ALL = {*VERBS, *(f"{verb}_async" for verb in VERBS), "chain"}


def listed(thing):
    return {name for name in dir(thing) if not name.startswith("__")}


# --- dir()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("v3/profitsharing/receivers", "add chain delete"),
        ("v3/profitsharing/receivers/delete", "chain post post_async"),
        ("v3/refund/domestic/refunds", "_out_refund_no_ _refund_id_ chain post post_async"),
        ("v3/refund/domestic/refunds/{out_refund_no}", "applyAbnormalRefund chain get get_async"),
        ("v3/refund/domestic/refunds/R1", "applyAbnormalRefund chain get get_async"),
        ("/v3/certificates", "chain get get_async"),
        ("V3/certificates", "chain get get_async"),
        ("v3/pay/", "acquiringBank chain instal partner transactions"),
        ("v2/pay/unifiedorder", "chain post post_async"),
    ],
)
def test_dir_lists_what_is_there(wxpay, path, names):
    assert listed(wxpay[path]) == set(names.split())


def test_dir_of_a_verb_that_is_a_segment_too_lists_what_follows_it(wxpay):
    receivers = wxpay.v3.profitsharing.receivers
    assert listed(receivers) == {"add", "delete", "chain"}
    assert listed(receivers.delete) == {"post", "post_async", "chain"}


def test_dir_of_a_verb_lists_nothing_that_could_follow_a_call(wxpay):
    assert listed(wxpay.v3.pay.transactions.native.post) == {"chain"}


@pytest.mark.parametrize(
    "path", ["v3/what/nobody/knows", "nowhere", "https://api.mch.weixin.qq.com/v3/x", "v3/{x}"]
)
def test_dir_of_an_unknown_place_lists_every_verb(wxpay, path):
    assert listed(wxpay[path]) == ALL
    assert listed(wxpay[path].post) >= {"chain"}


def test_after_a_query_only_a_verb_can_stand(wxpay):
    assert listed(wxpay["v3/refund/domestic/refunds?a=1"]) == {"post", "post_async"}
    assert listed(wxpay["v3/nowhere?a=1"]) == ALL - {"chain"}
    with pytest.raises(ConfigurationError):
        wxpay["v3/nowhere?a=1"].chain("x")


def test_dir_of_a_client_lists_its_own_names_and_both_protocols(wxpay):
    own = {name for name in dir(WeChatPay) if not name.startswith("_")}
    assert listed(wxpay) == own | {"v2", "v3"}
    assert listed(wxpay.chain("")) == {"v2", "v3", "chain"}


def test_every_operation_is_found_by_dir_alone(wxpay):
    """From the client, one listed name after the other, to every verb of the catalogue."""
    for operation in catalogue.operations():
        chain = wxpay
        for name in (*operation.attributes, operation.verb):
            assert name in dir(chain), (operation, name)
            chain = getattr(chain, name)
        assert f"{operation.verb}_async" in dir(wxpay[operation.path])


def test_special_methods_are_listed_for_those_who_look(wxpay):
    assert "__getitem__" in dir(wxpay)
    assert "__getitem__" in dir(wxpay.v3)
    spec = mock.create_autospec(wxpay.v3.pay.transactions)
    assert spec["native"] is not None
    spec.native.post(json={})
    with pytest.raises(AttributeError):
        spec.nativ


def test_tools_that_look_into_everything_may(wxpay):
    members = dict(inspect.getmembers(wxpay.v3.profitsharing.receivers))
    assert isinstance(members["delete"], Chain)
    assert members["__doc__"]


@settings(deadline=None)  # the first one loads the catalogue
@given(st.text(max_size=60))
def test_any_path_has_a_dir_and_a_documentation(path):
    chain = WeChatPay(mchid="1")[path] if "://" not in path else WeChatPay(mchid="1").v3
    assert isinstance(dir(chain), list)
    assert isinstance(chain.__doc__, str)
    assert isinstance(chain._ipython_key_completions_(), list)
    with contextlib.suppress(ConfigurationError):  # of names after a query
        assert isinstance(chain.delete.__doc__, str)


# --- help()


def test_the_class_keeps_its_own_docstring():
    assert Chain.__doc__.startswith("An immutable, hashable API path")
    assert inspect.getdoc(Chain) == Chain.__doc__
    assert "An immutable, hashable API path" in pydoc.render_doc(Chain)


def test_help_on_a_verb_shows_its_operation(wxpay):
    text = pydoc.plain(pydoc.render_doc(wxpay.v3.pay.transactions.native.post))
    for words in (
        "Native下单",
        "POST v3/pay/transactions/native",
        "基础支付",
        "wxpay.v3.pay.transactions.native.post(json={…})",
        'wxpay["v3/pay/transactions/native"].post(json={…})',
        "await wxpay.v3.pay.transactions.native.post_async(json={…})",
    ):
        assert words in text
    lines = [line.split() for line in text.splitlines()]
    assert ["amount", "object", "required", "订单金额"] in lines
    assert ["total", "integer", "required", "总金额"] in lines
    assert ["currency", "string", "货币类型"] in lines
    assert ["no_balance", "|", "no_credit", "|", "no_debit", "|", "balance_only"] in lines
    assert ["number", "string", "required", "加密后的证件号;", "encrypted"] in lines
    assert ["code_url", "string", "required", "二维码链接"] in lines


def test_both_twins_of_a_verb_have_the_same_help(wxpay):
    native = wxpay.v3.pay.transactions.native
    assert native.post.__doc__ == native.post_async.__doc__
    assert native.post.__doc__ == wxpay["v3/pay/transactions/native"].post.__doc__


def test_help_on_a_place_shows_what_follows(wxpay):
    text = wxpay.v3.pay.transactions.__doc__
    assert text.startswith("v3/pay/transactions\n")
    assert ".native             POST Native下单" in text
    assert ".outTradeNo         3 operations below it" in text
    assert ".transactions" in wxpay.v3.__doc__
    assert ".v2 .v3" in wxpay.chain("").__doc__


def test_help_on_a_verb_that_is_a_segment_too_shows_both(wxpay):
    text = wxpay.v3.profitsharing.receivers.delete.__doc__
    assert ".post(…)  删除分账接收方" in text
    deleted = wxpay.v3.marketing.membercardActivity.activities._activity_id_.delete.__doc__
    assert "DELETE" in deleted


@pytest.mark.parametrize(
    "chain",
    ["v3.pay.transaction.native.post", "v3.pay.transactions.native.get", "v3.pay.transaction"],
)
def test_help_on_what_is_not_known_says_so_and_what_is_like_it(wxpay, chain):
    thing = wxpay
    for name in chain.split("."):
        thing = getattr(thing, name)
    assert "not in the catalogue. You can still call it" in thing.__doc__
    if "native" in chain:
        assert "    POST v3/pay/transactions/native (Native下单)" in thing.__doc__


def test_help_on_what_attributes_cannot_spell(wxpay):
    text = wxpay.v2.secapi.mch._addinstitutionsub_.post.__doc__
    assert "POST v2/secapi/mch/addInstitutionsub" in text
    assert '_addinstitutionsub_.post(addinstitutionsub="addInstitutionsub", xml={…}' in text
    assert "提交申请单" in wxpay.v3.applyment4sub.applyment._empty_.post.__doc__


@pytest.mark.parametrize("operation", catalogue.operations(), ids=lambda each: each.id)
def test_every_operation_can_be_described(operation):
    text = describe(operation)
    assert text.startswith(f"{operation.title}\n{operation.method} {operation.path}\n")
    named = {line.split()[0] for line in text.splitlines() if line.startswith("    ")}
    assert {member.name for member in (*operation.body, *operation.response)} <= named
    assert outline(operation.path)


# --- brackets


def test_brackets_complete_paths(wxpay):
    every = wxpay._ipython_key_completions_()
    assert "v3/pay/transactions/native" in every
    assert "v2/pay/unifiedorder" in every
    assert len(every) == len({operation.path for operation in catalogue.operations()})
    assert "pay/transactions/native" in wxpay.v3._ipython_key_completions_()
    assert "native" in wxpay.v3.pay["transactions"]._ipython_key_completions_()
    assert wxpay["v3/pay?x=1"]._ipython_key_completions_() == []


# --- IPython


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("wxpay.v", ["wxpay.v2", "wxpay.v3"]),
        ("wxpay.v3.pay.tr", ["wxpay.v3.pay.transactions"]),
        ("x = wxpay.v3.pay.tr", ["x = wxpay.v3.pay.transactions"]),
        ("print(wxpay.v3.pay.tr", ["print(wxpay.v3.pay.transactions"]),
        ("await wxpay.v3.certificates.get_", ["await wxpay.v3.certificates.get_async"]),
        ("wxpay['v3/pay'].tr", ["wxpay['v3/pay'].transactions"]),
        ('wxpay.chain("v3/pay").tr', ['wxpay.chain("v3/pay").transactions']),
        ("orders.nat", ["orders.native"]),
        ("wxpay.v3.pay.transactions.id._", ["wxpay.v3.pay.transactions.id._transaction_id_"]),
        ('wxpay["v3/pay/transactions/na', ['wxpay["v3/pay/transactions/native']),
        ('wxpay.v3["pay/transactions/na', ['wxpay.v3["pay/transactions/native']),
        ("wxpay.v3['pay']['transactions/na", ["wxpay.v3['pay']['transactions/native"]),
        ('orders["nat', ['orders["native']),
        ("wxpay.v3.cert", ["wxpay.v3.certificates"]),
    ],
)
def test_ipython_completes(complete, line, becomes):
    assert complete(line) == becomes


def test_ipython_shows_variables_at_once(complete):
    """Its own rule hides what begins with an underscore until one is typed."""
    assert "wxpay.v3.refund.domestic.refunds._out_refund_no_" in complete(
        "wxpay.v3.refund.domestic.refunds."
    )


def test_ipython_completes_the_first_level(complete):
    assert {"wxpay.v3", "wxpay.notify", "wxpay.chain"} <= set(complete("wxpay."))
    assert "wxpay.v3.__class__" in complete("wxpay.v3.__cl")


@pytest.mark.parametrize(
    "line",
    ["shops.v3.pa", "wxpay.stacks.v3.pa", "wxpay.credential.si", "nobody.v3.pa", "wxpay.v3._x.pa"],
)
def test_ipython_is_left_alone_where_no_chain_is(complete, line):
    assert not any(found.endswith((".pay", ".papay")) for found in complete(line))


def test_a_tab_runs_no_property(shell):
    """Nothing but chains is evaluated; jedi has rules of its own."""
    asked = []
    shell.Completer.use_jedi = False
    with (
        mock.patch.object(WeChatPay, "credential", property(asked.append)),
        provisionalcompleter(),
    ):
        list(shell.Completer.completions("wxpay.credential.si", 19))
    assert asked == []


def test_a_question_mark_shows_the_operation(shell, capsys):
    shell.run_cell("wxpay.v3.pay.transactions.native.post?")
    assert "POST v3/pay/transactions/native" in capsys.readouterr().out


def test_the_matcher_is_installed_once(shell):
    def count():
        return sum(
            getattr(each, "matcher_identifier", "") == "wechatpay_chain"
            for each in shell.Completer.custom_matchers
        )

    assert count() == 1
    WeChatPay(mchid="1900000109")
    ipython.load_ipython_extension(shell)
    assert count() == 1


def test_a_shell_that_cannot_be_extended_is_left_alone(monkeypatch):
    ipython.load_ipython_extension(object())
    old = mock.Mock()
    old.Completer.custom_matchers = []
    monkeypatch.setattr("IPython.version_info", (8, 5, 0))
    ipython.load_ipython_extension(old)
    assert old.Completer.custom_matchers == []


def test_a_client_is_made_without_a_shell(monkeypatch):
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert WeChatPay(mchid="1900000109").v3


SESSION = """\
from wechatpay_chain import WeChatPay
wxpay = WeChatPay(mchid="1900000109")
get_ipython().Completer.use_jedi = {jedi}
get_ipython().complete("wxpay.v3.pay.tr")
get_ipython().complete('wxpay.v3["pay/transactions/nat')
wxpay.v3.pay.transactions.native.post?
help(wxpay.v3.pay.transactions)
"""


@pytest.mark.parametrize("jedi", [True, False], ids=["jedi", "no jedi"])
def test_a_session_of_ipython(tmp_path, jedi):
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        input=SESSION.format(jedi=jedi),
        env={**os.environ, "IPYTHONDIR": str(tmp_path), "PAGER": "cat"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    assert ".transactions'" in done.stdout
    assert "pay/transactions/native'" in done.stdout
    assert "POST v3/pay/transactions/native" in done.stdout
    assert ".outTradeNo         3 operations below it" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


# --- what it costs those who do not ask

CALL = """
import asyncio, sys
from tests.support import MCHID, PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain.testing.mock import MockTransport
import wechatpay_chain

keys = Keys(new_key(), new_key())
line = MockTransport(lambda request: {"ok": True}, sign={PUBLIC_KEY_ID: keys.platform})
wxpay = keys.client(transport=line)
wxpay.v3.pay.transactions.native.post(json={"amount": {"total": 1}})
asyncio.run(wxpay["v3/certificates"].get_async(sensitive="off"))
wxpay.v2.pay.orderquery.post(xml={"mch_id": MCHID}, unsigned=True)
assert repr(wxpay.v3.pay) and wxpay.v3 == wxpay.v3 and not hasattr(wxpay.v3, "__len__")
late = {"catalogue", "completion", "field_encryption", "encrypted_fields", "ipython"}
print([name for name in sys.modules if name.startswith("wechatpay_chain.") and
       late & set(name.split("."))])
"""


def test_neither_an_import_nor_a_call_loads_the_catalogue():
    done = subprocess.run(
        [sys.executable, "-c", CALL], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
