"""A simulated operation requires every member that the catalogue requires.

Each member that a POST operation requires is removed from its example, and the error must name it.
The exceptions are listed, with their reasons.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.gateway.test_every_operation import APPID
from tests.gateway.wall import sealed, signed
from wechatpay_chain import Sensitive, catalogue
from wechatpay_chain.catalogue import Member, Operation, example
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.registry import simulated

Path = tuple[str | int, ...]

SIGNING = frozenset(
    {"sign", "sign_type", "nonce_str", "mch_id", "mchid", "combine_mch_id", "contract_mchid"}
)
"""APIv2's own fields; other tests cover signatures."""
STORED = "the gateway stores this optional text without reading it"
DEFAULT = "it has a default"
EITHER = "another member may replace it"
DIRECT = "a direct merchant has no sub-merchant"
OTHERS = "orders of the other trade types do not require it"
GOODS = "/detail/goods_detail"
SCENE = ("/scene_info/store_info", "/scene_info/store_info/id")
BY_CODE = (GOODS, f"{GOODS}/0/quantity", f"{GOODS}/0/price")
BY_FACE = tuple(f"{GOODS}/0/{name}" for name in ("goods_id", "goods_name", "goods_num", "price"))
PERIOD = "/business_license_info/business_time/period"


def _given(reason: str, *pointers: str) -> dict[str, str]:
    return dict.fromkeys(pointers, reason)


EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    "v2/deposit/consume": _given(DEFAULT, "/fee_type"),
    "v2/deposit/facepay": _given(DEFAULT, "/fee_type") | _given(STORED, GOODS, *BY_FACE),
    "v2/deposit/micropay": _given(DEFAULT, "/fee_type") | _given(STORED, *BY_CODE, *SCENE),
    "v2/deposit/reverse": _given(EITHER, "/out_trade_no"),
    "v2/deposit/unifiedorder": _given(DEFAULT, "/fee_type") | _given(STORED, *BY_CODE, *SCENE),
    "v2/pay/closeorder": _given(EITHER, "/out_trade_no"),
    "v2/pay/facepay": _given(DEFAULT, "/fee_type") | _given(STORED, GOODS, *BY_FACE),
    "v2/pay/micropay": _given(STORED, GOODS, *SCENE),
    "v2/pay/unifiedorder": _given(STORED, GOODS, *SCENE),
    "v2/secapi/pay/facepayreverse": _given(EITHER, "/out_trade_no"),
    "v2/secapi/pay/refundv2": _given(STORED, *BY_CODE),
    "v2/secapi/pay/reverse": _given(EITHER, "/out_trade_no"),
    "v3/apply4subject/applyment": _given(
        EITHER,
        "/subject_info/business_license_info/licence_valid_date/period",
        "/subject_info/certificate_info/cert_valid_date/period",
        "/identification_info/identification_valid_date/period",
    ),
    "v3/applyment4sub/applyment/": _given(EITHER, "/subject_info/certificate_info"),
    "v3/combine-transactions/h5": _given(OTHERS, "/scene_info/device_id")
    | _given(DIRECT, "/sub_orders/0/sub_mchid"),
    "v3/combine-transactions/jsapi": _given(DIRECT, "/sub_orders/0/sub_mchid"),
    "v3/combine-transactions/native": _given(DIRECT, "/sub_orders/0/sub_mchid"),
    "v3/ecommerce/applyments/": _given(EITHER, PERIOD),
    "v3/ecommerce/applyments/submit-account-hosting-applyment": _given(EITHER, PERIOD),
}
"""Members that the gateway does not require although the catalogue does, with the reasons."""


@pytest.fixture(scope="module")
def known(identity: Any) -> Iterator[Gateway]:
    """A gateway with the merchant of the examples."""
    with Gateway(identity=replace(identity, mchid=example.MCHID, appid=APPID)) as gateway:
        yield gateway


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(
        each
        for each in catalogue.operations()
        if each.method == "POST"
        and (each.method, each.path) in simulated()
        and each.body_option in ("json", "xml")
    )


def required(members: Iterable[Member], given: Mapping[str, Any], at: Path = ()) -> Iterator[Path]:
    """Return the places of the required members in an example."""
    for member in members:
        if member.name not in given:
            continue
        here, value = (*at, member.name), given[member.name]
        if member.required:
            yield here
        if isinstance(value, dict):
            yield from required(member.members, value, here)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from required(member.members, value[0], (*here, 0))
        elif member.encoded == "application/json" and member.members:
            yield from required(member.members, json.loads(value), here)


def without(given: Any, place: Path) -> Any:
    """Return a body without one member, which can be inside JSON in a text."""
    first, *rest = place
    if isinstance(given, str):
        return json.dumps(without(json.loads(given), place), ensure_ascii=False)
    changed = copy.copy(given)
    if rest:
        changed[first] = without(given[first], tuple(rest))
    else:
        del changed[first]
    return changed


def encrypted(value: Any, gateway: Gateway) -> Any:
    if isinstance(value, dict):
        return {name: encrypted(each, gateway) for name, each in value.items()}
    if isinstance(value, list):
        return [encrypted(each, gateway) for each in value]
    return sealed(gateway, "张三") if isinstance(value, Sensitive) else value


def response_without(operation: Operation, gateway: Gateway) -> Iterator[tuple[str, str]]:
    """The places of the required members, and the response to the example without each."""
    made = example.call(operation)
    body = encrypted(made.options[operation.body_option], gateway)
    query = made.options.get("query") if operation.protocol == "v3" else None
    path = operation.path
    for name, value in made.variables.items():
        path = path.replace(f"{{{name}}}", value)
    for place in required(operation.body, body):
        if operation.protocol == "v2" and len(place) == 1 and place[0] in SIGNING:
            continue
        request = signed(gateway, "POST", path, body=without(body, place), query=query)
        if operation.base_uri:
            host = {"Host": urlsplit(operation.base_uri).hostname or ""}
            request.headers = {**request.headers, **host}
        text = gateway.answer(request).body.decode()
        yield "".join(f"/{each}" for each in place), text


@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.path)
def test_an_operation_names_the_required_member_that_is_missing(
    operation: Operation, known: Gateway
) -> None:
    exceptions = EXCEPTIONS.get(operation.path, {})
    accepted = {
        pointer
        for pointer, text in response_without(operation, known)
        if not re.search(rf"{re.escape(pointer)}\b", text)
    }
    assert accepted == exceptions.keys()


def test_the_exceptions_are_about_simulated_operations() -> None:
    assert EXCEPTIONS.keys() <= {each.path for each in operations()}
    assert len(operations()) > 300
