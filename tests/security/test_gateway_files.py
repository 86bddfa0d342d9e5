"""The gateway's files are its user's alone, also where somebody laid others in advance."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.program import CannotRun, Settings, run
from wechatpay_chain.gateway.store.data_directory import (
    DataDirectoryError,
    load_identity,
    save_identity,
)
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.utils import private_files

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Windows has no such modes")


@pytest.fixture
def anybody() -> Iterator[None]:
    """A user whose new files everybody may read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(path.lstat().st_mode) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("anybody")
def test_every_file_is_its_owners_alone(wechatpay_identity: Identity, tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    with Gateway(identity=wechatpay_identity, data=directory) as gateway:
        gateway.rotate_keys()
        assert modes(directory) == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "keys").stat().st_mode) == 0o700


@pytest.mark.usefixtures("anybody")
def test_what_was_laid_in_advance_is_not_used(wechatpay_identity: Identity, tmp_path: Path) -> None:
    names = ("gateway.json.part", ".gateway.json.part", "secrets.json.part", "gateway.json")
    laid = [tmp_path / name for name in names]
    for path in laid:
        path.write_text("laid")
        path.chmod(0o666)
    for name in ("gateway.lock", "gateway.db"):
        (tmp_path / name).touch(mode=0o644)
        (tmp_path / name).chmod(0o644)
    with Gateway(identity=wechatpay_identity, data=tmp_path):
        assert modes(tmp_path) - {0o666} == {0o600}
        assert stat.S_IMODE((tmp_path / "gateway.json").stat().st_mode) == 0o600
    assert [path.read_text() for path in laid[:3]] == ["laid"] * 3


@pytest.mark.parametrize("name", ["gateway.json", "gateway.json.part"])
def test_a_link_is_not_written_through(
    wechatpay_identity: Identity, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("somebody's")
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / name).symlink_to(target)
    with Gateway(identity=wechatpay_identity, data=directory):
        told = json.loads((directory / "gateway.json").read_bytes())
        assert told["mchid"] == wechatpay_identity.mchid
        assert not (directory / "gateway.json").is_symlink()
    assert target.read_text() == "somebody's"


@pytest.mark.parametrize(
    "name", ["gateway.lock", "gateway.db", "gateway.db-wal", "gateway.db-shm", "gateway.db-journal"]
)
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "directory"])
def test_what_is_no_file_is_rejected(tmp_path: Path, name: str, kind: str) -> None:
    target = tmp_path / "elsewhere"
    directory = tmp_path / "data"
    directory.mkdir()
    if kind == "pipe":
        os.mkfifo(directory / name)
    elif kind == "directory":
        (directory / name).mkdir()
    else:
        (directory / name).symlink_to(target)
    if kind == "link":
        target.write_text("somebody's")
    with pytest.raises(DataDirectoryError, match=f"{name}: (it is|Is a directory)"):
        Gateway(data=directory)
    assert target.exists() == (kind == "link")
    assert kind != "link" or target.read_text() == "somebody's"


