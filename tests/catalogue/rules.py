"""The rules of the catalogue's README, as a function from a document to what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wechatpay_chain.catalogue
from wechatpay_chain.catalogue import Member, Operation
from wechatpay_chain.catalogue.schema import KEYWORDS
from wechatpay_chain.chain.segments import segment

FOLDER = Path(wechatpay_chain.catalogue.__file__).parent
EXTENSIONS = set(
    re.findall(r"^\| `(x-wechatpay-[\w-]+)`", (FOLDER / "README.md").read_text(), re.M)
)
OFFICIAL = "https://pay.weixin.qq.com/"
MODES = ("merchant", "partner", "both")
ENCRYPTIONS = ("RSAES-OAEP", "AEAD_AES_256_GCM", "AES-256-ECB")
TYPES = {"string": str, "integer": int, "number": int | float, "boolean": bool}
LIMITED = {
    "minItems": "array",
    "maxItems": "array",
    "minimum": "integer",
    "maximum": "integer",
}
OWN_NUMBERS = {
    *("out_trade_no", "combine_out_trade_no", "partner_trade_no", "mch_billno"),
    *("out_order_no", "out_refund_no", "out_return_no", "out_bill_no", "out_batch_no"),
    *("out_request_no", "send_request_no", "out_apply_no", "business_code", "out_contract_code"),
    *("out_subsidy_no", "out_recharge_no", "out_reservation_no", "out_authorization_no"),
    *("merchant_plan_no", "merchant_sign_plan_no", "idempotent_id"),
}
"""Names of the merchant's numbers: an operation that requires one says what it is good for."""
METHODS = {"get", "post", "put", "patch", "delete"}
VERSIONS = {"v2": "text/xml", "v3": "application/json"}


def problems(name: str, document: dict[str, Any]) -> list[str]:
    """What is wrong with a document.

    Args:
        name: where it lies, without its suffix: `v3/pay`.
        document: its content.
    """
    found = [f"unknown extension {key}" for key in sorted(set(_extensions(document)) - EXTENSIONS)]
    if document.get("openapi") != "3.1.0":
        found.append("openapi: must be 3.1.0")
    declared = {tag["name"] for tag in document.get("tags", ())}
    used = set()
    found += _reasons(document)
    webhooks = name.startswith("webhooks/")
    for key, item in document.get("webhooks" if webhooks else "paths", {}).items():
        for method, spec in item.items():
            used |= set(spec.get("tags", ()))
            check = _webhook if webhooks else _operation
            found += [f"{method} {key}: {text}" for text in check(name, key, method, spec)]
    if declared != used:
        found.append(f"tags: {sorted(declared ^ used)} are declared or used, and not both")
    found += [f"schema {where}: {text}" for where, text in _schemas(document, "")]
    return found


def _reasons(document: dict[str, Any]) -> Iterator[str]:
    """Each error code of an operation has its reason in both languages, and no other has one."""
    reasons = document.get("components", {}).get("x-wechatpay-reasons", {})
    operations = [spec for item in document.get("paths", {}).values() for spec in item.values()]
    errors = [each.get("x-wechatpay-errors", {}) for each in operations]
    unmatched = {code for each in errors for code in each} ^ reasons.keys()
    if unmatched:
        yield f"reasons: {sorted(unmatched)} are used or explained, and not both"
    for code, texts in reasons.items():
        if set(texts) != {"zh", "en"} or texts["zh"].isascii() or not texts["en"].isascii():
            yield f"reasons: {code} needs zh and en"
    for status in {status for each in errors for status in each.values()}:
        if status != 200 and not 400 <= status <= 599:
            yield f"x-wechatpay-errors: {status} is no status of an error"


def _extensions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (key for key in value if key.startswith("x-"))
        for each in value.values():
            yield from _extensions(each)
    elif isinstance(value, list):
        for each in value:
            yield from _extensions(each)


def _operation(name: str, key: str, method: str, spec: dict[str, Any]) -> Iterator[str]:
    version, _, product = name.partition("/")
    path = f"v2{key}" if version == "v2" else key.removeprefix("/")
    if path.split("/")[:2] != [version, product]:
        yield f"does not belong into {name}.json"
    if method not in METHODS:
        yield "is no method of the chain"
    expected = re.sub("[^A-Za-z0-9]+", "_", f"{method} {path}").strip("_")
    if spec.get("operationId") != expected:
        yield f"operationId must be {expected}"
    if not spec.get("summary") or not spec.get("tags"):
        yield "needs a summary and a tag"
    yield from _chain(path, method, spec.get("x-wechatpay-chain", ""))
    if spec.get("x-wechatpay-mode", "both") not in MODES:
        yield f"x-wechatpay-mode must be one of {MODES}"
    if not spec.get("externalDocs", {"url": OFFICIAL})["url"].startswith(OFFICIAL):
        yield f"externalDocs must be a page of {OFFICIAL}"
    mtls = "merchant_certificate" in str(spec.get("security"))
    if mtls != spec.get("x-wechatpay-mtls", False):
        yield "x-wechatpay-mtls and security must agree"
    yield from _bodies(version, spec)
    yield from _repetition(Operation(method.upper(), path, spec))
    templated = set(re.findall("{([^}]+)}", path))
    if templated != {p["name"] for p in spec.get("parameters", ()) if p["in"] == "path"}:
        yield f"its path parameters must be {sorted(templated)}"


def _chain(path: str, method: str, chain: str) -> Iterator[str]:
    *attributes, verb = chain.split(".")
    segments = path.split("/")
    if verb != method or len(attributes) != len(segments):
        yield f"x-wechatpay-chain {chain!r} is not its path and method"
        return
    for attribute, text in zip(attributes, segments, strict=True):
        spelt = segment(attribute)
        stands_for = spelt.startswith("{") and not text.startswith("{")
        if spelt != text and not stands_for:
            yield f"x-wechatpay-chain: {attribute} is {spelt!r} and not {text!r}"


