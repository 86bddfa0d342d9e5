"""docs/examples/retry.py, over real sockets, in both worlds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.docs.conftest import Answering
from tests.docs.support import example
from tests.support import Keys
from wechatpay_chain import (
    Flow,
    Headers,
    RateLimited,
    Request,
    Response,
    ServerError,
    Sleep,
    TransportTimeout,
    WeChatPay,
)

retry = example("retry").retry


@pytest.fixture
def client(keys: Keys, answering: Answering) -> Callable[..., WeChatPay]:
    def make(**arguments: Any) -> WeChatPay:
        wxpay = keys.client(base_uri=answering.origin, timeout=(2, 0.3))
        layer = retry(**{"first": 0.001, **arguments})
        wxpay.stacks["v3"] = wxpay.stacks["v3"].replace("retry", layer)
        return wxpay

    return make


def test_waits_and_signs_anew_after_429(
    client: Callable[..., WeChatPay], answering: Answering
) -> None:
    answering.script = [429, 429]
    with client() as wxpay:
        assert wxpay.v3.pay.transactions.native.post(json={"a": 1}).verified
    assert len(answering.arrivals) == 3
    assert len({arrival.authorization["nonce_str"] for arrival in answering.arrivals}) == 3


async def test_in_async_as_well(client: Callable[..., WeChatPay], answering: Answering) -> None:
    answering.script = [429, "hang"]
    async with client() as wxpay:
        assert (await wxpay.v3.certificates.get_async()).verified
    assert len(answering.arrivals) == 3


def test_gives_up_in_the_end(client: Callable[..., WeChatPay], answering: Answering) -> None:
    answering.script = [429, 429, 429, 429]
    with client() as wxpay, pytest.raises(RateLimited):
        wxpay.v3.certificates.get()
    assert len(answering.arrivals) == 3


def test_a_get_without_an_answer_is_sent_again(
    client: Callable[..., WeChatPay], answering: Answering
) -> None:
    answering.script = ["hang"]
    with client() as wxpay:
        assert wxpay.v3.certificates.get().ok
    assert len(answering.arrivals) == 2


def test_a_post_without_an_answer_is_not(
    client: Callable[..., WeChatPay], answering: Answering
) -> None:
    answering.script = ["hang"]
    with client() as wxpay, pytest.raises(TransportTimeout):
        wxpay.v3.refund.domestic.refunds.post(json={})
    assert len(answering.arrivals) == 1


def test_another_error_is_not_retried(
    client: Callable[..., WeChatPay], answering: Answering
) -> None:
    answering.script = [500]
    with client() as wxpay, pytest.raises(ServerError):
        wxpay.v3.certificates.get()
    assert len(answering.arrivals) == 1


@pytest.mark.parametrize(
    ("retry_after", "shortest", "longest"),
    [("7", 7, 7), ("86400", 30, 30), ("", 0.4, 0.6), ("Fri, 31 Dec 1999 23:59:59 GMT", 0.4, 0.6)],
)
def test_the_pause_is_what_the_server_asks_for(
    retry_after: str, shortest: float, longest: float
) -> None:
    def handle(request: Request) -> Flow:
        raise RateLimited("slow down", Response(429, {"Retry-After": retry_after}))
        yield

    flow = retry()(Request("GET", "https://a", "/", Headers()), handle)
    effect = next(flow)
    assert isinstance(effect, Sleep)
    assert shortest <= effect.seconds <= longest
