"""Key stores: several clients and processes fetch once; a broken store fails no call."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import stat
import threading
import time
from contextlib import closing

import pytest
import redis.asyncio
from redis.backoff import ConstantBackoff

from tests.servers import VerifyingServer
from tests.soak.platform import rotate
from tests.support import new_key, self_signed
from wechatpay_chain import (
    APIError,
    ConfigurationError,
    DecryptionError,
    SignatureError,
)
from wechatpay_chain.crypto.certificate import pem
from wechatpay_chain.keys import redis_store, shared_certificates
from wechatpay_chain.keys.redis_store import RedisKeyStore
from wechatpay_chain.keys.stores import FileKeyStore, MemoryKeyStore

LISTED = "v3/merchant-service/complaints-v2?begin_date=2026-01-01&end_date=2026-01-02"
WORLDS = pytest.mark.parametrize("world", ["sync", "async"])


@pytest.fixture(autouse=True)
def no_command_goes_on():
    """A Redis command that was given up goes on in its thread; no other test meets it."""
    yield
    for thread in threading.enumerate():
        if thread.name == "wechatpay-key-store":
            thread.join(30)


@pytest.fixture(params=["memory", "file", "redis"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryKeyStore()
    elif request.param == "file":
        yield FileKeyStore(tmp_path / "keys")
    else:
        server = request.getfixturevalue("redis_server")
        with closing(redis.Redis.from_url(server.url)) as client:
            yield RedisKeyStore(client, server.name)


@pytest.fixture
def client(platform):
    made = []

    def make(store, **arguments):
        made.append(platform.client(**{"certs": None, "key_store": store, **arguments}))
        return made[-1]

    yield make
    for wxpay in made:
        wxpay.close()


def listed(wxpay, world="sync"):
    if world == "sync":
        return wxpay[LISTED].get()

    async def call():
        try:
            return await wxpay[LISTED].get_async()
        finally:
            await wxpay.aclose()

    return asyncio.run(call())


@WORLDS
def test_several_clients_fetch_once(platform, client, fetches, store, world):
    shops = [client(store) for _ in range(4)]
    assert [listed(wxpay, world).verified for wxpay in shops] == [True] * 4
    assert fetches == [200]
    rotate(platform)
    assert [listed(wxpay, world).verified for wxpay in shops] == [True] * 4
    assert fetches == [200, 200]


@WORLDS
def test_clients_at_once_fetch_once(platform, client, fetches, store, world):
    platform.faults.add("v3/certificates", "delay", seconds=0.3, times=1)
    shops, found = [client(store) for _ in range(4)], []
    threads = [
        threading.Thread(target=lambda each=each: found.append(listed(each, world).verified))
        for each in shops
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
    assert fetches == [200]


def test_a_fleet_asks_once_a_minute_for_forged_serials(platform, client, fetches, store):
    shops = [client(store) for _ in range(3)]
    for wxpay in shops:
        listed(wxpay)
    platform.faults.add("v3/merchant-service/*", "unknown_serial")
    for wxpay in shops * 3:
        with pytest.raises(SignatureError) as caught:
            listed(wxpay)
        assert caught.value.reason == "unknown_serial"
    assert fetches == [200, 200]
    platform.faults.clear()
    assert listed(shops[0]).verified


def test_what_others_renewed_is_taken_when_it_is_due(platform, client, fetches, store):
    one, other = client(store), client(store)
    listed(one)
    listed(other)
    new = rotate(platform).platform_serial
    listed(one)
    assert fetches == [200, 200]
    other.platform_keys.clock = lambda: time.monotonic() + 13 * 3600
    assert new not in other.platform_keys
    listed(other)
    assert new in other.platform_keys
    assert fetches == [200, 200]


def test_old_certificates_of_a_store_are_renewed(client, fetches, store, monkeypatch):
    listed(client(store))
    late = time.time() + 13 * 3600
    monkeypatch.setattr(shared_certificates.time, "time", lambda: late)
    assert listed(client(store)).verified
    assert fetches == [200, 200]


def test_without_a_fetch_old_certificates_of_the_store_serve(
    platform, client, fetches, store, monkeypatch, caplog
):
    listed(client(store))
    platform.faults.add("v3/certificates", "status", status=503)
    monkeypatch.setattr("wechatpay_chain.keys.platform_keys.RENEWED_EVERY", 60.0)
    monkeypatch.setattr(
        shared_certificates.SharedCertificates,
        "load",
        aged(shared_certificates.SharedCertificates.load, 3600.0),
    )
    wxpay = client(store)
    assert [listed(wxpay).verified for _ in range(3)] == [True] * 3
    assert fetches == [200, 503, 503, 503]  # one fetch, in three attempts
    assert "the platform certificates are those of the store" in caplog.text


def aged(load, seconds):
    def older(self):
        kept = yield from load(self)
        return None if kept is None else kept._replace(age=seconds)

    return older


def test_a_store_keeps_certificates_and_no_secret(platform, client, store):
    wxpay = client(store)
    listed(wxpay)
    text = store.load(wxpay.mchid)
    text = text.decode() if isinstance(text, bytes) else text
    kept = json.loads(text)
    identity = platform.identity
    assert kept["certificates"] == {identity.platform_serial: pem(identity.platform_certificate)}
    assert kept.keys() == {"certificates", "fetched", "asked", "seal"}
    assert "PRIVATE" not in text
    assert identity.apiv3_key not in text


def certificate_of(name="Tenpay.com", serial="5B", key=None):
    return pem(self_signed(key or new_key(), serial, name))


def changed(kept, change):
    return json.dumps({**kept, **change(kept)})


TAMPERED = {
    "nothing": lambda kept: "",
    "not JSON": lambda kept: "rubbish \x00\x1b[31m",
    "bytes": lambda kept: b"\xff\xfe\x00",
    "a list": lambda kept: "[]",
    "deep": lambda kept: "[" * 100_000,
    "huge": lambda kept: " " * 2_000_000,
    "no seal": lambda kept: json.dumps({"certificates": kept["certificates"]}),
    "a seal of another type": lambda kept: changed(kept, lambda _: {"seal": 7}),
    "another chain's certificate": lambda kept: changed(
        kept, lambda _: {"certificates": {"5B": certificate_of()}}
    ),
    "another time": lambda kept: changed(kept, lambda _: {"fetched": 0}),
    "one more": lambda kept: changed(
        kept, lambda _: {"certificates": {**kept["certificates"], "5B": certificate_of()}}
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_rubbish_in_a_store_is_fetched_anew(platform, client, fetches, store, what, caplog):
    wxpay = client(store)
    listed(wxpay)
    kept = json.loads(store.load(wxpay.mchid))
    bad = TAMPERED[what](kept)
    if isinstance(store, FileKeyStore):
        path = store._directory / f"{wxpay.mchid}.json"
        path.write_bytes(bad if isinstance(bad, bytes) else bad.encode())
    else:
        store.save(wxpay.mchid, bad)
    other = client(store)
    assert listed(other).verified
    assert fetches == [200, 200]
    assert other.platform_keys.serials == (platform.identity.platform_serial,)
    assert "is not used" in caplog.text or "could not be read" in caplog.text
    assert "\x1b" not in caplog.text


def test_a_seal_holds_for_one_merchant_and_one_apiv3_key(client, store, platform):
    listed(client(store))
    document = store.load(platform.identity.mchid)
    for mchid, key in (("1900000109", platform.identity.apiv3_key), (None, "0" * 32)):
        mchid = mchid or platform.identity.mchid
        store.save(mchid, document if isinstance(document, str) else document.decode())
        given = {"mchid": mchid, "apiv3_key": key, "merchant": None}
        identity = platform.identity
        given |= {"serial": identity.serial, "private_key": identity.merchant_key}
        with pytest.raises((APIError, DecryptionError), match="certs is missing"):
            listed(client(store, **given))


@pytest.mark.parametrize(
    "certificates",
    [
        {"5B": "/etc/passwd"},
        {"5B": "rubbish"},
        {"5C": certificate_of()},
        {"5B": 7},
        {"": certificate_of()},
    ],
)
def test_sealed_rubbish_is_no_better(platform, client, fetches, certificates, caplog):
    """Even who has the seal's key cannot make a client take something else for a certificate."""
    store = MemoryKeyStore()
    wxpay = client(store)
    shared = wxpay.platform_keys._shared
    members = {"certificates": certificates, "fetched": time.time(), "asked": None}
    document = json.dumps({**members, "seal": shared._seal(members)})
    store.save(wxpay.mchid, document)
    assert listed(wxpay).verified
    assert fetches == [200]
    assert "is not used" in caplog.text


