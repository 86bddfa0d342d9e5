"""Red packets and payments to users and bank accounts, with each outcome."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import new_number
from wechatpay_chain.crypto import rsa

__all__ = ["PayoutRules", "RedPacketRules"]

BASE = "v2/mmpaymkttransfers"
KEY = IDENTITY.platform_key.public_key()


class RedPacketRules(Machine):
    """A merchant sends red packets, which are received, fail, or are returned."""

    @rule(fen=FEN, group=st.booleans(), receivers=st.integers(0, 3), fails=st.booleans())
    def red_packet(self, fen: int, group: bool, receivers: int, fails: bool) -> None:
        number = new_number("H")[:28]
        fields = {
            "mch_billno": number,
            "mch_id": IDENTITY.mchid,
            "wxappid": IDENTITY.appid,
            "send_name": "x",
            "re_openid": "oUser",
            "total_amount": fen * 3 + 300,
            "total_num": 3 if group else 1,
            "wishing": "x",
            "client_ip": "127.0.0.1",
            "act_name": "x",
            "remark": "x",
            "amt_type": "ALL_RAND",
        }
        path = f"{BASE}/sendgroupredpack" if group else f"{BASE}/sendredpack"
        if self.ask("POST", path, xml=fields, security=True):
            return
        if fails:
            assert self.gateway.red_packets.fail(number)["state"] == "FAILED"
        for _ in range(receivers):
            with contextlib.suppress(LookupError):  # all parts may have been received
                self.gateway.red_packets.receive(number)


class PayoutRules(Machine):
    """A merchant pays users and bank accounts; payments fail and are returned."""

    @rule(fen=FEN)
    def pay_user(self, fen: int) -> None:
        fields = {
            "mch_appid": IDENTITY.appid,
            "mchid": IDENTITY.mchid,
            "partner_trade_no": new_number("E"),
            "openid": "oUser",
            "check_name": "NO_CHECK",
            "amount": fen,
            "desc": "x",
            "spbill_create_ip": "127.0.0.1",
        }
        self.ask("POST", f"{BASE}/promotion/transfers", xml=fields, security=True)

    @rule(fen=FEN, ending=st.sampled_from(["", "fail", "return_by_bank"]), late=st.booleans())
    def pay_bank(self, fen: int, ending: str, late: bool) -> None:
        number = new_number("E")
        fields = {
            "mch_id": IDENTITY.mchid,
            "partner_trade_no": number,
            "enc_bank_no": rsa.encrypt("6222000000000001", KEY),
            "enc_true_name": rsa.encrypt("x", KEY),
            "bank_code": "1002",
            "amount": fen,
        }
        if self.ask("POST", "v2/mmpaysptrans/pay_bank", xml=fields, security=True):
            return
        if late:
            self.gateway.advance(10)
        if ending == "fail" and not late:
            assert self.gateway.payouts.fail(number)["state"] == "FAILED"
        elif ending == "return_by_bank":
            assert self.gateway.payouts.return_by_bank(number)["state"] == "BANK_FAIL"
