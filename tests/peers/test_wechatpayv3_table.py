"""The table of the codemod: each row sends what wechatpayv3 sends, or says how that differs.

Both clients call the gateway; what it received is compared: method and target, and the body.
"""

from __future__ import annotations

import copy
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.conftest import imported
from tests.peers.test_wechatpayv3 import ASCII, PICTURE, made, values
from wechatpay_chain import Media, Sensitive, WeChatPay, catalogue
from wechatpay_chain.cli.migrate.clients import Client
from wechatpay_chain.cli.migrate.mapping import Function, Row, functions
from wechatpay_chain.cli.migrate.rendering import chosen, rendered
from wechatpay_chain.cli.migrate.values import Binding, Value, bind
from wechatpay_chain.gateway import Gateway

TABLE = functions("wechatpayv3")
URL = "https://shop.example/notify"
CIPHERTEXT = re.compile(r"[A-Za-z0-9+/]{342}==")
FIXED: dict[str, Any] = {
    **ASCII,
    "begin_date": "2026-01-01",
    "end_date": "2026-01-02",
    "business_type": "FAVOR_STOCK",
    "create_end_time": "2026-01-02",
    "create_start_time": "2026-01-01",
    "idempotency_key": "1",
    "need_user_confirm": True,
    "partner_appid": "wxd678efh567hg6787",
    "partner_merchant_id": "1900000109",
    "partner_type": "MERCHANT",
    "plate_color": "BLUE",
    "switch": True,
    "status": "running",
    "store_id": 1234,
    "transfer_amount": 100000,
    "limit": 20,
    "offset": 10,
    "filename": "other.jpg",
}
SIMPLE = {"type": "USER_BANK_CARD", "account_type": "BASIC", "scene_type": "Order_Paid"}


def sends(row: Row) -> bool:
    return bool(row.verb)


ROWS = [(function, row) for function in TABLE.values() for row in function.rows if sends(row)]


def row_name(pair: tuple[Function, Row]) -> str:
    function, row = pair
    return " ".join([function.name, *row.when])


