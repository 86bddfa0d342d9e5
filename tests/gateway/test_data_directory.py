"""The gateway's directory: complete or absent, private, and without files of others."""

from __future__ import annotations

import json
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.platform import Platform
from wechatpay_chain.gateway.store import data_directory as data_directory
from wechatpay_chain.gateway.store.data_directory import (
    DataDirectoryError,
    load_identity,
    save_identity,
)
from wechatpay_chain.gateway.store.store import Store


def test_nobody_else_reads_what_is_secret(tmp_path: Path) -> None:
    with Gateway(data=tmp_path):
        pass
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"gateway.json", "gateway.db", "apiclient_key.pem"}
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_rotation_that_breaks_off_leaves_the_keys_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = load_identity(tmp_path)
    write = data_directory._write_file

    def break_off(path: Path, content: bytes) -> None:
        if path.name == "secrets.json":
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(data_directory, "_write_file", break_off)
    with pytest.raises(KeyboardInterrupt):
        save_identity(identity.rotated(), tmp_path)
    assert load_identity(tmp_path).public_key_id == identity.public_key_id


def test_first_keys_are_there_all_at_once_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def break_off(path: Path, content: bytes) -> None:
            raise KeyboardInterrupt

        patch.setattr(data_directory, "_write_file", break_off)
        with pytest.raises(KeyboardInterrupt):
            load_identity(tmp_path)
    assert not (tmp_path / "keys").exists()
    assert load_identity(tmp_path).mchid == load_identity(tmp_path).mchid


def test_a_directory_has_one_gateway_at_a_time(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as first:
        with pytest.raises(
            DataDirectoryError, match=r"another gateway uses .*process \d+.*; stop it"
        ):
            Gateway(data=tmp_path)
        first.stop()
        with Gateway(data=tmp_path), pytest.raises(DataDirectoryError, match="another gateway"):
            first.start()
        first.start()


def test_keys_are_made_once_though_many_ask_for_them(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: load_identity(tmp_path), range(4)))
    assert len({each.serial for each in found}) == 1


def test_a_full_disk_takes_nothing_back_and_lets_the_next_one_through(tmp_path: Path) -> None:
    store = Store(tmp_path / "gateway.db")
    store.put("kind", "before", {"value": 1})
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        put_two(store)
    assert [each["value"] for each in store.all("kind")] == [1]
    store._database.execute(f"PRAGMA max_page_count = {pages + 1000}")
    put_two(store)
    assert store.count("kind") == 3
    store.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.get("kind", "before")
    store.open()
    assert store.get("kind", "before") == {"value": 1}
    store.close()


def put_two(store: Store) -> None:
    with store.transaction():
        store.put("kind", "small", {"value": 2})
        with store.transaction():
            store.put("kind", "large", {"value": "x" * 100_000})


def spoil_database(place: Path) -> str:
    (place / "gateway.db").write_bytes(b"this is no database" * 100)
    return "gateway.db cannot be used: file is not a database"


def spoil_version(place: Path) -> str:
    Platform(directory=place).close()
    database = sqlite3.connect(place / "gateway.db")
    database.execute("PRAGMA user_version = 99")
    database.close()
    return "gateway.db was created by another version"


def spoil_secrets(place: Path) -> str:
    load_identity(place)
    (place / "keys" / "secrets.json").write_text("{")
    return "cannot be read .JSONDecodeError"


def spoil_key(place: Path) -> str:
    load_identity(place)
    (place / "keys" / "apiclient_key.pem").write_text("no key")
    return "cannot be read .ValueError"


def spoil_by_loss(place: Path) -> str:
    load_identity(place)
    (place / "keys" / "ca.pem").unlink()
    return r"ca\.pem: No such file"


def spoil_platforms(place: Path) -> str:
    load_identity(place)
    path = place / "keys" / "secrets.json"
    secrets = json.loads(path.read_bytes())
    path.write_text(json.dumps({**secrets, "platforms": []}))
    return "the platform has no key"


def spoil_by_other_keys(place: Path) -> str:
    (place / "keys").mkdir()
    (place / "keys" / "apiclient_key.pem").write_text("a merchant's real one")
    return "contains files that a gateway did not write; they are kept"


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_database,
        spoil_version,
        spoil_secrets,
        spoil_key,
        spoil_by_loss,
        spoil_platforms,
        spoil_by_other_keys,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_directory_that_is_not_a_gateways(spoil: Any, tmp_path: Path) -> None:
    problem = spoil(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    for _ in range(2):  # the lock is released
        with pytest.raises(DataDirectoryError, match=problem):
            Gateway(data=tmp_path)
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataDirectoryError, match="cannot be used .*; choose a directory"):
            Gateway(data=place)
        with pytest.raises(DataDirectoryError, match="cannot be used"):
            load_identity(place)


def test_a_directory_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reject(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(data_directory, "_write_file", reject)
    with pytest.raises(DataDirectoryError, match=r"Permission denied\); choose a directory"):
        Gateway(data=tmp_path)
