"""An error crosses a process boundary with its attributes and without a credential."""

from __future__ import annotations

import concurrent.futures
import copy
import io
import json
import multiprocessing
import pickle
import re

import pytest

from tests.support import APIV3_KEY, MCHID, SECRET, Keys, new_key, pem
from wechatpay_chain import (
    APIError,
    Attempt,
    ClientError,
    Headers,
    Media,
    Request,
    Response,
    Sensitive,
    WeChatPay,
    WeChatPayError,
    errors,
)
from wechatpay_chain.messages.request import Options
from wechatpay_chain.middleware.status import http_error
from wechatpay_chain.testing.mock import MockTransport

NAME = "Zhang San, a customer"
TOKEN = "t0ken-of-a-bill"
PATH = f"v3/x?token={TOKEN}&n=1"

CALLS = {
    "json": ("post", {"json": {"name": Sensitive(NAME)}}),
    "plain json": ("post", {"json": {"a": 1}}),
    "security": ("post", {"json": {}, "security": True}),
    "stack": ("get", {}),
    "media": ("post", {"media": Media(b"x", "a.png")}),
    "sink": ("get", {"sink": io.BytesIO()}),
    "headers": ("get", {"headers": {"Cookie": "c00kie", "Proxy-Authorization": "Basic pr0xy"}}),
}


@pytest.fixture
def client(wxpay, server, keys):
    cert = {"cert": keys.merchant_certificate, "key": keys.merchant}
    return keys.client(base_uri=server.url, merchant=cert)


@pytest.fixture(params=CALLS)
def refused(request, call, client, server, signed):
    """The error of a refused call, made with each of the options."""
    server.respond(
        signed.json({"code": "NO_AUTH", "message": "没有权限", "detail": {"a": [1]}}, 403)
    )
    verb, options = CALLS[request.param]
    if request.param == "stack":
        options = {"stack": client.stacks["v3"].before("signer", "mine", lambda r, h: h(r))}
    with pytest.raises(ClientError) as caught:
        call(verb, PATH, client, **options)
    sent = server.requests[0].headers["authorization"]
    return caught.value, sent


def secrets(authorization, keys):
    return [
        authorization,
        authorization.split('signature="')[1].split('"')[0],
        NAME,
        SECRET,
        APIV3_KEY,
        TOKEN,
        "c00kie",
        "pr0xy",
        *pem(keys.merchant).decode().split("\n")[1:-2],
    ]


def assert_same(one: APIError, other: APIError) -> None:
    assert type(one) is type(other)
    assert one.args == other.args
    for name in ("status_code", "code", "message", "detail", "request_id", "verified"):
        assert getattr(one, name) == getattr(other, name)
    assert one.response.content == other.response.content
    assert one.response.headers == other.response.headers
    assert one.response.verified == other.response.verified
    assert one.request.method == other.request.method
    assert one.request.origin == other.request.origin
    assert one.request.path == other.request.path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_refusal_is_pickled_without_credentials(refused, keys, protocol):
    error, authorization = refused
    error.add_note("in task 7")
    data = pickle.dumps(error, protocol)
    for secret in secrets(authorization, keys):
        assert secret.encode() not in data
    copied = pickle.loads(data)
    assert_same(copied, error)
    assert copied.__notes__ == ["in task 7"]
    assert copied.request is copied.response.request
    assert_same(pickle.loads(pickle.dumps(copied, protocol)), error)


@pytest.mark.parametrize("member", ["code", "message", "detail"])
@pytest.mark.parametrize("depth", [20, 40, 400, 900])
def test_a_refusal_of_any_depth_is_pickled(member, depth):
    nested = "[" * depth + "1" + "]" * depth
    response = Response(400, {}, f'{{"{member}":{nested}}}'.encode())
    error = http_error(response)
    assert isinstance(pickle.loads(pickle.dumps(error)), ClientError)
    assert isinstance(copy.deepcopy(error), ClientError)
    if member == "detail" and depth < 32:
        assert error.detail == json.loads(nested)


