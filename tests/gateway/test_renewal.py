"""Platform certificates are fetched when first needed, when unknown, and when old."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers import VerifyingServer
from tests.support import ended
from wechatpay_chain import (
    APIError,
    ConfigurationError,
    DecryptionError,
    Retry,
    Sensitive,
    SignatureError,
)
from wechatpay_chain.gateway import Gateway

LISTED = (
    "v3/merchant-service/complaints-v2?limit=1&offset=0&begin_date=2026-01-01&end_date=2026-01-02"
)
REFUND = "v3/refund/domestic/refunds/{out_refund_no}"
WORLDS = pytest.mark.parametrize("world", ["sync", "async"])
MINUTE = 61


class Clock:
    """Monotonic time that a test advances."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def receiver(platform):
    with VerifyingServer(platform) as receiver:
        yield receiver


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(platform, clock):
    """Makes clients of the gateway, without `certs` unless they are given, whose time it moves."""
    made = []

    def make(**arguments):
        wxpay = platform.client(**{"certs": None, **arguments})
        wxpay.platform_keys.clock = clock
        made.append(wxpay)
        return wxpay

    yield make
    for wxpay in made:
        wxpay.close()


def call(wxpay, world="sync", **options):
    """Return the response of an operation that rejects: a signed error."""
    verbs = wxpay[REFUND]
    get = verbs.get if world == "sync" else lambda **given: asyncio.run(verbs.get_async(**given))
    with pytest.raises(APIError) as caught:
        get(out_refund_no="1", **options)
    return caught.value


def listed(wxpay, world="sync", **options):
    """An answer that succeeds, from a path of its own."""
    if world == "sync":
        return wxpay[LISTED].get(**options)
    return asyncio.run(wxpay[LISTED].get_async(**options))


def notified(platform, receiver):
    platform.trigger("TRANSACTION.SUCCESS", receiver.url)
    return receiver.take()


def opened(wxpay, world, headers, body):
    if world == "sync":
        return wxpay.notify(headers, body)
    return asyncio.run(wxpay.notify_async(headers, body))


def rotate(platform):
    """Twice, so that the first certificate is forgotten, and answers come from another."""
    platform.rotate_keys()
    return platform.rotate_keys()


@WORLDS
def test_without_certs_they_are_fetched_when_first_needed(platform, client, fetches, world):
    wxpay = client()
    assert fetches == []
    assert [listed(wxpay, world).verified for _ in range(3)] == [True] * 3
    assert call(wxpay, world).verified
    assert fetches == [200]
    assert wxpay.platform_keys.serials == (platform.identity.platform_serial,)
    assert wxpay.platform is wxpay.platform_keys


@WORLDS
def test_a_field_is_encrypted_with_a_fetched_key(client, fetches, world):
    wxpay = client()
    path, given = "v3/offlinefacemch/organizations/o/users/out-user-id/7", {"unsigned": True}
    given["json"] = {"user_name": Sensitive("王五")}
    if world == "sync":
        wxpay[path].patch(**given)
    else:
        asyncio.run(wxpay[path].patch_async(**given))
    assert fetches == [200]
    assert wxpay.decrypt(wxpay[path].get().json()["user_name"]) == "王五"


def test_an_unsigned_answer_needs_no_key(client, fetches):
    assert client()[LISTED].get(unsigned=True).ok
    assert fetches == []


@WORLDS
def test_an_unknown_certificate_is_fetched_and_the_same_answer_checked(
    platform, client, fetches, world
):
    wxpay = client(certs=platform.certs)
    given = platform.identity.platform_serial
    rotate(platform)
    before = len(platform.state.log.all())
    answer = listed(wxpay, world)
    assert answer.verified
    assert answer.headers["Wechatpay-Serial"] == platform.identity.platform_serial
    assert fetches == [200]
    assert len(platform.state.log.all()) == before + 2
    assert given in wxpay.platform_keys  # the given key stays
    rotate(platform)
    assert given in wxpay.platform_keys


@WORLDS
def test_an_error_and_a_download_are_checked_again(platform, client, fetches, world, tmp_path):
    wxpay = client(certs=platform.certs)
    rotate(platform)
    assert call(wxpay, world).verified
    again = client(certs=platform.certs | {})
    rotate(platform)
    sink = tmp_path / "answer.json"
    answer = listed(again, world, sink=sink)
    assert (answer.verified, json.loads(sink.read_bytes())) != (True, {})
    assert fetches == [200, 200]


@WORLDS
def test_a_notification_may_need_a_fetch(platform, client, fetches, receiver, world):
    wxpay = client(certs=platform.certs)
    platform.rotate_keys()
    headers, body = notified(platform, receiver)
    assert opened(wxpay, world, headers, body).event_type == "TRANSACTION.SUCCESS"
    assert opened(client(), world, headers, body).event_type == "TRANSACTION.SUCCESS"
    assert fetches == [200, 200]


