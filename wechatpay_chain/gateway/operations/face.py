"""Face payment: collections, offline users, and the device's credential."""

from __future__ import annotations

import secrets
from typing import Any

from ...crypto import rsa
from ...errors import DecryptionError
from ..exchange import Call, Refusal
from .registry import operation

__all__ = ["authinfo", "collection", "collections", "patch_user", "user"]

PLAIN_MEMBERS = ("user_type", "student_info", "staff_info", "status")
ENCRYPTED_MEMBERS = ("user_name", "phone")
PAGE = 20


@operation("GET", "v3/offlineface/face-collections/{collection_id}")
def collection(call: Call) -> dict[str, Any]:
    """One face collection; an id that nobody asked about before is being collected."""
    number = call.params["collection_id"]
    if not number:
        raise Refusal.parameter("collection_id", "", "is empty", "path")
    return call.state.collections.setdefault(
        number,
        {
            "collection_id": number,
            "use_id": f"U{number[-8:]}",
            "organization_id": "ORG0001",
            "collection_state": "COLLECTION_REQUIRED",
        },
    )


@operation("GET", "v3/offlineface/face-collections")
def collections(call: Call) -> dict[str, Any]:
    """The collections of an organization, or of all for an empty one; `limit` 0 is the default."""
    wanted = call.query.get("organization_id", "")
    offset, limit = (_number(call, name) for name in ("offset", "limit"))
    found = [
        entry
        for entry in call.state.collections.values()
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
    """Change a user; name and phone come encrypted for the platform."""
    identity, changes = call.state.identity, {}
    serial = call.headers.get("Wechatpay-Serial", "").upper()
    for name in ENCRYPTED_MEMBERS:
        if name in call.data:
            if serial not in (identity.public_key_id, identity.platform_serial):
                raise Refusal(
                    400, "PARAM_ERROR", "Wechatpay-Serial must name the key that was encrypted with"
                )
            changes[name] = _decrypt(call, name)
    changes |= {name: call.data[name] for name in PLAIN_MEMBERS if name in call.data}
    _user(call).update(changes)


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


def _user(call: Call) -> dict[str, Any]:
    organization, number = call.params["organization_id"], call.params["out_user_id"]
    if not organization or not number:
        raise Refusal.parameter("organization_id", organization, "is empty", "path")
    return call.state.users.setdefault(
        (organization, number),
        {
            "use_id": f"U{number}",
            "out_user_id": number,
            "organization_id": organization,
            "user_name": "张三",
            "user_type": "STUDENT",
            "student_info": {"class_name": "三年二班"},
            "status": "NORMAL",
            "contract_state": "NOT_CONTRACTED",
            "face_image_ok": False,
        },
    )


def _decrypt(call: Call, name: str) -> str:
    try:
        return rsa.decrypt(str(call.data[name]), call.state.identity.platform_key)
    except DecryptionError:
        raise Refusal.parameter(
            name, "***", "cannot be decrypted with the platform's key"
        ) from None


def _number(call: Call, name: str) -> int:
    value = call.query.get(name, "0")
    if not (value.isascii() and value.isdecimal()):
        raise Refusal.parameter(name, value, "must be a whole number", "query")
    return int(value)
