"""`sink=`: after any failure nothing is left, and a file that was there before is untouched."""

from __future__ import annotations

import errno
import io
import os

import pytest

from tests.support import MCHID
from wechatpay_chain import (
    APIError,
    ClientError,
    ConfigurationError,
    ResponseError,
    ServerError,
    SignatureError,
    TransportError,
    TransportTimeout,
)

from .responses import chunk, dumps, head, http, v2
from .server import Do

PATH = "v3/ecommerce/bill/file"
UNSIGNED = "v3/billdownload/file?token=x"
BILL = "v2/pay/downloadbill"
BODY = bytes(range(256)) * 12_000
OLD = b"yesterday's bill"

older = pytest.mark.parametrize("before", [None, OLD], ids=["nothing there", "an older file there"])


FAILURE = v2({"return_code": "FAIL", "return_msg": "No Bill Exist", "error_code": "20002"}, None)


def changed(signed):
    return http(200, BODY[:-1] + bytes([BODY[-1] ^ 1]), signed.headers(BODY))


FAILURES = {
    "cut off": (TransportError, lambda s: [http(200, BODY, s.headers(BODY), length=4_000_000)]),
    "cut off in a chunk": (
        TransportError,
        lambda s: [head(200, {"Transfer-Encoding": "chunked"}) + chunk(BODY) + b"ff\r\nx"],
    ),
    "reset": (TransportError, lambda _: [http(200, BODY, length=4_000_000), Do.RESET]),
    "a wrong signature": (SignatureError, lambda s: [changed(s)]),
    "a signature of old": (SignatureError, lambda s: [s(BODY, skew=-1000)]),
    "no signature": (SignatureError, lambda _: [http(200, BODY)]),
    "404": (ClientError, lambda s: [s.json({"code": "NO_STATEMENT_EXIST"}, 404)]),
    "500": (ServerError, lambda _: [http(500, b"<html>")]),
    "a redirect": (SignatureError, lambda _: [http(302, b"", {"Location": "/v3/x"})]),
    "a signed redirect": (ResponseError, lambda s: [s(b"", 302, {"Location": "/v3/x"})]),
}


@older
@pytest.mark.parametrize(("kind", "script"), FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_leaves_no_trace(call, server, signed, raises, name, left, kind, script, before):
    if before is not None:
        name.write_bytes(before)
    server.respond(*script(signed), Do.CLOSE)
    with raises(kind):
        call("get", PATH, sink=name)
    assert left() == ([] if before is None else ["bill.csv"])
    assert before is None or name.read_bytes() == before


def test_a_nonce_that_is_not_even_text(call, server, signed, raises, name, left):
    fields = {**signed.headers(BODY), "Wechatpay-Nonce": b"\xff"}
    server.respond(http(200, BODY, fields.items()))
    with raises(SignatureError, "does not match"):
        call("get", PATH, sink=name)
    assert left() == []


@pytest.mark.parametrize("field", ["Wechatpay-Timestamp", "Wechatpay-Nonce"])
def test_blanks_behind_a_value_do_not_matter(call, server, signed, name, field):
    fields = signed.headers(BODY)
    server.respond(http(200, BODY, {**fields, field: f"{fields[field]} \t"}))
    assert call("get", PATH, sink=name).verified is True


def test_no_content_is_no_file(call, server, signed, raises, name, left):
    server.respond(http(204, headers=signed.headers(b"")))
    with raises(ResponseError, "HTTP 204", "no file"):
        call("get", PATH, sink=name)
    assert left() == []


@older
def test_apiv2_says_with_status_200_that_there_is_no_bill(call, server, raises, name, left, before):
    if before is not None:
        name.write_bytes(before)
    server.respond(http(200, FAILURE))
    with raises(APIError, "20002 No Bill Exist"):
        call("post", BILL, xml={"mch_id": MCHID}, sink=name)
    assert left() == ([] if before is None else ["bill.csv"])
    assert before is None or name.read_bytes() == before


@pytest.mark.parametrize("sent", [0, 10, 2_000_000])
def test_a_timeout_leaves_no_trace(call, server, raises, name, left, sent):
    server.respond(http(200, BODY[:sent], length=len(BODY)), Do.STALL)
    with raises(TransportTimeout):
        call("get", UNSIGNED, sink=name, timeout=0.3)
    assert left() == []


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_a_binary_file_is_cut_back_to_where_it_was(call, server, signed, failure):
    kind, script = failure
    server.respond(*script(signed), Do.CLOSE)
    file = io.BytesIO()
    file.write(b"before ")
    with pytest.raises(kind):
        call("get", PATH, sink=file)
    assert file.getvalue() == b"before "
    assert file.tell() == 7
    assert not file.closed


class SmallDisk(io.FileIO):
    """A file that grows no further than 100 bytes, as on a disk that is full."""

    def write(self, data):
        if self.tell() + len(data) > 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.fixture
def small_disk(monkeypatch):
    monkeypatch.setattr(os, "fdopen", lambda fd, mode: io.BufferedWriter(SmallDisk(fd, mode)))


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_is_full(call, server, signed, raises, name, left):
    server.respond(signed(BODY))
    with raises(TransportError, "sink: cannot write"):
        call("get", PATH, sink=name)
    assert left() == []


@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_is_full_in_the_end(call, server, signed, raises, name, left):
    """A short file stays in a buffer until it is complete."""
    server.respond(signed(BODY[:1000]))
    with raises(TransportError, "sink: cannot write"):
        call("get", PATH, sink=name)
    assert left() == []


def test_a_part_file_that_cannot_be_made(call, server, signed, raises, name):
    folder = name.with_name("bills")
    folder.mkdir()
    server.respond(lambda _: folder.rmdir(), signed(BODY))
    with raises(TransportError, "sink: cannot write"):
        call("get", PATH, sink=folder / "bill.csv")


def test_a_file_that_is_closed(call, server, signed, raises):
    file = io.BytesIO()
    file.close()
    server.respond(signed(BODY))
    with raises(ConfigurationError, "sink"):
        call("get", PATH, sink=file)


def test_a_folder_that_is_not_there(call, server, raises, tmp_path):
    with raises(ConfigurationError, "sink", "folder"):
        call("get", PATH, sink=tmp_path / "no" / "bill.csv")
    assert server.requests == []


def test_an_error_document_is_read_in_full(call, server, signed, raises, name):
    body = dumps({"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在" * 100})
    server.respond(signed(body, 404))
    with raises(ClientError, "NO_STATEMENT_EXIST") as caught:
        call("get", PATH, sink=name)
    assert caught.value.verified is True
    assert caught.value.response.content == body