def test_a_refusal_is_copied(refused):
    error, _ = refused
    for copied in (copy.copy(error), copy.deepcopy(error)):
        assert_same(copied, error)


def test_responses_and_requests_are_pickled_without_credentials(refused, keys):
    error, authorization = refused
    for thing in (error.response, error.request, error.request.headers, {"r": error.response}):
        data = pickle.dumps(thing)
        for secret in secrets(authorization, keys):
            assert secret.encode() not in data
        pickle.loads(data)


def test_a_copy_of_a_request_can_be_sent():
    sensitive = Sensitive(NAME)
    request = Request(
        "POST",
        "https://x.example",
        PATH,
        Headers({"Authorization": "a"}),
        options=Options(json={"name": sensitive}),
    )
    for copied in (copy.copy(request), copy.deepcopy(request)):
        assert copied is not request
        assert copied.headers["Authorization"] == "a"
        assert copied.target == request.target
        assert copied.options.json["name"] == sensitive


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "SignatureReason"])
def test_every_error_is_pickled(name):
    error = getattr(errors, name)("what")
    error.extra = 1
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(copied) is type(error)
        assert str(copied) == "what"
        assert vars(copied) == vars(error)


REQUEST = Request("POST", "https://api.mch.weixin.qq.com", "/v3/x?a=1", Headers({"Accept": "*/*"}))
FAILED = Attempt("https://a.example", "TransportTimeout", "no answer", 0, "", 0.25)


def complete(name: str) -> WeChatPayError:
    """An error of a class with every attribute that it can have, none of them the default."""
    kind = getattr(errors, name)
    response = Response(429, {"Request-ID": "08F7A1-268447840"}, b'{"code":"X"}', request=REQUEST)
    response.verified = response.unsigned = response.streamed = True
    if issubclass(kind, APIError):
        error = kind("what", response, code="X", message="y", detail={"field": ["/a", 1, None]})
    elif issubclass(kind, errors.SignatureError):
        error = kind("what", response, reason="probe")
    elif issubclass(kind, errors.ResponseError):
        error = kind("what", response)
    elif issubclass(kind, errors.TransportError):
        error = kind("what", REQUEST, sent=False, permanent=True)
    else:
        error = kind("what")
    error.attempts, error.retryable = (FAILED, FAILED), True
    error.add_note("in task 7")
    return error


def plain(thing: object) -> object:
    """The attributes of an error, and of all that is in them, so that they can be compared."""
    if isinstance(thing, Request):
        names = ("method", "origin", "target", "headers", "content", "timeout")
        return [plain(getattr(thing, name)) for name in names]
    if isinstance(thing, Response):
        names = ("status_code", "headers", "content", "verified", "unsigned", "streamed", "request")
        return [plain(getattr(thing, name)) for name in names]
    if isinstance(thing, Headers):
        return thing.pairs()
    if isinstance(thing, BaseException):
        return type(thing), thing.args, {name: plain(it) for name, it in vars(thing).items()}
    return thing