def test_an_expired_certificate_of_a_store_is_left_out(platform, client, monkeypatch, fetches):
    store = MemoryKeyStore()
    wxpay = client(store)
    listed(wxpay)
    load = shared_certificates.SharedCertificates._opened
    monkeypatch.setattr(
        "wechatpay_chain.keys.platform_key.PlatformKey.trouble", lambda self, now: "expired"
    )
    kept = load(wxpay.platform_keys._shared, store.load(wxpay.mchid))
    assert kept.keys == {}


class Broken:
    """A store of the user with methods that all fail."""

    def __init__(self, error):
        self.error = error
        self.asked = 0

    def load(self, *_):
        self.asked += 1
        raise self.error

    save = acquire = release = load


@WORLDS
@pytest.mark.parametrize("error", [OSError("disk full"), RuntimeError("down"), KeyError("x")])
def test_a_store_that_fails_is_logged_once_and_fails_no_call(
    platform, client, fetches, world, error, caplog
):
    store = Broken(error)
    wxpay = client(store)
    assert [listed(wxpay, world).verified for _ in range(3)] == [True] * 3
    rotate(platform)
    assert listed(wxpay, world).verified
    assert (fetches, store.asked) == ([200, 200], 1)
    assert caplog.text.count("goes on without it") == 1


