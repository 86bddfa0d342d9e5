"""The example of every operation is a call that works: in all six styles, and by its own schema."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from tests.support import Keys, new_key
from wechatpay_chain import Sensitive, WeChatPay, catalogue
from wechatpay_chain.catalogue import example
from wechatpay_chain.catalogue.code_samples import code_samples
from wechatpay_chain.catalogue.operation import Operation
from wechatpay_chain.messages import xml
from wechatpay_chain.messages.request import Request
from wechatpay_chain.testing.mock import MockTransport

jsonschema = pytest.importorskip("jsonschema")
PRODUCTS = catalogue.products()


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys(merchant=new_key(), platform=new_key())


@pytest.fixture(scope="module")
def line() -> MockTransport:
    return MockTransport(lambda _: None)


@pytest.fixture(scope="module")
def wxpay(keys: Keys, line: MockTransport) -> WeChatPay:
    client = keys.client(
        certs={example.SERIAL: keys.platform.public_key()},
        merchant={"cert": keys.merchant_certificate, "key": keys.merchant},
        transport=line,
    )
    for name in ("v3", "v2"):  # the requests are looked at here, and nothing that is answered
        client.stacks[name] = client.stacks[name].without("gate").without("verifier")
    return client


@pytest.fixture(autouse=True)
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that the examples upload."""
    (tmp_path / example.FILE).write_bytes(b"\xff\xd8\xff\xe0")
    monkeypatch.chdir(tmp_path)


def run(code: str, wxpay: WeChatPay) -> None:
    """Run a call just as it is shown."""
    names: dict[str, Any] = {"wxpay": wxpay, "Sensitive": Sensitive}
    compiled = compile(code, "<example>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = eval(compiled, names)
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_example_of_every_operation_is_sent_in_all_six_styles(
    product: str, wxpay: WeChatPay, line: MockTransport, keys: Keys
) -> None:
    for operation in catalogue.operations(product):
        line.requests.clear()
        for sample in code_samples(operation):
            run(sample.code, wxpay)
        assert len(line.requests) == 6, operation
        sent = [essence(request, keys) for request in line.requests]
        assert all(each == sent[0] for each in sent), operation
        assert_fits(operation, line.requests[0], keys)


def essence(request: Request, keys: Keys) -> tuple[Any, ...]:
    """What must be the same, however a call is written: all but nonces, signs and ciphertexts."""
    target = re.sub("(nonce_str|sign)=[^&]*", "", request.target)
    target = re.sub("=([^&]{300,})", lambda match: f"={opened(unquote(match[1]), keys)}", target)
    certificate = request.certificate is not None
    return request.method, request.origin, target, certificate, body(request, keys)


def opened(text: str, keys: Keys) -> str:
    platform = Keys(merchant=keys.platform, platform=keys.merchant)
    return platform.client().decrypt(text)


def body(request: Request, keys: Keys) -> Any:
    content = request.content or b""
    kind = request.headers["Content-Type"]
    if kind.startswith("multipart/"):
        sent: dict[str, Any] = parts(kind, content)
        if "meta" in sent:
            sent["meta"] = plain(json.loads(sent["meta"]), keys)
        return sent
    if content.startswith(b"<"):
        fields = xml.loads(content)
        return {name: fields[name] for name in fields if name not in ("nonce_str", "sign")}
    return plain(json.loads(content), keys) if content else None


def plain(value: Any, keys: Keys) -> Any:
    if isinstance(value, dict):
        return {name: plain(each, keys) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each, keys) for each in value]
    ciphertext = isinstance(value, str) and re.fullmatch("[A-Za-z0-9+/]{342}==", value)
    return opened(value, keys) if ciphertext else value


def parts(kind: str, content: bytes) -> dict[str, bytes]:
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + content)
    named = {
        str(part.get_param("name", header="Content-Disposition")): part.get_payload(decode=True)
        for part in message.get_payload()
    }
    return {name: each for name, each in named.items() if name != "sign"}


