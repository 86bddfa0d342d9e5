"""Records of a platform: sharing, subsidies, advances, withdrawals, recharges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.gateway.support import NOBODY
from wechatpay_chain.crypto import digest
from wechatpay_chain.gateway.simulation.ecommerce import cancellations

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/ecommerce"
RECEIVER = "1900000110"
PICTURE = b"\xff\xd8\xff\xe0"


def populate(world: World) -> None:
    """Create records of all these kinds."""
    world.merchant.state.ledger.move("recharge", 100 * world.total, "bank", "merchant")
    _shared(world)
    _refunded(world)
    _withdrawn(world)
    _recharged(world)
    _compensated(world)
    _contracted(world)
    _closed(world)
    _cancelled(world)


def _bought(world: World, subsidy: int = 0) -> Any:
    merchant = world.merchant
    settle = {"profit_sharing": True, **({"subsidy_amount": subsidy} if subsidy else {})}
    order = {
        "sp_appid": merchant.appid,
        "sp_mchid": merchant.mchid,
        "sub_mchid": world.sub,
        "description": f"{world.tag} platform tea",
        "out_trade_no": world.number("E"),
        "notify_url": NOBODY,
        "amount": {"total": world.total, "currency": "CNY"},
        "settle_info": settle,
    }
    world.ask("POST", "v3/pay/partner/transactions/native", body=order)
    return merchant.pay(order["out_trade_no"], f"o{world.tag}OpenidOfPayer")


def _shared(world: World) -> None:
    order, named = _bought(world), {"sub_mchid": world.sub}
    added = {"type": "MERCHANT_ID", "account": RECEIVER, "relation_type": "PARTNER"}
    path = f"{BASE}/profitsharing"
    world.ask("POST", f"{path}/receivers/add", body={**added, "appid": world.merchant.appid})
    named["transaction_id"] = order["transaction_id"]
    receiver = {"type": "MERCHANT_ID", "receiver_account": RECEIVER, "amount": 7}
    shared = {
        **named,
        "out_order_no": world.number("P"),
        "receivers": [{**receiver, "description": f"{world.tag} share"}],
        "finish": False,
    }
    world.ask("POST", f"{path}/orders", body=shared)
    returned = {
        "sub_mchid": world.sub,
        "out_order_no": shared["out_order_no"],
        "out_return_no": world.number("Q"),
        "return_mchid": RECEIVER,
        "amount": 3,
        "description": f"{world.tag} return",
    }
    world.ask("POST", f"{path}/returnorders", body=returned)
    last = {"out_order_no": world.number("P"), "description": f"{world.tag} rest"}
    world.ask("POST", f"{path}/finish-order", body={**named, **last})


def _refunded(world: World) -> None:
    order = _bought(world, subsidy=20)
    about = {"sub_mchid": world.sub, "transaction_id": order["transaction_id"]}
    paid = {**about, "amount": 20, "description": f"{world.tag} subsidy"}
    world.ask("POST", f"{BASE}/subsidies/create", body=paid)
    refund = {
        **about,
        "sp_appid": world.merchant.appid,
        "out_refund_no": world.number("R"),
        "reason": f"{world.tag} reason",
        "notify_url": NOBODY,
        "amount": {"refund": 9, "total": world.total, "currency": "CNY"},
        "refund_account": "REFUND_SOURCE_PARTNER_ADVANCE",
    }
    refund_id = world.ask("POST", f"{BASE}/refunds/apply", body=refund)["refund_id"]
    returned = {
        **about,
        "out_order_no": world.number("B"),
        "refund_id": refund_id,
        "amount": 5,
        "description": f"{world.tag} subsidy returned",
    }
    world.ask("POST", f"{BASE}/subsidies/return", body=returned)
    world.merchant.refunds.succeed(refund["out_refund_no"])
    fee = {"type": "SERVICE_FEE_INCOME", "scene": "RETURN_GOODS", "refund_id": refund_id}
    world.merchant.state.ledger.move("recharge", 2, "bank", f"merchant:{world.sub}")
    world.ask(
        "POST", f"{BASE}/profitsharing/after-sales-orders", body={**about, **fee, "amount": 2}
    )
    path = f"{BASE}/refunds/{refund_id}/return-advance"
    world.ask("POST", path, body={"sub_mchid": world.sub})
    other = _bought(world, subsidy=20)
    whose = {"out_refund_no": world.number("R"), "transaction_id": other["transaction_id"]}
    world.ask("POST", f"{BASE}/refunds/apply", body={**refund, **whose})
    about["transaction_id"] = other["transaction_id"]
    world.ask("POST", f"{BASE}/subsidies/cancel", body={**about, "description": world.tag})


def _withdrawn(world: World) -> None:
    ledger = world.merchant.state.ledger
    ledger.move("recharge", 10 * world.total, "bank", f"merchant:{world.sub}")
    about = {"remark": f"{world.tag} withdrawal", "bank_memo": world.tag, "notify_url": NOBODY}
    for path, whose in (
        ("v3/merchant/fund/withdraw", {"account_type": "BASIC"}),
        (f"{BASE}/fund/withdraw", {"sub_mchid": world.sub}),
    ):
        for outcome in ("succeed", "fail"):
            body = {**about, **whose, "out_request_no": world.number("W"), "amount": world.total}
            made = world.ask("POST", path, body=body)
            getattr(world.merchant.withdrawals, outcome)(made["withdraw_id"])
    world.seen.append({"bill_type": "NO_SUCC"})


def _recharged(world: World) -> None:
    path, amount = "v3/platsolution/ecommerce", {"amount": world.total, "currency": "CNY"}
    about = {"recharge_amount": amount, "remark": f"{world.tag} top-up", "notify_url": NOBODY}
    for kind, scene, account, whose in (
        ("recharges", "ECOMMERCE_PAYMENT", "OPERATION", {"sub_mchid": world.sub}),
        ("bank-transfer-recharges", "ECOMMERCE_BANK_TRANSFER", "BASIC", {}),
    ):
        for paid in (False, True):
            number = world.number("C")
            body = {"out_recharge_no": number, "recharge_scene": scene, "account_type": account}
            world.ask("POST", f"{path}/{kind}/apply", body={**about, **whose, **body})
            if paid:
                world.seen.append(world.merchant.recharges.pay(number))


def _compensated(world: World) -> None:
    ledger, path = world.merchant.state.ledger, "v3/platsolution/ecommerce/mch-transfer"
    ledger.move("recharge", 10 * world.total, "bank", f"deposit:{world.sub}")
    order = {"transaction_id": _bought(world)["transaction_id"], "type": "WXPAY"}
    user = {"type": "TRANSACTION_USER", "transaction_info": order}
    insurer = {"type": "MERCHANT", "mch_info": {"mchid": RECEIVER}, "transaction_info": order}
    whose = {"sub_mchid": world.sub}
    for name, given, receiver in (
        ("compensate-bills", {}, user),
        ("compensate-bills/pre-transfer", {}, user),
        ("insurance-claim-bills", whose, user),
        ("insurance-claim-bills/pre-transfer", whose, user),
        ("deposit-after-sales-compensation-bills", whose, user),
        ("deposit-shipping-cost-compensation-bills", whose, user),
        ("deposit-insurance-premiums-compensation-bills", whose, insurer),
        ("sub-mch-compensation-bills", {}, {"type": "MERCHANT", "mch_info": {"mchid": world.sub}}),
        ("transfer-bills", {**whose, "business_type": "DEPOSIT_COMPENSATION"}, insurer),
    ):
        body = {
            **given,
            "receiver": receiver,
            "out_bill_no": world.number("X"),
            "amount": world.total,
            "transfer_remark": f"{world.tag} sorry",
        }
        world.ask("POST", f"{path}/{name}", body=body)


def _closed(world: World) -> None:
    path, content = f"{BASE}/account/cancel-applications", PICTURE + f"{world.tag} closing".encode()
    meta = {"file_name": "closing.jpg", "file_digest": digest.hexdigest("sha256", content)}
    media = world.ask("POST", f"{path}/media", body=meta, file=content)["media_id"]
    material = {"application_type": "SUB_CANCEL_ACCOUNT_APPLICATION", "application_media_id": media}
    whose = {"sub_mchid": world.sub, "out_apply_no": world.number("Z")}
    world.ask("POST", path, body={**whose, "application_info": [material]})
    path = f"{BASE}/account/apply-cancel-withdraw"
    world.ask("GET", f"{path}/validate-cancel/{world.sub}")


def _cancelled(world: World) -> None:
    """Await a confirmation, and a review; open complaints would reject the requests for both."""
    state = world.merchant.state
    for documents in ([], [f"{world.tag} proof"]):
        number = world.number("Z")
        about = {"sub_mchid": world.sub, "out_request_no": number, "withdraw": True}
        about |= {"applyment_id": world.number("X"), "documents": documents, "content": world.tag}
        made = cancellations.create(state, about)
        world.seen.append(made if documents else cancellations.approve(state, number))


def _contracted(world: World) -> None:
    path, whose = "v3/platsolution/ecommerce", {"sub_mchid": world.sub}
    employee = {**whose, "sp_openid": f"o{world.tag}OpenidOfEmployee"}
    world.ask("POST", f"{path}/recharge-employees", body=employee)
    agreement = {
        "agreement_code": f"{world.tag} agreement",
        "agreement_version": "20260815",
        "sign_organization": f"{world.tag} insurance",
        "sign_time": "2026-11-20T10:00:00+08:00",
    }
    body = {**whose, "out_apply_no": world.number("I"), "agreement_list": [agreement]}
    world.ask("POST", f"{path}/insurance-compensation-contracts", body=body)
    for name, verified in (("", {}), ("-with-real-name-identity", _name(world))):
        for place in ("app", "mini-program"):
            body = {"appid": world.merchant.appid, "out_contract_code": world.number("K")}
            path = f"{BASE}/individual-contracts/pre-entrust-sign{name}/{place}"
            whose = {} if place == "app" else {"openid": f"o{world.number('OpenidOfPayee')}"}
            world.ask("POST", path, body={**body, **whose, **verified})
        world.seen.append(world.merchant.payees.sign(body["out_contract_code"]))


def _name(world: World) -> dict[str, str]:
    from tests.gateway.wall import sealed

    names = ("real_name", "cred_id")
    encrypted = {name: sealed(world.merchant, f"{world.tag} {name}") for name in names}
    return {**encrypted, "cred_type": "ID_CARD"}