@pytest.mark.parametrize("method", ["load", "save", "acquire", "release"])
async def test_a_store_that_hangs_fails_no_call(platform, fetches, method, caplog, monkeypatch):
    async def hang(*_):
        cancelled.append(method)
        await asyncio.Event().wait()

    cancelled = []
    monkeypatch.setattr(shared_certificates, "LONGEST", 0.02)
    store = MemoryKeyStore()
    monkeypatch.setattr(store, method, hang)
    async with platform.client(certs=None, key_store=store) as wxpay:
        answers = await asyncio.gather(*(wxpay[LISTED].get_async() for _ in range(3)))
    assert [answer.verified for answer in answers] == [True] * 3
    assert (fetches, cancelled) == ([200], [method])
    assert caplog.text.count("goes on without it") == 1


def test_a_store_that_is_none_is_refused(client):
    with pytest.raises(ConfigurationError, match="key_store is of type dict, which has no load"):
        client({})
    with pytest.raises(ConfigurationError, match="needs the path of a directory, not a int"):
        FileKeyStore(7)
    with pytest.raises(ConfigurationError, match="RedisKeyStore needs a client, such as"):
        RedisKeyStore("redis://127.0.0.1")
    with pytest.raises(ConfigurationError, match="prefix is of type int"):
        RedisKeyStore(Answering(), 7)


class Answering:
    """The look of a client of redis-py."""

    def get(self, name):
        return None

    set = eval = get


def test_a_process_that_died_with_the_lock_keeps_nobody_waiting(client, fetches, store):
    wxpay = client(store)
    held = store.acquire(wxpay.mchid)
    assert held
    assert store.acquire(wxpay.mchid) is None
    wxpay.platform_keys._shared.patience = 0.3
    assert listed(wxpay).verified
    assert fetches == [200]
    store.release(wxpay.mchid, held)
    again = store.acquire(wxpay.mchid)
    assert again
    store.release(wxpay.mchid, held)  # it belongs to another process by now
    assert isinstance(store, FileKeyStore) or store.acquire(wxpay.mchid) is None
    store.release(wxpay.mchid, again)


@WORLDS
def test_a_cancelled_or_failed_fetch_gives_the_lock_back(platform, client, store, world):
    wxpay = client(store)
    if world == "sync":
        platform.faults.add("v3/certificates", "status", status=503, times=3)
        with pytest.raises(APIError):
            listed(wxpay)
    else:
        platform.faults.add("v3/certificates", "delay", seconds=0.5, times=1)

        async def cancelled():
            call = asyncio.create_task(wxpay[LISTED].get_async())
            await asyncio.sleep(0.25)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            await wxpay.aclose()

        asyncio.run(cancelled())
    lock = store.acquire(wxpay.mchid)
    assert lock
    store.release(wxpay.mchid, lock)


