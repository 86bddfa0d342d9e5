"""Face payment: organizations, their users, contracts, face collections, and payments.

The API cannot create organizations, users or collections; the gateway creates them at their first
query.

Source: https://pay.weixin.qq.com/wiki/doc/wxfacepay/develop/access-specifications.html
"""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from ....crypto import rsa
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from ..payments import records as payments
from ..payments.records import Order
from ..registry import operation
from ..tokens import random_token
from ..validation import validate

__all__ = ["collect", "sign_contract"]

MEMBERS = ("user_name", "phone", "user_type", "student_info", "staff_info", "status")
COLLECTIONS = "v3/offlineface/face-collections"
TRANSACTIONS = "v3/offlineface/transactions"
ORGANIZATIONS = "v3/offlinefacemch/organizations"
USER = f"{ORGANIZATIONS}/{{organization_id}}/users/out-user-id/{{out_user_id}}"
USER_BY_ID = f"{ORGANIZATIONS}/{{organization_id}}/users/user-id/{{user_id}}"
PAGE = 20
NO_MONEY = "0002"
"""The end of a credential of a customer without money."""
PARTIES = ("sp_appid", "sp_mchid", "sub_appid", "sub_mchid")
LIFETIME = 3600
"""Seconds for which a repayment link is valid."""


@operation("GET", f"{COLLECTIONS}/{{collection_id}}")
def collection(call: Call) -> dict[str, Any]:
    """Return a face collection; an unknown id is in the state `COLLECTION_REQUIRED`."""
    number = call.params["collection_id"]
    if not number:
        raise Rejection.parameter("collection_id", "", "is empty", "path")
    return collect(call.state, number)


def collect(state: State, number: str, collection_state: str = "") -> dict[str, Any]:
    """Return a face collection, after a change to a new state if one is given.

    Args:
        state: the state of the gateway.
        number: the id of the collection.
        collection_state: such as `PHOTO_UPLOADED` or `COMPLETE`.
    """
    known = state.store.get("collection", number)
    entry = known or {
        "collection_id": number,
        "use_id": f"U{number[-8:]}",
        "organization_id": "ORG0001",
        "collection_state": "COLLECTION_REQUIRED",
    }
    if collection_state == "PHOTO_UPLOADED":
        entry["register_photo_upload_time"] = state.clock.rfc3339()
    elif collection_state == "COMPLETE":
        entry["confirm_time"] = state.clock.rfc3339()
    if known is None or collection_state:
        entry["collection_state"] = collection_state or entry["collection_state"]
        state.store.put("collection", number, entry)
    return entry


@operation("GET", COLLECTIONS)
def collections(call: Call) -> dict[str, Any]:
    """Return the collections of an organization, or all without one; `limit` 0 is the default."""
    wanted = call.query.get("organization_id", "")
    limit, offset = call.page(default=PAGE, most=10**9)
    found = [
        entry
        for entry in call.state.store.all("collection")
        if wanted in ("", entry["organization_id"])
    ]
    return {"face_collections": found[offset : offset + limit]}


@operation("GET", ORGANIZATIONS)
def organization(call: Call) -> dict[str, Any]:
    """Return an organization by its id or its name; an unknown one gets the other by default."""
    number, name = (call.query.get(f"organization_{what}", "") for what in ("id", "name"))
    store = call.state.store
    if not number and not name:
        issue = "is required, or organization_name"
        raise Rejection.parameter("organization_id", "", issue, "query")
    if not number:
        text = f"{call.state.mchid} {name}".encode("utf-8", "replace")
        digest = hashlib.sha256(text).hexdigest()[:16].upper()
        number = (store.get("organization-name", name) or {"id": f"O{digest}"})["id"]
    known = store.get("organization", number)
    if known is None:
        known = {"organization_id": number, "organization_name": name or f"机构{number[-8:]}"}
        store.put("organization", number, known)
        store.put("organization-name", known["organization_name"], {"id": number})
    if name not in ("", known["organization_name"]):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"机构不存在: {number} {name}")
    return known


@operation("GET", USER)
def user(call: Call) -> dict[str, Any]:
    """Return a user; the name is encrypted for the merchant."""
    entry = dict(_user(call.state, *_names(call)))
    entry["user_name"] = rsa.encrypt(entry["user_name"], call.state.identity.merchant_certificate)
    entry.pop("phone", None)
    return entry


