"""Red packets in each state, and payments to users and bank accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gateway.support import new_number
from wechatpay_chain.crypto import rsa

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

BASE = "v2/mmpaymkttransfers"


def populate(world: World) -> None:
    """Create red packets and payments of a merchant."""
    merchant, tag = world.merchant, world.tag
    for kind, count in (("sendredpack", 1), ("sendgroupredpack", 3), ("sendminiprogramhb", 1)):
        for received in (False, True):
            number = f"{tag}{new_number('H')}"[:28]
            packet = {
                "mch_billno": number,
                "sub_mch_id": world.sub,
                "wxappid": merchant.appid,
                "send_name": f"{tag} shop",
                "re_openid": f"o{tag}OpenidOfPayer",
                "total_amount": world.total // 10,
                "total_num": count,
                "wishing": f"{tag} wishes you luck",
                "client_ip": "127.0.0.1",
                "act_name": f"{tag} spring",
                "remark": f"{tag} remark",
                "scene_id": "PRODUCT_1",
                "amt_type": "ALL_RAND",
                "notify_way": "MINI_PROGRAM_JSAPI",
            }
            world.ask("POST", f"{BASE}/{kind}", body=packet)
            if received:
                merchant.red_packets.receive(number)
    work = {
        **packet,
        "mch_billno": f"{tag}{new_number('H')}"[:28],
        "sender_name": f"{tag} boss",
    }
    world.ask("POST", f"{BASE}/sendworkwxredpack", body=work)
    for path, app in (("transfers", "mch_appid"), ("paywwsptrans2pocket", "appid")):
        paid = {
            app: merchant.appid,
            "mchid": merchant.mchid,
            "partner_trade_no": f"{tag}{new_number('E')}",
            "openid": f"o{tag}OpenidOfPayer",
            "check_name": "FORCE_CHECK",
            "re_user_name": f"{tag} User by name",
            "amount": world.total,
            "desc": f"{tag} welcome",
            "spbill_create_ip": "127.0.0.1",
        }
        world.ask("POST", f"{BASE}/promotion/{path}", body=paid)
    key = merchant.identity.platform_key.public_key()
    to_bank = {
        "partner_trade_no": f"{tag}{new_number('E')}",
        "enc_bank_no": rsa.encrypt("6222000000000001", key),
        "enc_true_name": rsa.encrypt(f"{tag} User by name", key),
        "bank_code": "1002",
        "amount": world.total,
        "desc": f"{tag} to the bank",
    }
    world.ask("POST", "v2/mmpaysptrans/pay_bank", body=to_bank)