class Both:
    """Both clients on one gateway."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.peer = imported("wechatpayv3")
        self.gateway = gateway
        self.picture, self.paper = folder / "picture.jpg", folder / "paper.pdf"
        self.picture.write_bytes(PICTURE)
        self.paper.write_bytes(b"%PDF-1.4")
        self.theirs = made(self.peer, gateway)
        told = gateway.describe()
        self.ours = WeChatPay.from_gateway(
            gateway.state.directory / "gateway.json",
            appid=told["appid"],
            notify_url="http://127.0.0.1:1/notify",
            retry=None,
        )
        self.examples = values([each for each in catalogue.operations() if each.protocol == "v3"])
        self.folder = folder

    def arguments(self, function: Function, row: Row, *, all_of_them: bool) -> dict[str, Any]:
        """Arguments for which this row counts."""
        told: dict[str, Any] = {}
        operation = catalogue.find(row.verb, row.path)
        own = values([operation]) if operation is not None else {}
        for each in function.parameters:
            if all_of_them or each.default is None:
                told[each.name] = self.example(each.name, own, function.name)
        wanted = dict(part.partition("=")[::2] for part in row.when)
        for other in function.rows:
            for condition in other.when:
                name, has_values, _ = condition.partition("=")
                if name in ("direct", "partner") or name in wanted:
                    continue
                if has_values and name in told:
                    told[name] = "OTHER"
                elif name == "need_user_confirm":
                    told[name] = False
                else:
                    told.pop(name, None)
        for name, listed in wanted.items():
            if name in ("direct", "partner"):
                continue
            told[name] = listed.split(",")[0] if listed else True
            if not listed and name not in ("need_user_confirm", "need_query_detail"):
                told[name] = self.example(name, own, function.name)
        for member in row.members:
            name = member.argument
            known = {each.name for each in function.parameters}
            plain = not (member.optional or member.fallback or member.constant or member.partner)
            if plain and name in known and name not in told:
                default = next(each.default for each in function.parameters if each.name == name)
                if default in ("None", "[]"):
                    told[name] = self.example(name, own, function.name)
        if function.name == "brand_profitsharing_return" and "order_id" in told:
            told["out_order_no"] = "A1"  # it wants both, and sends one
        for name in row.variables:
            if name in {each.name for each in function.parameters}:
                told.setdefault(name, self.example(name, own, function.name))
        return told

    def example(self, name: str, own: dict[str, Any], function: str) -> Any:
        if name == "filepath":
            return str(self.paper if function == "fapiao_upload_file" else self.picture)
        if name in ("url", "media_url"):
            path = "v3/billdownload/file?token=x"
            return f"{self.gateway.base_uri}{path}" if function != "complaint_notification" else URL
        if name == "notify_url":
            return URL
        if name == "sub_mchid":
            return "1900000999"
        for known in (FIXED, own, SIMPLE, self.examples):
            if name in known:
                return known[name]
        return "A1"

    def sent(self, call: Any) -> Any:
        """The last request that a call made; the error where it made none."""
        last = [each["number"] for each in self.gateway.requests(1)]
        problem: Exception | None = None
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the peer raises no other
            problem = error
        made = self.gateway.requests(1)
        return problem if [each["number"] for each in made] == last else made[0]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("table")
    with Gateway(data=folder / "gateway") as gateway:
        yield Both(gateway, folder)


def test_every_function_is_in_the_table_with_its_parameters() -> None:
    peer = imported("wechatpayv3")
    for client in (peer.WeChatPay, imported("wechatpayv3.async_").AsyncWeChatPay):
        found = {
            name: method
            for name, method in inspect.getmembers(client, inspect.isfunction)
            if not name.startswith("_")
        }
        assert TABLE.keys() - {"WeChatPay"} == found.keys()
        for name, method in [*found.items(), ("WeChatPay", client.__init__)]:
            taken = list(inspect.signature(method).parameters.values())[1:]
            expected = [
                (each.name, None if each.default is each.empty else shown(each.default))
                for each in taken
            ]
            assert [(each.name, each.default) for each in TABLE[name].parameters] == expected


def shown(default: Any) -> str:
    return repr(default.name if hasattr(default, "name") else default)


@pytest.mark.parametrize("all_of_them", [True, False], ids=["full", "short"])
@pytest.mark.parametrize("pair", ROWS, ids=row_name)
def test_both_send_the_same(both: Both, pair: tuple[Function, Row], all_of_them: bool) -> None:
    function, row = pair
    modes = [word == "partner" for word in row.when if word in ("direct", "partner")]
    both_modes = [False, True] if any(each.partner for each in row.members) else [False]
    for partner in modes or both_modes:
        if "payscore_refund" in function.name and partner:
            continue  # it takes no sub_mchid, so a service provider cannot call it
        check(both, function, row, all_of_them=all_of_them, partner=partner)


def check(both: Both, function: Function, row: Row, *, all_of_them: bool, partner: bool) -> None:
    told = both.arguments(function, row, all_of_them=all_of_them)
    if partner:
        names = {each.argument for each in row.members if each.partner and not each.optional}
        told |= {name: both.example(name, {}, function.name) for name in names - told.keys()}
    texts = [("", name, written(value)) for name, value in told.items()]
    binding: Binding = bind(function, texts, {})
    settings = {"notify_url": Value("'x'"), "appid": Value("'x'"), "mchid": Value("'x'")}
    client = Client("wechatpayv3", partner=partner, settings=settings, known=True)
    assert chosen(binding, client) is row, told
    call = rendered(row, binding, client, "wxpay", is_async=False, strict=True)

    both.theirs._partner_mode = partner
    theirs = both.sent(lambda: getattr(both.theirs, function.name)(**typed(both, told)))
    names = {"wxpay": both.ours, "json": json, "Media": Media, "Sensitive": Sensitive}
    ours = both.sent(lambda: eval(call.text, names))
    assert not isinstance(ours, Exception), (call.text, ours)
    assert ours["operation"] or row.variables in (("url",), ("media_url",)), call.text
    assert ours["status"] not in (401, 405), (call.text, ours)

    if row.differs == "raises":
        assert isinstance(theirs, Exception), theirs
        return
    assert not isinstance(theirs, Exception), (call.text, theirs)
    lines = [(each["method"], masked(each["target"])) for each in (theirs, ours)]
    if row.differs == "line":
        assert lines[0] != lines[1]
        return
    assert lines[0] == lines[1], call.text
    bodies = [body(each) for each in (theirs, ours)]
    assert (bodies[0] != bodies[1]) == (row.differs == "body"), (call.text, *bodies)


def written(value: Any) -> str:
    return repr(value)


def typed(both: Both, told: dict[str, Any]) -> dict[str, Any]:
    """The arguments as wechatpayv3 takes them."""
    told = copy.deepcopy(told)
    if "pay_type" in told:
        told["pay_type"] = both.peer.WeChatPayType[told["pay_type"]]
    return told


def masked(text: str) -> str:
    return CIPHERTEXT.sub("<ciphertext>", re.sub(r"%2B|%2F|%3D", plain_sign, text))


def plain_sign(match: re.Match[str]) -> str:
    return {"%2B": "+", "%2F": "/", "%3D": "="}[match[0]]


def body(request: Any) -> Any:
    text = masked(request["body"])
    if text.startswith("--"):
        meta = re.search(r"\{.*\}", text)
        names = re.findall(r'name="(\w+)"(?:; filename="([\w.]+)")?', text)
        return (json.loads(meta[0]) if meta else None, sorted(set(names)))
    return json.loads(text or "{}")
