"""`sink=`: a file is there under its name once it is complete and, where it is signed, verified."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from tests.support import MCHID
from wechatpay_chain.messages.download import Download

from .responses import chunk, head, http

PATH = "v3/ecommerce/bill/file"
BODY = random.Random(1).randbytes(3_000_000)  # seeded: one in sixty bodies looks like markup


@pytest.mark.parametrize("form", [Path, str])
@pytest.mark.parametrize("size", [0, 1, 70_000, len(BODY)])
def test_a_signed_file(call, server, signed, name, left, form, size):
    server.respond(signed(BODY[:size]))
    response = call("get", PATH, sink=form(name))
    assert name.read_bytes() == BODY[:size]
    assert left() == ["bill.csv"]
    assert (response.verified, response.status_code) == (True, 200)


def test_a_signed_file_in_chunks(call, server, signed, name):
    pieces = b"".join(chunk(BODY[at : at + 50_000]) for at in range(0, len(BODY), 50_000))
    fields = {**signed.headers(BODY), "Transfer-Encoding": "chunked"}
    server.respond(head(200, fields) + pieces + chunk(b""))
    assert call("get", PATH, sink=name).verified is True
    assert name.read_bytes() == BODY


def test_a_file_that_is_unsigned_by_design(call, server, name):
    server.respond(http(200, BODY))
    assert call("get", "v3/billdownload/file?token=x", sink=name).verified is False
    assert name.read_bytes() == BODY


def test_a_bill_of_apiv2(call, server, name):
    server.respond(http(200, BODY))
    call("post", "v2/pay/downloadbill", xml={"mch_id": MCHID}, sink=name)
    assert name.read_bytes() == BODY


def test_a_file_takes_the_place_of_an_older_one(call, server, signed, name, left):
    name.write_bytes(b"yesterday's bill")
    server.respond(signed(BODY))
    call("get", PATH, sink=name)
    assert name.read_bytes() == BODY
    assert left() == ["bill.csv"]


def test_a_binary_file_is_written_from_where_it_stands(call, server, signed, name):
    server.respond(signed(BODY))
    with name.open("w+b") as file:
        file.write(b"before ")
        response = call("get", PATH, sink=file)
        assert not file.closed
        assert file.tell() == 7 + len(BODY)
    assert response.verified is True
    assert name.read_bytes() == b"before " + BODY


def test_a_file_that_cannot_be_cut_back_is_written_all_the_same(call, server, signed):
    server.respond(signed(BODY[:1000]))
    receiving, sending = os.pipe()
    with open(receiving, "rb") as out, open(sending, "wb") as file:  # noqa: PTH123 - pipes
        call("get", PATH, sink=file)
        assert out.read(1000) == BODY[:1000]


def test_the_next_call_reuses_the_connection(call, server, signed, name):
    server.respond(signed(BODY))
    for _ in range(3):
        call("get", PATH, sink=name)
    assert server.connections == 1


def test_an_answer_keeps_only_the_beginning_of_a_file(call, server, signed, name):
    server.respond(signed(BODY))
    response = call("get", PATH, sink=name)
    assert len(response.content) <= 64 * 1024
    assert BODY.startswith(response.content)


def test_two_threads_that_fetch_to_one_path(server, wxpay, signed, name, left, monkeypatch):
    """Neither gets bytes of the other; the file is the one that was completed last."""
    opened, go_on = threading.Event(), threading.Event()
    first, second = b"1" * 1_000_000, b"2" * 1_000_000
    original = Download.open
    responses = []

    def announced(download):
        original(download)
        opened.set()

    def script(received):
        if received.connection == 1:
            whole = signed(first)
            return [whole[:-10], go_on, whole[-10:]]
        return [signed(second)]

    monkeypatch.setattr(Download, "open", announced)
    server.each(script)
    thread = threading.Thread(
        target=lambda: responses.append(wxpay.chain(PATH).get(sink=name)),
    )
    thread.start()
    opened.wait(5)
    wxpay.chain(PATH).get(sink=name)
    assert name.read_bytes() == second
    go_on.set()
    thread.join(10)
    wxpay.close()
    assert len(responses) == 1
    assert name.read_bytes() == first
    assert left() == ["bill.csv"]
