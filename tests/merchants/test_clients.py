"""Clients of many merchants: made once, kept while there is room, never a secret in an error."""

from __future__ import annotations

import collections.abc
import gc
import json
import weakref

import pytest

from tests.security.test_frames import assert_hidden
from tests.support import MERCHANT_SERIAL
from wechatpay_chain import (
    ConfigurationError,
    Merchants,
    UnknownMerchant,
    WeChatPay,
    WeChatPayError,
)
from wechatpay_chain.testing.mock import MockTransport
from wechatpay_chain.transport import HTTPTransport

A, B, C = "1900000001", "1900000002", "1900000003"


class Asked:
    """A source that counts, blocking or async."""

    def __init__(self, rows, *, is_async=False):
        self.rows, self.calls, self.is_async = rows, [], is_async

    def __call__(self, mchid):
        self.calls.append(mchid)
        if self.is_async:
            return self._later(mchid)
        return self.rows[mchid]

    async def _later(self, mchid):
        return self.rows[mchid]


@pytest.fixture(params=["mapping", "function"])
def source(request, rows):
    return rows if request.param == "mapping" else rows.__getitem__


def test_each_merchant_has_a_client_of_its_own(source, transport):
    merchants = Merchants(source, transport=transport)
    for mchid in (A, B, C):
        client = merchants[mchid]
        assert isinstance(client, WeChatPay)
        assert client.mchid == mchid
        assert merchants[mchid] is client
        assert client.v3.certificates.get().json() == {"path": "/v3/certificates"}
    sent = [request.headers["Authorization"] for request in transport.requests]
    assert [f'mchid="{mchid}"' in each for mchid, each in zip((A, B, C), sent, strict=True)] == [
        True
    ] * 3


async def test_an_async_source(rows, transport):
    source = Asked(rows, is_async=True)
    async with Merchants(source, transport=transport) as merchants:
        client = await merchants.get_async(A)
        assert client is await merchants.get_async(A) is merchants[A]
        assert (await client.v3.certificates.get_async()).json() == {"path": "/v3/certificates"}
        assert source.calls == [A]


async def test_a_source_that_blocks_serves_async_calls_too(source, transport):
    merchants = Merchants(source, transport=transport)
    assert await merchants.get_async(A) is merchants[A]


def test_an_async_source_in_a_sync_call(rows, transport):
    merchants = Merchants(Asked(rows, is_async=True), transport=transport)
    with pytest.raises(ConfigurationError, match=f"merchant {A}: source is async.*get_async"):
        merchants[A]
    with pytest.raises(ConfigurationError, match="source is async"):
        merchants.reload(A)


def test_blanks_around_a_number_do_not_make_another_merchant(source, transport):
    merchants = Merchants(source, transport=transport)
    assert merchants[f" {A}\n"] is merchants[A]


@pytest.mark.parametrize("wrong", [None, 1900000001, "", "19/00", ["x"]])
def test_what_is_no_merchant_number(source, transport, wrong):
    with pytest.raises(ConfigurationError, match="mchid"):
        Merchants(source, transport=transport)[wrong]


@pytest.mark.parametrize(
    "source",
    [{}, {}.__getitem__, lambda mchid: None, [].pop],
    ids=["mapping", "KeyError", "None", "a TypeError"],
)
def test_an_unknown_merchant(source, transport):
    merchants = Merchants(source, transport=transport)
    with pytest.raises(ConfigurationError, match="merchant 1900000009") as caught:
        merchants["1900000009"]
    known = not isinstance(caught.value, UnknownMerchant)
    assert known == (source == [].pop or getattr(source, "__name__", "") == "pop")
    if not known:
        assert isinstance(caught.value, LookupError)
        assert isinstance(caught.value, WeChatPayError)


def test_no_client_is_kept_of_what_failed(rows, transport):
    source = Asked({})
    merchants = Merchants(source, transport=transport)
    for _ in range(2):
        with pytest.raises(UnknownMerchant):
            merchants[A]
    source.rows = rows
    assert merchants[A].mchid == A
    assert source.calls == [A] * 3
    assert merchants._flights == {}


HALF = {
    "serial": (None, "serial is missing"),
    "private_key": (None, "private_key is missing"),
    "apiv3_key": ("s3cret", "apiv3_key has 6 bytes"),
    "certs": ({"nonsense!": "s3cret"}, "certs"),
    "timeout": ("s3cret", "timeout"),
}