def test_a_lock_for_the_keys_is_no_link_either(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("somebody's")
    (tmp_path / ".gateway.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataDirectoryError, match="it is a symbolic link"):
        load_identity(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == "somebody's"


@pytest.mark.parametrize("name", ["secrets.json", "apiclient_key.pem", "ca.pem"])
@pytest.mark.parametrize("kind", ["link", "pipe", "large"])
def test_a_key_is_read_from_a_file_alone(
    wechatpay_identity: Identity, tmp_path: Path, name: str, kind: str
) -> None:
    save_identity(wechatpay_identity, tmp_path)
    path = tmp_path / "keys" / name
    content = path.read_bytes()
    path.unlink()
    if kind == "link":
        (tmp_path / "elsewhere").write_bytes(content)
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(content + b" " * private_files.LARGEST)
    with pytest.raises(DataDirectoryError, match="cannot be read"):
        load_identity(tmp_path)


def test_keys_are_a_directory_and_no_link(wechatpay_identity: Identity, tmp_path: Path) -> None:
    save_identity(wechatpay_identity, tmp_path / "elsewhere")
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "keys").symlink_to(tmp_path / "elsewhere" / "keys")
    for use in (
        lambda: load_identity(directory),
        lambda: save_identity(wechatpay_identity, directory),
    ):
        with pytest.raises(DataDirectoryError, match="it is a link"):
            use()


def foreign_directory(directory: Path, patch: pytest.MonkeyPatch) -> str:
    owner = os.geteuid()
    patch.setattr(os, "geteuid", lambda: owner + 1)
    return f"belongs to another user, {owner}"


def open_directory(directory: Path, _: pytest.MonkeyPatch) -> str:
    directory.chmod(0o777)
    return "every user can write to it"


def open_sticky_directory(directory: Path, _: pytest.MonkeyPatch) -> str:
    directory.chmod(0o1777)
    return "every user can write to it"


def open_keys(directory: Path, _: pytest.MonkeyPatch) -> str:
    (directory / "keys").chmod(0o777)
    return "keys: every user can write to it"


def open_secrets(directory: Path, _: pytest.MonkeyPatch) -> str:
    (directory / "keys" / "secrets.json").chmod(0o666)
    return "secrets.json: every user can write to it"


@pytest.mark.parametrize(
    "spoil", [foreign_directory, open_directory, open_sticky_directory, open_keys, open_secrets]
)
def test_a_directory_that_others_may_write_to_is_rejected(
    wechatpay_identity: Identity,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: object,
) -> None:
    directory = tmp_path / "data"
    save_identity(wechatpay_identity, directory)
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    problem = spoil(directory, monkeypatch)  # type: ignore[operator]
    with pytest.raises(DataDirectoryError, match=problem):
        Gateway(data=directory)
    with pytest.raises(CannotRun, match=problem):
        run(Settings(port=0, tls_port=0, data=directory), print, print)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="chown needs root")
def test_a_file_of_another_user_is_rejected(wechatpay_identity: Identity, tmp_path: Path) -> None:
    save_identity(wechatpay_identity, tmp_path)
    os.chown(tmp_path / "keys" / "apiclient_key.pem", 12345, 12345)
    with pytest.raises(
        DataDirectoryError, match=r"apiclient_key\.pem: it belongs to another user, 12345"
    ):
        load_identity(tmp_path)
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(DataDirectoryError, match="belongs to another user, 12345"):
        Gateway(data=tmp_path)


def test_a_link_of_another_users_to_ones_own_directory_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    Gateway(data=tmp_path / "link").stop()  # one's own link is fine
    lstat = Path.lstat

    def lied(path: Path) -> os.stat_result:
        found = list(lstat(path))
        if stat.S_ISLNK(found[0]):
            found[4] += 1
        return os.stat_result(found)

    monkeypatch.setattr(Path, "lstat", lied)
    with pytest.raises(DataDirectoryError, match="belongs to another user"):
        Gateway(data=tmp_path / "link")


def test_a_description_that_cannot_be_written_is_said(
    wechatpay_identity: Identity, tmp_path: Path
) -> None:
    (tmp_path / "gateway.json").mkdir()
    with pytest.raises(DataDirectoryError, match=r"cannot be used .*; choose a directory"):
        Gateway(identity=wechatpay_identity, data=tmp_path).start()
    with pytest.raises(CannotRun):
        run(Settings(port=0, tls_port=0, data=tmp_path), print, print)
    assert [path.name for path in tmp_path.glob(".gateway.json.*")] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mchid", "\x1b[2J"),
        ("mchid", 5),
        ("appid", "wx\u202e"),
        ("secret", "\ud800"),
        ("platforms", [{"serial": "../../x", "public_key_id": "a"}]),
        ("platforms", [{"serial": "a/b", "public_key_id": "a"}]),
        ("platforms", 5),
        ("platforms", [[]]),
    ],
)
def test_secrets_that_are_not_a_gateways(
    wechatpay_identity: Identity, tmp_path: Path, name: str, value: object
) -> None:
    save_identity(wechatpay_identity, tmp_path)
    path = tmp_path / "keys" / "secrets.json"
    told = {**json.loads(path.read_bytes()), name: value}
    for content in (json.dumps(told).encode(), b"[" * 100_000, b"[]", b"\xff", b""):
        path.write_bytes(content)
        with pytest.raises(DataDirectoryError) as caught:
            load_identity(tmp_path)
        assert str(caught.value).isprintable()


def test_a_process_that_is_none_is_not_shown(tmp_path: Path) -> None:
    with Gateway(data=tmp_path):
        (tmp_path / "gateway.lock").write_bytes(b"\x1b[2J\n1")
        with pytest.raises(DataDirectoryError, match="another gateway uses") as caught:
            Gateway(data=tmp_path)
    assert str(caught.value).isprintable()
