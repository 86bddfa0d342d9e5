"""Every method of wechatpayv3 is called: it finds its operation, and verifies the response.

The arguments are the examples of the catalogue. Where one names what was never created, the
gateway says so, as WeChat Pay does; `test_peers` has whole lives of orders.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.conftest import imported
from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Member, Operation, example
from wechatpay_chain.gateway import Gateway

LOCAL = {"callback", "decrypt", "decrypt_callback", "sign"}
"""Methods that send nothing."""
PICTURE = b"\xff\xd8\xff\xe0"
FAULTS = {
    "apply4subject_cancel": "sends GET where the operation is POST",
    "applyment_submit": "reads members of the identity that may be left out",
    "business_parking_sync": "passes an argument that its own request does not take",
    "business_point_status": "leaves out the slash behind the host",
    "fapiao_check_submch": "sends GET to a path that has no GET",
    "fapiao_download_file": "leaves out the slash behind the host",
    "fapiao_query_files": "sends POST where the operation is GET",
    "marketing_partnership_query": "signs another form of its query than it sends",
    "marketing_paygift_activity_list": "sends POST where the operation is GET",
    "payscore_direct_complete": "calls a path without v3",
    "payscore_permission_terminate": "leaves out the slash behind the host",
    "transfer_bill_receipt": "passes an argument that its own request does not take",
    "transfer_detail_receipt": "passes an argument that its own request does not take",
}
"""The methods that fail with WeChat Pay too, or with the examples alone, and why."""
ASCII = {
    "coupon_state": "SENDED",
    "creator_merchant": "1900000109",
    "plate_number": "A888888",
    "userid": "1",
    "work_id": "1",
    "seller_name": "x",
    "belong_merchant": "1900000109",
    "encryption_algorithm": "AEAD_AES_256_GCM",
    "sender_merchant": "1900000109",
}
"""Values of queries: the client signs others in another form than it sends."""


def methods() -> list[str]:
    client = pytest.importorskip("wechatpayv3").WeChatPay
    found = inspect.getmembers(client, inspect.isfunction)
    return [name for name, _ in found if not name.startswith("_")]


def members(operation: Operation) -> Iterator[Member]:
    waiting = [*operation.variables, *operation.query, *operation.body]
    while waiting:
        member = waiting.pop(0)
        yield member
        waiting += member.members


def values(operations: list[Operation]) -> dict[str, Any]:
    """An example for each name of a member, of the first operation that has it."""
    found: dict[str, Any] = {}
    for operation in operations:
        for member in members(operation):
            found.setdefault(member.name, plain(member))
    return found


def plain(member: Member) -> Any:
    """An example of a member, in the clear: the client encrypts it."""
    if member.type.startswith("object"):
        one: Any = {each.name: plain(each) for each in member.members if "$" not in each.name}
    else:
        one = example.scalar(member)
    return [one] if member.type.endswith("[]") else one


def test_every_method_finds_its_operation_and_verifies(tmp_path: Path) -> None:
    wechatpayv3 = imported("wechatpayv3")
    every = values([each for each in catalogue.operations() if each.protocol == "v3"])
    picture, paper = tmp_path / "picture.jpg", tmp_path / "paper.pdf"
    picture.write_bytes(PICTURE)
    paper.write_bytes(b"%PDF-1.4")
    statuses: dict[str, int] = {}
    wrong: dict[str, Any] = {}
    with Gateway(data=tmp_path / "gateway") as gateway:
        shop = made(wechatpayv3, gateway)
        given = {
            **ASCII,
            "pay_type": wechatpayv3.WeChatPayType.NATIVE,
            "url": f"{gateway.base_uri}v3/billdownload/file?token=x",
            "media_url": f"{gateway.base_uri}v3/merchant-service/images/x",
            "idempotency_key": "1",
            "partner_type": "MERCHANT",
            "partner_merchant_id": "1900000109",
            "business_type": "FAVOR_STOCK",
        }
        asked: list[tuple[str, str]] = []
        send = shop._core.request

        def request(path: str, method: Any = None, **more: Any) -> Any:
            asked.append(("GET" if method is None else method.value, path))
            return send(path, **({} if method is None else {"method": method}), **more)

        shop._core.request = request
        for name in methods():
            if name in LOCAL:
                continue
            call = getattr(shop, name)
            own: dict[str, Any] = {}
            given["filepath"] = str(paper if name == "fapiao_upload_file" else picture)
            for _ in range(2):  # the first call shows which operation it is
                asked.clear()
                try:
                    status, text = call(**arguments(call, {**every, **own, **given}))
                except Exception as error:  # noqa: BLE001 - the client raises no other
                    wrong[name] = repr(error)
                    break
                method, path = asked[-1]
                operation = catalogue.find(method, path.lstrip("/").partition("?")[0])
                if operation is None:
                    wrong[name] = f"{method} {path} is no operation"
                    break
                own |= values([operation])
            else:
                statuses[name] = status
                rejected = status >= 400 and not json.loads(text).get("code")
                if rejected or status >= 500 or status in (401, 405):
                    wrong[name] = (status, text)
    assert wrong.keys() == FAULTS.keys(), {k: v for k, v in wrong.items() if k not in FAULTS}
    carried_out = [name for name, status in statuses.items() if status < 300]
    assert len(carried_out) >= 55, sorted(statuses.keys() - set(carried_out))


def arguments(call: Any, known: dict[str, Any]) -> dict[str, Any]:
    """What a method takes, by the names of its parameters."""
    parameters = inspect.signature(call).parameters.values()
    return {each.name: known[each.name] for each in parameters if each.name in known}


def made(wechatpayv3: Any, gateway: Gateway) -> Any:
    told = gateway.describe()
    shop = wechatpayv3.WeChatPay(
        wechatpay_type=wechatpayv3.WeChatPayType.NATIVE,
        mchid=told["mchid"],
        private_key=Path(told["private_key"]).read_text(),
        cert_serial_no=told["serial"],
        appid=told["appid"],
        apiv3_key=told["apiv3_key"],
        notify_url="http://127.0.0.1:1/notify",
        public_key=Path(told["platform"]["public_key"]).read_text(),
        public_key_id=told["platform"]["public_key_id"],
    )
    shop._core._gate_way = told["base_uri"].rstrip("/")  # it has no argument for that
    return shop
