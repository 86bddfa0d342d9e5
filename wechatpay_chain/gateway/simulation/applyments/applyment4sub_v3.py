"""Onboarding by service providers: applications for sub-merchants (特约商户进件).

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012719997 (submit),
https://pay.weixin.qq.com/doc/v3/partner/4012697168 (query)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..registry import operation
from . import records, settlements

__all__ = ["query"]

BASE = "v3/applyment4sub/applyment"
PRODUCT = records.PARTNER
PAPERS = {**records.PAPERS, "SUBJECT_TYPE_MICRO": "micro_biz_info"}
"""The kinds of subjects, and the member with their papers; other kinds' members are omitted."""
OPTIONAL = frozenset(f"/subject_info/{name}" for name in PAPERS.values())
TYPES = {"BANK_ACCOUNT_TYPE_CORPORATE": 0, "BANK_ACCOUNT_TYPE_PERSONAL": 1}


@operation("POST", f"{BASE}/")
def submit(call: Call) -> dict[str, Any]:
    """Submit the application of a sub-merchant."""
    content = checks.accepted(call, OPTIONAL)
    number = checks.number(call.data["business_code"], "/business_code", longest=124)
    subject, bank = call.data["subject_info"], call.data["bank_account_info"]
    kind = checks.one_of(subject["subject_type"], "/subject_info/subject_type", PAPERS)
    if not subject.get(PAPERS[kind]):
        here = f"/subject_info/{PAPERS[kind]}"
        raise Rejection.parameter(here, None, f"is required for {kind}")
    corporate = checks.one_of(
        bank["bank_account_type"], "/bank_account_info/bank_account_type", TYPES
    )
    records.check_media(call.state, call.data)
    account = settlements.account_of(bank) | {"account_type": settlements.TYPES[TYPES[corporate]]}
    business = call.data["business_info"]
    about = {
        "product": PRODUCT,
        "name": checks.text(
            business["merchant_shortname"], "/business_info/merchant_shortname", 64
        ),
        "corporate": TYPES[corporate] == 0,
        "account": account,
        "apps": records.apps_of(business.get("sales_info", {})),
        "proxy": False,
    }
    applyment = records.submit(call.state, number, content, about)
    return {"applyment_id": applyment["applyment_id"]}


@operation("GET", f"{BASE}/business_code/{{business_code}}")
def query(call: Call) -> dict[str, Any]:
    """Return an application by its merchant-assigned number."""
    number = call.params["business_code"]
    return _shown(records.existing(call.state, number, product=PRODUCT))


@operation("GET", f"{BASE}/applyment_id/{{applyment_id}}")
def query_by_id(call: Call) -> dict[str, Any]:
    """Return an application by WeChat Pay's number."""
    return _shown(records.by_id(call.state, call.params["applyment_id"], PRODUCT))


def _shown(applyment: records.Applyment) -> dict[str, Any]:
    name, _, label = records.STATES[applyment["state"]]
    view = {
        "business_code": applyment["number"],
        "applyment_id": applyment["applyment_id"],
        "applyment_state": name,
        "applyment_state_msg": label,
        "sign_url": records.sign_url(applyment),
    }
    if applyment["state"] in (records.SIGNABLE, records.OPENING, records.FINISHED):
        view["sub_mchid"] = applyment["sub_mchid"]
    if applyment["state"] == records.REJECTED:
        view["audit_detail"] = [
            {
                "field": each["field"],
                "field_name": each["field"].rpartition("/")[2],
                "reject_reason": each["reject_reason"],
            }
            for each in applyment["audit_detail"]
        ]
    return view
