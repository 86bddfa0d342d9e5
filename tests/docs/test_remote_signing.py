"""docs/examples/remote_signing.py against a real signing service, in both worlds."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import BILL, TOKEN, Answering, Signing
from tests.docs.support import example
from tests.support import MCHID, MERCHANT_SERIAL
from wechatpay_chain import (
    ClientError,
    ConfigurationError,
    Media,
    Response,
    ResponseError,
    SignatureError,
    TransportError,
    WeChatPay,
)

remote_signing = example("remote_signing")

PATH = "v3/pay/transactions/out-trade-no/{out_trade_no}"
OPTIONS: dict[str, Any] = {"out_trade_no": "中文 +%/~'", "query": {"mchid": MCHID, "x": "a b+c"}}
TARGET = (
    "/v3/pay/transactions/out-trade-no/%E4%B8%AD%E6%96%87%20%2B%25%2F~%27"
    "?mchid=1900000109&x=a%20b%2Bc"
)


def client(service: Any, answering: Answering) -> WeChatPay:
    """A client that was given no key at all."""
    wxpay = WeChatPay(mchid=MCHID, base_uri=answering.origin, timeout=(2, 5), retry=None)
    wxpay.stacks["v3"] = remote_signing.remote_stack(
        wxpay.stacks["v3"], service, MCHID, MERCHANT_SERIAL
    )
    return wxpay


def over_http(signing: Signing) -> Any:
    return remote_signing.OverHTTP(signing.origin, TOKEN)


def by_function(signing: Signing) -> Any:
    return remote_signing.ByFunction(signing.sign, signing.verify)


def by_async_function(signing: Signing) -> Any:
    async def sign(message: bytes) -> str:
        await asyncio.sleep(0)
        return await asyncio.to_thread(signing.sign, message)

    async def verify(serial: str, digest: bytes, signature: str) -> bool:
        await asyncio.sleep(0)
        return signing.verify(serial, digest, signature)

    return remote_signing.ByFunction(sign, verify)


BOTH_WORLDS = [over_http, by_function]
IN_ASYNC = [over_http, by_function, by_async_function]


def assert_good(response: Response, answering: Answering) -> None:
    assert response.verified
    assert response.json() == {"echo": TARGET}
    (arrival,) = answering.arrivals  # its signature was checked there, with the certificate's key
    assert arrival.target == TARGET
    assert arrival.authorization["mchid"] == MCHID
    assert arrival.authorization["serial_no"] == MERCHANT_SERIAL


@pytest.mark.parametrize("service", BOTH_WORLDS)
def test_sync(service: Any, signing: Signing, answering: Answering) -> None:
    with client(service(signing), answering) as wxpay:
        assert_good(wxpay[PATH].get(**OPTIONS), answering)


@pytest.mark.parametrize("service", IN_ASYNC)
async def test_async(service: Any, signing: Signing, answering: Answering) -> None:
    async with client(service(signing), answering) as wxpay:
        assert_good(await wxpay[PATH].get_async(**OPTIONS), answering)


def test_one_client_serves_both_worlds(signing: Signing, answering: Answering) -> None:
    async def asked() -> Response:
        async with wxpay:
            return await wxpay[PATH].get_async(**OPTIONS)

    with client(over_http(signing), answering) as wxpay:
        assert wxpay[PATH].get(**OPTIONS).content == asyncio.run(asked()).content


def test_the_service_gets_what_is_signed_and_no_more(
    signing: Signing, answering: Answering
) -> None:
    with client(over_http(signing), answering) as wxpay:
        wxpay.v3.refund.domestic.refunds.post(json={"out_refund_no": "退1"})
    (path, given), (verify_path, verify) = signing.asked
    given_to = answering.arrivals[0].authorization
    assert (path, verify_path) == ("/sign", "/verify")
    assert base64.b64decode(given["message"]).decode().split("\n") == [
        "POST",
        "/v3/refund/domestic/refunds",
        given_to["timestamp"],
        given_to["nonce_str"],
        '{"out_refund_no":"退1"}',
        "",
    ]
    assert len(base64.b64decode(verify["digest"])) == 32


def test_an_upload_signs_its_meta(signing: Signing, answering: Answering) -> None:
    media = Media(b"\x89PNG", name="a.png")
    with client(over_http(signing), answering) as wxpay:
        assert wxpay.v3.merchant.media.upload.post(media=media).verified
    assert answering.arrivals[0].body.startswith(b'{"filename":"a.png","sha256":')


@pytest.mark.parametrize("verdict", [False, "true", 1])
def test_a_bad_verdict_is_refused(verdict: object, signing: Signing, answering: Answering) -> None:
    signing.verdict = verdict
    with client(over_http(signing), answering) as wxpay, pytest.raises(SignatureError) as caught:
        wxpay[PATH].get(**OPTIONS)
    assert caught.value.reason == "mismatch"
    assert caught.value.response is not None
    assert not caught.value.response.verified


async def test_a_bad_verdict_is_refused_in_async(signing: Signing, answering: Answering) -> None:
    signing.verdict = False
    async with client(over_http(signing), answering) as wxpay:
        with pytest.raises(SignatureError):
            await wxpay[PATH].get_async(**OPTIONS)


@pytest.mark.parametrize("service", IN_ASYNC)
@pytest.mark.parametrize(
    ("what", "reason"),
    [("unsigned", "missing"), ("stale", "expired"), ("foreign", "mismatch")],
)
async def test_a_bad_answer_is_refused(
    service: Any, what: str, reason: str, signing: Signing, answering: Answering
) -> None:
    answering.script = [what]
    async with client(service(signing), answering) as wxpay:
        with pytest.raises(SignatureError) as caught:
            await wxpay[PATH].get_async(**OPTIONS)
    assert caught.value.reason == reason


def test_an_answer_known_to_be_unsigned_passes(signing: Signing, answering: Answering) -> None:
    answering.script = ["unsigned"]
    with client(over_http(signing), answering) as wxpay:
        assert not wxpay[PATH].get(**OPTIONS, unsigned=True).verified
    assert [path for path, _ in signing.asked] == ["/sign"]


@pytest.mark.parametrize("verdict", [True, False])
def test_an_error_says_whether_it_was_verified(
    verdict: bool, signing: Signing, answering: Answering
) -> None:
    signing.verdict = verdict
    answering.script = [400]
    with client(over_http(signing), answering) as wxpay, pytest.raises(ClientError) as caught:
        wxpay[PATH].get(**OPTIONS)
    assert caught.value.code == "FREQUENCY_LIMITED"
    assert caught.value.verified is verdict


@pytest.mark.parametrize("service", BOTH_WORLDS)
def test_a_file_is_verified_on_its_way_to_the_disk(
    service: Any, signing: Signing, answering: Answering, tmp_path: Path
) -> None:
    with client(service(signing), answering) as wxpay:
        assert wxpay["v3/bill"].get(sink=tmp_path / "bill.csv").verified
        assert (tmp_path / "bill.csv").read_bytes() == BILL
        answering.script = ["foreign"]
        with pytest.raises(SignatureError):
            wxpay["v3/bill"].get(sink=tmp_path / "forged.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["bill.csv"]


async def test_a_file_is_verified_in_async(
    signing: Signing, answering: Answering, tmp_path: Path
) -> None:
    async with client(over_http(signing), answering) as wxpay:
        assert (await wxpay["v3/bill"].get_async(sink=tmp_path / "bill.csv")).verified
    assert (tmp_path / "bill.csv").read_bytes() == BILL


def test_a_service_out_of_order_stops_the_call(signing: Signing, answering: Answering) -> None:
    signing.status = 500
    with (
        client(over_http(signing), answering) as wxpay,
        pytest.raises(ResponseError, match=r"no result for /sign \(HTTP 500\)"),
    ):
        wxpay[PATH].get(**OPTIONS)
    assert not answering.arrivals


def test_a_service_that_is_away_stops_the_call(answering: Answering) -> None:
    service = remote_signing.OverHTTP("http://127.0.0.1:9")
    with client(service, answering) as wxpay, pytest.raises(TransportError):
        wxpay[PATH].get(**OPTIONS)
    assert not answering.arrivals


def test_an_async_function_in_a_sync_call_is_refused(
    signing: Signing, answering: Answering
) -> None:
    with (
        client(by_async_function(signing), answering) as wxpay,
        pytest.raises(ConfigurationError, match="_async"),
    ):
        wxpay[PATH].get(**OPTIONS)
    assert not answering.arrivals
