"""Authorizations of users and sub-merchants, transfers with them, and transfers to QQ wallets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.gateway.support import NOBODY

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v3/fund-app/mch-transfer"
DIRECT, PARTNER = f"{BASE}/transfer-bills", f"{BASE}/partner/transfer-bills"


def populate(world: World) -> None:
    """Create records of all these kinds."""
    _authorized(world)
    _sub_merchants(world)
    _batches(world)
    _reserved(world)
    _charity(world)
    bill = _bill(world, transfer_scene_id="1401", transfer_amount=20_000)
    world.ask("POST", f"{BASE}/transfer-to-qq-wallet-bills", body=bill)


def _bill(world: World, **changes: Any) -> dict[str, Any]:
    from tests.gateway.wall import sealed

    return {
        "appid": world.merchant.appid,
        "out_bill_no": world.number("T"),
        "openid": f"o{world.number('OpenidOfUser')}",
        "user_name": sealed(world.merchant, f"{world.tag} User"),
        "transfer_amount": world.total,
        "transfer_remark": f"{world.tag} remark",
        "transfer_scene_id": "1000",
        "transfer_scene_report_infos": [{"info_type": "x", "info_content": "x"}],
        "notify_url": NOBODY,
        **changes,
    }


def _authorized(world: World) -> None:
    merchant = world.merchant
    named = {"sub_mchid": world.sub}
    for path, url, base, whose in (
        ("user-confirm-authorization", "authorization_notify_url", DIRECT, {}),
        ("partner/user-confirm-authorizations", "notify_url", PARTNER, named),
    ):
        for confirmed in (False, True):
            asked = {
                "out_authorization_no": world.number("A"),
                "appid": merchant.appid,
                "openid": f"o{world.number('OpenidOfUser')}",
                "transfer_scene_id": "1000",
                "user_display_name": f"{world.tag} display name",
                url: NOBODY,
            }
            world.ask("POST", f"{BASE}/{path}", body=asked)
            if confirmed:
                given = merchant.transfer_authorizations.confirm(asked["out_authorization_no"])
                world.seen.append(given)
                authorization = {"authorization_id": given["authorization_id"]}
                world.ask("POST", f"{base}/transfer", body=_bill(world, **whose, **authorization))
        info = {
            "user_display_name": f"{world.tag} display name",
            "out_authorization_no": world.number("A"),
            "authorization_notify_url": NOBODY,
        }
        body = _bill(world, **whose, authorization_info=info)
        world.ask("POST", f"{base}/pre-transfer-with-authorization", body=body)


def _sub_merchants(world: World) -> None:
    body = {"sub_mchid": world.sub, "out_apply_no": world.number("I")}
    world.ask("POST", f"{BASE}/partner/sub-mch-authorizations", body=body)
    world.merchant.sub_merchant_authorizations.accept(world.sub)


def _batch(world: World, **changes: Any) -> dict[str, Any]:
    from tests.gateway.wall import sealed

    detail = {
        "out_detail_no": world.number("D"),
        "transfer_amount": world.total,
        "transfer_remark": f"{world.tag} remark",
        "openid": f"o{world.number('OpenidOfUser')}",
        "user_name": sealed(world.merchant, f"{world.tag} User"),
    }
    return {
        "out_batch_no": world.number("B"),
        "batch_name": f"{world.tag} name of batch",
        "batch_remark": f"{world.tag} remark",
        "total_amount": world.total,
        "total_num": 1,
        "transfer_detail_list": [detail],
        **changes,
    }


def _batches(world: World) -> None:
    merchant = world.merchant
    body = _batch(world, appid=merchant.appid, notify_url=NOBODY)
    world.ask("POST", "v3/transfer/batches", body=body)
    _receipts(world, "v3/transfer/bill-receipt", body)
    more = {"sub_mchid": world.sub, "authorization_type": "FUND_AUTHORIZATION_TYPE"}
    body = _batch(world, sp_appid=merchant.appid, **more)
    world.ask("POST", "v3/partner-transfer/batches", body=body)
    body = _batch(world, brand_id=987_654, brand_appid=merchant.appid, scene="CUSTOM_SEND")
    (packet,) = body.pop("transfer_detail_list")
    renamed = {"amount": packet.pop("transfer_amount"), "remark": packet.pop("transfer_remark")}
    body |= {"template_id": f"{world.tag}Template", "detail_list": [packet | renamed]}
    red = "v3/fund-app/brand-redpacket"
    made = world.ask("POST", f"{red}/brand-merchant-batches", body=body)
    merchant.transfer_batches.finish(body["out_batch_no"])
    world.ask("GET", f"{red}/brand-merchant-batches/{made['batch_no']}")
    number = packet["out_detail_no"]
    path = f"{red}/brand-merchant-out-batches/{body['out_batch_no']}/out-details/{number}"
    world.ask("GET", path)


def _receipts(world: World, path: str, body: dict[str, Any]) -> None:
    """Create the receipts of a batch and its detail, with the tokens of their files."""
    number = body["out_batch_no"]
    world.merchant.transfer_batches.finish(number)
    world.ask("POST", path, body={"out_batch_no": number})
    world.merchant.transfer_receipts.finish(f"batch-{number}")
    world.ask("GET", f"{path}/{number}")
    detail = body["transfer_detail_list"][0]["out_detail_no"]
    named = {"out_batch_no": number, "out_detail_no": detail, "accept_type": "BATCH_TRANSFER"}
    world.ask("POST", "v3/transfer-detail/electronic-receipts", body=named)


def _reserved(world: World) -> None:
    from tests.gateway.wall import sealed

    merchant = world.merchant
    for base in ("v3/platsolution/mch-transfer", "v3/platsolution/insurance/mch-transfer"):
        for used in (False, True):
            asked = {
                "sub_mchid": world.sub,
                "sp_appid": merchant.appid,
                "out_reservation_no": world.number("V"),
                "transfer_scene_id": "1011",
                "estimated_date": merchant.state.clock.date(),
                "exact_amount": world.total,
                "openid": f"o{world.number('OpenidOfUser')}",
                "user_real_name": sealed(merchant, f"{world.tag} User"),
                "reserve_remark": f"{world.tag} remark",
                "notify_url": NOBODY,
            }
            made = world.ask("POST", f"{base}/reservation/apply", body=asked)
            merchant.transfer_reservations.confirm(asked["out_reservation_no"])
            if used:
                body = _batch(world, sub_mchid=world.sub, sp_appid=merchant.appid)
                body |= {"transfer_scene_id": "1011", "notify_url": NOBODY}
                named = {"reservation_id": made["reservation_id"], "openid": asked["openid"]}
                body["transfer_detail_list"][0] |= named
                del body["transfer_detail_list"][0]["user_name"]
                world.ask("POST", f"{base}/batches/apply", body=body)
                merchant.transfer_batches.finish(body["out_batch_no"])
                path = f"{base}/batches/summary-receipts/out-batch-no/{body['out_batch_no']}"
                world.ask("POST", f"{path}/apply", body={"sub_mchid": world.sub})
                merchant.transfer_receipts.finish(f"batch-{body['out_batch_no']}")
                world.ask("GET", path, query={"sub_mchid": world.sub})


def _charity(world: World) -> None:
    merchant, tag = world.merchant, world.tag
    base = f"{BASE}/partner"
    sponsor = {"sponsor_mchid": f"{tag}SponsorMchid"}
    budget = {
        **sponsor,
        "out_budget_no": world.number("G"),
        "sponsor_subject_name": f"{tag} company",
        "activity_name": f"{tag} activity",
        "activity_remark": f"{tag} remark",
        "amount": world.total,
    }
    world.ask("POST", f"{base}/charity-budget", body=budget)
    merchant.charity_budgets.confirm(budget["out_budget_no"])
    donation = {
        **sponsor,
        "out_budget_no": budget["out_budget_no"],
        "out_transfer_no": world.number("H"),
        "receive_mchid": f"{tag}Charity01",
        "amount": 7,
        "transfer_remark": f"{tag} remark",
    }
    world.ask("POST", f"{base}/charity-transfer-bills", body=donation)
    before = merchant.state.clock.date(merchant.state.clock.now() - 86400)
    days = {**sponsor, "start_date": before, "end_date": before}
    path = f"{base}/budget/{budget['out_budget_no']}/electronic-receipts"
    made = world.ask("POST", path, body=days)
    world.ask("GET", path, query={"accept_id": made["accept_id"]})
