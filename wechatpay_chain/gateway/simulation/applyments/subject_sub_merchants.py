"""The sub-merchants of one subject (主体): `v3/ecommerce/subject-sub-merchants`.

A subject is known by the number of its papers. The gateway stores a digest of that number.

Source: https://pay.weixin.qq.com/doc/v3/partner/4013892756 (the operations that it belongs to)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ...call import Call
from .. import checks
from ..registry import operation
from . import records

__all__ = ["listed", "subject_of"]

TYPES = {
    "2": "SUBJECT_TYPE_ENTERPRISE",
    "3": "SUBJECT_TYPE_INSTITUTIONS_CLONED",
    "4": "SUBJECT_TYPE_INDIVIDUAL",
    "1708": "SUBJECT_TYPE_OTHERS",
    "2401": "SUBJECT_TYPE_MICRO",
    "2500": "SUBJECT_TYPE_MICRO",
    "2502": "SUBJECT_TYPE_GOVERNMENT",
}
"""The kinds of subjects: `organization_type` of an application, and of this operation."""
PAPERS = (
    ("business_license_info", "business_license_number"),
    ("id_card_info", "id_card_number"),
    ("id_doc_info", "id_doc_number"),
)
"""The numbers of the papers, the one of the business license first."""
LARGEST = 50
"""The largest and the default page."""


def subject_of(data: Mapping[str, Any]) -> str:
    """Return the key of the subject in an application; empty if there is no number.

    Args:
        data: the members of the application.
    """
    kind = TYPES.get(str(data["organization_type"]), "")
    for name, member in PAPERS:
        papers = data.get(name)
        if isinstance(papers, dict) and papers.get(member):
            return _key(kind, papers[member])
    return ""


def _key(kind: str, number: str) -> str:
    """Return the key of a subject, which does not contain the number of its papers."""
    plain = f"{kind} {str.__str__(number)}"
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


@operation("GET", "v3/ecommerce/subject-sub-merchants")
def listed(call: Call) -> dict[str, Any]:
    """Return the signed sub-merchants of a subject, the newest first."""
    checks.accepted(call)
    query, state = call.query, call.state
    kinds = frozenset(TYPES.values())
    kind = checks.one_of(query.get("organization_type"), "organization_type", kinds, "query")
    limit, offset = call.page(default=LARGEST, most=LARGEST)
    key = _key(kind, query["cert_number"])
    found = [
        each
        for each in state.store.all("applyment")
        if each.get("subject") == key and each["state"] == records.FINISHED
    ]
    found.sort(key=lambda each: float(each["signed"]), reverse=True)
    return {
        "data": [
            {
                "sub_mchid": each["sub_mchid"],
                "merchant_shortname": each["name"],
                "sign_time": state.clock.rfc3339(each["signed"]),
            }
            for each in found[offset : offset + limit]
        ],
        "offset": offset,
        "limit": limit,
        "total_count": len(found),
    }
