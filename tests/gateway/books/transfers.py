"""Transfers to users: confirmed, failed, cancelled and expired."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["TransferRules"]

BASE = "v3/fund-app/mch-transfer/transfer-bills"
BATCHES = "v3/transfer/batches"


class TransferRules(Machine):
    """A merchant transfers money, with each outcome."""

    @initialize()
    def have_a_charity(self) -> None:
        """Add a merchant that receives donations."""
        self.charity = self.gateway.add_merchant()

    @rule(fen=FEN, ending=st.sampled_from(["", "confirm", "fail", "cancel"]))
    def transfer(self, fen: int, ending: str) -> None:
        number = new_number("T")
        code = self.ask(
            "POST",
            BASE,
            json={
                "appid": IDENTITY.appid,
                "out_bill_no": number,
                "transfer_scene_id": "1000",
                "openid": "oUser",
                "transfer_amount": fen,
                "transfer_remark": "x",
                "transfer_scene_report_infos": [{"info_type": "x", "info_content": "x"}],
            },
        )
        if code:
            return
        if ending == "cancel":
            path = f"{BASE}/out-bill-no/{{out_bill_no}}/cancel"
            self.ask("POST", path, out_bill_no=number)
        elif ending:
            ended = getattr(self.gateway.transfers, ending)(number)
            assert ended["state"] in ("SUCCESS", "FAIL")

    @rule(
        amounts=st.lists(FEN, min_size=1, max_size=3),
        endings=st.lists(
            st.sampled_from(["hold", "approve", "reject", "finish", "close", "fail_detail"]),
            max_size=3,
        ),
    )
    def transfer_to_many(self, amounts: list[int], endings: list[str]) -> None:
        number = new_number("B")
        details = [
            {
                "out_detail_no": new_number("D"),
                "transfer_amount": fen,
                "transfer_remark": "x",
                "openid": "oUser",
            }
            for fen in amounts
        ]
        code = self.ask(
            "POST",
            BATCHES,
            json={
                "appid": IDENTITY.appid,
                "out_batch_no": number,
                "batch_name": "x",
                "batch_remark": "x",
                "total_amount": sum(amounts),
                "total_num": len(amounts),
                "transfer_detail_list": details,
            },
        )
        if code:
            return
        for ending in endings:
            given = [details[0]["out_detail_no"]] if ending == "fail_detail" else []
            with contextlib.suppress(LookupError):  # its state may not allow it any more
                getattr(self.gateway.transfer_batches, ending)(number, *given)
        batch = self.gateway.transfer_batches.get(number)
        paid = sum(each["amount"] for each in batch["details"] if each["state"] == "SUCCESS")
        assert paid in (0, sum(amounts), sum(amounts[1:]))

    @rule(fen=FEN, fens=st.lists(FEN, max_size=3), declined=st.booleans(), unlocked=st.booleans())
    def donate(self, fen: int, fens: list[int], declined: bool, unlocked: bool) -> None:
        base, number = "v3/fund-app/mch-transfer/partner", new_number("G")
        sponsor = {"sponsor_mchid": "1900000121"}
        budget = {
            **sponsor,
            "out_budget_no": number,
            "sponsor_subject_name": "x",
            "activity_name": "x",
            "activity_remark": "x",
            "amount": fen,
        }
        if self.ask("POST", f"{base}/charity-budget", json=budget):
            return
        getattr(self.gateway.charity_budgets, "close" if declined else "confirm")(number)
        left, received = fen, self.charity.balance()
        for each in fens:
            donation = {
                **sponsor,
                "out_budget_no": number,
                "out_transfer_no": new_number("H"),
                "receive_mchid": self.charity.mchid,
                "amount": each,
                "transfer_remark": "x",
            }
            code = self.ask("POST", f"{base}/charity-transfer-bills", json=donation)
            known = self.gateway.charity_budgets.get(number)["remain_amount"]
            assert code or known == left - each
            assert self.charity.balance() == received + left - known
            received = self.charity.balance()
            left = known
        if unlocked and not declined:
            body = {**sponsor, "activity_remark": "x"}
            if not self.ask("POST", f"{base}/charity-budget/{number}/unlock", json=body):
                assert self.gateway.charity_budgets.get(number)["unlocked_amount"] == left

    @rule(fen=FEN, ending=st.sampled_from(["", "fail", "cancel"]))
    def transfer_to_qq(self, fen: int, ending: str) -> None:
        base = "v3/fund-app/mch-transfer/transfer-to-qq-wallet-bills"
        number = new_number("T")
        body = {
            "appid": IDENTITY.appid,
            "out_bill_no": number,
            "transfer_scene_id": "1401",
            "openid": "oUser",
            "transfer_amount": fen,
            "transfer_remark": "x",
            "transfer_scene_report_infos": [{"info_type": "x", "info_content": "x"}],
        }
        if self.ask("POST", base, json=body):
            return
        if ending == "cancel":
            self.ask("POST", f"{base}/{number}/cancel")
        elif ending:
            assert self.gateway.transfers.fail(number)["state"] == "FAIL"

    @rule(fen=FEN, partner=st.booleans(), closed=st.booleans())
    def transfer_to_authorized(self, fen: int, partner: bool, closed: bool) -> None:
        mine = "v3/fund-app/mch-transfer/user-confirm-authorization"
        number, users = new_number("A"), self.merchant.state.ledger.balance("user")
        asked = {
            "out_authorization_no": number,
            "appid": IDENTITY.appid,
            "openid": f"o{number}",
            "transfer_scene_id": "1000",
            "user_display_name": "x",
            "authorization_notify_url": NOBODY,
        }
        if self.ask("POST", mine, json=asked):
            return
        given = self.gateway.transfer_authorizations.confirm(number)
        if closed:
            self.gateway.transfer_authorizations.close(number)
        base = "v3/fund-app/mch-transfer/partner/transfer-bills" if partner else BASE
        body = {
            **({"sub_mchid": self.sub} if partner else {}),
            "appid": IDENTITY.appid,
            "out_bill_no": new_number("T"),
            "authorization_id": given["authorization_id"],
            "transfer_scene_id": "1000",
            "transfer_amount": fen,
            "transfer_remark": "x",
            "transfer_scene_report_infos": [{"info_type": "x", "info_content": "x"}],
        }
        code = self.ask("POST", f"{base}/transfer", json=body)
        arrived = self.merchant.state.ledger.balance("user") - users
        assert arrived == fen if not code else arrived in (0, fen)
        assert code or not closed
