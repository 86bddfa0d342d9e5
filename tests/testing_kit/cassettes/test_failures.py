"""What goes wrong is recorded as well, and goes wrong in the same way when it is played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wechatpay_chain import (
    ConfigurationError,
    ResponseError,
    ServerError,
    SignatureError,
    TransportError,
    TransportTimeout,
    WeChatPay,
    WeChatPayError,
)
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import canonical
from wechatpay_chain.middleware.retry import Retry
from wechatpay_chain.testing import MockTransport, cassette

CERTIFICATES = "v3/certificates"
LISTED = "v3/offlineface/face-collections/FC2353ZJIHOJKHOIIOIJ"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def path(tmp_path: Path, gateway: Gateway) -> Iterator[Path]:
    yield tmp_path / "failures.json"
    gateway.faults.clear()


def failing(wxpay: WeChatPay) -> Any:
    """What is raised, as a caller sees it."""
    with pytest.raises(WeChatPayError) as raised:
        wxpay[LISTED].get()
    error = raised.value
    return (
        type(error),
        getattr(error, "sent", "none"),
        getattr(error, "reason", "none"),
        getattr(error, "code", "none"),
        getattr(error, "verified", "none"),
        len(error.attempts),
    )


@pytest.mark.parametrize(
    ("fault", "options", "kind"),
    [
        ("reset", {}, TransportError),
        ("truncate", {}, TransportError),
        ("status", {"status": 502, "body": "<html><title>Bad Gateway</title></html>"}, ServerError),
        ("system_error", {}, ServerError),
        ("missing_headers", {}, SignatureError),
        ("bad_signature", {}, SignatureError),
        ("frequency_limit", {}, WeChatPayError),
        ("maintenance", {}, ServerError),
    ],
)
def test_faults_are_played(
    gateway: Gateway, path: Path, fault: str, options: Any, kind: type[Exception]
) -> None:
    gateway.faults.add(LISTED, fault, **options)
    retry = Retry(attempts=2, initial=0, max=0)
    with cassette(path) as tape:
        recorded = failing(tape.client(gateway.client, retry=retry))
    with cassette(path, "none") as tape:
        played = failing(tape.client(retry=retry))
        tape.assert_all_played()
    assert played == recorded
    assert issubclass(recorded[0], kind)


def test_a_call_that_succeeds_at_its_second_attempt(gateway: Gateway, path: Path) -> None:
    gateway.faults.add(CERTIFICATES, "reset", times=1)
    with cassette(path) as tape:
        wxpay = tape.client(gateway.client, retry=Retry(initial=0, max=0))
        assert wxpay.v3.certificates.get().ok
    with cassette(path, "none") as tape:
        assert tape.client().v3.certificates.get().ok
        assert tape.play_count == 2
    with cassette(path, "none") as tape, pytest.raises(TransportError):
        tape.client(retry=None).v3.certificates.get()


def test_timeouts(path: Path) -> None:
    def respond(request: Any) -> Any:
        raise TransportTimeout("no response from 203.0.113.9 in 30 s", request)

    with cassette(path) as tape, pytest.raises(TransportTimeout):
        tape.client(MockTransport(respond).client)[LISTED].get()
    assert "203.0.113.9" not in path.read_text("utf-8")
    with cassette(path, "none") as tape, pytest.raises(TransportTimeout, match="192.0.2.1 in 30 s"):
        asyncio.run(tape.client(retry=None)[LISTED].get_async())
    with cassette(path, "none") as tape, pytest.raises(TimeoutError) as raised:
        tape.client(retry=None)[LISTED].get()
    assert raised.value.request.path == f"/{LISTED}"  # type: ignore[attr-defined]


def test_a_wait_that_was_asked_for_is_not_waited(path: Path) -> None:
    """`Retry-After` is honoured when recording; a played response asks for no pause."""
    from wechatpay_chain import Headers, Response

    fields = {"Retry-After": "1", "Content-Type": "application/json"}
    limited = Response(429, Headers(fields), b'{"code": "FREQUENCY_LIMITED"}')
    answers: list[Any] = [{"ok": 1}, limited]
    with cassette(path) as tape:
        wxpay = tape.client(MockTransport(lambda _: answers.pop()).client, retry=Retry(initial=0))
        assert wxpay[LISTED].get().ok
    stored = json.loads(path.read_text("utf-8"))["interactions"][0]["response"]
    assert stored["headers"]["Retry-After"] == "1"
    slept: list[float] = []
    with cassette(path, "none") as tape, pytest.MonkeyPatch.context() as patcher:
        patcher.setattr("wechatpay_chain.flow.time.sleep", slept.append)
        assert tape.client()[LISTED].get().ok
    assert slept == []


def test_a_response_to_another_request_is_rejected_again(path: Path) -> None:
    transport = MockTransport(lambda _: {"out_trade_no": "another"})
    with cassette(path) as tape, pytest.raises(ResponseError, match="belongs to another request"):
        tape.client(transport.client)["v3/pay/transactions/out-trade-no/mine"].get()
    with cassette(path, "none") as tape, pytest.raises(ResponseError, match="another request"):
        tape.client()["v3/pay/transactions/out-trade-no/mine"].get()


def test_a_sink_that_fails_is_no_failure_of_the_exchange(path: Path, tmp_path: Path) -> None:
    class Full:
        mode = "wb"

        def write(self, data: bytes) -> int:
            raise OSError("no space left on /home/zhang")

    transport = MockTransport(lambda _: (200, b"a bill"))
    with cassette(path) as tape, pytest.raises(TransportError, match="no space"):
        tape.client(transport.client)["v3/billdownload/file?token=x"].get(sink=Full())
    assert not path.exists()


def test_a_file_that_is_no_cassette(path: Path) -> None:
    for content, told in (
        ("{", "Expecting"),
        ("[]", "no list 'interactions'"),
        ('{"interactions": [], "version": 2}', "its version is 2"),
        ('{"interactions": [1], "version": 1}', r"interactions\[0\] is not a mapping"),
        ('{"interactions": [{}], "version": 1}', "has no request with a method"),
        (
            '{"interactions": [{"request": {"method": "GET", "path": "v3/x"}}], "version": 1}',
            "has neither a response with a status nor an error",
        ),
    ):
        path.write_text(content)
        with pytest.raises(ConfigurationError, match=told):
            cassette(path).__enter__()
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        cassette(path).__enter__()


def test_what_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "folder.json"
    recording = cassette(blocked).__enter__()
    recording.client(MockTransport(lambda _: {}).client)[LISTED].get()
    blocked.mkdir()
    with pytest.raises(ConfigurationError, match="cannot be written"):
        recording.__exit__(None, None, None)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def test_yaml_by_hand(tmp_path: Path) -> None:
    """A person who writes a date, or edits a text, gets what stands there."""
    pytest.importorskip("yaml")
    path = tmp_path / "hand.yaml"
    path.write_text(
        f"""
version: 1
interactions:
  - request: {{method: GET, path: {LISTED}}}
    response:
      status: 200
      signature: {canonical.SCHEME}
      json: {{created: 2026-11-27, name: 张三, url: "https://example.com/中文"}}
""",
        "utf-8",
    )
    with cassette(path, "none") as tape:
        response = tape.client()[LISTED].get()
    assert response.verified
    assert response.json() == {
        "created": "2026-11-27",
        "name": "张三",
        "url": "https://example.com/中文",
    }


@pytest.mark.parametrize("name", ["surrogate.json", "surrogate.yaml"])
def test_texts_that_are_no_unicode(tmp_path: Path, name: str) -> None:
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    path = tmp_path / name
    transport = MockTransport(lambda _: (200, b'{"attach": "\\ud800 a\\nb  \\u0000"}'))
    with cassette(path, keep={"attach"}) as tape:
        tape.client(transport.client)[LISTED].get()
    with cassette(path, "none") as tape:
        assert tape.client()[LISTED].get().json() == {"attach": "\ud800 a\nb  \0"}
