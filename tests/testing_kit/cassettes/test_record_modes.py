"""What is played, what is recorded, and what a request gets that there is no response for."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from wechatpay_chain import APIError, ConfigurationError, Request, WeChatPay, WeChatPayError
from wechatpay_chain.testing import MockTransport, cassette
from wechatpay_chain.testing.cassettes import Cassette, UnrecordedRequest

REFUNDS = "v3/refund/domestic/refunds"


class WeChatPays:
    """Numbers its responses, and counts the requests."""

    def __init__(self) -> None:
        self.transport = MockTransport(self._answer)

    @property
    def count(self) -> int:
        return len(self.transport.requests)

    def client(self, **arguments: Any) -> WeChatPay:
        return self.transport.client(**arguments)

    def _answer(self, request: Request) -> dict[str, Any]:
        del request
        return {"count": self.count}


@pytest.fixture
def theirs() -> WeChatPays:
    return WeChatPays()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "refunds.json"


def asked(tape: Cassette, theirs: WeChatPays, *numbers: str) -> list[int]:
    wxpay = tape.client(theirs.client)
    return [wxpay[f"{REFUNDS}/{number}"].get().json()["count"] for number in numbers]


@pytest.fixture
def recorded(path: Path, theirs: WeChatPays) -> WeChatPays:
    with cassette(path) as tape:
        assert asked(tape, theirs, "R1", "R2", "R1") == [1, 2, 3]
    return theirs


def test_once_records_and_then_plays(recorded: WeChatPays, path: Path) -> None:
    before = path.read_bytes()
    with cassette(path, record_mode="once") as tape:
        assert asked(tape, recorded, "R1", "R1", "R2") == [1, 3, 2]
        assert tape.all_played
        with pytest.raises(UnrecordedRequest, match="R3 is not on the cassette"):
            asked(tape, recorded, "R3")
    assert recorded.count == 3
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["new_episodes", "new"])
def test_new_episodes_are_added(recorded: WeChatPays, path: Path, mode: Any) -> None:
    with cassette(path, mode) as tape:
        assert asked(tape, recorded, "R2", "R3", "R1") == [2, 4, 1]
        assert tape.records
    with cassette(path, "none") as tape:
        assert asked(tape, recorded, "R1", "R2", "R1", "R3") == [1, 2, 3, 4]
    assert recorded.count == 4


def test_all_records_everything_anew(recorded: WeChatPays, path: Path) -> None:
    with cassette(path, "all") as tape:
        assert asked(tape, recorded, "R2") == [4]
        assert tape.play_count == 0
    with cassette(path, "none") as tape:
        assert asked(tape, recorded, "R2") == [4]
        assert tape.all_played


def test_none_needs_a_file(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no cassette .*--wechatpay-record=once"):
        cassette(path, "none").__enter__()
    assert not path.exists()


def test_nothing_is_written_where_nothing_was_recorded(path: Path) -> None:
    with cassette(path):
        pass
    assert list(path.parent.iterdir()) == []


def test_what_was_recorded_is_written_even_if_the_test_fails(
    path: Path, theirs: WeChatPays
) -> None:
    tape = cassette(path).__enter__()
    asked(tape, theirs, "R1")
    error = ZeroDivisionError()
    tape.__exit__(type(error), error, None)
    with cassette(path, "none") as tape:
        assert asked(tape, theirs, "R1") == [1]


def test_an_unknown_request_is_told_of(recorded: WeChatPays, path: Path) -> None:
    with cassette(path, "none") as tape:
        wxpay = tape.client()
        wxpay[f"{REFUNDS}/R2"].get()
        with pytest.raises(UnrecordedRequest) as raised:
            wxpay[f"{REFUNDS}/R22"].get()
        told = str(raised.value)
        assert f"GET {REFUNDS}/R22 is not on the cassette {path}" in told
        assert f"GET {REFUNDS}/R2 (path differs, was already replayed)" in told
        assert f"GET {REFUNDS}/R1 (path differs)" in told
        assert "record_mode='new_episodes'" in told
        with pytest.raises(UnrecordedRequest, match=r"R2 \(was already replayed\)"):
            wxpay[f"{REFUNDS}/R2"].get()
        with pytest.raises(UnrecordedRequest, match="method differs"):
            wxpay[f"{REFUNDS}/R1"].put(json={})


def test_it_is_no_error_that_code_under_test_takes_for_a_failed_call(
    recorded: WeChatPays, path: Path
) -> None:
    assert not issubclass(UnrecordedRequest, WeChatPayError)
    with cassette(path, "none") as tape, pytest.raises(AssertionError):
        tape.client()[REFUNDS].post(json={"out_refund_no": "R9"})


def test_unplayed_requests_can_be_asserted(recorded: WeChatPays, path: Path) -> None:
    with cassette(path, "none") as tape:
        asked(tape, recorded, "R1")
        assert tape.unplayed == [f"GET {REFUNDS}/R2", f"GET {REFUNDS}/R1"]
        with pytest.raises(AssertionError, match=f"2 of 3 requests .*GET {REFUNDS}/R2; GET"):
            tape.assert_all_played()


def test_the_number_in_the_body_tells_requests_apart(path: Path, theirs: WeChatPays) -> None:
    def refund(wxpay: WeChatPay, number: str, total: int = 1) -> int:
        body = {"out_refund_no": number, "amount": {"refund": total}}
        return int(wxpay[REFUNDS].post(json=body).json()["count"])

    with cassette(path) as tape:
        wxpay = tape.client(theirs.client)
        assert [refund(wxpay, each) for each in ("A", "B", "A")] == [1, 2, 3]
    with cassette(path, "none") as tape:
        wxpay = tape.client()
        assert [refund(wxpay, each, 7) for each in ("B", "A", "A")] == [2, 1, 3]
        with pytest.raises(UnrecordedRequest, match=r"out_refund_no=C [^(]*\(number differs"):
            refund(wxpay, "C")
    with cassette(path, "none", match_on=["method", "path", "body"]) as tape:
        wxpay = tape.client()
        assert refund(wxpay, "A") == 1
        with pytest.raises(UnrecordedRequest, match="body differs"):
            refund(wxpay, "A", 7)
    with cassette(path, "none", match_on=["method"]) as tape:
        assert refund(tape.client(), "C") == 1


def test_queries_match_in_any_order(path: Path, theirs: WeChatPays) -> None:
    with cassette(path) as tape:
        tape.client(theirs.client)["v3/payscore/serviceorder"].get(
            query={"service_id": "1", "out_order_no": "2", "appid": "wx1"}
        )
    with cassette(path, "none") as tape:
        wxpay = tape.client()
        with pytest.raises(UnrecordedRequest, match="query differs"):
            wxpay["v3/payscore/serviceorder"].get(query={"service_id": "1", "out_order_no": "2"})
        wxpay["v3/payscore/serviceorder?appid=wx1&out_order_no=2&service_id=1"].get()
        assert tape.all_played


def test_what_was_sent_can_be_asserted(recorded: WeChatPays, path: Path) -> None:
    with cassette(path, "none") as tape:
        asked(tape, recorded, "R2", "R1")
        assert [each.path for each in tape.sent("GET")] == [f"{REFUNDS}/R2", f"{REFUNDS}/R1"]
        assert tape.sent_once("GET", f"{REFUNDS}/R2").template == f"{REFUNDS}/{{out_refund_no}}"


def test_a_client_of_the_users_plays(recorded: WeChatPays, path: Path) -> None:
    """It has its own number and keys, trusts the cassette in the block, and is as before then."""
    own = MockTransport(lambda _: (404, {"code": "NOT_FOUND"})).client(mchid="1900000200")
    before = own.platform_keys.serials
    with cassette(path, "none") as tape:
        tape.attach(own)
        assert own[f"{REFUNDS}/R1"].get().verified
        assert len(own.platform_keys.serials) == len(before) + 1
        with pytest.raises(ConfigurationError, match="already uses a cassette"):
            tape.attach(own)
    assert own.platform_keys.serials == before
    with pytest.raises(APIError):
        own[f"{REFUNDS}/R1"].get()
    with pytest.raises(ConfigurationError, match="within its with block"):
        tape.attach(own)


@pytest.mark.parametrize("hidden", [False, True])
def test_the_merchants_number_is_the_clients_own(path: Path, hidden: bool) -> None:
    """A response names the merchant that asks, whoever it was recorded for."""
    real, other = "1600123456", "1700765432"

    def respond(request: Request) -> dict[str, Any]:
        return {"mchid": real, "mch_billno": f"{real}20261127", "sub_mchid": "1666"}

    def call(wxpay: WeChatPay) -> Any:
        query = {"mchid": wxpay.mchid}
        number = f"{wxpay.mchid}-1"
        return wxpay[f"v3/pay/transactions/out-trade-no/{number}"].get(query=query).json()

    transport = MockTransport(respond)
    with cassette(path, hide_merchant=hidden) as tape:
        assert call(tape.client(transport.client, mchid=real))["mchid"] == real
    text = path.read_text("utf-8")
    assert (real in text, "1666" in text) == (not hidden, not hidden)
    for mchid in (None, other):
        with cassette(path, "none", hide_merchant=hidden) as tape:
            if mchid is None:
                wxpay = tape.client()
                assert wxpay.mchid == ("1900000109" if hidden else real)
            else:
                wxpay = MockTransport(respond).client(mchid=mchid)
                tape.attach(wxpay)
            told = call(wxpay)
        assert (told["mchid"], told["mch_billno"]) == (wxpay.mchid, f"{wxpay.mchid}20261127")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"record_mode": "sometimes"}, "expected one of once, new_episodes, new, none, all"),
        ({"match_on": ["uri"]}, "expected some of method, path, query, number, body"),
        ({"match_on": "path"}, "match_on="),
        ({"match_on": []}, "match_on="),
        ({"keep": "attach"}, "keep= and hide= must be field names, such as"),
    ],
)
def test_arguments_that_are_none(path: Path, arguments: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        cassette(path, **arguments)


def test_a_name_tells_the_form(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"expected a file name ending in .yaml, .yml, .json"
    ):
        cassette(tmp_path / "refunds.txt")


def test_it_is_in_use_once(path: Path) -> None:
    with (
        cassette(path) as tape,
        pytest.raises(ConfigurationError, match="the cassette is already in use"),
    ):
        tape.__enter__()


def test_threads_and_tasks_share_a_cassette(path: Path, theirs: WeChatPays) -> None:
    numbers = [f"R{number}" for number in range(20)] * 2

    def count(wxpay: WeChatPay, number: str) -> int:
        return int(wxpay[f"{REFUNDS}/{number}"].get().json()["count"])

    with cassette(path) as tape:
        recorded = asked(tape, theirs, *numbers)
    with cassette(path, "none") as tape, ThreadPoolExecutor(8) as threads:
        wxpay = tape.client()
        played = list(threads.map(lambda number: count(wxpay, number), numbers))
        tape.assert_all_played()
    assert sorted(played) == sorted(recorded)

    async def gathered(wxpay: WeChatPay) -> list[int]:
        calls = [wxpay[f"{REFUNDS}/{number}"].get_async() for number in numbers]
        return [each.json()["count"] for each in await asyncio.gather(*calls)]

    with cassette(path, "none") as tape:
        assert sorted(asyncio.run(gathered(tape.client()))) == sorted(recorded)
        tape.assert_all_played()
