"""APIv3's contracts: signing, queries and termination.

Contracts of deductions, of payments without a password (免密支付), and of combined deductions have
the same operations under different names. Contracts of insurances are in `insurance_v3`.

Sources: https://pay.weixin.qq.com/docs/merchant/apis/entrusted-payment/contract-alter-notify.html,
https://pay.weixin.qq.com/docs/merchant/apis/password-free-contract/contracts/get-by-code.html,
https://pay.weixin.qq.com/doc/v3/partner/4012881605 (combined)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..listing import listed_for
from ..registry import operation
from . import contracts, requests
from .contracts import Contract

__all__ = ["FAMILIES"]

PAPAY, EXEMPT, COMBINED = "papay", "password-exempt", "combined"
FAMILIES = (PAPAY, EXEMPT, COMBINED)
"""The products with these contracts; each has its own notifications."""
SCENES = ("app", "h5", "jsapi", "mini-program")
BY_PLAN = "plan-id/{plan_id}/out-contract-code/{out_contract_code}"
BY_SERVICE = "service-id/{service_id}/out-contract-code/{out_contract_code}"


def _register_asking(family: str, path: str) -> None:
    @operation("POST", path)
    def ask(call: Call) -> dict[str, Any]:
        return requests.presigned(call, requests.asked(call, family))


def _register_signed(path: str, *, partner: bool | None) -> None:
    """Register the operations of a signed contract.

    Args:
        path: the path of the contract.
        partner: whether requests contain a sub-merchant; None if they never do.
    """

    def sub_mchid_of(given: dict[str, Any]) -> str | None:
        if partner is None:
            return None
        return str(given.get("sub_mchid") or "") if partner else ""

    @operation("GET", path)
    def query(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        return requests.signed_by(call, sub_mchid_of(call.query))

    if "harmony" not in path:

        @operation("POST", f"{path}/terminate")
        def terminate(call: Call) -> dict[str, Any]:
            return requests.terminated(call, sub_mchid_of(call.data))


SIGN, SCHEDULED = "v3/papay/sign", "v3/papay/scheduled-deduct-sign"
_register_asking(PAPAY, f"{SIGN}/contracts/pre-entrust-sign")
for _scene in SCENES:
    _register_asking(PAPAY, f"{SCHEDULED}/contracts/pre-entrust-sign/{_scene}")
    _register_asking(PAPAY, f"{SCHEDULED}/partner/contracts/pre-entrust-sign/{_scene}")
_register_signed(f"{SIGN}/contracts/{BY_PLAN}", partner=False)
_register_signed(f"{SIGN}/contracts/harmony-{BY_PLAN}", partner=False)
_register_signed(f"{SIGN}/partner/contracts/{BY_PLAN}", partner=True)

EXEMPTIONS = "v3/password-exempt-contract/contracts"
_register_signed(f"{EXEMPTIONS}/{BY_SERVICE}", partner=None)
for _owner in ("normal", "ecommerce", "qs", "service-provider"):
    _register_asking(EXEMPT, f"{EXEMPTIONS}/{_owner}/pre-entrust-sign/mini-program")
    _register_asking(EXEMPT, f"{EXEMPTIONS}/{_owner}/pre-entrust-sign/pay-redirect-sign")

COMBINE = "v3/ecommerce/combine-papay/contracts"
_register_asking(COMBINED, f"{COMBINE}/pre-entrust-sign")
_register_asking(COMBINED, f"{COMBINE}/pre-entrust-sign/mini-program")
_register_signed(f"{COMBINE}/{BY_PLAN}", partner=None)


@contracts.on_change(PAPAY)
def tell(state: State, contract: Contract, ended: bool) -> None:
    """Send `ENTRUST.SIGN` or `ENTRUST.TERMINATE`."""
    what, summary = ("TERMINATE", "委托代扣解约通知") if ended else ("SIGN", "委托代扣签约通知")
    event, variant = f"ENTRUST.{what}", "partner" if contract["sub_mchid"] else "direct"
    members = requests.shown(state, contract)
    members.pop("deduct_schedule", None)
    content = listed_for(event, members, variant)
    url = contract["notify_url"]
    state.outbox.post(url, event, content, summary=summary, original_type="entrust")


@contracts.on_change(EXEMPT)
def tell_of_exemption(state: State, contract: Contract, ended: bool) -> None:
    """Send `PAYSCORE.USER_OPEN_SERVICE`; send nothing for a terminated contract."""
    if ended:
        return
    event, view = "PAYSCORE.USER_OPEN_SERVICE", requests.shown(state, contract)
    members = {
        **view,
        "plan_id": str(contract["plan_id"]),
        "contract_status": contract["state"],
        "create_time": view["contract_signed_time"],
    }
    content, url = listed_for(event, members, "contract"), contract["notify_url"]
    state.outbox.post(url, event, content, summary="签约成功", original_type="payscore")


@contracts.on_change(COMBINED)
def tell_of_combined(state: State, contract: Contract, ended: bool) -> None:
    """Send `ECOMMERCE_ENTRUST.SIGN` or `ECOMMERCE_ENTRUST.TERMINATE`."""
    what, summary = ("TERMINATE", "解约成功") if ended else ("SIGN", "签约成功")
    event, view = f"ECOMMERCE_ENTRUST.{what}", requests.shown(state, contract)
    info = view.get("contract_terminate_info", {})
    moment = info.get("contract_terminated_time") or view["contract_signed_time"]
    content = listed_for(event, {**view, **info, "operate_time": moment})
    state.outbox.post(contract["notify_url"], event, content, summary=summary)