@WORLDS
def test_forged_notifications_cost_nothing(platform, client, fetches, receiver, clock, world):
    """A forger who has no key of the merchant's causes no fetch; one who replays a body causes one
    a minute."""
    wxpay = client(certs=platform.certs)
    headers, body = notified(platform, receiver)

    def forged(number, content, stamp=None):
        return {
            **headers,
            "Wechatpay-Serial": f"5A{number:038X}",
            "Wechatpay-Timestamp": stamp or headers["Wechatpay-Timestamp"],
        }, content

    junk = body.replace(b'"ciphertext":"', b'"ciphertext":"AAAA')
    for number in range(50):
        for content in (junk, b"{}", b"", b"[1]"):
            with pytest.raises(SignatureError) as caught:
                opened(wxpay, world, *forged(number, content))
            assert caught.value.reason == "unknown_serial"
        with pytest.raises(SignatureError) as caught:
            opened(wxpay, world, *forged(number, body, "1700000000"))
        assert caught.value.reason == "expired"
    assert fetches == []
    for minute in range(3):
        for number in range(50):
            with pytest.raises(SignatureError) as caught:
                opened(wxpay, world, *forged(number, body))
            assert caught.value.reason == "unknown_serial"
        assert fetches == [200] * (minute + 1)
        clock.ahead += MINUTE
    assert "list do not include" in str(
        caught.value
    ) or "s ago because of an unknown serial number, so" in str(caught.value)
    assert opened(wxpay, world, headers, body).event_type == "TRANSACTION.SUCCESS"


@WORLDS
def test_a_large_notification_is_not_parsed_for_a_stranger(
    platform, client, fetches, receiver, world
):
    """Parsed, JSON takes many times its memory; whoever posts it has no key yet."""
    wxpay = client(certs=platform.certs)
    headers, body = notified(platform, receiver)
    stranger = {**headers, "Wechatpay-Serial": f"5A{1:038X}"}
    with pytest.raises(SignatureError) as caught:
        opened(wxpay, world, stranger, body + b" " * (1 << 20))
    assert caught.value.reason == "unknown_serial"
    assert fetches == []


@WORLDS
def test_an_unknown_public_key_is_not_fetched(platform, client, fetches, world):
    wxpay = client(certs=platform.certs)
    with pytest.raises(
        SignatureError, match="A public key cannot be downloaded automatically"
    ) as caught:
        listed(wxpay, world, headers={"Wechatpay-Serial": platform.identity.public_key_id})
    assert caught.value.reason == "unknown_serial"
    assert fetches == []


@WORLDS
def test_answers_that_name_unknown_certificates_cause_one_fetch_a_minute(
    platform, client, fetches, clock, world
):
    wxpay = client()
    assert listed(wxpay, world).verified
    platform.faults.add("v3/merchant-service/*", "unknown_serial")
    for words in (
        "do not include it",
        "s ago because of an unknown serial number, so",
        "s ago because of an unknown serial number, so",
    ):
        with pytest.raises(SignatureError, match=words) as caught:
            listed(wxpay, world)
        assert caught.value.reason == "unknown_serial"
    assert fetches == [200, 200]
    clock.ahead += MINUTE
    with pytest.raises(SignatureError, match="do not include it"):
        listed(wxpay, world)
    assert fetches == [200] * 3
    platform.faults.clear()
    assert listed(wxpay, world).verified


@WORLDS
def test_a_rotation_under_load_fails_no_call(platform, client, fetches, world):
    """Calls in threads and tasks go on while the keys are rotated: one fetch, no failure."""
    wxpay = client(certs=platform.certs)
    done = []

    def rotate_midway():
        while len(done) < 60:
            time.sleep(0.002)
        rotate(platform)

    rotating = threading.Thread(target=rotate_midway)
    rotating.start()
    if world == "sync":
        with ThreadPoolExecutor(8) as pool:
            done.extend(pool.map(lambda _: listed(wxpay).verified, range(300)))
    else:

        async def one():
            done.append((await wxpay[LISTED].get_async()).verified)

        async def worker():
            for _ in range(15):
                await one()

        async def all_of_them():
            await asyncio.gather(*(worker() for _ in range(20)))
            await wxpay.aclose()

        asyncio.run(all_of_them())
    rotating.join()
    assert done == [True] * 300
    assert fetches == [200]
    assert listed(wxpay, world).headers["Wechatpay-Serial"] == platform.identity.platform_serial


