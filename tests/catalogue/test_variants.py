"""A notification that several products share has a form for each, with its own members only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Variant, Webhook, example

jsonschema = pytest.importorskip("jsonschema")

SHARED = [webhook for webhook in catalogue.webhooks() if webhook.variants]
FORMS = [(webhook, form) for webhook in SHARED for form in webhook.variants]


def named(pair: tuple[Webhook, Variant]) -> str:
    return f"{pair[0].event}-{pair[1].name}"


def webhook(event: str) -> Webhook:
    found = catalogue.webhook(event)
    assert found is not None
    return found


def names(event: str, variant: str) -> set[str]:
    form = webhook(event).variant(variant)
    assert form is not None
    return {member.name for member in form.resource}


def required(event: str, variant: str) -> set[str]:
    form = webhook(event).variant(variant)
    assert form is not None
    return {member.name for member in form.resource if member.required}


def schema(one: Webhook, form: Variant) -> Any:
    body: Any = one.body_schema
    sealed = body["properties"]["resource"]["properties"]["ciphertext"]
    return next(
        each
        for each in sealed["contentSchema"]["oneOf"]
        if each["x-wechatpay-variant"]["name"] == form.name
    )


def test_a_payment_has_a_form_for_each_product() -> None:
    assert [each.name for each in webhook("TRANSACTION.SUCCESS").variants] == [
        *("direct", "partner", "combine", "parking", "global", "global-partner"),
        *("profitsharing", "partner-profitsharing"),
    ]


def test_a_direct_payment_has_its_amount_and_no_partner() -> None:
    assert {"appid", "mchid", "trade_type", "amount", "payer"} <= required(
        "TRANSACTION.SUCCESS", "direct"
    )
    assert not {"sp_mchid", "sub_mchid", "order_id", "receiver", "parking_info"} & names(
        "TRANSACTION.SUCCESS", "direct"
    )
    form = webhook("TRANSACTION.SUCCESS").variant("direct")
    assert form is not None
    amount = next(member for member in form.resource if member.name == "amount")
    assert {"total", "payer_total", "currency"} <= {member.name for member in amount.members}


def test_what_tells_the_forms_apart() -> None:
    assert {"sp_mchid", "sub_mchid"} <= required("TRANSACTION.SUCCESS", "partner")
    assert "mchid" not in names("TRANSACTION.SUCCESS", "partner")
    assert {"combine_mchid", "sub_orders"} <= required("TRANSACTION.SUCCESS", "combine")
    assert "out_trade_no" not in names("TRANSACTION.SUCCESS", "combine")
    assert "parking_info" in names("TRANSACTION.SUCCESS", "parking")
    assert {"mchid", "order_id", "receiver"} <= required("TRANSACTION.SUCCESS", "profitsharing")
    for event in ("REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED"):
        assert "mchid" in required(event, "direct")
        assert not {"sp_mchid", "sub_mchid"} & names(event, "direct")
        assert {"sp_mchid", "sub_mchid"} <= required(event, "partner")
        assert not {"mchid", "refund_account"} & names(event, "partner")


def test_a_type_of_one_product_has_no_forms() -> None:
    assert webhook("COMPLAINT.CREATE").variants == ()
    assert webhook("COMPLAINT.CREATE").variant("direct") is None
    assert webhook("TRANSACTION.SUCCESS").variant("nobody") is None


def test_only_sharing_calls_its_content_otherwise() -> None:
    told = {each.name: each.original_type for each in webhook("TRANSACTION.SUCCESS").variants}
    assert {name for name, original in told.items() if original} == {
        "profitsharing",
        "partner-profitsharing",
    }
    assert told["profitsharing"] == "profitsharing"


@pytest.mark.parametrize("one", SHARED, ids=lambda each: each.event)
def test_forms_have_names_of_their_own_and_a_chinese_title(one: Webhook) -> None:
    assert len({each.name for each in one.variants}) == len(one.variants) >= 2
    for form in one.variants:
        assert form.name.isascii()
        assert form.name == form.name.lower()
        assert not form.title.isascii()


@pytest.mark.parametrize("pair", FORMS, ids=named)
def test_the_example_of_a_form_is_of_this_form_and_no_other(pair: tuple[Webhook, Variant]) -> None:
    one, form = pair
    made = json.loads(json.dumps({m.name: value(m) for m in form.resource}))
    assert [each.name for each in one.variants if fits(schema(one, each), made)] == [form.name]


def value(member: catalogue.Member) -> Any:
    if member.members and not member.encoded:
        inner = {each.name: value(each) for each in member.members}
        return [inner] if member.type.endswith("[]") else inner
    return [example.scalar(member)] if member.type.endswith("[]") else example.scalar(member)


def fits(form: Any, made: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(form).is_valid(made))


@pytest.mark.parametrize(
    ("event", "state"),
    [("REFUND.SUCCESS", "SUCCESS"), ("REFUND.ABNORMAL", "ABNORMAL"), ("REFUND.CLOSED", "CLOSED")],
)
def test_the_example_of_a_refund_is_in_the_state_that_its_type_says(event: str, state: str) -> None:
    for form in webhook(event).variants:
        status = next(member for member in form.resource if member.name == "refund_status")
        assert example.scalar(status) == state
