"""The generated example of every operation is sent over a socket, served, and verified."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.catalogue.test_examples import coerced, errors
from tests.docs.support import ROOT
from tests.gateway.creating import created_first, is_simulated
from wechatpay_chain import APIError, Response, Sensitive, WeChatPay, catalogue
from wechatpay_chain.catalogue import Member, Operation, example
from wechatpay_chain.catalogue.code_samples import code_samples
from wechatpay_chain.crypto import digest
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.registry import simulated
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.messages import xml
from wechatpay_chain.messages.unsigned import unsigned_v2

APPID = "wxd678efh567hg6787"
"""That of the examples."""
PICTURE = b"\xff\xd8\xff\xe0"
FILM = "film.mp4"
TIME = "2026-11-20T13:29:35+08:00"
DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The values of times and digests in examples; both must be correct here."""
TOMORROW = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
UNSIGNED = ("v3/billdownload/file", "v3/transferdownload/", "v3/merchant-service/images/")
UNKNOWN = frozenset(
    {
        "BATCH_NOT_EXIST",
        "CONTRACT_NOT_EXIST",
        "COUPON_NOT_FOUND",
        "APPLYMENT_NOTEXIST",
        "APPLYMENT_NOT_EXIST",
        "COUPON_STOCK_ID_NOT_VALID",
        "NOT_FOUND",
        "NO_STATEMENT_EXIST",
        "ORDERNOTEXIST",
        "ORDER_NOT_EXIST",
        "REFUNDNOTEXIST",
        "RESOURCE_NOT_EXISTS",
    }
)
"""Codes for records in an example that do not exist."""
CONTRARY = frozenset(
    {
        "20001",
        "ALREADY_EXISTS",
        "AUTH_CODE_INVALID",
        "INVALID_REQUEST",
        "NO_AUTH",
        "INVALID_ORDER_STATE",
        "OPENID_MISMATCH",
        "ORDERPAID",
        "OUT_TRADE_NO_USED",
        "PARAM_ERROR",
        "RESOURCE_ALREADY_EXISTS",
        "SIGNERROR",
    }
)
"""Codes of what an example asks for against the rules: each member has a value, also two of which
only one may be given, and amounts are all the same."""


@pytest.fixture(scope="module")
def known(identity: Identity) -> Identity:
    """The merchant of the examples, and the name of the platform's key in them."""
    platform = replace(identity.platforms[0], public_key_id=example.SERIAL)
    return replace(identity, mchid=example.MCHID, appid=APPID, platforms=(platform,))


@pytest.fixture
def fresh(known: Identity) -> Iterator[Gateway]:
    with Gateway(identity=known) as gateway:
        yield gateway
    gateway.state.ledger.check()


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / example.FILE).write_bytes(PICTURE)
    (tmp_path / FILM).write_bytes(PICTURE)
    monkeypatch.chdir(tmp_path)


def call(operation: Operation, wxpay: WeChatPay, gateway: Gateway) -> Response:
    """Make a call from an example to this gateway."""
    code = code_of(operation)
    for official, local in gateway.base_uris.items():
        code = code.replace(f'base_uri="{official}"', f'base_uri="{local}"')
    names: dict[str, Any] = {"wxpay": wxpay, "Sensitive": Sensitive}
    exec(code, names)
    response: Response = names["response"]
    return response


def code_of(operation: Operation) -> str:
    code = code_samples(operation)[0].code
    algorithm = "sm3" if "SM3" in code else "sha256"
    code = code.replace(TIME, TOMORROW.isoformat(timespec="seconds"))
    code = code.replace(DIGEST, digest.hexdigest(algorithm, PICTURE))
    code = code.replace('"AUTH-CODE-0001"', '"130000000000000018"')
    if operation.path == "v3/merchant/media/video_upload":
        code = code.replace(example.FILE, FILM)
    return code


@pytest.mark.parametrize("product", catalogue.products())
def test_the_example_of_every_operation_is_answered(product: str, fresh: Gateway) -> None:
    with fresh.client() as wxpay:
        for operation in catalogue.operations(product):
            try:
                response = created_first(operation, fresh, partial(call, operation, wxpay, fresh))
            except APIError as error:
                assert is_simulated(operation), (operation, error)
                assert_rejected(operation, error)
                continue
            kind = "simulated" if is_simulated(operation) else "stub"
            assert response.headers["Wechatpay-Gateway"] == kind, operation
            assert response.status_code == operation.response_status, operation
            assert response.verified == is_signed(operation), operation
            assert response.headers["Request-ID"], operation
            assert_content_type(operation, response)
            if not is_simulated(operation):
                assert_stub(operation, response, call(operation, wxpay, fresh), wxpay)


def assert_content_type(operation: Operation, response: Response) -> None:
    expected = {"text/xml": "text/plain"}.get(operation.response_type, operation.response_type)
    assert response.headers.get("Content-Type", "").startswith(expected), operation


def is_signed(operation: Operation) -> bool:
    if operation.protocol == "v2":
        wire = f"/{operation.path.removeprefix('v2/')}"
        return wire not in unsigned_v2
    return not (operation.method == "GET" and operation.path.startswith(UNSIGNED))


def assert_rejected(operation: Operation, error: APIError) -> None:
    """Check that a rejection is signed, in WeChat Pay's form, and expected for an example."""
    assert error.code in UNKNOWN | CONTRARY, (operation, error)
    assert error.message, operation
    assert error.status_code < 500, operation
    assert error.verified or not is_signed(operation), operation


def assert_stub(
    operation: Operation, response: Response, again: Response, wxpay: WeChatPay
) -> None:
    if operation.response_schema is None or operation.response_type == "text/plain":
        assert operation.protocol == "v2" or response.content == again.content, operation
        return
    first, second = (members(operation, each) for each in (response, again))
    assert opened(first, operation.response, wxpay) == opened(second, operation.response, wxpay)
    if operation.protocol == "v2":  # the catalogue requires members that only some have
        required = operation.response_schema.get("required", ())
        first |= {name: "" for name in required if re.search("^sign$|(^|_)err(or)?_", name)}
    assert list(errors(first, operation.response_schema)) == [], operation


def members(operation: Operation, response: Response) -> dict[str, Any]:
    found: dict[str, Any]
    if operation.response_type == "application/json":
        found = json.loads(response.content)
    else:
        found = coerced(xml.loads(response.content), operation.response_schema or {})
    return found


def opened(given: dict[str, Any], schema: tuple[Member, ...], wxpay: WeChatPay) -> dict[str, Any]:
    """Return a response with decrypted members, and without random ones."""
    plain = {name: each for name, each in given.items() if name not in ("sign", "nonce_str")}
    for member in schema:
        value = plain.get(member.name)
        values = value if isinstance(value, list) else [value]
        if value is None:
            continue
        if member.encrypted == "RSAES-OAEP":
            plain[member.name] = [wxpay.decrypt(each) for each in values]
        elif member.type.startswith("object"):
            plain[member.name] = [opened(each, member.members, wxpay) for each in values]
    return plain


def test_the_readme_says_how_many_keep_state() -> None:
    """The number in the README matches the number of simulated operations."""
    words = {"README.md": "more than (\\d+) of them", "README.zh-CN.md": "(\\d+) 多个带有状态"}
    for name, said in words.items():
        found = re.search(said, (ROOT / name).read_text("utf-8"))
        assert found is not None
        assert int(found[1]) <= len(simulated()) < int(found[1]) + 40
