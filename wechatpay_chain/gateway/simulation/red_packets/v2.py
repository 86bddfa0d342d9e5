"""Red packets of APIv2 and their queries: for a user, a group, a mini program, an employee.

Sources: https://pay.weixin.qq.com/wiki/doc/api/tools/cash_coupon.php?chapter=13_4 (send),
https://pay.weixin.qq.com/wiki/doc/api/tools/cash_coupon.php?chapter=13_5 (to a group),
https://pay.weixin.qq.com/wiki/doc/api/tools/cash_coupon.php?chapter=13_6 (query)
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from ....messages import xml
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..payments.parties import assert_bound
from ..registry import operation
from . import records
from .records import RedPacket

__all__ = ["shown"]

BASE = "v2/mmpaymkttransfers"
LIMITS = {
    "send_name": 32,
    "sender_name": 128,
    "re_openid": 32,
    "wishing": 128,
    "act_name": 32,
    "remark": 256,
}
"""Maximum number of characters of texts in a request."""
LEAST, MOST = 100, 20_000
"""Minimum and maximum amount without a scene, in fen."""
LEAST_OF_SCENE, MOST_OF_SCENE = 10, 499_900
"""Minimum and maximum amount with a scene, in fen."""
GROUP = range(3, 21)
"""Valid numbers of users of a group's red packet."""
RED_PACKET, WORK = "red-packet", "work"


def _send(call: Call, product: str = RED_PACKET, kind: str = records.NORMAL) -> RedPacket:
    content, data = checks.accepted(call), call.data
    assert_bound(call, "wxappid")
    number = checks.number(data["mch_billno"], "/mch_billno", longest=28, signs=checks.LETTERS)
    for name in LIMITS.keys() & data.keys():
        checks.text(data[name], f"/{name}", LIMITS[name])
    amount = checks.v2_fen(call, "total_amount")
    count = 1 if product == WORK else checks.v2_fen(call, "total_num")
    _assert_within_limits(amount, count, kind, has_scene=bool(data.get("scene_id")))
    names = ("wxappid", "wishing", "act_name", "remark", "sender_name", "sender_header_media_id")
    about = {
        **{name: data[name] for name in names if data.get(name)},
        "product": product,
        "kind": kind,
        "amount": amount,
        "count": count,
        "openid": data["re_openid"],
        "sub_mchid": checks.v2_text(call, "sub_mch_id"),
    }
    return records.send(call.state, number, content, about)


def _assert_within_limits(amount: int, count: int, kind: str, *, has_scene: bool) -> None:
    least, most = (LEAST_OF_SCENE, MOST_OF_SCENE) if has_scene else (LEAST, MOST)
    if kind == records.NORMAL and count != 1:
        raise Rejection.parameter("total_num", count, "must be 1")
    if kind == records.GROUP and count not in GROUP:
        issue = f"must be {GROUP[0]} to {GROUP[-1]}"
        raise Rejection.parameter("total_num", count, issue)
    if not least * count <= amount <= most * count:
        message = f"红包金额应为 {least * count} 至 {most * count} 分: {amount}"
        raise Rejection(200, "MONEY_LIMIT", message)


def _sent(call: Call, packet: RedPacket) -> dict[str, Any]:
    return {
        "mch_billno": packet["mch_billno"],
        "mch_id": call.state.mchid,
        "wxappid": packet["wxappid"],
        "re_openid": packet["openid"],
        "total_amount": packet["amount"],
        "send_listid": packet["send_listid"],
    }


@operation("POST", f"{BASE}/sendredpack")
def send(call: Call) -> dict[str, Any]:
    """Send a red packet to one user."""
    return _sent(call, _send(call))


@operation("POST", f"{BASE}/sendgroupredpack")
def send_to_group(call: Call) -> dict[str, Any]:
    """Send a red packet that several users share, with random amounts."""
    return _sent(call, _send(call, kind=records.GROUP))


@operation("POST", f"{BASE}/sendminiprogramhb")
def send_in_mini_program(call: Call) -> dict[str, Any]:
    """Send a red packet that the user receives in a mini program."""
    packet = _send(call)
    mchid = call.state.mchid
    fields = {
        "sendid": packet["send_listid"],
        "ver": "8",
        "sign": secrets.token_hex(64),
        "mchid": mchid,
        "spid": mchid,
    }
    return {**_sent(call, packet), "package": urlencode(fields)}


@operation("POST", f"{BASE}/sendworkwxredpack")
def send_to_employee(call: Call) -> dict[str, Any]:
    """Send a red packet from WeCom; WeCom's additional sign is not verified."""
    packet = _send(call, WORK)
    return {**_sent(call, packet), **_sender(packet)}


def _sender(packet: RedPacket) -> dict[str, Any]:
    names = ("sender_name", "sender_header_media_id")
    return {name: packet[name] for name in names if packet.get(name)}


@operation("POST", f"{BASE}/gethbinfo")
def query(call: Call) -> dict[str, Any]:
    """Return a red packet with its receivers."""
    packet = _existing(call, RED_PACKET)
    view = {**shown(call.state, packet), "hb_type": packet["kind"], "total_num": packet["count"]}
    received = [
        {
            "openid": each["openid"],
            "amount": each["amount"],
            "rcv_time": call.state.clock.spaced(each["time"]),
        }
        for each in packet["received"]
    ]
    return view | ({"hblist": {"hbinfo": xml.Repeated(received)}} if received else {})


@operation("POST", f"{BASE}/queryworkwxredpack")
def query_of_employee(call: Call) -> dict[str, Any]:
    """Return a red packet from WeCom."""
    packet = _existing(call, WORK)
    view = {**shown(call.state, packet), **_sender(packet), "openid": packet["openid"]}
    for each in packet["received"]:
        view |= {"amount": each["amount"], "rcv_time": call.state.clock.spaced(each["time"])}
    return view


def _existing(call: Call, product: str) -> RedPacket:
    checks.accepted(call)
    assert_bound(call, "appid")
    packet = records.existing(call.state, call.data["mch_billno"])
    if packet["product"] != product:
        raise Rejection(200, "NOT_FOUND", f"指定单号数据不存在: {packet['mch_billno']}")
    return packet


def shown(state: State, packet: RedPacket) -> dict[str, Any]:
    """Return the members that the queries of red packets share."""
    names = ("wishing", "remark", "act_name")
    view = {
        "mch_billno": packet["mch_billno"],
        "mch_id": state.mchid,
        "detail_id": packet["send_listid"],
        "status": packet["state"],
        "send_type": "API",
        "total_amount": packet["amount"],
        "send_time": state.clock.spaced(packet["created"]),
        **{name: packet[name] for name in names if packet.get(name)},
    }
    if packet.get("reason"):
        view["reason"] = packet["reason"]
    if packet["state"] == records.REFUND:
        returned = {"refund_amount": packet["returned"]}
        view |= {"refund_time": state.clock.spaced(packet["ended"]), **returned}
    return view
