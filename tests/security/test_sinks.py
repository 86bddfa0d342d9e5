"""`sink=`: modes, part files, and what a failure must not take along."""

from __future__ import annotations

import gzip
import io
import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.responses import http
from tests.wire.server import Do
from wechatpay_chain import ConfigurationError, ResponseError, SignatureError, TransportError
from wechatpay_chain.messages.download import Download

PATH = "v3/ecommerce/bill/file"
UNSIGNED = "v3/billdownload/file?token=x"
BODY = random.Random(1).randbytes(700_000)

posix = pytest.mark.skipif(os.name != "posix", reason="about POSIX modes and links")


@pytest.fixture
def mask():
    """What most systems have: without care, new files are readable by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.usefixtures("mask")
@pytest.mark.parametrize("old", [None, 0o600, 0o640, 0o644, 0o400])
def test_a_file_keeps_its_mode_and_a_new_one_is_private(call, server, signed, name, old):
    if old is not None:
        name.write_bytes(b"old")
        name.chmod(old)
    server.respond(signed(BODY))
    call("get", PATH, sink=name)
    assert mode(name) == (old or 0o600)
    assert name.read_bytes() == BODY


@posix
@pytest.mark.usefixtures("mask")
def test_a_part_file_is_private_and_has_a_name_that_nobody_can_know(tmp_path):
    names = set()
    for _ in range(3):
        download = Download(tmp_path / "bill.csv")
        download.open()
        download.write(b"x")
        (part,) = tmp_path.iterdir()
        assert mode(part) == 0o600
        assert part.name.startswith("bill.csv.")
        names.add(part.name)
        download.discard()
        assert list(tmp_path.iterdir()) == []
    assert len(names) == 3


@pytest.mark.parametrize("kind", ["file", "folder", "link", "broken link"])
@pytest.mark.parametrize("succeeds", [True, False])
def test_a_part_file_of_somebody_else_is_left_alone(
    call, server, signed, name, tmp_path, kind, succeeds
):
    theirs, other = name.with_name("bill.csv.part"), tmp_path / "other"
    other.write_bytes(b"precious")
    if kind == "file":
        theirs.write_bytes(b"mine")
    elif kind == "folder":
        theirs.mkdir()
    else:
        theirs.symlink_to(other if kind == "link" else tmp_path / "nowhere")
    before = theirs.lstat()
    server.respond(signed(BODY) if succeeds else http(200, BODY))
    if succeeds:
        call("get", PATH, sink=name)
    else:
        with pytest.raises(SignatureError):
            call("get", PATH, sink=name)
    assert os.path.samestat(theirs.lstat(), before)
    assert other.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_part_file_that_is_laid_in_the_way_is_not_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda size: "0" * size)
    download = Download(tmp_path / "bill.csv")
    trap = tmp_path / f"bill.csv.{'0' * 8}.part"
    trap.symlink_to(tmp_path / "victim")
    with pytest.raises(TransportError, match="sink: cannot write"):
        download.open()
    download.discard()
    assert trap.is_symlink()
    assert not (tmp_path / "victim").exists()


def test_a_part_file_is_closed_before_it_is_removed(call, server, name, left, monkeypatch):
    opened, removed = [], []
    original = os.fdopen

    def fdopen(descriptor, *arguments):
        opened.append(original(descriptor, *arguments))
        return opened[-1]

    def unlink(path, **_):
        removed.append(opened[-1].closed)
        os.unlink(path)  # noqa: PTH108 - what is replaced here is Path.unlink

    monkeypatch.setattr(os, "fdopen", fdopen)
    monkeypatch.setattr(Path, "unlink", unlink)
    server.respond(http(200, BODY))
    with pytest.raises(SignatureError):
        call("get", PATH, sink=name)
    assert removed == [True]
    assert left() == []


def test_a_file_that_cannot_be_renamed_is_kept_and_its_name_told(
    call, server, signed, name, left, monkeypatch
):
    def replace(self, target):
        raise PermissionError(13, "Permission denied", str(self), None, str(target))

    name.write_bytes(b"open in a spreadsheet")
    monkeypatch.setattr(Path, "replace", replace)
    server.respond(signed(BODY))
    with pytest.raises(TransportError, match=r"complete and saved as .*\.part") as caught:
        call("get", PATH, sink=name)
    (part,) = set(left()) - {"bill.csv"}
    assert str(name.with_name(part)) in str(caught.value)
    assert name.with_name(part).read_bytes() == BODY
    assert name.read_bytes() == b"open in a spreadsheet"


@pytest.mark.parametrize("length", [200, 255])
def test_a_long_name(call, server, signed, tmp_path, length):
    name = tmp_path / ("账" * (length // 3) + "x" * (length % 3))
    server.respond(signed(BODY))
    call("get", PATH, sink=name)
    assert name.read_bytes() == BODY


@posix
@pytest.mark.parametrize("target", ["/dev/null", "pipe", "folder", "broken link", "a\0.csv"])
def test_what_is_no_file_is_not_replaced(call, server, tmp_path, target):
    path = Path(target) if target.startswith("/") else tmp_path / target
    if target == "pipe":
        os.mkfifo(path)
    elif target == "folder":
        path.mkdir()
    elif target == "broken link":
        path.symlink_to(tmp_path / "gone" / "bill.csv")
    with pytest.raises(ConfigurationError, match="sink"):
        call("get", PATH, sink=path)
    assert server.requests == []
    if "\0" not in target:
        path.lstat()


@posix
def test_a_path_that_the_system_cannot_encode(tmp_path):
    program = (
        "from wechatpay_chain.messages.download import Download\n"
        "from wechatpay_chain import ConfigurationError\n"
        "try:\n    Download('\\u8d26\\u5355.csv')\n"
        "except ConfigurationError as error:\n    print('refused', ascii(str(error)))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", program],
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("refused")


FAILURES = {
    "unsigned": lambda _: [http(200, BODY), Do.CLOSE],
    "cut off": lambda s: [http(200, BODY, s.headers(BODY), length=len(BODY) + 9), Do.CLOSE],
    "refused": lambda s: [s.json({"code": "NO_AUTH"}, 403), Do.CLOSE],
}
failures = pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES.keys())

OLD = b"0123456789" * 100
MODES = ["r+b", "a+b", "w+b", "ab", "wb"]


def opened(path, how, buffering=-1):
    path.write_bytes(OLD)
    file = path.open(how, buffering)
    if how.startswith("w"):
        file.write(OLD)
    return file


@failures
@pytest.mark.parametrize("how", MODES)
@pytest.mark.parametrize("buffering", [-1, 0])
@pytest.mark.parametrize("position", [None, 0, 5])
def test_a_failure_leaves_an_open_file_as_it_was(
    call, server, signed, name, script, how, buffering, position
):
    server.respond(*script(signed))
    with opened(name, how, buffering) as file:
        if position is not None:
            file.seek(position)
        start = file.tell()
        if how == "wb" and position is not None:
            with pytest.raises(ConfigurationError, match=r"r\+b"):
                call("get", PATH, sink=file)
            return
        with pytest.raises((SignatureError, TransportError, ResponseError)):
            call("get", PATH, sink=file)
        assert file.tell() == start
        assert not file.closed
    assert name.read_bytes() == OLD


@failures
@pytest.mark.parametrize("position", [0, 5, len(OLD)])
def test_a_failure_leaves_a_buffer_as_it_was(call, server, signed, script, position):
    server.respond(*script(signed))
    buffer = io.BytesIO(OLD)
    buffer.seek(position)
    with pytest.raises((SignatureError, TransportError, ResponseError)):
        call("get", PATH, sink=buffer)
    assert (buffer.getvalue(), buffer.tell()) == (OLD, position)


@posix
def test_a_file_that_appends_without_saying_so(call, server, name):
    name.write_bytes(OLD)
    descriptor = os.open(name, os.O_RDWR | os.O_APPEND)
    server.respond(http(200, BODY))
    with os.fdopen(descriptor, "r+b") as file, pytest.raises(SignatureError):
        call("get", PATH, sink=file)
    assert name.read_bytes() == OLD


@pytest.mark.parametrize("how", MODES)
def test_a_success_writes_from_where_the_file_stands(call, server, signed, name, how):
    server.respond(signed(BODY))
    with opened(name, how) as file:
        file.seek(0, os.SEEK_END)
        call("get", PATH, sink=file)
    assert name.read_bytes() == OLD + BODY


def test_an_unbuffered_file_that_takes_a_little_at_a_time(call, server, signed, name):
    class Little(io.FileIO):
        def write(self, data):
            return super().write(bytes(data)[:4096])

    server.respond(signed(BODY))
    with Little(name, "w") as file:
        call("get", PATH, sink=file)
    assert name.read_bytes() == BODY


def test_a_compressed_file(call, server, signed, name):
    server.respond(signed(BODY))
    with gzip.open(name, "wb") as file:
        call("get", PATH, sink=file)
    assert gzip.decompress(name.read_bytes()) == BODY


@pytest.mark.parametrize("error", [RuntimeError("x"), BufferError("x"), KeyError("x")])
def test_a_file_object_may_raise_what_it_likes(call, server, signed, error):
    class Mine:
        def write(self, data):
            raise error

    server.respond(signed(BODY))
    with pytest.raises(TransportError, match="sink: cannot write"):
        call("get", PATH, sink=Mine())


def test_a_buffer_that_is_being_looked_at(call, server, signed):
    buffer = io.BytesIO()
    server.respond(signed(BODY))
    with buffer.getbuffer(), pytest.raises(TransportError, match="sink: cannot write"):
        call("get", PATH, sink=buffer)


@pytest.mark.parametrize("status", [204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 399])
@pytest.mark.parametrize("path", [UNSIGNED, PATH])
def test_only_a_whole_2xx_is_a_file(call, server, signed, name, left, status, path):
    body = b"" if status in (204, 205, 304) else BODY
    fields = {} if path == UNSIGNED else signed.headers(body)
    server.respond(http(status, body, {**fields, "Location": "/elsewhere"}), Do.CLOSE)
    with pytest.raises(ResponseError, match=f"HTTP {status}"):
        call("get", path, sink=name)
    assert left() == []


def test_a_part_is_a_file_for_whoever_asked_for_it(call, server, signed, name):
    server.respond(signed(BODY[:100], 206))
    call("get", PATH, sink=name, headers={"Range": "bytes=0-99"})
    assert name.read_bytes() == BODY[:100]
