"""Uploads, and the form they travel in."""

from __future__ import annotations

import io
import json
import os
from email.message import Message
from email.parser import BytesParser

import pytest

from tests.support import MCHID, PUBLIC_KEY_ID, SECRET
from wechatpay_chain import ConfigurationError, Media, Response
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages import canonical
from wechatpay_chain.messages.media import multipart
from wechatpay_chain.testing.mock import MockTransport


def parts_of(request):
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message: Message = BytesParser().parsebytes(head + request.content)
    return {p.get_param("name", header="content-disposition"): p for p in message.get_payload()}


@pytest.fixture
def line(keys):
    return MockTransport(lambda _: {"media_id": "1"}, sign={PUBLIC_KEY_ID: keys.platform})


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "门头 照.jpg"
    path.write_bytes(b"\xff\xd8 image \r\n--bytes")
    return path


def test_an_upload_signs_its_meta_and_sends_the_file(keys, line, image):
    keys.client(transport=line).v3.merchant.media.upload.post(media=image)
    request = line.requests[0]
    parts = parts_of(request)
    assert list(parts) == ["meta", "file"]
    meta = parts["meta"].get_payload(decode=True)
    assert request.signed == meta
    assert json.loads(meta) == {
        "filename": "门头 照.jpg",
        "sha256": digest.hexdigest("sha256", image.read_bytes()),
    }
    assert parts["meta"].get_content_type() == "application/json"
    assert parts["file"].get_content_type() == "image/jpeg"
    assert parts["file"].get_payload(decode=True) == image.read_bytes()
    assert 'filename="门头 照.jpg"'.encode() in request.content


def test_meta_may_be_anything_even_text(keys, line, image):
    wxpay = keys.client(transport=line)
    media = Media(image, digest="sm3", name="发票.pdf")
    meta = {"digest_algorithm": "DIGEST_ALGORITHM_SM3", "digest": media.digest, "region_id": 310100}
    wxpay.v3.x.post(media=media, meta=meta)
    wxpay.v3.x.post(media=media, meta='{"a": 1}')
    wxpay.v3.x.post(media=media)
    first, second, third = line.requests
    assert json.loads(first.signed) == meta
    assert second.signed == b'{"a": 1}'
    assert json.loads(third.signed) == {"filename": "发票.pdf", "sm3": media.digest}


def test_a_file_from_wherever(image):
    content = image.read_bytes()
    with image.open("rb") as file:
        from_file = Media(file)
    for media in (Media(image), Media(str(image)), from_file, Media(content, "x.jpg")):
        assert media.content == content
    assert from_file.name == "门头 照.jpg"
    assert Media(io.BytesIO(content), "x.jpg").digest == from_file.digest
    assert repr(from_file) == f"<Media '门头 照.jpg' {len(content)} bytes>"
    assert Media(bytearray(content), "x").content == content


def test_what_is_no_file():
    with pytest.raises(ConfigurationError, match="binary mode"):
        Media(io.StringIO("text"), "x.txt")
    with pytest.raises(ConfigurationError, match="name="):
        Media(io.BytesIO(b"x"))
    with pytest.raises(ConfigurationError, match="digest 'crc'"):
        Media(b"x", "x", "crc")


def test_a_name_cannot_break_out_of_its_quotes():
    kind, body = multipart([('fi"le', 'a"\r\nX: y.jpg', "image/jpeg", b"x")])
    assert kind.startswith("multipart/form-data; boundary=")
    assert b'name="fi%22le"; filename="a%22%0D%0AX: y.jpg"' in body


def test_apiv2s_upload_signs_the_files_md5(keys, image):
    line = MockTransport(lambda _: Response(200, {}, b"{}"))
    keys.client(transport=line).v2.secapi.mch.uploadmedia.post(
        media=image, xml={"mch_id": MCHID, "sign_type": "HMAC-SHA256"}, unsigned=True
    )
    request = line.requests[0]
    parts = parts_of(request)
    fields = {
        name: part.get_payload(decode=True).decode()
        for name, part in parts.items()
        if name != "media"
    }
    assert fields["media_hash"] == digest.hexdigest("md5", image.read_bytes())
    sign = fields.pop("sign")
    assert sign == digest.sign("HMAC-SHA256", canonical.fields(fields), SECRET)
    assert parts["media"].get_payload(decode=True) == image.read_bytes()
    assert "nonce_str" not in fields


def test_a_sink_works_with_the_mock(keys, line, tmp_path):
    target = tmp_path / "bill.csv"
    response = keys.client(transport=line).v3.x.get(sink=target)
    assert response.verified
    assert json.loads(target.read_bytes()) == {"media_id": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["bill.csv"]


class Upload:
    """As FastAPI and aiohttp hand uploads over: with the file inside, and the form's name."""

    def __init__(self, file, filename):
        self.file = file
        self.filename = filename
        self.name = "license"

    async def read(self):
        return self.file.read()


class Storage(io.BytesIO):
    """As Flask does: a file itself, the form field's name in `name`."""

    filename = "C:\\fakepath\\证照.png"
    name = "license"


def test_an_upload_of_a_framework():
    one = Media(Upload(io.BytesIO(b"picture"), "a.png"))
    assert (one.name, one.content) == ("a.png", b"picture")
    two = Media(Storage(b"picture"))
    assert (two.name, two.content) == ("证照.png", b"picture")


@pytest.mark.parametrize("position", [3, 7])
def test_a_file_is_uploaded_whole_whoever_has_read_in_it(position):
    file = io.BytesIO(b"picture")
    file.read(position)
    assert Media(file, "a.png").content == b"picture"
    assert Media(file, "a.png").content == b"picture"
    assert Media(Upload(file, "a.png")).content == b"picture"


def test_a_stream_that_cannot_go_back_is_read_from_where_it_is():
    begin, end = os.pipe()
    os.write(end, b"picture")
    os.close(end)
    with os.fdopen(begin, "rb") as file:
        assert Media(file, "a.png").content == b"picture"
        with pytest.raises(ConfigurationError, match="empty"):
            Media(file, "a.png")


class Bucket:
    """A file of a storage that fails in a way of its own."""

    def read(self):
        raise RuntimeError("the bucket is gone")


def test_nothing_is_no_file(tmp_path):
    (tmp_path / "a.png").touch()
    closed = io.BytesIO(b"x")
    closed.close()
    nothing = (io.BytesIO(), tmp_path / "a.png", Upload(io.BytesIO(), "a.png"), b"", bytearray())
    for source in nothing:
        with pytest.raises(ConfigurationError, match="empty"):
            Media(source, "a.png")
    for source in (closed, None, 7, Bucket()):
        with pytest.raises(ConfigurationError, match="media"):
            Media(source, "a.png")
    for name in ("\ud800.png", 7):
        with pytest.raises(
            ConfigurationError, match="is not a valid file name: expected a str without"
        ):
            Media(b"x", name)
    with pytest.raises(
        ConfigurationError, match="is not a valid file name: expected a str without"
    ):
        Media(b"x", "a.png", field="\ud800")