@pytest.mark.parametrize("name", HALF)
def test_half_a_merchant_names_the_argument(rows, transport, name):
    value, text = HALF[name]
    rows[A] = {**rows[A], name: value}
    with pytest.raises(ConfigurationError, match=f"merchant {A}: .*{text}"):
        Merchants(rows, transport=transport)[A]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ([("serial", "x")], "source returned type list"),
        ("s3cret", "source returned type str"),
        (5, "source returned type int"),
        ({"privat_key": "s3cret"}, "'privat_key', which is not an argument of WeChatPay"),
        ({"s3cret" * 20: 1}, "a name that cannot be an argument"),
        ({7: 1}, "a name that cannot be an argument"),
        ({"mchid": B}, f"the arguments of another merchant, mchid '{B}'"),
        ({"proxy": "http://u:s3cret@h:1"}, "'proxy': all merchants share one transport"),
        ({"verify": False}, "'verify': all merchants share one transport"),
        ({"transport": None}, "'transport': all merchants share one transport"),
    ],
)
def test_what_a_source_must_not_give(transport, row, text):
    for source in ({A: row}, lambda mchid: row):
        with pytest.raises(ConfigurationError, match=f"merchant {A}.*{text}") as caught:
            Merchants(source, transport=transport)[A]
        assert "s3cret" not in str(caught.value)


def test_a_number_in_the_arguments_may_stand(rows, transport):
    rows[A]["mchid"], rows[B]["mchid"] = A, int(B)
    merchants = Merchants(rows, transport=transport)
    assert (merchants[A].mchid, merchants[B].mchid) == (A, B)


class Broken(Exception):
    pass


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_source_that_raises_is_the_cause(transport, is_async):
    def fail(mchid):
        raise Broken("the vault is sealed; token s3cret")

    async def fail_async(mchid):
        fail(mchid)

    merchants = Merchants(fail_async if is_async else fail, transport=transport)
    with pytest.raises(ConfigurationError, match=f"merchant {A}: source raised Broken") as caught:
        await merchants.get_async(A)
    assert "s3cret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, Broken)


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_clients": 0},
        {"max_clients": "5"},
        {"max_clients": True},
        {"mchid": A},
        {"privat_key": "s3cret"},
        {"timeout": 0},
        {"base_uri": "ftp://x"},
        {"proxy": "socks://u:s3cret@h"},
        {"check_keys": 1},
    ],
)
def test_what_is_for_all_is_checked_at_once(rows, arguments):
    with pytest.raises(ConfigurationError) as caught:
        Merchants(rows, **arguments)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("source", [None, 5, "rows", [("1", {})]])
def test_what_is_no_source(source):
    with pytest.raises(ConfigurationError, match="source is of type"):
        Merchants(source)


def test_shared_arguments_and_a_merchants_own(rows, transport):
    rows[B]["timeout"] = 7
    rows[C].pop("certs")
    merchants = Merchants(
        rows, transport=transport, timeout=3, base_uri="https://x.example/", certs=rows[A]["certs"]
    )
    for mchid in (A, B, C):
        merchants[mchid].v3.certificates.get(unsigned=True)
    assert [each.timeout[0] for each in transport.requests] == [3, 7, 3]
    assert {each.origin for each in transport.requests} == {"https://x.example"}
    assert merchants[C].platform.serials == merchants[A].platform.serials


def test_check_keys_is_for_all_or_for_one(rows, transport, monkeypatch):
    checked = []
    from wechatpay_chain.crypto import keys

    load = keys.private_key
    monkeypatch.setattr(
        keys,
        "private_key",
        lambda source, *rest, check=False: (checked.append(check), load(source, check=check))[1],
    )
    rows[B]["check_keys"] = False
    merchants = Merchants(rows, transport=transport, check_keys=True)
    merchants[A], merchants[B]
    assert checked == [True, False]


def test_the_least_recently_used_is_dropped(rows, transport):
    source = Asked(rows)
    merchants = Merchants(source, max_clients=2, transport=transport)
    first = merchants[A]
    merchants[B], merchants[A], merchants[C]
    assert source.calls == [A, B, C]
    assert merchants[A] is first
    merchants[B]
    assert source.calls == [A, B, C, B]
    gone = weakref.ref(merchants[C])
    merchants[A], merchants[B]
    gc.collect()
    assert gone() is None
    assert repr(merchants) == "<Merchants, 2 clients>"


def test_a_dropped_client_goes_on(rows, transport):
    merchants = Merchants(rows, max_clients=1, transport=transport)
    client = merchants[A]
    merchants[B]
    assert client.v3.certificates.get().json() == {"path": "/v3/certificates"}
    assert merchants[A] is not client


def test_reload_makes_a_new_client(rows, transport):
    source = Asked(rows)
    merchants = Merchants(source, transport=transport)
    old = merchants[A]
    rows[A] = {**rows[A], "timeout": 9}
    new = merchants.reload(A)
    assert new is merchants[A] is not old
    assert source.calls == [A, A]
    new.v3.certificates.get()
    old.v3.certificates.get()
    assert [each.timeout[0] for each in transport.requests] == [9, 5]


async def test_reload_async(rows, transport):
    source = Asked(rows, is_async=True)
    merchants = Merchants(source, transport=transport)
    old = await merchants.get_async(A)
    assert (await merchants.reload_async(A)) is (await merchants.get_async(A)) is not old


def test_a_reload_that_fails_changes_nothing(rows, transport):
    merchants = Merchants(rows, transport=transport)
    old = merchants[A]
    rows[A] = {"serial": MERCHANT_SERIAL}
    with pytest.raises(ConfigurationError, match="private_key is missing"):
        merchants.reload(A)
    assert merchants[A] is old


