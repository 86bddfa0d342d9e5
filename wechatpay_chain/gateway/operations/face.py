"""Face payment: collections, offline users, and the device's credential."""

from __future__ import annotations

import secrets
from typing import Any

from ...crypto import rsa
from ..exchange import Call, Refusal
from .registry import operation

__all__ = ["authinfo", "collection", "collections", "patch_user", "user"]

MEMBERS = ("user_name", "phone", "user_type", "student_info", "staff_info", "status")
PAGE = 20


@operation("GET", "v3/offlineface/face-collections/{collection_id}")
def collection(call: Call) -> dict[str, Any]:
    """One face collection; an id that nobody asked about before is being collected."""
    number = call.params["collection_id"]
    if not number:
        raise Refusal.parameter("collection_id", "", "is empty", "path")
    known = call.state.store.get("collection", number)
    if known is None:
        known = {
            "collection_id": number,
            "use_id": f"U{number[-8:]}",
            "organization_id": "ORG0001",
            "collection_state": "COLLECTION_REQUIRED",
        }
        call.state.store.put("collection", number, known)
    return known


@operation("GET", "v3/offlineface/face-collections")
def collections(call: Call) -> dict[str, Any]:
    """The collections of an organization, or of all for an empty one; `limit` 0 is the default."""
    wanted = call.query.get("organization_id", "")
    offset, limit = (_number(call, name) for name in ("offset", "limit"))
    found = [
        entry
        for entry in call.state.store.all("collection")
        if wanted in ("", entry["organization_id"])
    ]
    return {"face_collections": found[offset : offset + (limit or PAGE)]}


@operation(
    "GET", "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}"
)
def user(call: Call) -> dict[str, Any]:
    """One user; the name goes out encrypted for the merchant."""
    entry = dict(_user(call))
    entry["user_name"] = rsa.encrypt(entry["user_name"], call.state.identity.merchant_certificate)
    entry.pop("phone", None)
    return entry


@operation(
    "PATCH", "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}"
)
def patch_user(call: Call) -> None:
    """Change a user; name and phone came encrypted for the platform."""
    user = _user(call)
    user |= {name: call.data[name] for name in MEMBERS if name in call.data}
    call.state.store.put("user", _key(call), user)


@operation("POST", "v2/face/get_wxpayface_authinfo")
def authinfo(call: Call) -> dict[str, Any]:
    """A credential for a face device."""
    call.require("store_id", "store_name", "device_id", "rawdata", "appid", "now", "version")
    echoed = ("appid", "mch_id", "sub_appid", "sub_mch_id")
    return {
        "authinfo": secrets.token_urlsafe(48),
        "expires_in": "3600",
        **{name: call.data[name] for name in echoed if call.data.get(name)},
    }


def _key(call: Call) -> str:
    organization, number = call.params["organization_id"], call.params["out_user_id"]
    if not organization or not number:
        raise Refusal.parameter("organization_id", organization, "is empty", "path")
    return f"{organization}/{number}"


def _user(call: Call) -> dict[str, Any]:
    known = call.state.store.get("user", _key(call))
    return known or {
        "use_id": f"U{call.params['out_user_id']}",
        "out_user_id": call.params["out_user_id"],
        "organization_id": call.params["organization_id"],
        "user_name": "张三",
        "user_type": "STUDENT",
        "student_info": {"class_name": "三年二班"},
        "status": "NORMAL",
        "contract_state": "NOT_CONTRACTED",
        "face_image_ok": False,
    }


def _number(call: Call, name: str) -> int:
    value = call.query.get(name, "0")
    if not (value.isascii() and value.isdecimal()):
        raise Refusal.parameter(name, value, "must be a whole number", "query")
    return int(value)