def test_a_file_is_its_owners_alone_and_replaced_whole(platform, client, tmp_path):
    store = FileKeyStore(str(tmp_path / "a" / "b"))
    wxpay = client(store)
    listed(wxpay)
    path = tmp_path / "a" / "b" / f"{wxpay.mchid}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(each.name for each in path.parent.iterdir()) == [
        f"{wxpay.mchid}.json",
        f"{wxpay.mchid}.lock",
    ]
    assert repr(store) == f"<FileKeyStore {tmp_path / 'a' / 'b'}>"


def test_a_name_that_is_no_merchant_number_leaves_no_folder(tmp_path):
    store = FileKeyStore(tmp_path / "keys")
    store.save("../../etc/x", "{}")
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["merchant.json"]
    assert store.load("../../etc/x") == "{}"


@pytest.mark.parametrize("how", ["a file", "a link", "a folder in its place"])
def test_a_folder_that_cannot_be_used_fails_no_call(client, fetches, tmp_path, how, caplog):
    folder = tmp_path / "keys"
    store = FileKeyStore(folder)
    wxpay = client(store)
    if how == "a file":
        folder.write_text("here")
    else:
        folder.mkdir()
        path = folder / f"{wxpay.mchid}.json"
        path.symlink_to("/etc/passwd") if how == "a link" else path.mkdir()
    assert [listed(wxpay).verified for _ in range(2)] == [True] * 2
    assert fetches == [200]
    assert "goes on without it" in caplog.text


@pytest.fixture
def hanging():
    """Return the port of a server that accepts connections and never responds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted = []

        def accept():
            while True:
                try:
                    accepted.append(server.accept())
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        for connection, _ in accepted:
            connection.close()
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


@WORLDS
@pytest.mark.parametrize("client_world", ["sync", "async"])
@pytest.mark.parametrize("how", ["down", "hanging"])
def test_a_redis_that_is_down_or_hangs_is_waited_for_once(
    platform, client, fetches, world, client_world, how, hanging, caplog, monkeypatch
):
    """Its own client tries for longer than the store waits."""
    monkeypatch.setattr(redis_store, "SECONDS", 0.2)
    library, retries = (
        (redis.asyncio, redis.asyncio.retry) if client_world == "async" else (redis, redis.retry)
    )
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = hanging if how == "hanging" else unused.getsockname()[1]
    again = retries.Retry(ConstantBackoff(0.5), 1)
    connection = library.Redis(host="127.0.0.1", port=port, retry=again)
    wxpay = client(RedisKeyStore(connection, "test:none:"))

    async def calls():
        answers = [await wxpay[LISTED].get_async() for _ in range(3)]
        await wxpay.aclose()
        return answers

    with caplog.at_level(logging.WARNING, logger="wechatpay_chain"):
        answers = [listed(wxpay) for _ in range(3)] if world == "sync" else asyncio.run(calls())
    assert [answer.verified for answer in answers] == [True] * 3
    assert fetches == [200]
    assert caplog.text.count("goes on without it") == 1
    mixed = (client_world, world) == ("async", "sync")
    assert (
        "its client is from redis.asyncio and can only" if mixed else "respond within 0.2 s"
    ) in caplog.text


def test_an_asyncio_client_serves_async_calls(platform, fetches, redis_server):
    async def fleet():
        async with redis.asyncio.Redis.from_url(redis_server.url) as connection:
            store = RedisKeyStore(connection, redis_server.name)
            shops = [platform.client(certs=None, key_store=store) for _ in range(4)]
            answers = await asyncio.gather(*(wxpay[LISTED].get_async() for wxpay in shops))
            rotate(platform)
            answers += await asyncio.gather(*(wxpay[LISTED].get_async() for wxpay in shops))
            for wxpay in shops:
                await wxpay.aclose()
        return [answer.verified for answer in answers]

    assert asyncio.run(fleet()) == [True] * 8
    assert fetches == [200, 200]


def test_a_notification_is_opened_with_what_another_process_fetched(
    platform, client, fetches, redis_server
):
    with (
        closing(redis.Redis.from_url(redis_server.url)) as connection,
        VerifyingServer(platform) as receiver,
    ):
        store = RedisKeyStore(connection, redis_server.name)
        one, other = client(store), client(store)
        listed(one)
        platform.trigger("TRANSACTION.SUCCESS", receiver.url)
        headers, body = receiver.take()
        assert other.notify(headers, body).event_type == "TRANSACTION.SUCCESS"
        assert fetches == [200]
        assert repr(store) == f"<RedisKeyStore {redis_server.name}>"