@operation("PATCH", USER)
def patch_user(call: Call) -> None:
    """Change a user; name and phone are encrypted in the request."""
    _validate(call)
    user = _user(call.state, *_names(call))
    user |= {name: call.data[name] for name in MEMBERS if call.data.get(name) is not None}
    _save(call.state, user)


@operation("POST", f"{USER_BY_ID}/terminate-contract")
def terminate(call: Call) -> None:
    """Terminate the contract of a user."""
    organization, number = call.params["organization_id"], call.params["user_id"]
    known = call.state.store.get("user-id", _key(organization, number))
    if known is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"用户不存在: {number}")
    user = _user(call.state, organization, known["out_user_id"])
    contract = call.state.store.get("contract", user.get("contract_id", ""))
    if contract is None or contract["contract_state"] != "CONTRACTED":
        raise Rejection(400, "INVALID_REQUEST", f"用户没有签约: {number}")
    contract["contract_state"] = user["contract_state"] = "TERMINATED"
    contract["contract_terminated_time"] = call.state.clock.rfc3339()
    call.state.store.put("contract", contract["contract_id"], contract)
    _save(call.state, user)


@operation("POST", "v3/offlineface/contracts/presign")
def presign(call: Call) -> dict[str, Any]:
    """Return a token with which a user signs a contract in WeChat."""
    _validate(call)
    facepay_user = call.data["facepay_user"]
    token = random_token(24)
    wanted = {
        "organization_id": facepay_user["organization_id"],
        "out_user_id": facepay_user["out_user_id"],
        "mode": call.data.get("contract_mode") or "LIMIT_NONE",
        "card": call.data.get("limit_bank_card") is not None,
    }
    call.state.store.put("presign", token, wanted)
    return {"presign_token": token}


def sign_contract(state: State, presign_token: str) -> dict[str, Any]:
    """Sign a contract on behalf of a user, and return it.

    Raises:
        Rejection: there is no such token, or it was used.
    """
    wanted = state.store.get("presign", presign_token)
    if wanted is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", "presign_token 不存在")
    state.store.delete("presign", presign_token)
    user = _user(state, wanted["organization_id"], wanted["out_user_id"])
    contract = {
        "contract_id": f"C{state.clock.compact()}{secrets.randbelow(10**8):08}",
        "mchid": state.identity.mchid,
        "organization_id": user["organization_id"],
        "use_id": user["use_id"],
        "openid": f"o{random_token(20)}",
        "contract_state": "CONTRACTED",
        "contract_signed_time": state.clock.rfc3339(),
        "contract_mode": wanted["mode"],
        "contract_bank_card_from": (
            "MERCHANT_LIMITED_BANK_CARD" if wanted["card"] else "USER_SELECT_FREE"
        ),
    }
    state.store.put("contract", contract["contract_id"], contract)
    user |= {name: contract[name] for name in ("contract_state", "contract_id")}
    _save(state, user)
    return contract


@operation("GET", "v3/offlineface/contracts/{contract_id}")
def contract(call: Call) -> dict[str, Any]:
    """Return a contract."""
    known = call.state.store.get("contract", call.params["contract_id"])
    if known is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"签约不存在: {call.params['contract_id']}")
    return known


@operation("POST", "v3/offlineface/authinfo")
def offline_authinfo(call: Call) -> dict[str, Any]:
    """Return a credential for a face device of an organization."""
    _validate(call)
    return {"authinfo": random_token(48)}


@operation("POST", "v3/offlinefacemch/tokens")
def token(call: Call) -> dict[str, Any]:
    """Return a credential for a page."""
    _validate(call)
    return {"token": random_token(48)}


@operation("POST", "v3/offlineface/repayment-url")
def repayment_url(call: Call) -> dict[str, Any]:
    """Return the URL at which a user repays a failed face payment."""
    _validate(call)
    clock, number = call.state.clock, random_token(12)
    page = f"https://payapp.weixin.qq.com/offlineface/repayment?token={number}"
    return {"repayment_url": page, "expire_at": clock.rfc3339(clock.now() + LIFETIME)}