def assert_fits(operation: Operation, request: Request, keys: Keys) -> None:
    assert request.method == operation.method
    found = catalogue.find(request.method, f"{prefix(operation)}{request.operation}")
    assert found is not None
    assert shape(found) == shape(operation)  # two operations differ in nothing but a name
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    for member in operation.query:
        if member.name not in ("sign", "nonce_str"):
            check(coerced(query[member.name], member.schema), member.schema, operation)
    for member in (*operation.query, *operation.headers):
        given = query if member in operation.query else request.headers
        assert not member.required or member.name in given, (operation, member)
    if operation.body_option == "media":
        sent = parts(request.headers["Content-Type"], request.content or b"")
        meta = (operation.body_schema or {})["properties"].get("meta")
        if meta is not None:
            check(json.loads(sent["meta"]), meta, operation)
        assert set(sent) >= {"meta"} if meta is not None else {"media", "media_hash"}
    elif operation.body_schema is not None:
        sent = body(request, keys)
        if operation.body_option == "xml":
            sent = coerced(xml.loads(request.content or b""), operation.body_schema)
        check(sent, operation.body_schema, operation)


def shape(operation: Operation) -> str:
    return re.sub("{[^}]+}", "{}", operation.path)


def prefix(operation: Operation) -> str:
    return "v2" if operation.protocol == "v2" else ""


def check(value: Any, schema: Mapping[str, Any], operation: Operation) -> None:
    for error in errors(value, schema):
        raise AssertionError(f"{operation}: {error}")


def errors(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a value, and with the documents that its strings hold."""
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        yield f"{error.json_path}: {error.message[:200]}"
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from errors(value[name], inner)
    elif isinstance(value, str) and schema.get("contentMediaType") == "application/json":
        yield from errors(json.loads(value), schema["contentSchema"])


def coerced(value: Any, schema: Mapping[str, Any]) -> Any:
    """What came as text, as the type that it stands for."""
    if "anyOf" in schema and "properties" not in schema:
        return coerced(value, schema["anyOf"][0])
    if schema.get("type") == "array":
        items = value if isinstance(value, list) else [value]
        return [coerced(item, schema["items"]) for item in items]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: coerced(each, known.get(name, {})) for name, each in value.items()}
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if schema.get("type") in ("integer", "number"):
        return float(value) if "." in value else int(value)
    return value


def test_an_example_that_does_not_fit_is_found_out() -> None:
    operation = catalogue.find("POST", "v3/pay/transactions/native")
    assert operation is not None
    assert operation.body_schema is not None
    good = {**example.call(operation).options["json"], "payer": {}}
    assert list(errors(good, operation.body_schema)) == []
    assert list(errors({**good, "amount": {"total": "1"}}, operation.body_schema)) != []
    good.pop("appid")
    assert list(errors(good, operation.body_schema)) != []


def test_the_example_of_an_answer_fits_its_schema() -> None:
    for operation in catalogue.operations():
        if operation.response_schema is not None and operation.response:
            text = json.dumps(example.response(operation), default=lambda _: "secret")
            response = json.loads(text)
            left_out = [
                n for n in ("sign", "nonce_str") if n in operation.response_schema["properties"]
            ]
            response |= dict.fromkeys(left_out, "0123456789abcdef")
            check(response, operation.response_schema, operation)


CODED = re.compile("(^|_)(state|status|type|scene|mode|scope|channel|category|level|flag|result)$")
"""Members whose value is a code, whatever their title is."""


def coded(members: tuple[catalogue.Member, ...]) -> Iterator[catalogue.Member]:
    for member in members:
        yield from coded(member.members)
        if member.type.startswith("string") and not member.members and CODED.search(member.name):
            yield member


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_code_is_never_shown_by_its_title(product: str) -> None:
    for operation in catalogue.operations(product):
        given = (*operation.query, *operation.body, *operation.response)
        shown = {member.name: example.scalar(member) for member in coded(given)}
        assert [name for name, value in shown.items() if not str(value).isascii()] == []
