"""Uploads of pictures and videos, and downloads of pictures in complaints.

`validation.check_file` has already compared the file with its digest.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012760509 (pictures),
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-merchant-application/upload.html (larger),
https://pay.weixin.qq.com/doc/global/v2/zh/4013641477 (APIv2)
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from typing import Any

from ...call import Call
from ...messages.exchange import Content, File, Rejection
from ...state import State
from ..registry import operation

__all__ = ["download", "keep"]

PICTURES = (".jpg", ".jpeg", ".bmp", ".png")
VIDEOS = (".avi", ".wmv", ".mpeg", ".mp4", ".mov", ".mkv", ".flv", ".f4v", ".m4v", ".rmvb")
LARGE, LARGER = 2 * 1024 * 1024, 5 * 1024 * 1024
IMAGES = "v3/merchant-service/images"


def _uploaded(call: Call, names: tuple[str, ...], largest: int) -> File:
    """Return the file of an upload.

    Raises:
        Rejection: the type of the file is not allowed, or the file is too large.
    """
    if call.file is None:
        raise Rejection.parameter("file", None, "is required: the form has no file")
    name = str(call.data.get("filename", call.data.get("file_name", call.file.name)))
    if not name.lower().endswith(names):
        raise Rejection.parameter("filename", name, f"must end with one of {', '.join(names)}")
    size = len(call.file.content)
    if not 0 < size <= largest:
        raise Rejection.parameter("file", size, f"must have 1 to {largest} bytes")
    return File(name, call.file.content)


def keep(state: State, file: File, content: bytes = b"") -> str:
    """Store an upload, and return its `media_id`, which depends only on the merchant and the file.

    Args:
        state: the state of the merchant.
        file: the upload.
        content: the downloadable content.
    """
    text = hashlib.sha256(state.identity.mchid.encode() + file.content).digest()
    number = base64.urlsafe_b64encode(text).decode().rstrip("=")
    record = {
        "name": file.name,
        "size": len(file.content),
        "content": base64.b64encode(content).decode(),
    }
    if content or state.store.get("media", number) is None:
        state.store.put("media", number, record)
    return number


@operation("POST", "v3/merchant/media/upload")
@operation("POST", "v3/ecommerce/account/cancel-applications/media")
def upload(call: Call) -> dict[str, Any]:
    """Upload a picture."""
    return {"media_id": keep(call.state, _uploaded(call, PICTURES, LARGER))}


@operation("POST", "v3/merchant/media/video_upload")
def video_upload(call: Call) -> dict[str, Any]:
    """Upload a video."""
    return {"media_id": keep(call.state, _uploaded(call, VIDEOS, LARGER))}


@operation("POST", "v2/secapi/mch/uploadmedia")
def uploadmedia(call: Call) -> dict[str, Any]:
    """Upload a picture by APIv2."""
    number = keep(call.state, _uploaded(call, PICTURES, LARGE))
    return {"mch_id": call.data["mch_id"], "media_id": number}


@operation("POST", "v3/marketing/favor/media/image-upload")
@operation("POST", "v3/marketing/partner/product-coupon/media/upload-image")
def upload_for_marketing(call: Call) -> dict[str, Any]:
    """Upload a picture for customers, and return its public URL."""
    number = keep(call.state, _uploaded(call, PICTURES, LARGE))
    return {"media_url": f"https://wxpaylogo.qpic.cn/wxpaylogo/{number}/0"}


@operation("POST", f"{IMAGES}/upload")
def upload_for_complaint(call: Call) -> dict[str, Any]:
    """Upload a picture for a response to a complaint; it can be downloaded."""
    file = _uploaded(call, PICTURES, LARGE)
    return {"media_id": keep(call.state, file, file.content)}


@operation("GET", f"{IMAGES}/{{media_id}}")
def download(call: Call) -> Content:
    """Return a picture of a complaint, without a signature like WeChat Pay."""
    known = call.state.store.get("media", call.params["media_id"])
    if known is None or not known["content"]:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"图片不存在: {call.params['media_id']}")
    kind = mimetypes.guess_type(known["name"])[0] or "application/octet-stream"
    return Content(base64.b64decode(known["content"]), kind, signed=False)
