"""A large body leaves in blocks, whole, its length announced; each block has time of its own."""

from __future__ import annotations

import pytest

from wechatpay_chain import Media

from .test_targets import assert_covered


@pytest.mark.parametrize("size", [0, 65_535, 65_536, 65_537, 1_500_000])
def test_a_body_of_any_size_arrives_as_it_was_signed(call, server, signed, keys, size):
    server.respond(signed())
    body = bytes(range(256)) * (size // 256 + 1)
    call("post", "v3/x", body=body[:size])
    (received,) = server.requests
    assert received.body == body[:size]
    assert received.headers["content-length"] == str(size)
    assert "transfer-encoding" not in received.headers
    assert_covered(keys, received)


def test_a_large_upload_is_signed_by_its_meta(call, server, signed, keys):
    server.respond(signed())
    media = Media(b"\x00\xff" * 700_000, "video.mp4")
    call("post", "v3/merchant/media/video_upload", media=media, meta='{"a":"b"}')
    (received,) = server.requests
    assert media.content in received.body
    assert_covered(keys, received, b'{"a":"b"}')