def test_threads_and_event_loops_wait_for_one_fetch(platform, client, fetches):
    """With no key at all, everybody needs the first fetch, which takes a while."""
    wxpay = client()
    platform.faults.add("v3/certificates", "delay", seconds=0.4, times=1)

    async def tasks():
        answers = await asyncio.gather(*(wxpay[LISTED].get_async() for _ in range(10)))
        await wxpay.aclose()
        return [answer.verified for answer in answers]

    with ThreadPoolExecutor(12) as pool:
        loops = [pool.submit(asyncio.run, tasks()) for _ in range(4)]
        plain = [pool.submit(listed, wxpay) for _ in range(8)]
        assert [each.result().verified for each in plain] == [True] * 8
        assert [each.result() for each in loops] == [[True] * 10] * 4
    assert fetches == [200]


async def test_a_cancelled_fetch_releases_those_who_wait(platform, client, fetches):
    wxpay = client()
    platform.faults.add("v3/certificates", "delay", seconds=1, times=1)
    first = asyncio.create_task(wxpay[LISTED].get_async())
    await asyncio.sleep(0.1)
    others = [asyncio.create_task(wxpay[LISTED].get_async()) for _ in range(5)]
    thread = asyncio.create_task(asyncio.to_thread(listed, wxpay))
    await asyncio.sleep(0.1)
    others[0].cancel()
    await asyncio.sleep(0)
    first.cancel()
    answers = await asyncio.gather(*others[1:], thread)
    assert [answer.verified for answer in answers] == [True] * 5
    assert len(fetches) <= 2
    await wxpay.aclose()


@pytest.mark.parametrize("count", [1, 3])
async def test_a_cancelled_question_may_be_asked_again_once(platform, client, fetches, count):
    """A fetch for an unknown serial number that is cancelled hands over, and only once a minute."""
    wxpay = client(certs=platform.certs)
    rotate(platform)
    platform.faults.add("v3/certificates", "delay", seconds=0.5, times=count)
    for _ in range(count):
        call = asyncio.create_task(wxpay[LISTED].get_async())
        await asyncio.sleep(0.2)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
    if count == 1:
        assert (await wxpay[LISTED].get_async()).verified
    else:
        with pytest.raises(SignatureError, match="s ago because of an unknown serial number, so"):
            await wxpay[LISTED].get_async()
    await wxpay.aclose()


async def test_a_sync_call_within_the_loop_that_fetches_does_not_hang(platform, client, receiver):
    wxpay = client(certs=platform.certs)
    rotate(platform)
    headers, body = await asyncio.to_thread(notified, platform, receiver)
    platform.faults.add("v3/certificates", "delay", seconds=0.5, times=1)
    fetching = asyncio.create_task(wxpay[LISTED].get_async())
    await asyncio.sleep(0.2)
    with pytest.raises(SignatureError, match="an async call in this thread is already"):
        wxpay.notify(headers, body)
    assert (await wxpay.notify_async(headers, body)).event_type == "TRANSACTION.SUCCESS"
    assert (await fetching).verified
    assert wxpay.notify(headers, body).event_type == "TRANSACTION.SUCCESS"
    await wxpay.aclose()


@WORLDS
def test_old_certificates_are_renewed_at_the_next_call(platform, client, fetches, clock, world):
    wxpay = client()
    listed(wxpay, world)
    new = platform.rotate_keys().platform_serial
    clock.ahead = 12 * 3600 - 10
    listed(wxpay, world)
    assert (fetches, new in wxpay.platform_keys) == ([200], False)
    clock.ahead += 20
    listed(wxpay, world)
    listed(wxpay, world)
    assert (fetches, new in wxpay.platform_keys) == ([200, 200], True)


def test_keys_that_were_given_are_not_renewed(platform, client, fetches, clock):
    wxpay = client(certs=platform.certs)
    clock.ahead = 100 * 3600
    assert listed(wxpay).verified
    assert fetches == []


@WORLDS
@pytest.mark.parametrize("fault", ["status", "bad_signature", "reset", "frequency_limit"])
def test_a_failed_renewal_goes_unnoticed(platform, client, fetches, clock, caplog, world, fault):
    wxpay = client(retry=Retry(initial=0))
    listed(wxpay, world)
    clock.ahead = 13 * 3600
    platform.faults.add("v3/certificates", fault)
    for minute in range(1, 4):
        with caplog.at_level(logging.WARNING, logger="wechatpay_chain"):
            assert [listed(wxpay, world).verified for _ in range(3)] == [True] * 3
        told = [r.getMessage() for r in caplog.records if "could not be renewed" in r.getMessage()]
        assert len(told) == minute
        clock.ahead += MINUTE
    platform.faults.clear()
    listed(wxpay, world)
    assert len(told) == 3
    assert not wxpay.platform_keys.is_due


