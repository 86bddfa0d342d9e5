"""The Python of every page runs, block after block, as a reader would type it in.

What goes to WeChat Pay's hosts is answered by `platform`; the loopback is the loopback.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import datetime
import hashlib
import importlib
import inspect
import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, utils

from tests.contrib.django import project
from tests.docs.support import EXAMPLES, PAGES, SKILLS, blocks, name, write_keys
from tests.support import (
    APIV3_KEY,
    MCHID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    PUBLIC_KEY_ID,
    SECRET,
    Keys,
    pem,
    write,
)
from wechatpay_chain import Request, Response, transport
from wechatpay_chain.bills.downloading import days
from wechatpay_chain.crypto import aes, digest, rsa
from wechatpay_chain.messages import canonical, xml
from wechatpay_chain.middleware import observers
from wechatpay_chain.testing.bills import generate
from wechatpay_chain.testing.mock import MockTransport

FRAMEWORKS = {"airflow", "fastapi", "django", "flask"}
"""Not among this project's dependencies: their blocks run where they are installed."""

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=days.CHINA)
"""What the pages call today."""
DAY = generate("2026-11-25", orders=200, refunds=0.1)
BILLS = {
    "tradebill": "".join(DAY.trade()).encode(),
    "fundflowbill": "".join(DAY.fund_flow()).encode(),
}
"""By the last segment of the path that applies for them."""


class Platform:
    """Answers for WeChat Pay, signed; keeps the requests."""

    def __init__(self, keys: Keys, network: transport.HTTPTransport) -> None:
        self._keys = keys
        self._public = MockTransport(self.respond, sign={PUBLIC_KEY_ID: keys.platform})
        self._certificate = MockTransport(self.respond, sign={PLATFORM_SERIAL: keys.platform})
        self._unsigned = MockTransport(self.respond)
        self._network = network

    def send(self, request: Request) -> Response:
        if request.origin.startswith(("http://127.0.0.1:", "https://127.0.0.1:")):
            return self._network.send(request)
        return self._mock(request).send(request)

    async def send_async(self, request: Request) -> Response:
        if request.origin.startswith(("http://127.0.0.1:", "https://127.0.0.1:")):
            return await self._network.send_async(request)
        return self._mock(request).send(request)

    def _mock(self, request: Request) -> MockTransport:
        if not request.path.startswith("/v3/") or request.path.endswith("/file"):
            return self._unsigned
        return self._certificate if request.path == "/v3/certificates" else self._public

    def close(self) -> None:
        self._network.close()

    async def aclose(self) -> None:
        await self._network.aclose()

    def respond(self, request: Request) -> Any:
        if request.path == "/v3/certificates":
            return self.certificates()
        if request.path.endswith("/file"):
            return 200, BILLS.get(request.target.rpartition("token=")[2], BILLS["tradebill"])
        if request.path.endswith("/pay/downloadbill"):
            return 200, BILLS["tradebill"]
        if request.path.startswith("/v3/"):
            return self.v3(request)
        return self.v2(request)

    def v3(self, request: Request) -> Any:
        if "no-such" in request.target:
            return 404, {"code": "ORDER_NOT_EXIST", "message": "no such order"}
        name = request.path.rpartition("/")[2]
        bill = name if name in BILLS else "tradebill"
        return {
            "code_url": "weixin://wxpay/bizpayurl?pr=NwY5Mz9",
            "prepay_id": "wx26112221580621e9b071c00d9e093b0000",
            "trade_state": "SUCCESS",
            "status": "SUCCESS",
            "media_id": "H1ihR9JUtVj-J7CJqBUY5ZOrG_Je75H-rKhTG7FUmg9sxNTbRN54dFiUHnhg",
            "download_url": f"https://api.mch.weixin.qq.com/v3/billdownload/file?token={bill}",
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(BILLS[bill]).hexdigest(),
            "user_name": rsa.encrypt("张三", self._keys.merchant.public_key()),
        }

    def v2(self, request: Request) -> Any:
        sent = (
            xml.loads(request.content or b"<xml><a>b</a></xml>")
            if b"--" not in (request.content or b"")[:2]
            else {"sign_type": "HMAC-SHA256"}
        )
        response = {"return_code": "SUCCESS", "result_code": "SUCCESS", "mch_id": MCHID}
        response |= {"code_url": "weixin://wxpay/bizpayurl?pr=NwY5Mz9", "media_id": "M1"}
        if sent.get("out_trade_no", "").startswith("no-such"):
            response |= {"result_code": "FAIL", "err_code": "ORDERNOTEXIST", "err_code_des": "none"}
        kind = sent.get("sign_type") or "MD5"
        return 200, xml.dumps(
            {**response, "sign": digest.sign(kind, canonical.fields(response), SECRET)}
        )

    def certificates(self) -> Any:
        certificate = pem(self._keys.platform_certificate).decode()
        sealed = aes.gcm_encrypt(certificate, APIV3_KEY, "0123456789ab", "certificate")
        return {
            "data": [
                {
                    "serial_no": PLATFORM_SERIAL,
                    "encrypt_certificate": {
                        "algorithm": "AEAD_AES_256_GCM",
                        "nonce": "0123456789ab",
                        "associated_data": "certificate",
                        "ciphertext": sealed,
                    },
                }
            ]
        }


