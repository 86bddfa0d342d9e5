"""The types as they are imported: by pydantic, FastAPI and msgspec, over answers of a gateway."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastapi
import pydantic
import pytest
from fastapi.testclient import TestClient

from wechatpay_chain import WeChatPay, catalogue, typed
from wechatpay_chain.catalogue.types.names import type_names
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.typed import notifications
from wechatpay_chain.typed.v3.pay import (
    PayTransactionsNativePostJSON,
    PayTransactionsNativePostResponse,
    PayTransactionsOutTradeNoOutTradeNoGetResponse,
)
from wechatpay_chain.typed.v3.refund import RefundDomesticRefundsPostResponse

msgspec = pytest.importorskip("msgspec", reason="it comes with the dependency group test")
FOLDER = Path(typed.__file__).parent
MODULES = sorted(FOLDER.glob("v[23]/[!_]*.py"))


def classes(path: Path) -> dict[str, dict[str, str]]:
    """The TypedDicts of a module, each with its members, as they are written."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef) and ast.unparse(node.bases[0]) == "TypedDict":
            members = [each for each in node.body if isinstance(each, ast.AnnAssign)]
            found[node.name] = {ast.unparse(m.target): ast.unparse(m.annotation) for m in members}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            fields = typing.cast(ast.Dict, node.value.args[1])
            pairs = zip(fields.keys, fields.values, strict=True)
            found[ast.unparse(node.targets[0])] = {
                ast.literal_eval(typing.cast(ast.expr, key)): ast.unparse(value)
                for key, value in pairs
            }
    return found


@pytest.mark.parametrize(
    "path",
    [*MODULES, FOLDER / "notifications.py"],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_what_is_imported_is_what_checkers_read(path: Path) -> None:
    read = {
        name: {member: kind.replace(" | Sensitive", "") for member, kind in members.items()}
        for name, members in classes(path.with_suffix(".pyi")).items()
    }
    assert classes(path) == read
    name = ".".join(("wechatpay_chain", *path.relative_to(FOLDER.parent).with_suffix("").parts))
    module = importlib.import_module(name)
    for each, members in read.items():
        required = {member for member, kind in members.items() if kind.startswith("Required[")}
        assert getattr(module, each).__required_keys__ == required
        assert getattr(module, each).__optional_keys__ == members.keys() - required


@pytest.mark.parametrize("product", catalogue.products())
def test_every_type_that_an_operation_names_validates(product: str) -> None:
    for operation in catalogue.operations():
        if operation.product == product:
            names = type_names(operation)
            for name in names.known:
                kind = getattr(importlib.import_module(names.module), name)
                pydantic.TypeAdapter(kind)
                msgspec.json.Decoder(kind)


def test_every_notification_validates() -> None:
    for name in vars(notifications):
        kind = getattr(notifications, name)
        if typing.is_typeddict(kind) or typing.get_args(kind):
            pydantic.TypeAdapter(kind)


def test_a_product_loads_no_other() -> None:
    code = "import sys, wechatpay_chain.typed.v3.refund; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = [name for name in done.stdout.split() if name.startswith("wechatpay_chain.typed")]
    assert loaded == [
        "wechatpay_chain.typed",
        "wechatpay_chain.typed.base",
        "wechatpay_chain.typed.v3",
        "wechatpay_chain.typed.v3.refund",
    ]


def test_the_client_loads_none() -> None:
    code = "import sys, wechatpay_chain as w; w.WeChatPay(mchid='1'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "wechatpay_chain.typed" not in done.stdout


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def wxpay(gateway: Gateway) -> Iterator[WeChatPay]:
    with gateway.client() as wxpay:
        yield wxpay


def order(gateway: Gateway, number: str, total: Any = 100) -> dict[str, Any]:
    return {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "description": "Image形象店",
        "out_trade_no": number,
        "notify_url": "https://shop.example/notify",
        "amount": {"total": total},
    }


@pytest.fixture(scope="module")
def answers(gateway: Gateway, wxpay: WeChatPay) -> dict[Any, Any]:
    """What the gateway answers, by its type."""
    native = wxpay.v3.pay.transactions.native.post(json=order(gateway, "typed-1")).json()
    gateway.pay("typed-1")
    found = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(
        out_trade_no="typed-1", query={"mchid": gateway.identity.mchid}
    ).json()
    refund = wxpay.v3.refund.domestic.refunds.post(
        json={
            "out_trade_no": "typed-1",
            "out_refund_no": "typed-R1",
            "amount": {"refund": 40, "total": 100, "currency": "CNY"},
        }
    ).json()
    return {
        PayTransactionsNativePostResponse: native,
        PayTransactionsOutTradeNoOutTradeNoGetResponse: found,
        RefundDomesticRefundsPostResponse: refund,
    }


def test_pydantic_takes_the_answers(answers: dict[Any, Any]) -> None:
    for kind, answer in answers.items():
        assert pydantic.TypeAdapter(kind).validate_python(answer, strict=True) == answer


def test_msgspec_takes_the_answers(answers: dict[Any, Any]) -> None:
    for kind, answer in answers.items():
        assert msgspec.json.decode(json.dumps(answer), type=kind) == answer


def test_what_is_wrong_is_refused_where_it_is(answers: dict[Any, Any]) -> None:
    answer = answers[PayTransactionsOutTradeNoOutTradeNoGetResponse]
    wrong = {**answer, "amount": {**answer["amount"], "total": "much"}}
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(PayTransactionsOutTradeNoOutTradeNoGetResponse).validate_python(wrong)
    assert [each["loc"] for each in caught.value.errors()] == [("amount", "total")]
    with pytest.raises(msgspec.ValidationError, match=r"\$\.amount\.total"):
        msgspec.convert(wrong, PayTransactionsOutTradeNoOutTradeNoGetResponse)
    with pytest.raises(pydantic.ValidationError, match="code_url"):
        pydantic.TypeAdapter(PayTransactionsNativePostResponse).validate_python({})


def test_fastapi_answers_and_documents_them(gateway: Gateway, wxpay: WeChatPay) -> None:
    app = fastapi.FastAPI()

    def pay(body: Any) -> Any:
        return wxpay.v3.pay.transactions.native.post(json=body).json()

    pay.__annotations__["body"] = PayTransactionsNativePostJSON
    app.post("/orders", response_model=PayTransactionsNativePostResponse)(pay)
    client = TestClient(app)
    answered = client.post("/orders", json=order(gateway, "typed-2"))
    assert answered.status_code == 200
    assert answered.json().keys() == {"code_url"}
    refused = client.post("/orders", json=order(gateway, "typed-3", total="much"))
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "amount", "total"]
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["PayTransactionsNativePostResponse"]["required"] == ["code_url"]