@pytest.fixture
def held():
    """Lets a client's fetch wait before its end: an event when it does, and one to let it go on."""
    released = []

    def hold(wxpay):
        reached, go_on = threading.Event(), threading.Event()
        loaded = wxpay.platform_keys.loaded

        def held(found):
            reached.set()
            go_on.wait(60)
            return loaded(found)

        wxpay.platform_keys.loaded = held
        released.append(go_on)
        return reached, go_on

    yield hold
    for go_on in released:
        go_on.set()


def test_a_renewal_keeps_no_other_call_waiting(client, fetches, clock, held):
    wxpay = client()
    listed(wxpay)
    clock.ahead = 13 * 3600
    reached, go_on = held(wxpay)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(listed, wxpay)
        assert reached.wait(60)
        assert pool.submit(listed, wxpay).result(30).verified
        assert not slow.done()
        go_on.set()
        assert slow.result().verified
    assert fetches == [200, 200]


@WORLDS
def test_a_fetch_that_fails_at_first_fails_the_call_and_says_so(platform, client, fetches, world):
    """Nothing but the fetch was sent, and the next call tries again."""
    wxpay = client()
    platform.faults.add("v3/certificates", "status", status=503)
    with pytest.raises(APIError, match="certs is missing.*the call itself was not sent") as caught:
        listed(wxpay, world)
    assert caught.value.status_code == 503
    targets = [entry["target"] for entry in platform.state.log.all()]
    assert targets == ["/v3/certificates"] * 3  # its own attempts; the outer call makes no more
    platform.faults.clear()
    assert listed(wxpay, world).verified


@WORLDS
def test_an_apiv3_key_that_opens_nothing_is_named(platform, client, world, receiver):
    wrong = "0" * 32
    with pytest.raises(DecryptionError, match="check that apiv3_key is the key.*was not sent"):
        listed(client(apiv3_key=wrong), world)
    knowing = client(certs=platform.certs, apiv3_key=wrong)
    assert listed(knowing, world).verified
    rotate(platform)
    with pytest.raises(SignatureError, match="could not be downloaded.*apiv3_key") as caught:
        listed(knowing, world)
    assert caught.value.reason == "unknown_serial"


def test_a_merchant_without_certificates(identity):
    with (
        Gateway(identity=identity, signs_with="public_key_only") as gateway,
        gateway.client(certs=None) as wxpay,
        pytest.raises(APIError, match="申请使用微信支付公钥"),
    ):
        listed(wxpay)


def test_without_a_key_that_opens_them_none_are_fetched(platform, client, fetches):
    with pytest.raises(ConfigurationError, match="certs is missing.*apiv3_key"):
        listed(client(apiv3_key=None))
    alone = client(merchant=None, serial=None, private_key=None)
    with pytest.raises(ConfigurationError, match="certs is missing"):
        alone.notify({}, b"")
    assert fetches == []


def test_a_layer_of_the_users_that_breaks_breaks_the_fetch_alone(platform, client, clock):
    wxpay = client()
    listed(wxpay)

    def broken(request, handle):
        if request.target == "/v3/certificates":
            raise ZeroDivisionError("mine")
        return (yield from handle(request))

    wxpay.stacks["v3"] = wxpay.stacks["v3"].before("signer", "mine", broken)
    clock.ahead = 13 * 3600
    assert listed(wxpay).verified
    rotate(platform)
    clock.ahead += MINUTE
    with pytest.raises(SignatureError, match="ZeroDivisionError: mine"):
        listed(wxpay)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_process_does_not_wait_for_its_parents_fetch(client, held):
    wxpay = client()
    loaded = wxpay.platform_keys.loaded
    reached, go_on = held(wxpay)
    fetching = threading.Thread(target=listed, args=(wxpay,))
    fetching.start()
    assert reached.wait(60)
    child = os.fork()
    if not child:
        try:
            wxpay.platform_keys.loaded = loaded
            os._exit(0 if listed(wxpay).verified else 1)
        finally:
            os._exit(2)
    assert ended(child) == 0
    assert fetching.is_alive()
    go_on.set()
    fetching.join()


def test_the_certificate_that_a_client_wants_is_fetched_beside_its_public_key(identity):
    """As the guide's move from certificates to the public key has it, and back."""
    with Gateway(identity=identity) as platform:
        certs = {identity.public_key_id: identity.platform_key.public_key()}
        serial = identity.platform_serial
        with platform.client(certs=certs, answer_with=serial) as wxpay:
            assert listed(wxpay).headers["Wechatpay-Serial"] == serial
        with platform.client(certs=certs, answer_with="5A") as wxpay:
            for _ in range(2):
                assert listed(wxpay).headers["Wechatpay-Serial"] == identity.public_key_id
        with pytest.raises(ConfigurationError, match="answer_with is 5A, which is not in certs"):
            platform.client(certs=certs, answer_with="5A", apiv3_key=None)
