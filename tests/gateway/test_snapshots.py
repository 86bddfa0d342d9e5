"""Snapshots of a gateway: taken, restored, saved and used at the start."""

from __future__ import annotations

import queue
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.gateway.support import control, order, paid
from tests.servers import NotificationServer
from wechatpay_chain import APIError, TransportError
from wechatpay_chain.gateway import Gateway, Snapshot, SnapshotError
from wechatpay_chain.gateway.store.data_directory import DataDirectoryError

NOTHING = "AFTER INSERT ON record BEGIN SELECT 1; END"
MOVING = ("notice", "pending", "due", "queue", "setting")
"""Members that change by themselves: delivery attempts without a receiver, and the time."""
NATIVE = "v3/pay/transactions/native"


@pytest.fixture(params=["memory", "directory"])
def gateway(request, identity, tmp_path):
    """A separate gateway, with records in memory or in a directory."""
    data = tmp_path / "data" if request.param == "directory" else None
    with Gateway(identity=identity, time_scale=0.001, data=data) as gateway:
        yield gateway


def seen(gateway):
    """Return all records of a gateway, and its other state."""
    with gateway.platform.store.alone():
        rows = gateway.platform.store._database.rows("SELECT * FROM record ORDER BY sequence")
    records = [row for row in rows if not row[2].startswith(MOVING)]
    return {
        "records": records,
        "merchants": {mchid: each.state.profile for mchid, each in gateway.merchants.items()},
        "keys": {mchid: each.identity.serial for mchid, each in gateway.merchants.items()},
        "platform": gateway.identity.public_key_id,
        "faults": gateway.faults.all(),
        "requests": [entry["number"] for entry in gateway.state.log.all()],
        "holders": dict(gateway.platform.shared.holders),
        "day": gateway.state.clock.date(),
    }


def test_everything_is_as_it_was(gateway, wxpay):
    partner = gateway.add_merchant("partner", name="茶")
    gateway.add_sub_merchant(partner, "1900000109")
    first = paid(gateway, wxpay)["out_trade_no"]
    gateway.faults.add("v3/refund/*", "status", times=3)
    gateway.set_bills(fee_rate="0.0060")
    seen(gateway)  # generates the keys of all merchants
    snapshot, before = gateway.snapshot(), seen(gateway)

    paid(gateway, wxpay)
    gateway.faults.clear()
    gateway.set_bills(fee_rate="0.01")
    gateway.add_merchant()
    gateway.add_sub_merchant(partner)
    gateway.rotate_keys()
    gateway.advance(hours=48)
    assert seen(gateway) != before
    gateway.restore(snapshot)

    assert seen(gateway) == before
    assert partner.sub_merchants.keys() == {"1900000109"}
    assert [each["out_trade_no"] for each in gateway.orders()] == [first]
    gateway.state.ledger.check()
    with partner.client() as client:  # with the previous keys
        assert client.v3.certificates.get().verified
    assert paid(gateway, wxpay)["state"] == "SUCCESS"
    gateway.restore(snapshot)
    assert seen(gateway) == before


def test_a_restart_has_what_was_restored(identity, tmp_path):
    with Gateway(data=tmp_path / "data") as gateway, gateway.client() as wxpay:
        snapshot = gateway.snapshot()
        number = paid(gateway, wxpay)["out_trade_no"]
        gateway.rotate_keys()
        later = gateway.snapshot()
        gateway.restore(snapshot)
        key = gateway.identity.public_key_id
    with Gateway(data=tmp_path / "data") as gateway:
        assert gateway.orders() == []
        assert gateway.identity.public_key_id == key == snapshot.first.public_key_id
        gateway.restore(later)
        assert [each["out_trade_no"] for each in gateway.orders()] == [number]


def test_the_time_is_that_of_the_snapshot_or_goes_on(identity):
    with Gateway(identity=identity) as gateway:
        gateway.advance(hours=1)
        snapshot = gateway.snapshot()
        gateway.advance(hours=24)
        gateway.restore(snapshot)
        assert snapshot.moment <= gateway.state.clock.now() < snapshot.moment + 3600
        earlier = Snapshot(
            snapshot._store, snapshot.identities, snapshot.moment, snapshot.taken - 7200
        )
        gateway.restore(earlier, elapsed=True)
        passed = gateway.state.clock.now() - earlier.moment
        assert 7200 <= passed < 10800
        gateway.restore(earlier)
        assert gateway.state.clock.now() - earlier.moment < 3600