@operation("POST", "v2/face/get_wxpayface_authinfo")
def authinfo(call: Call) -> dict[str, Any]:
    """Return a credential for a face device."""
    call.require("store_id", "store_name", "device_id", "rawdata", "appid", "now", "version")
    echoed = ("appid", "mch_id", "sub_appid", "sub_mch_id")
    return {
        "authinfo": random_token(48),
        "expires_in": "3600",
        **{name: call.data[name] for name in echoed if call.data.get(name)},
    }


@operation("POST", TRANSACTIONS)
def pay(call: Call) -> dict[str, Any]:
    """Charge a payment at once, with the credential that a face device obtained."""
    _validate(call)
    call.require("out_trade_no", "amount", "sp_mchid")
    data, state = call.data, call.state
    number, total = data["out_trade_no"], data["amount"]["total"]
    if data["sp_mchid"] != state.identity.mchid:
        raise Rejection.parameter(
            "sp_mchid", data["sp_mchid"], "is not the merchant that signed the request"
        )
    known = payments.find(state, number)
    if known is not None and known["content"] == data and known["transaction_id"]:
        return _shown(state, known)
    about = {
        "protocol": "offlineface",
        "trade_type": "AUTH",
        "parties": {name: data[name] for name in PARTIES if data.get(name)},
        "total": payments.whole_fen(total, "/amount/total"),
        "currency": data["amount"].get("currency") or "CNY",
        "description": data.get("description") or "",
        "attach": data.get("attach"),
        "notify_url": "",
        "profit_sharing": (data.get("settle_info") or {}).get("profit_sharing") is True,
    }
    payments.create(state, number, data, about)
    if data["auth_code"].endswith(NO_MONEY):
        payments.fail(state, number)
        raise Rejection(403, "NOT_ENOUGH", "余额不足", keep=True)
    return _shown(state, payments.pay(state, number))


@operation("GET", f"{TRANSACTIONS}/out-trade-no/{{out_trade_no}}")
def transaction(call: Call) -> dict[str, Any]:
    """Return a face payment by its merchant-assigned number."""
    _validate(call)
    order = payments.existing(call.state, call.params["out_trade_no"])
    other = call.query.get("sub_mchid", "") not in ("", order["parties"].get("sub_mchid"))
    if order["protocol"] != "offlineface" or other:
        raise Rejection(404, "ORDER_NOT_EXIST", f"订单不存在: {order['out_trade_no']}")
    return _shown(call.state, order)


def _shown(state: State, order: Order) -> dict[str, Any]:
    view = {
        **order["parties"],
        "out_trade_no": order["out_trade_no"],
        "trade_type": order["trade_type"],
        "trade_state": order["state"],
        "amount": {"total": order["total"], "currency": order["currency"]},
        "description": order["description"],
    }
    if order.get("attach"):
        view["attach"] = order["attach"]
    if order["transaction_id"]:
        view |= {
            "transaction_id": order["transaction_id"],
            "bank_type": order["bank_type"],
            "success_time": state.clock.rfc3339(order["paid"]),
            "payer": {"sp_openid": order["openid"]},
        }
    return view


@payments.on_paid("offlineface")
def tell(state: State, order: Order) -> None:
    """Send no notification, because the response contains the result."""


def _validate(call: Call) -> None:
    if call.operation is not None:
        validate(call, call.operation)


def _names(call: Call) -> tuple[str, str]:
    organization, number = call.params["organization_id"], call.params["out_user_id"]
    if not organization or not number:
        raise Rejection.parameter("organization_id", organization, "is empty", "path")
    return organization, number


def _key(organization: str, number: str) -> str:
    return json.dumps([organization, number])  # both can contain any character


def _user(state: State, organization: str, number: str) -> dict[str, Any]:
    return state.store.get("user", _key(organization, number)) or {
        "use_id": f"U{number}",
        "out_user_id": number,
        "organization_id": organization,
        "user_name": "张三",
        "user_type": "STUDENT",
        "student_info": {"class_name": "三年二班"},
        "status": "NORMAL",
        "contract_state": "NOT_CONTRACTED",
        "face_image_ok": False,
    }


def _save(state: State, user: dict[str, Any]) -> None:
    organization, number = user["organization_id"], user["out_user_id"]
    state.store.put("user", _key(organization, number), user)
    state.store.put("user-id", _key(organization, user["use_id"]), {"out_user_id": number})
