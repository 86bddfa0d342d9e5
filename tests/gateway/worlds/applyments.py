"""Applications: one in audit, one signed, and one for another settlement account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wechatpay_chain.crypto import digest

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["populate"]

PICTURE = b"\xff\xd8\xff\xe0"


def populate(world: World) -> None:
    """Create applications of a service provider for sub-merchants."""
    from tests.gateway.wall import sealed

    def secret(text: str) -> str:
        return sealed(world.merchant, f"{world.tag} {text}")

    content = PICTURE + f"{world.tag} licence".encode()
    meta = {"filename": "licence.jpg", "sha256": digest.hexdigest("sha256", content)}
    media = world.ask("POST", "v3/merchant/media/upload", body=meta, file=content)["media_id"]
    bank = {
        "account_bank": "工商银行",
        "account_name": secret("Holder"),
        "account_number": secret("6222020000001"),
    }
    contact = {"contact_name": secret("Contact"), "mobile_phone": secret("Phone")}
    applyment: dict[str, Any] = {
        "contact_info": {"contact_type": "LEGAL", **contact, "contact_email": secret("Mail")},
        "subject_info": {
            "subject_type": "SUBJECT_TYPE_ENTERPRISE",
            "business_license_info": {
                "license_copy": media,
                "license_number": "123456789012345678",
                "merchant_name": f"{world.tag} Company",
                "legal_person": f"{world.tag} Person",
            },
            "identity_info": {"id_doc_type": "IDENTIFICATION_TYPE_IDCARD"},
        },
        "business_info": {
            "merchant_shortname": f"{world.tag} Shop",
            "service_phone": "0755222222",
            "sales_info": {"sales_scenes_type": ["SALES_SCENES_STORE"]},
        },
        "settlement_info": {"settlement_id": "719"},
        "bank_account_info": {
            **bank,
            "bank_account_type": "BANK_ACCOUNT_TYPE_CORPORATE",
            "bank_address_code": "110000",
        },
    }
    path = "v3/applyment4sub/applyment/"
    code = world.number("B")
    world.ask("POST", path, body={**applyment, "business_code": code})
    world.seen.append({"business_code": code})
    confirmed = {
        "business_code": world.number("S"),
        "contact_info": {
            "name": secret("Name"),
            "id_card_number": secret("Id"),
            "mobile": secret("Mobile"),
        },
        "subject_info": {
            "subject_type": "SUBJECT_TYPE_ENTERPRISE",
            "business_license_info": {
                "licence_number": "123456789012345678",
                "licence_copy": media,
                "merchant_name": f"{world.tag} Company",
                "legal_person": f"{world.tag} Person",
                "company_address": f"{world.tag} Street",
                "licence_valid_date": '["2020-01-01","forever"]',
            },
        },
        "identification_info": {
            "identification_type": "IDENTIFICATION_TYPE_IDCARD",
            "identification_name": secret("Name"),
            "identification_number": secret("Id"),
            "identification_valid_date": '["2020-01-01","forever"]',
            "identification_front_copy": media,
        },
    }
    world.ask("POST", "v3/apply4subject/applyment", body=confirmed)
    platform = {
        "organization_type": "2",
        "account_info": {**bank, "bank_account_type": "75"},
        "contact_info": {"contact_type": "65", **contact},
        "sales_scene_info": {"store_name": f"{world.tag} Store"},
        "merchant_shortname": f"{world.tag} Stand",
    }
    number = world.number("E")
    path = "v3/ecommerce/applyments/"
    made = world.ask("POST", path, body={**platform, "out_request_no": number})
    world.seen.append({"applyment_id": f"{made['applyment_id']}"})
    world.merchant.applyments.approve(number)
    world.ask("GET", f"v3/ecommerce/applyments/out-request-no/{number}")
    change = {
        "account_type": "ACCOUNT_TYPE_PRIVATE",
        "account_bank": "工商银行",
        "bank_address_code": "110000",
        "account_number": bank["account_number"],
        "account_name": bank["account_name"],
    }
    path = f"v3/apply4sub/sub_merchants/{world.sub}/modify-settlement"
    world.ask("POST", path, body=change)