def test_a_merchant_that_is_gone_is_dropped_by_reload(rows, transport):
    merchants = Merchants(rows, transport=transport)
    merchants[A]
    del rows[A]
    assert merchants[A].mchid == A  # until it is reloaded
    with pytest.raises(UnknownMerchant, match=f"merchant {A} is unknown"):
        merchants.reload(A)
    with pytest.raises(UnknownMerchant):
        merchants[A]


def test_a_mapping_knows_its_merchants(rows, transport):
    merchants = Merchants(rows, transport=transport)
    assert A in merchants
    assert "1900000009" not in merchants
    assert len(merchants) == 3
    assert list(merchants) == [A, B, C]
    assert merchants
    assert not Merchants({}, transport=transport)


def test_a_function_does_not_pretend_to(rows, transport):
    merchants = Merchants(rows.get, transport=transport)
    merchants[A]
    assert merchants
    for ask in (lambda: A in merchants, lambda: len(merchants), lambda: list(merchants)):
        with pytest.raises(TypeError, match="needs a mapping as source"):
            ask()


class Lazy(collections.abc.Mapping):
    """A mapping over a database."""

    def __init__(self, rows):
        self.rows, self.read = {name: json.dumps(row) for name, row in rows.items()}, []

    def __getitem__(self, mchid):
        self.read.append(mchid)
        return json.loads(self.rows[mchid])

    def __iter__(self):
        return iter(self.rows)

    def __len__(self):
        return len(self.rows)


def test_a_mapping_is_read_when_it_is_needed(rows, transport):
    lazy = Lazy(rows)
    merchants = Merchants(lazy, transport=transport)
    assert (len(merchants), lazy.read) == (3, [])
    merchants[B]
    assert lazy.read == [B]


class Closable(MockTransport):
    closed = 0

    def close(self):
        self.closed += 1

    async def aclose(self):
        self.closed += 1


async def test_a_transport_that_was_given_stays_open(rows):
    transport = Closable(lambda request: {})
    with Merchants(rows, transport=transport):
        pass
    async with Merchants(rows, transport=transport):
        pass
    assert transport.closed == 0


async def test_its_own_transport_is_one_and_is_closed(rows, monkeypatch):
    closed = []
    monkeypatch.setattr(HTTPTransport, "close", lambda self, grace=1: closed.append((self, grace)))
    merchants = Merchants(rows, proxy="http://127.0.0.1:1")
    transports = {id(merchants[mchid]._transport) for mchid in (A, B, C)}
    assert len(transports) == 1
    assert "127.0.0.1:1" in repr(merchants[A]._transport)
    merchants[A].close()
    assert closed == []
    merchants.close()
    assert len(closed) == 1
    await merchants.aclose()


BAD_SOURCES = {
    "half": lambda row: {**row, "serial": None},
    "no key": lambda row: {**row, "private_key": "s3cretKey"},
    "another's": lambda row: {**row, "mchid": B},
    "unknown": lambda row: {**row, "s3cret_name": row["private_key"]},
    "own proxy": lambda row: {**row, "proxy": "http://u:s3cret@h:1"},
    "a list": lambda row: list(row.items()),
    "a text": lambda row: row["private_key"],
}


@pytest.mark.parametrize("bad", BAD_SOURCES)
@pytest.mark.parametrize("how", ["mapping", "function", "async"])
async def test_no_frame_shows_a_secret(rows, tenants, transport, bad, how):
    row = BAD_SOURCES[bad](rows[A])
    lines = tenants[0].arguments()["private_key"].split("\n")[1:-2]
    merchants = Merchants(
        {A: row} if how == "mapping" else (lambda mchid: _maybe(row, how)),
        transport=transport,
        secret="s3cretB3cretB3cretB3cretB3cretB3",
    )
    with pytest.raises(ConfigurationError, match=A) as caught:
        await merchants.get_async(A)
    assert_hidden(caught.value, *lines, tenants[0].apiv3_key, "s3cretKey", "s3cretB3", "u:s3cret")
    if how != "async":
        with pytest.raises(ConfigurationError, match=A) as caught:
            merchants[A]
        assert_hidden(caught.value, *lines, tenants[0].apiv3_key, "s3cretKey", "s3cretB3")


def _maybe(row, how):
    async def later():
        return row

    return later() if how == "async" else row


@pytest.mark.parametrize(
    "arguments",
    [{"max_clients": 0}, {"proxy": "http://u:s3cret@h:x"}, {"base_uri": 5}, {"nothing": "s3cret"}],
)
def test_no_frame_of_the_constructor_shows_a_secret(rows, tenants, arguments):
    lines = tenants[0].arguments()["private_key"].split("\n")[1:-2]
    with pytest.raises(ConfigurationError) as caught:
        Merchants(rows, **{"apiv3_key": tenants[0].apiv3_key, **arguments})
    assert_hidden(caught.value, *lines, tenants[0].apiv3_key, "s3cret")
