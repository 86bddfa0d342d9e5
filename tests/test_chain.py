"""The chain's rules: what is written, and the request that it becomes."""

from __future__ import annotations

import copy
import inspect
import pickle
import string
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError, Response
from wechatpay_chain.chain.node import VERBS, Chain
from wechatpay_chain.chain.segments import segment


class Recorder:
    """Stands where a client stands."""

    def __init__(self):
        self.calls = []

    def request(self, method, path, options):
        self.calls.append((method, path, dict(options)))
        return Response(200)

    async def request_async(self, method, path, options):
        return self.request(method, path, options)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def chain(recorder):
    return Chain(recorder)


@pytest.mark.parametrize(
    ("written", "becomes"),
    [
        ("merchantService", "merchant-service"),
        ("MerchantService", "merchant-service"),
        ("complaintsV2", "complaints-v2"),
        ("v3", "v3"),
        ("V3", "v3"),
        ("_collection_id_", "{collection_id}"),
        ("_empty_", "{empty}"),
        ("_mixedCase_", "{mixedCase}"),
        ("get_wxpayface_authinfo", "get_wxpayface_authinfo"),
        ("video_upload", "video_upload"),
        ("return_", "return"),
        ("import_", "import"),
        ("global_", "global"),
        ("try_", "try"),
        ("class_", "class"),
        ("native_", "native_"),
        ("cgiBin", "cgi-bin"),
    ],
)
def test_a_name_becomes_a_segment(written, becomes):
    assert segment(written) == becomes


@given(st.from_regex(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*", fullmatch=True))
def test_kebab_case_has_an_attribute_that_becomes_it(kebab):
    head, *tail = kebab.split("-")
    camel = head + "".join(word.capitalize() for word in tail)
    assert segment(camel) == kebab
    assert segment(camel[0].upper() + camel[1:]) == kebab


@given(st.text(alphabet=string.ascii_letters + string.digits + "_/{}", min_size=1))
def test_a_string_is_never_rewritten(path):
    recorder = Recorder()
    Chain(recorder)[path].get()
    Chain(recorder).chain(path).get()
    assert {call[1] for call in recorder.calls} == {path}


def test_the_three_forms_mix(chain, recorder):
    chain.v3["pay/transactions"].id._transaction_id_.get(transaction_id="1")
    chain["v3/pay"].transactions.chain("id/{transaction_id}").get(transaction_id="1")
    chain.chain("v3").pay.transactions["/id/"]._transaction_id_.get({"transaction_id": "1"})
    assert (
        recorder.calls
        == [("GET", "v3/pay/transactions/id/{transaction_id}", {"transaction_id": "1"})] * 3
    )


def test_a_name_is_a_segment_until_it_is_called(chain, recorder):
    chain.v3.profitsharing.receivers.delete.post(json={})
    assert recorder.calls == [("POST", "v3/profitsharing/receivers/delete", {"json": {}})]


@pytest.mark.parametrize("verb", VERBS)
async def test_each_verb_calls_its_method_in_both_worlds(verb, chain, recorder):
    getattr(chain.v3.x, verb)(json=1)
    pending = getattr(chain.v3.x, f"{verb}_async")(json=1)
    assert inspect.iscoroutine(pending)
    assert (await pending).status_code == 200
    assert recorder.calls == [(verb.upper(), "v3/x", {"json": 1})] * 2


def test_a_mapping_and_keywords_join_and_the_keyword_wins(chain, recorder):
    chain.v3.x.get({"a": 1, "b": 2}, b=3)
    assert recorder.calls == [("GET", "v3/x", {"a": 1, "b": 3})]


@pytest.mark.parametrize("name", ["native", "head", "options", "send", "post_asynk", "Post"])
def test_calling_what_is_no_verb_says_how_a_chain_ends(name, chain):
    with pytest.raises(TypeError, match="get post put patch delete, or its _async form"):
        getattr(chain.v3.pay, name)(json={})


def test_a_string_in_brackets_is_no_verb(chain):
    with pytest.raises(TypeError, match="ends with a verb"):
        chain["v3/pay/post"](json={})
    with pytest.raises(TypeError, match="ends with a verb"):
        chain.v3["post"]()


@pytest.mark.parametrize("options", [7, "json", [("a", 1)]])
def test_options_are_a_mapping(options, chain):
    with pytest.raises(TypeError, match="one mapping of options"):
        chain.v3.x.get(options)


@pytest.mark.parametrize("path", [7, None, b"v3", 1.5, slice(1)])
def test_a_path_is_text(path, chain):
    with pytest.raises(TypeError, match="a path must be a str, not"):
        chain[path]


def test_an_absolute_url_begins_a_chain(chain, recorder):
    url = "https://api.mch.weixin.qq.com/v3/billdownload/file?token=1"
    chain[url].get()
    assert recorder.calls[0][1] == url
    with pytest.raises(ConfigurationError, match="an absolute URL must start a chain: wxpay"):
        chain.v3[url]


def test_nothing_follows_a_query(chain):
    with pytest.raises(ConfigurationError, match="cannot follow"):
        chain["v3/x?a=1"].id


def test_a_chain_is_a_value(chain):
    one, same = chain.v3.pay, chain.v3["pay"]
    assert chain.v3.pay == one
    assert hash(chain.v3.pay) == hash(one)
    assert one != same.native
    assert one != "v3/pay"
    assert chain.v3.get != chain.v3["get"], "one can be called, the other cannot"
    assert Chain(Recorder()).v3.pay != one
    assert len({one, chain.v3.pay}) == 1


def test_a_chain_does_not_change(chain):
    one = chain.v3.pay
    with pytest.raises(AttributeError, match="immutable"):
        one.native = 1
    with pytest.raises(AttributeError, match="immutable"):
        del one.native
    assert not hasattr(one, "__dict__")


def test_a_parent_keeps_no_child(chain):
    parent = chain.v3
    assert parent.pay is not parent.pay
    assert parent["pay"] is not parent["pay"]


def test_it_shows_its_path(chain):
    node = chain.v3.pay._id_
    assert repr(node) == "<Chain 'v3/pay/{id}'>"
    assert str(node) == "v3/pay/{id}"


@pytest.mark.parametrize(
    "name",
    [
        "__len__", "__wrapped__", "__array__", "__fspath__", "__json__",
        "_repr_html_", "_repr_mimebundle_", "_ipython_display_",
        "_ipython_canary_method_should_not_exist_", "_is_coroutine", "_is_coroutine_marker",
        "_asyncio_future_blocking", "_mock_methods", "_spec_class", "_private", "__x_",
    ],
)  # fmt: skip
def test_what_tools_probe_for_is_not_there(name, chain):
    assert not hasattr(chain.v3, name)


def test_tools_leave_it_alone(chain):
    node = chain.v3.pay
    assert copy.copy(node) is node
    assert copy.deepcopy({"a": node})["a"] is node
    assert not inspect.iscoroutinefunction(node)
    assert not inspect.isawaitable(node)
    assert isinstance(mock.create_autospec(node), mock.NonCallableMagicMock | mock.MagicMock)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(node)
    with pytest.raises(TypeError):
        iter(node)
    with pytest.raises(TypeError):
        "x" in node  # noqa: B015 - the expression is the point
    with pytest.raises(TypeError):
        len(node)
    assert bool(node)


def test_a_verb_after_a_query_is_still_a_verb(chain, recorder):
    chain["v3/x?a=1"].post(json={})
    assert recorder.calls == [("POST", "v3/x?a=1", {"json": {}})]
    with pytest.raises(ConfigurationError, match="cannot follow"):
        chain["v3/x?a=1"].delete.post