@pytest.fixture(autouse=True)
def tasks_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery gives each task to all apps of the process, those of other tests included."""
    monkeypatch.setattr("celery._state._on_app_finalizers", set())


@pytest.fixture
def desk(keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A reader's folder, environment and `wxpay`; what the pages take for granted."""
    write_keys(tmp_path, keys)
    write(tmp_path / "platform_cert.pem", keys.platform_certificate)
    (tmp_path / "shop.mp4").write_bytes(b"ftyp")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(EXAMPLES)
    for variable, value in {
        "MCHID": MCHID,
        "SERIAL": MERCHANT_SERIAL,
        "PRIVATE_KEY": "apiclient_key.pem",
        "CERTS": f"{PLATFORM_SERIAL}=platform_cert.pem",
        "PUBLIC_KEY_ID": PUBLIC_KEY_ID,
        "PUBLIC_KEY": "pub_key.pem",
    }.items():
        monkeypatch.setenv(f"WECHATPAY_{variable}", value)
    monkeypatch.setattr(days, "now", lambda: NOON)
    real, made = transport.HTTPTransport, []

    def platform(**given: Any) -> Platform:
        made.append(Platform(keys, real(**given)))
        return made[-1]

    with contextlib.suppress(ImportError):  # its class is made of the real transport's
        importlib.import_module("wechatpay_chain.transport.curl")
    monkeypatch.setattr(transport, "HTTPTransport", platform)
    level = logging.getLogger("wechatpay_chain").level
    certs = {PUBLIC_KEY_ID: keys.platform.public_key(), PLATFORM_SERIAL: keys.platform_certificate}
    body = notification()
    names = {
        "__name__": "page",
        "wxpay": keys.client(
            certs=certs, merchant={"cert": "apiclient_cert.pem", "key": "apiclient_key.pem"}
        ),
        "headers": keys.signed_headers(body),
        "body": body,
        "xml_body": paid(),
        "kms": KeyManagement(keys),
    }
    yield names
    for each in made:
        each.close()
    for thing in names.values():
        if isinstance(thing, sa.Engine):
            thing.dispose()
    logging.getLogger("wechatpay_chain").setLevel(level)
    assert observers.installed == ()  # a page that adds one shows how it is removed


class KeyManagement:
    """What `boto3.client("kms")` is to the page on keys."""

    def __init__(self, keys: Keys) -> None:
        self._key = keys.merchant

    def sign(self, **given: Any) -> dict[str, bytes]:
        assert given.pop("KeyId") == "alias/wechatpay"
        assert given.pop("MessageType") == "DIGEST"
        assert given.pop("SigningAlgorithm") == "RSASSA_PKCS1_V1_5_SHA_256"
        digest, algorithm = given.pop("Message"), utils.Prehashed(hashes.SHA256())
        assert not given
        return {"Signature": self._key.sign(digest, padding.PKCS1v15(), algorithm)}


def notification() -> bytes:
    order = {"out_trade_no": "1", "transaction_id": "4200", "amount": {"total": 100}}
    sealed = aes.gcm_encrypt(json.dumps(order), APIV3_KEY, "0123456789ab", "transaction")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": "0123456789ab",
        "associated_data": "transaction",
        "ciphertext": sealed,
    }
    return json.dumps({"event_type": "TRANSACTION.SUCCESS", "resource": resource}).encode()


def paid() -> bytes:
    fields = {"return_code": "SUCCESS", "result_code": "SUCCESS", "out_trade_no": "1"}
    return xml.dumps(
        {**fields, "sign": digest.sign("MD5", canonical.fields(fields), SECRET)}
    ).encode()


@pytest.mark.parametrize("page", [*PAGES, *SKILLS], ids=name)
def test_code_runs(page: Path, desk: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if page.stem == "django":
        project.configure()  # its readers have one
    if page.stem in ("bills", "README", "README.zh-CN"):
        own_orders(Path())
    for block in blocks(page):
        if block.source is not None:
            continue  # shown, not run: its file is tested as a whole
        place = f"{page}:{block.line}"
        code = compile(block.code, place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        try:
            run(code, desk)
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] not in FRAMEWORKS:
                raise
        except Exception as error:
            error.add_note(place)
            raise
    for test in [thing for key, thing in desk.items() if key.startswith("test_")]:
        for mark in getattr(test, "pytestmark", ()):
            request.node.add_marker(getattr(pytest.mark, mark.name)(*mark.args, **mark.kwargs))
        fixtures = inspect.signature(test).parameters  # of the pytest plugin that the package has
        outcome = test(**{fixture: request.getfixturevalue(fixture) for fixture in fixtures})
        if inspect.isawaitable(outcome):
            asyncio.run(outcome)


def own_orders(folder: Path) -> None:
    """What a merchant has of its own: orders and refunds as Parquet, and in a database."""
    paths = DAY.write(folder / "own")
    paths.orders.rename(folder / "orders.parquet")
    paths.refunds.rename(folder / "refunds.parquet")
    orders = [
        (row["out_trade_no"], row["total"], row["paid_at"] and f"{row['paid_at']:%F %T.%f}")
        for row in DAY.orders()
    ]
    refunds = [(row["out_refund_no"], row["refund"], row["out_trade_no"]) for row in DAY.refunds()]
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute(
            "CREATE TABLE orders (number TEXT, amount_fen INTEGER, paid_at TIMESTAMP)"
        )
        connection.execute(
            "CREATE TABLE refunds (number TEXT, amount_fen INTEGER, out_trade_no TEXT)"
        )
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)
        connection.executemany("INSERT INTO refunds VALUES (?, ?, ?)", refunds)


def run(code: Any, desk: dict[str, Any]) -> None:
    outcome = eval(code, desk)
    if inspect.isawaitable(outcome):
        asyncio.run(outcome)