def _bodies(version: str, spec: dict[str, Any]) -> Iterator[str]:
    sent = set(spec.get("requestBody", {}).get("content", {}))
    if not sent <= {VERSIONS[version], "multipart/form-data"}:
        yield f"sends {sorted(sent)}: {VERSIONS[version]} is expected"
    responses = spec.get("responses", {})
    if len(responses) != 2 or not {"200", "204", "302"} & set(responses):
        yield "must answer with 200, 204 or 302, and by default with an error"
    shape = "Failure" if version == "v2" else "Error"
    if responses.get("default") != {"$ref": f"#/components/responses/{shape}"}:
        yield f"the default response must be the shape {shape}"


def _repetition(operation: Operation) -> Iterator[str]:
    """What it says of a repetition is complete, and names what is there."""
    spec = operation.spec
    places = spec.get("x-wechatpay-idempotency-key")
    reason = spec.get("x-wechatpay-not-idempotent")
    safe = spec.get("x-wechatpay-safe")
    if places is not None and not places:
        yield "x-wechatpay-idempotency-key names nothing"
    for place in places or ():
        if set(place) != {"in", "name"} or not _is_there(operation, place):
            yield f"x-wechatpay-idempotency-key: there is no {place}"
    if safe not in (None, True) or (safe and (places or operation.method == "GET")):
        yield "x-wechatpay-safe is true, and neither for a GET nor beside a number"
    if reason is not None and (
        set(reason) != {"zh", "en"} or reason["zh"].isascii() or not reason["en"].isascii()
    ):
        yield "x-wechatpay-not-idempotent needs zh and en"
    if reason is not None and not places:
        yield "x-wechatpay-not-idempotent is for what has a number"
    sent = (*operation.variables, *operation.query, *operation.body)
    required = OWN_NUMBERS & {member.name for member in sent if member.required}
    if required and operation.method != "GET" and not places and not safe:
        yield f"x-wechatpay-idempotency-key must say what {sorted(required)} is good for"


def _is_there(operation: Operation, place: dict[str, str]) -> bool:
    """Whether an operation has a member at a place; `[]` stands behind arrays, and only there."""
    members: tuple[Member, ...] = {
        "path": operation.variables,
        "query": operation.query,
        "header": operation.headers,
        "body": operation.body,
    }.get(place["in"], ())
    member = None
    for name in place["name"].split(".") if place["in"] == "body" else [place["name"]]:
        by_name = {each.name: each for each in members}
        member = by_name.get(name.removesuffix("[]"))
        if member is None or member.type.endswith("[]") != name.endswith("[]"):
            return False
        members = member.members
    return member is not None and not member.members


def _webhook(name: str, key: str, method: str, spec: dict[str, Any]) -> Iterator[str]:
    version = name.rpartition("/")[2]
    if not key.startswith(f"{version}/") or method != "post":
        yield f"does not belong into {name}.json"
    if set(spec["requestBody"]["content"]) != {VERSIONS[version]}:
        yield f"must carry {VERSIONS[version]}"
    if not spec.get("summary") or not spec.get("parameters"):
        yield "needs a summary and its header fields"


def _schemas(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every schema in a document, and what is wrong with it."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _schemas(each, f"{where}/{index}")
    if not isinstance(value, dict):
        return
    for key, each in value.items():
        yield from _schemas(each, f"{where}/{key}")
    if isinstance(value.get("type"), str) and "scheme" not in value:
        for text in _schema(value):
            yield where, text


def _schema(schema: dict[str, Any]) -> Iterator[str]:
    kind = schema["type"]
    if kind == "mutualTLS":
        return
    if kind not in (*TYPES, "object", "array"):
        yield f"unknown type {kind!r}"
    lost = set(schema.get("required", ())) - set(schema.get("properties", ()))
    if lost:
        yield f"required, and not described: {sorted(lost)}"
    for value in (
        *schema.get("enum", ()),
        *(schema[k] for k in ("const", "default") if k in schema),
    ):
        if kind not in TYPES or not isinstance(value, TYPES[kind]):
            yield f"{value!r} is no {kind}"
    yield from _limits(schema, kind)
    if len(set(map(str, schema.get("enum", ())))) != len(schema.get("enum", ())):
        yield "a value stands twice in enum"
    if schema.get("x-wechatpay-encrypted", ENCRYPTIONS[0]) not in ENCRYPTIONS:
        yield f"x-wechatpay-encrypted must be one of {ENCRYPTIONS}"
    if (
        schema.get("x-wechatpay-json-encoded")
        and schema.get("contentMediaType") != "application/json"
    ):
        yield "what is JSON-encoded has a contentMediaType"
    if "contentSchema" in schema and kind != "string":
        yield "only a string can hold a document"


def _limits(schema: dict[str, Any], kind: str) -> Iterator[str]:
    for keyword in set(KEYWORDS) & schema.keys():
        if kind != LIMITED.get(keyword, "string") and (keyword, kind) != ("minimum", "number"):
            yield f"{keyword} does not limit a {kind}"
    for least, most in (("minLength", "maxLength"), ("minItems", "maxItems")):
        if schema.get(least, 0) > schema.get(most, schema.get(least, 0)):
            yield f"{least} is above {most}"
    if schema.get("format", "uri") not in ("date-time", "uri"):
        yield f"unknown format {schema['format']!r}"
    try:
        re.compile(schema.get("pattern", ""))
    except re.error as error:
        yield f"pattern: {error}"
