"""Account opening confirmation (商户开户意愿确认): papers, contact person, legal person.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012697680 (submit),
https://pay.weixin.qq.com/doc/v3/partner/4012697715 (query)
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..registry import operation
from .records import PAPERS as SHARED_PAPERS
from .records import check_media

__all__ = [
    "AUDITING",
    "CONTACT",
    "LEGAL_PERSON",
    "OPEN",
    "approve",
    "authorize",
    "confirm_contact",
    "confirm_legal_person",
    "freeze",
    "reject",
]

BASE = "v3/apply4subject/applyment"
PREFIX = "APPLYMENT_STATE_"
AUDITING, CONTACT = "WAITTING_FOR_AUDIT", "WAITTING_FOR_CONFIRM_CONTACT"
LEGAL_PERSON, PASSED = "WAITTING_FOR_CONFIRM_LEGALPERSON", "PASSED"
REJECTED, FROZEN, CANCELED = "REJECTED", "FREEZED", "CANCELED"
OPEN = (AUDITING, CONTACT, LEGAL_PERSON)
PAPERS = {**SHARED_PAPERS, "SUBJECT_TYPE_MICRO": "assist_prove_info"}
"""The kinds of subjects, and the member with their papers."""
OPTIONAL = frozenset({"/subject_info/business_license_info"})

Record = dict[str, Any]


@operation("POST", BASE)
def submit(call: Call) -> dict[str, Any]:
    """Submit the papers of a merchant; a rejected application can be submitted again."""
    content, state = checks.accepted(call, OPTIONAL), call.state
    if not state.profile.is_partner:
        raise Rejection(403, "NO_AUTH", f"商户号 {state.mchid} 不是服务商，无权提交")
    number = checks.number(call.data["business_code"], "/business_code", longest=124)
    subject = call.data["subject_info"]
    kind = checks.one_of(subject["subject_type"], "/subject_info/subject_type", [*PAPERS])
    if not subject.get(PAPERS[kind]):
        here = f"/subject_info/{PAPERS[kind]}"
        raise Rejection.parameter(here, None, f"is required for {kind}")
    check_media(state, call.data)
    merchants = (call.data.get("addition_info") or {}).get("confirm_mchid_list") or []
    for index, each in enumerate(merchants):
        if state.profile.sub_merchants and each not in state.profile.sub_merchants:
            here = f"/addition_info/confirm_mchid_list/{index}"
            raise Rejection.parameter(here, each, "is not a sub-merchant of this service provider")
    known = state.store.get("subject", number)
    if known is not None and known["state"] != REJECTED:
        if known["content"] == content:
            return {"applyment_id": known["applyment_id"]}
        raise Rejection(400, "INVALID_REQUEST", f"业务申请编号已存在申请单: {number}")
    new = {"applyment_id": 20_000_000_000 + secrets.randbelow(10**10), "created": state.clock.now()}
    record = {
        **(known or new),
        "business_code": number,
        "state": AUDITING,
        "content": content,
        "by_legal_person": call.data["contact_info"].get("contact_type", "LEGAL") == "LEGAL",
        "merchants": merchants,
        "reject_param": "",
        "reject_reason": "",
    }
    pointer = {"business_code": number}
    state.store.put("subject-id", f"{record['applyment_id']}", pointer)
    _save(state, record)
    return {"applyment_id": record["applyment_id"]}


@operation("GET", BASE)
def query(call: Call) -> dict[str, Any]:
    """Return an application by either of its numbers."""
    applyment_id, number = (call.query.get(n, "") for n in ("applyment_id", "business_code"))
    if not applyment_id and not number:
        raise Rejection.parameter("business_code", "", "or applyment_id is required", "query")
    record = _found(call.state, number, applyment_id)
    view = {"applyment_state": f"{PREFIX}{record['state']}"}
    if record["state"] in (CONTACT, LEGAL_PERSON):
        view["qrcode_data"] = base64.b64encode(f"{record['applyment_id']}".encode()).decode()
    if record["state"] == REJECTED:
        view |= {name: record[name] for name in ("reject_param", "reject_reason")}
    return view


@operation("POST", f"{BASE}/{{applyment_id}}/cancel")
@operation("POST", f"{BASE}/{{business_code}}/cancel")
def cancel(call: Call) -> None:
    """Withdraw an application by either of its numbers."""
    (number,) = call.params.values()
    state = call.state
    record = state.store.get("subject", number) or _found(state, "", number)
    _move(state, record["business_code"], OPEN, CANCELED)


@operation("GET", f"{BASE}/merchants/{{sub_mchid}}/state")
def authorization(call: Call) -> dict[str, Any]:
    """Return whether a merchant has confirmed the opening of its account."""
    authorized = call.state.store.get("subject-merchant", call.params["sub_mchid"]) is not None
    return {"authorize_state": f"AUTHORIZE_STATE_{'' if authorized else 'UN'}AUTHORIZED"}


def _found(state: State, number: str, applyment_id: str = "") -> Record:
    if applyment_id:
        pointer = state.store.get("subject-id", applyment_id)
        number = "" if pointer is None else pointer["business_code"]
    record = state.store.get("subject", number)
    if record is None:
        raise Rejection(404, "APPLYMENT_NOTEXIST", f"申请单不存在: {applyment_id or number}")
    return record


def _save(state: State, record: Record) -> None:
    state.store.put("subject", record["business_code"], record)
    state.log.tell("subject", record)


def _move(state: State, number: str, allowed: Iterable[str], target: str, **changes: Any) -> Record:
    record = _found(state, number)
    if record["state"] not in allowed:
        raise Rejection(400, "INVALID_REQUEST", f"申请单状态是 {record['state']}: {number}")
    record |= {"state": target, **changes}
    if target == PASSED:
        for mchid in record["merchants"]:
            authorize(state, mchid)
    _save(state, record)
    return record


def approve(state: State, number: str) -> Record:
    """Approve an audit; next, the contact person confirms."""
    return _move(state, number, (AUDITING,), CONTACT)


def confirm_contact(state: State, number: str) -> Record:
    """Confirm on behalf of the contact person; next is the legal person, unless it is the same."""
    target = PASSED if _found(state, number)["by_legal_person"] else LEGAL_PERSON
    return _move(state, number, (CONTACT,), target)


def confirm_legal_person(state: State, number: str) -> Record:
    """Confirm on behalf of the legal person; the application has passed."""
    return _move(state, number, (LEGAL_PERSON,), PASSED)


def reject(state: State, number: str, reason: str, param: str = "") -> Record:
    """Reject an application; a corrected one can be sent with the same number."""
    return _move(state, number, OPEN, REJECTED, reject_param=param, reject_reason=reason)


def freeze(state: State, number: str) -> Record:
    """Freeze an application, as WeChat Pay does."""
    return _move(state, number, OPEN, FROZEN)


def authorize(state: State, sub_mchid: str) -> Record:
    """Confirm the opening of a merchant's account on the merchant's behalf."""
    record = {"sub_mchid": sub_mchid, "created": state.clock.now()}
    state.store.put("subject-merchant", sub_mchid, record)
    return record