def test_nonces_are_those_of_the_snapshot(gateway):
    nonces = gateway.state.nonces
    assert nonces.use("A", 1_000.0)
    snapshot = gateway.snapshot()
    assert nonces.use("B", 1_000.0)
    gateway.restore(snapshot)
    assert not nonces.use("A", 1_000.0)
    assert nonces.use("B", 1_000.0)


def test_a_merchant_of_after_is_unknown(gateway):
    snapshot = gateway.snapshot()
    added = gateway.add_merchant()
    with added.client() as client:
        assert client.v3.certificates.get().verified
        gateway.restore(snapshot)
        with pytest.raises(APIError) as caught:
            client.v3.certificates.get()
    assert (caught.value.status_code, caught.value.code) == (401, "SIGN_ERROR")
    with pytest.raises(LookupError):
        gateway.state_of((), "", added.mchid)


async def test_a_request_that_was_under_way_is_dropped(gateway, monkeypatch):
    """One that waits when a snapshot is restored is not carried out afterwards."""
    snapshot, faults = gateway.snapshot(), gateway.faults

    def take(*_):
        monkeypatch.undo()
        gateway.restore(snapshot)

    async with gateway.client(retry=None) as wxpay:
        assert (await wxpay[NATIVE].post_async(json=order(gateway))).verified
        monkeypatch.setattr(faults, "take", take)
        with pytest.raises(TransportError):
            await wxpay[NATIVE].post_async(json=order(gateway))
        assert gateway.orders() == []
        assert gateway.state.log.all() == []
        assert (await wxpay[NATIVE].post_async(json=order(gateway))).verified


def test_requests_come_before_or_after(gateway):
    """Whatever is called while snapshots are restored, the books balance, and nothing is mixed."""
    merchants = [gateway.add_merchant() for _ in range(2)]
    empty = gateway.snapshot()
    failures: queue.Queue = queue.Queue()
    ended = threading.Event()

    def shop(merchant):
        try:
            with merchant.client(retry=None) as client:
                while not ended.is_set():
                    body = order(merchant)
                    try:
                        client[NATIVE].post(json=body)
                        merchant.pay(body["out_trade_no"])
                    except (TransportError, LookupError):
                        continue  # it was restored in the meantime
        except Exception as error:  # noqa: BLE001 - shown below
            failures.put(error)

    threads = [threading.Thread(target=shop, args=(each,)) for each in merchants]
    for thread in threads:
        thread.start()
    for _ in range(20):
        gateway.restore(empty)
        for merchant in merchants:
            merchant.state.ledger.check()
    ended.set()
    for thread in threads:
        thread.join()
    assert failures.empty(), failures.get()
    gateway.restore(empty)
    assert gateway.orders() == []


class Hooked(queue.Queue):
    """Does something when the first notification arrives, before that is responded to."""

    def __init__(self, act):
        super().__init__()
        self._acts = [act]

    def put(self, item, *options):
        if self._acts:
            self._acts.pop()()
        super().put(item, *options)


def test_a_delivery_that_was_under_way_is_not_recorded(gateway, wxpay):
    """What comes of it is not written into the restored state, where the delivery starts again."""
    recorded: queue.Queue = queue.Queue()

    def listen(kind, what):
        if kind in ("restored", "notification"):
            recorded.put((kind, what))

    gateway.state.log.listeners.add(listen)
    with NotificationServer() as shop:
        body = order(gateway, notify_url=shop.url)
        wxpay[NATIVE].post(json=body)
        gateway.stop()
        gateway.platform.open()
        gateway.pay(body["out_trade_no"])
        waiting = gateway.snapshot()
        shop.arrived = Hooked(lambda: gateway.restore(waiting))
        gateway.start()
        first, second = shop.take(), shop.take()
        assert first[1] == second[1]
        told = [recorded.get(timeout=10) for _ in range(2)]
        assert [kind for kind, _ in told] == ["restored", "notification"]
        notice = told[-1][1]
        assert (len(notice["attempts"]), notice["state"]) == (1, "DELIVERED")
        assert gateway.notifications() == [notice]
        assert recorded.empty()


def test_a_restore_within_a_transaction_is_rejected(gateway):
    snapshot = gateway.snapshot()
    with gateway.state.store.transaction():
        for act in (gateway.snapshot, lambda: gateway.restore(snapshot)):
            with pytest.raises(RuntimeError, match="within a transaction"):
                act()
    gateway.restore(snapshot)


