"""Every document keeps the rules, and the rules catch who breaks them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue.formatting import dumps

from .rules import EXTENSIONS, FOLDER, problems

FILES = sorted(FOLDER.rglob("*.json"))
PAY = FOLDER / "v3" / "pay.json"


def name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_document_keeps_the_rules(path: Path) -> None:
    assert problems(name(path), json.loads(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_document_has_its_one_written_form(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text == dumps(json.loads(text)), f"{path.name}: run make format"


def test_every_document_belongs_to_a_product_or_to_the_notifications() -> None:
    assert {name(path) for path in FILES} == {*catalogue.products(), "webhooks/v2", "webhooks/v3"}


def test_no_operation_stands_twice() -> None:
    operations = catalogue.operations()
    for key in (
        [each.id for each in operations],
        [each.spec["x-wechatpay-chain"] for each in operations],
        [(each.method, each.path) for each in operations],
    ):
        assert len(set(key)) == len(operations)


def test_all_of_the_extensions_are_in_use() -> None:
    text = "".join(path.read_text("utf-8") for path in FILES)
    assert [key for key in sorted(EXTENSIONS) if f'"{key}"' not in text] == []
    assert len(EXTENSIONS) == 13


NATIVE = "/v3/pay/transactions/native"
ID = "/v3/pay/transactions/id/{transaction_id}"


def body(document: Any) -> Any:
    spec = document["paths"][NATIVE]["post"]
    return spec["requestBody"]["content"]["application/json"]["schema"]


BREAKS: dict[str, Callable[[Any], object]] = {
    "openapi": lambda d: d.update(openapi="3.0.0"),
    "belong": lambda d: d["paths"].update({"/v3/x/y": d["paths"].pop(NATIVE)}),
    "method": lambda d: d["paths"][NATIVE].update(trace=d["paths"][NATIVE].pop("post")),
    "operationId": lambda d: d["paths"][NATIVE]["post"].update(operationId="native"),
    "summary": lambda d: d["paths"][NATIVE]["post"].pop("summary"),
    "declared": lambda d: d["paths"][NATIVE]["post"].update(tags=["新产品"]),
    "x-wechatpay-chain": lambda d: d["paths"][NATIVE]["post"].update(
        {"x-wechatpay-chain": "v3.pay.transactions.jsapi.post"}
    ),
    "path and method": lambda d: d["paths"][NATIVE]["post"].pop("x-wechatpay-chain"),
    "x-wechatpay-mode": lambda d: d["paths"][NATIVE]["post"].update({"x-wechatpay-mode": "all"}),
    "agree": lambda d: d["paths"][NATIVE]["post"].update({"x-wechatpay-mtls": True}),
    "unknown extension": lambda d: d["paths"][NATIVE]["post"].update({"x-wechatpay-new": 1}),
    "is expected": lambda d: d["paths"][NATIVE]["post"]["requestBody"]["content"].update(
        {"text/plain": {}}
    ),
    "must answer": lambda d: d["paths"][NATIVE]["post"]["responses"].pop("200"),
    "shape": lambda d: d["paths"][NATIVE]["post"]["responses"].update(default={"description": "?"}),
    "path parameters": lambda d: d["paths"][ID]["get"].pop("parameters"),
    "unknown type": lambda d: body(d)["properties"]["appid"].update(type="text"),
    "not described": lambda d: body(d)["required"].append("nothing"),
    "is no string": lambda d: body(d)["properties"]["appid"].update(enum=[1]),
    "twice": lambda d: body(d)["properties"]["appid"].update(enum=["a", "a"]),
    "x-wechatpay-encrypted": lambda d: body(d)["properties"]["appid"].update(
        {"x-wechatpay-encrypted": "yes"}
    ),
    "JSON-encoded": lambda d: body(d)["properties"]["appid"].update(
        {"x-wechatpay-json-encoded": True}
    ),
    "used or explained": lambda d: d["components"]["x-wechatpay-reasons"].update(NEW={}),
    "needs zh and en": lambda d: d["components"]["x-wechatpay-reasons"]["NO_AUTH"].pop("en"),
    "no status of an error": lambda d: d["paths"][NATIVE]["post"]["x-wechatpay-errors"].update(
        NO_AUTH=302
    ),
    "does not limit": lambda d: body(d)["properties"]["amount"].update(maxLength=1),
    "above": lambda d: body(d)["properties"]["attach"].update(minLength=1000),
    "unknown format": lambda d: body(d)["properties"]["attach"].update(format="email"),
    "pattern": lambda d: body(d)["properties"]["attach"].update(pattern="("),
    "names nothing": lambda d: d["paths"][NATIVE]["post"].update(
        {"x-wechatpay-idempotency-key": []}
    ),
    "there is no": lambda d: d["paths"][NATIVE]["post"].update(
        {"x-wechatpay-idempotency-key": [{"in": "body", "name": "detail[].invoice_id"}]}
    ),
    "is good for": lambda d: d["paths"][NATIVE]["post"].pop("x-wechatpay-idempotency-key"),
    "beside a number": lambda d: d["paths"][NATIVE]["post"].update({"x-wechatpay-safe": True}),
    "neither for a GET": lambda d: d["paths"][ID]["get"].update({"x-wechatpay-safe": True}),
    "not-idempotent needs zh and en": lambda d: d["paths"][NATIVE]["post"].update(
        {"x-wechatpay-not-idempotent": {"en": "because"}}
    ),
    "is for what has a number": lambda d: d["paths"][ID]["get"].update(
        {"x-wechatpay-not-idempotent": {"zh": "因为", "en": "because"}}
    ),
    "only a string": lambda d: body(d)["properties"]["amount"].update(contentSchema={}),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_document_that_breaks_a_rule_is_caught(rule: str) -> None:
    document = copy.deepcopy(json.loads(PAY.read_text("utf-8")))
    BREAKS[rule](document)
    found = problems("v3/pay", document)
    assert any(rule in text for text in found), found


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("belong", {"v2/TRANSACTION.SUCCESS": "post"}),
        ("belong", {"v3/TRANSACTION.SUCCESS": "get"}),
    ],
)
def test_a_notification_that_breaks_a_rule_is_caught(rule: str, broken: dict[str, str]) -> None:
    document = json.loads((FOLDER / "webhooks" / "v3.json").read_text("utf-8"))
    spec = document["webhooks"]["v3/TRANSACTION.SUCCESS"]["post"]
    document["webhooks"] = {key: {method: spec} for key, method in broken.items()}
    assert any(rule in text for text in problems("webhooks/v3", document))
    for rule, change in (
        ("must carry", lambda: spec["requestBody"].update(content={"text/xml": {}})),
        ("needs a summary", lambda: spec.pop("parameters")),
    ):
        change()
        assert any(rule in text for text in problems("webhooks/v3", document))