NAMES = [name for name in errors.__all__ if name != "SignatureReason"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_attribute_of_every_error_survives(name, protocol):
    error = complete(name)
    documented = {"attempts", "retryable"}
    for kind in type(error).__mro__:
        section = (kind.__doc__ or "").partition("Attributes:\n")[2]
        documented |= {line.split(":")[0].strip() for line in section.splitlines() if ": " in line}
    own = {each for each in documented if each.isidentifier() and hasattr(error, each)}
    assert own >= {"attempts", "retryable"} | (vars(error).keys() - {"__notes__"})
    for copied in (
        pickle.loads(pickle.dumps(error, protocol)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert plain(copied) == plain(error)
        assert {each: plain(getattr(copied, each)) for each in own} == {
            each: plain(getattr(error, each)) for each in own
        }


def fail(name: str) -> None:
    """What a worker process does."""
    raise complete(name)


@pytest.mark.parametrize("pool", ["concurrent.futures", "multiprocessing"])
def test_every_error_crosses_from_a_worker_process(pool):
    context = multiprocessing.get_context("spawn")
    if pool == "multiprocessing":
        with context.Pool(1) as workers:
            found = [_error_of(workers.apply_async(fail, (name,)).get) for name in NAMES]
    else:
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
            found = [_error_of(executor.submit(fail, name).result) for name in NAMES]
    assert [plain(each) for each in found] == [plain(complete(name)) for name in NAMES]


def _error_of(result):
    with pytest.raises(WeChatPayError) as caught:
        result(60)
    return caught.value


class Refused(APIError):
    """A user's own error, whose `__init__` takes something else."""

    def __init__(self, order, reason):
        super().__init__(f"{order}: {reason}", code="MINE")
        self.order = order


def test_an_error_of_ones_own_is_pickled():
    copied = pickle.loads(pickle.dumps(Refused("R1", "no")))
    assert (str(copied), copied.order, copied.code) == ("R1: no", "R1", "MINE")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_sensitive_is_not_pickled(protocol):
    with pytest.raises(TypeError, match="a Sensitive cannot be pickled, because that"):
        pickle.dumps([Sensitive(NAME)], protocol)


def test_a_copy_of_a_sensitive_is_itself():
    sensitive = Sensitive(NAME)
    assert copy.copy(sensitive) is sensitive
    assert copy.deepcopy({"name": sensitive})["name"] is sensitive


def test_a_client_is_not_pickled(wxpay):
    for thing in (wxpay, wxpay.invoke, wxpay.v3, wxpay.credential):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def refuse() -> None:
    """What a worker process does."""
    keys = Keys(new_key(), new_key())

    wxpay = keys.client(
        transport=MockTransport(lambda _: (403, {"code": "NO_AUTH", "message": "no"})),
        merchant={"cert": keys.merchant_certificate, "key": keys.merchant},
    )
    options = {"security": True, "stack": wxpay.stacks["v3"], "sink": io.BytesIO()}
    wxpay.v3.x.post(json={"name": Sensitive(NAME)}, **options)


def test_a_process_pool_shows_the_refusal():
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        error = pool.submit(refuse).exception()
    assert isinstance(error, WeChatPayError)
    assert isinstance(error, ClientError)
    assert (error.code, error.request.method) == ("NO_AUTH", "POST")
    assert MCHID not in repr(error.request.headers)


V2 = {
    "query": ("get", "v2/papay/entrustweb", {"query": {"mch_id": MCHID, "plan_id": "1"}}),
    "XML": ("post", "v2/pay/orderquery", {"xml": {"mch_id": MCHID, "out_trade_no": "1"}}),
    "upload": (
        "post",
        "v2/secapi/mch/uploadmedia",
        {"xml": {"mch_id": MCHID}, "media": Media(b"x", "a.png")},
    ),
}


@pytest.mark.parametrize("made", V2.values(), ids=V2.keys())
def test_a_sign_of_apiv2_is_neither_pickled_nor_logged(call, made, caplog):
    """It never expires: whoever has it with the request can send it again."""
    sent = []
    caplog.set_level("DEBUG", "wechatpay_chain")

    def refuse(request):
        sent.append(request)
        return 400, "<xml><return_code>FAIL</return_code></xml>"

    client = WeChatPay(mchid=MCHID, secret=SECRET, transport=MockTransport(refuse))
    verb, path, options = made
    with pytest.raises(APIError) as caught:
        call(verb, path, client, **options)
    (request,) = sent
    (sign,) = re.findall("[0-9A-F]{32}", request.target + request.content.decode())
    data = pickle.dumps(caught.value)
    assert sign.encode() not in data
    assert sign not in caplog.text
    copied = pickle.loads(data)
    assert "***" in f"{copied.request.target}{copied.request.content}"
    assert copied.request.path == request.path
    assert copy.copy(caught.value).request.content == request.content