def test_a_file(gateway, wxpay, tmp_path):
    partner = gateway.add_merchant("partner")
    number = paid(gateway, wxpay)["out_trade_no"]
    gateway.faults.add("v3/refund/*", "status", times=3, status=503)
    gateway.rotate_keys()
    before, path = seen(gateway), tmp_path / "prepared.db"
    gateway.snapshot().save(path)
    gateway.snapshot().save(path)
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir() if "prepared" in each.name] == ["prepared.db"]
    with Gateway(snapshot=path, time_scale=0.001) as other:
        assert {**seen(other), "requests": before["requests"]} == before
        assert other.state.log.all() == []
        assert [each["out_trade_no"] for each in other.orders()] == [number]
        with other.merchants[partner.mchid].client() as client:
            assert client.v3.certificates.get().verified
        other.state.ledger.check()
    with Gateway(snapshot=path, data=tmp_path / "new") as kept:
        assert len(kept.orders()) == 1
    with Gateway(data=tmp_path / "new") as again:
        assert len(again.orders()) == 1
        assert again.merchants.keys() == gateway.merchants.keys()
        assert again.merchants[partner.mchid].identity.serial == partner.identity.serial
    with pytest.raises(DataDirectoryError, match="already contains the keys of a gateway, and the"):
        Gateway(snapshot=path, data=tmp_path / "new")
    with pytest.raises(ValueError, match="not both"):
        Gateway(snapshot=path, identity=gateway.identity)


def test_the_snapshot_of_another_gateway(gateway, identity):
    other = Gateway()
    foreign = other.snapshot()
    with pytest.raises(ValueError, match="belongs to another gateway"):
        gateway.restore(foreign)
    gateway.stop()
    gateway.platform.open()
    gateway.restore(foreign)
    with gateway:
        assert gateway.identity.mchid == other.identity.mchid
        with gateway.client() as client:
            assert client.v3.certificates.get().verified


def write(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(";".join(statements))
    connection.close()
    return path


def test_a_file_that_is_no_snapshot(gateway, tmp_path):
    path = tmp_path / "good.db"
    gateway.snapshot().save(path)
    content = path.read_bytes()

    def bad(name: str, *statements: str, content: bytes = content) -> Path:
        (tmp_path / name).write_bytes(content)
        return write(tmp_path / name, *statements) if statements else tmp_path / name

    cases = {
        tmp_path / "missing.db": "cannot be read",
        tmp_path: "cannot be read",
        bad(
            "text.db", content=b"no database at all" * 100
        ): "cannot be read: file is not a database",
        bad("short.db", content=content[: len(content) // 2]): "cannot be read",
        bad("plain.db", "DELETE FROM record WHERE kind = 'snapshot'"): "is not a snapshot",
        bad("newer.db", "PRAGMA user_version = 99"): "its format is 99",
        bad("view.db", "CREATE VIEW v AS SELECT 1"): "its tables are not those of a gateway",
        bad(
            "trigger.db", "CREATE TRIGGER t AFTER INSERT ON record BEGIN SELECT 1; END"
        ): "its tables",
        bad("text-value.db", "UPDATE record SET value = '1' WHERE kind = 'snapshot'"): "is damaged",
        bad("no-key.db", "UPDATE record SET value = '{}' WHERE kind = 'snapshot'"): "is damaged",
    }
    for each, words in cases.items():
        with pytest.raises(SnapshotError, match=words):
            Gateway(snapshot=each)
    assert repr(Snapshot.load(path)) == f"<Snapshot of merchant {gateway.identity.mchid}>"
    with pytest.raises(SnapshotError, match="cannot be written"):
        gateway.snapshot().save(tmp_path / "no" / "where.db")


def test_the_control_api(gateway, wxpay):
    empty = control(gateway, "snapshots", name="empty")
    assert empty["name"] == "empty"
    paid(gateway, wxpay)
    control(gateway, "snapshots", name="paid")
    assert control(gateway, "snapshots", "GET") == [{"name": "empty"}, {"name": "paid"}]
    assert control(gateway, "snapshots/empty/restore")["time"] == empty["time"]
    assert gateway.orders() == []
    control(gateway, "snapshots/paid/restore", elapsed=True)
    assert len(gateway.orders()) == 1
    for name in ("", "../x", "a/b", ".x", "x" * 65, 1, None):
        status, error = control(gateway, "snapshots", name=name)
        assert (status, "letters, digits" in error["error"]) == (400, True)
    assert control(gateway, "snapshots/missing/restore")[0] == 404
    assert control(gateway, "snapshots/paid/restore", elapsed=1)[0] == 400
    if gateway.platform.keeps:
        gateway.stop()
        gateway.start()
        assert control(gateway, "snapshots", "GET") == [{"name": "empty"}, {"name": "paid"}]
        control(gateway, "snapshots/empty/restore")
        assert gateway.orders() == []
