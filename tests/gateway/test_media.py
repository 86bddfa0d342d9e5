"""Uploads: the file must match its digest, and is downloaded unchanged."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlsplit

import pytest

from wechatpay_chain import APIError, Media, catalogue
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages.media import multipart

PICTURE = b"\x89PNG\r\n\x1a\n a picture"
OTHER = b"another file"
IMAGES = "v3/merchant-service/images"
PICTURES = (
    f"{IMAGES}/upload",
    "v3/merchant/media/upload",
    "v3/marketing/favor/media/image-upload",
    "v3/marketing/partner/product-coupon/media/upload-image",
)
CLOSING = "v3/ecommerce/account/cancel-applications/media"
OTHER_UPLOADS = [
    operation
    for operation in catalogue.operations()
    if operation.body_option == "media"
    and operation.protocol == "v3"
    and operation.path not in (*PICTURES, "v3/merchant/media/video_upload", CLOSING)
]


def upload(wxpay, path, content, name="a.png", **meta):
    """Upload a file with the given members in its `meta`."""
    return wxpay[path].post(media=Media(content, name), meta={"filename": name, **meta})


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def rejected(call, /, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_is_uploaded(wxpay, path):
    first, second = (wxpay[path].post(media=Media(PICTURE, "a.png")) for _ in range(2))
    assert first.verified
    assert first.headers["Wechatpay-Gateway"] == "simulated"
    assert first.json() == second.json()
    assert wxpay[path].post(media=Media(OTHER, "a.png")).json() != first.json()


@pytest.mark.parametrize("path", PICTURES)
def test_a_picture_whose_digest_is_wrong_is_rejected(wxpay, path):
    error = rejected(upload, wxpay, path, PICTURE, sha256=sha256(OTHER))
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
    assert error.detail["field"] == "/sha256"
    assert error.detail["value"] == sha256(OTHER)
    assert sha256(PICTURE) in error.detail["issue"]
    assert upload(wxpay, path, PICTURE, sha256=sha256(PICTURE).upper()).verified


@pytest.mark.parametrize("operation", OTHER_UPLOADS, ids=lambda operation: operation.path)
def test_every_other_upload_has_its_digest_checked(gateway, wxpay, operation):
    members = next(each for each in operation.body if each.name == "meta").members
    name = next(m.name for m in members if m.name in ("sha256", "digest", "file_digest"))
    algorithm = "sm3" if any("SM3" in str(member.enum) for member in members) else "sha256"
    meta = {m.name: 1 if m.type in ("number", "integer") else m.name for m in members if m.required}
    path = operation.path.replace("{", "").replace("}", "")
    if operation.base_uri:
        path = f"{gateway.base_uris[operation.base_uri]}{path}"
    meta[name] = digest.hexdigest(algorithm, OTHER)
    wrong = rejected(upload, wxpay, path, PICTURE, **meta)
    assert (wrong.code, wrong.detail["field"]) == ("PARAM_ERROR", f"/{name}")
    meta[name] = digest.hexdigest(algorithm, PICTURE)
    response = upload(wxpay, path, PICTURE, **meta)
    assert (response.verified, response.headers["Wechatpay-Gateway"]) == (True, "stub")
    del meta[name]
    assert rejected(upload, wxpay, path, PICTURE, **meta).detail["field"] == f"/{name}"


def test_the_picture_of_a_closing_has_its_digest_checked(wxpay):
    meta = {"file_name": "a.png", "file_digest": sha256(OTHER)}
    error = rejected(wxpay[CLOSING].post, media=Media(PICTURE, "a.png"), meta=meta)
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/file_digest")
    meta["file_digest"] = sha256(PICTURE)
    response = wxpay[CLOSING].post(media=Media(PICTURE, "a.png"), meta=meta)
    assert response.headers["Wechatpay-Gateway"] == "simulated"


def test_a_video_has_the_name_of_one(wxpay):
    path = wxpay.v3.merchant.media.video_upload
    assert path.post(media=Media(b"film", "a.MP4")).json()["media_id"]
    error = rejected(path.post, media=Media(b"film", "a.png"))
    assert error.detail["field"] == "/filename"


def test_a_file_that_is_too_large(wxpay):
    content = b"\0" * (2 * 1024 * 1024 + 1)
    error = rejected(wxpay[f"{IMAGES}/upload"].post, media=Media(content, "a.png"))
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/file")


def test_a_picture_of_a_complaint_comes_back_unsigned(wxpay):
    media_id = wxpay[f"{IMAGES}/upload"].post(media=Media(PICTURE, "a.png")).json()["media_id"]
    response = wxpay[f"{IMAGES}/{{media_id}}"].get(media_id=media_id)
    assert (response.content, response.verified) == (PICTURE, False)
    assert "Wechatpay-Signature" not in response.headers
    assert response.headers["Content-Type"] == "image/png"
    error = rejected(wxpay[f"{IMAGES}/nothing"].get)
    assert (error.status_code, error.code) == (404, "RESOURCE_NOT_EXISTS")


def test_no_other_picture_can_be_fetched(wxpay):
    response = wxpay.v3.merchant.media.upload.post(media=Media(b"private", "a.png"))
    rejected(wxpay[f"{IMAGES}/{{media_id}}"].get, media_id=response.json()["media_id"])


def test_a_form_without_a_file(wxpay):
    def without(request, handle):
        meta = json.dumps({"filename": "a.png", "sha256": sha256(b"")}).encode()
        kind, body = multipart([("meta", None, "application/json", meta)])
        signed = wxpay.credential.authorize(request.replace(content=meta))
        headers = signed.headers.merged({"Content-Type": kind})
        return (yield from handle(signed.replace(content=body, headers=headers)))

    stack = wxpay.stacks["v3"].replace("signer", without)
    error = rejected(wxpay[f"{IMAGES}/upload"].post, body="x", stack=stack)
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/file")


@pytest.mark.parametrize("meta", [{"sha256": 1}, {"sha256": None}, {}, {"sha256": ["x"]}])
def test_a_meta_that_cannot_be(wxpay, meta):
    error = rejected(upload, wxpay, f"{IMAGES}/upload", PICTURE, **meta)
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/sha256")


def test_apiv2_uploads_with_an_md5(gateway):
    with gateway.client(tls=True) as wxpay:
        path = wxpay.v2.secapi.mch.uploadmedia
        fields = {"mch_id": gateway.identity.mchid, "sign_type": "HMAC-SHA256"}
        options = {"xml": fields, "security": True}
        response = path.post(media=Media(PICTURE, "a.png"), **options)
        assert response.verified
        assert response.xml()["media_id"]
        md5 = hashlib.md5(OTHER).hexdigest()
        wrong = {**options, "xml": {**fields, "media_hash": md5}}
        error = rejected(path.post, media=Media(PICTURE, "a.png"), **wrong)
        assert error.code == "PARAM_ERROR"
        assert "MD5" in error.message


def test_an_upload_over_tls(gateway):
    with gateway.client(tls=True) as wxpay:
        assert urlsplit(gateway.tls_base_uri).scheme == "https"
        path = wxpay.v3.merchant.media.upload
        assert path.post(media=Media(PICTURE, "a.png")).verified
