"""The way of a body to its file: in any pieces, cut anywhere, in constant memory."""

from __future__ import annotations

import io
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import BillError
from wechatpay_chain.bills.downloading.unpacking import MAX_SIZE, Unpacked
from wechatpay_chain.crypto.aes import GCMOpening, checked_key, gcm_seal

from .office import TEXT, packed, sha1

KEY, NONCE = "k" * 32, "n" * 16


def unpacked(file, opening=None):
    return Unpacked(file, 0, opening, MAX_SIZE, lambda received, size: None, "a bill")


def opening():
    return GCMOpening(checked_key(KEY), NONCE)


@given(st.binary(max_size=300), st.booleans(), st.booleans(), st.integers(1, 50))
def test_in_any_pieces(content, is_packed, is_sealed, step):
    body = packed(content) if is_packed or content.startswith(b"\x1f\x8b") else content
    body = gcm_seal(body, KEY, NONCE) if is_sealed else body
    file = io.BytesIO()
    sink = unpacked(file, opening if is_sealed else None)
    for _ in range(2):  # an attempt that failed, and the next one
        sink.truncate(0)
        for at in range(0, len(body), step):
            sink.write(body[at : at + step])
    sink.finish()
    assert file.getvalue() == content
    assert (sink.sha1, sink.size, sink.received) == (sha1(content), len(content), len(body))


@pytest.mark.parametrize("is_sealed", [False, True])
def test_cut_at_every_byte(is_sealed):
    body = gcm_seal(packed(TEXT), KEY, NONCE) if is_sealed else packed(TEXT)
    for end in range(len(body)):
        sink = unpacked(io.BytesIO(), opening if is_sealed else None)
        try:
            sink.write(body[:end])
            sink.finish()
        except BillError:
            continue
        assert sink.sha1 != sha1(TEXT)
        assert end < 2


def test_what_was_there_stays(tmp_path):
    file = io.BytesIO(b"first\nof an attempt that failed")
    sink = Unpacked(file, 6, None, MAX_SIZE, lambda received, size: None, "a bill")
    sink.write(b"second\n")
    sink.finish()
    assert file.getvalue() == b"first\nsecond\n"
    with pytest.raises(io.UnsupportedOperation):
        sink.truncate(3)


def test_a_large_encrypted_file_takes_no_memory(tmp_path):
    block = os.urandom(1 << 18)
    sealed = gcm_seal(block * 128, KEY, NONCE)
    with (tmp_path / "bill").open("w+b") as file:
        sink = unpacked(file, opening)
        tracemalloc.start()
        for at in range(0, len(sealed), len(block)):
            sink.write(sealed[at : at + len(block)])
        sink.finish()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sink.size == len(block) * 128
    assert most < 8 * len(block)
