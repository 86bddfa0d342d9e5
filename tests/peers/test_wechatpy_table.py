"""The table of the codemod: each row sends what wechatpy sends, or says how that differs.

Both clients call the gateway; what it received is compared: method and target, and the fields.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.peers.conftest import imported
from tests.peers.test_wechatpy_methods import PARTS
from wechatpay_chain import WeChatPay, xml
from wechatpay_chain.cli.migrate.clients import Client
from wechatpay_chain.cli.migrate.mapping import Function, functions
from wechatpay_chain.cli.migrate.rendering import chosen, rendered
from wechatpay_chain.cli.migrate.substitutes import substitute
from wechatpay_chain.cli.migrate.values import Unsure, Value, bind
from wechatpay_chain.gateway import Gateway

TABLE = functions("wechatpy")
SENDING = [each for each in TABLE.values() if each.rows[0].verb]
URL = "https://shop.example/notify"
GIVEN: dict[str, Any] = {
    "account_type": "Basic",
    "amount": 100,
    "bill_date": "20260101",
    "bill_type": "ALL",
    "client_ip": "1.2.3.4",
    "fee_type": "CNY",
    "notify_url": URL,
    "out_trade_no": "N1",
    "total_amount": 100,
    "total_fee": 100,
    "refund_fee": 40,
    "total_num": 3,
    "trade_type": "NATIVE",
    "scene_info": {"store_info": {"id": "1"}},
    "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    "user_id": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    "tar_type": "GZIP",
}
MADE = {"nonce_str", "sign", "time_start", "time_expire", "enc_bank_no", "enc_true_name"}
"""Fields that differ from one request to the next, or that only wechatpy sends."""


class Both:
    """Both clients on one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        told = gateway.describe()
        peer = imported("wechatpy.pay")
        self.theirs = peer.WeChatPay(
            told["appid"],
            told["secret"],
            told["mchid"],
            mch_cert=told["certificate"],
            mch_key=told["private_key"],
        )
        self.theirs.API_BASE_URL = told["tls_base_uri"]  # it has no argument for it
        self.theirs._http.verify, self.theirs._http.trust_env = told["ca"], False
        send = self.theirs._request

        def request(method: str, url_or_endpoint: str, **options: Any) -> Any:
            host = "https://fraud.mch.weixin.qq.com/"
            return send(method, url_or_endpoint.removeprefix(host), **options)

        self.theirs._request = request
        self.ours = WeChatPay.from_gateway(
            gateway.state.directory / "gateway.json", tls=True, appid=told["appid"], retry=None
        )

    def sent(self, call: Any) -> Any:
        """The last request that a call made; the error where it made none."""
        last = [each["number"] for each in self.gateway.requests(1)]
        problem: Exception | None = None
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the peer raises several
            problem = error
        made = self.gateway.requests(1)
        return problem if [each["number"] for each in made] == last else made[0]

    def method(self, name: str) -> Any:
        found: Any = self.theirs
        for part in name.split("."):
            found = getattr(found, part)
        return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with Gateway(data=tmp_path_factory.mktemp("table") / "gateway") as gateway:
        both = Both(gateway)
        yield both
        both.theirs._http.close()


def test_every_function_is_in_the_table_with_its_parameters() -> None:
    client = imported("wechatpy.pay").WeChatPay
    found: dict[str, Any] = {"WeChatPay": client.__init__}
    for owner, part in [
        ("", client),
        *((f"{name}.", type(getattr(client, name))) for name in PARTS),
    ]:
        found |= {
            f"{owner}{name}": method
            for name, method in inspect.getmembers(part, inspect.isroutine)
            if not name.startswith("_")
        }
    assert TABLE.keys() == found.keys()
    for name, method in found.items():
        taken = list(inspect.signature(method).parameters.values())
        taken = taken if inspect.ismethod(method) else taken[1:]
        expected = [
            (each.name, None if each.default is each.empty else repr(each.default))
            for each in taken
            if each.kind is not each.VAR_KEYWORD
        ]
        assert [(each.name, each.default) for each in TABLE[name].parameters] == expected
        assert TABLE[name].takes_more == any(each.kind is each.VAR_KEYWORD for each in taken)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the client leaves sockets open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("all_of_them", [True, False], ids=["full", "short"])
@pytest.mark.parametrize("function", SENDING, ids=lambda function: function.name)
def test_both_send_the_same(both: Both, function: Function, all_of_them: bool) -> None:
    (row,) = function.rows
    needed = {each.argument for each in row.members if each.needed}
    told = {
        each.name: GIVEN.get(each.name, "A1")
        for each in function.parameters
        if all_of_them or each.default is None or each.name in needed
    }
    told = {
        name: value for name, value in told.items() if name not in ("time_start", "time_expire")
    }
    if function.name.endswith(("query_signing", "cancel_signing", "query_order")):
        told.setdefault("contract_id", "1") if "sign" in function.name else told.setdefault(
            "out_trade_no", "N1"
        )
    if function.name == "order.create" and all_of_them:
        told["profit_sharing"] = "Y"
    binding = bind(function, [("", name, repr(value)) for name, value in told.items()], {})
    settings = {name: Value("'x'") for name in ("appid", "mchid")}
    client = Client("wechatpy", partner=False, settings=settings, known=True)
    assert chosen(binding, client) is row
    text = rendered(row, binding, client, "wxpay", is_async=False, strict=False).text
    base = f'base_uri="{both.ours._defaults.base_uri}"'
    text = text.replace('base_uri="https://fraud.mch.weixin.qq.com/"', base)
    names = {"wxpay": both.ours, "json": json, "time": time, "rsa": Encrypting}
    names["public_key"] = ""

    if function.name == "transfer.transfer_bankcard":
        both.theirs.transfer._rsa_encrypt = lambda value: f"encrypted {value}"
    theirs = both.sent(lambda: both.method(function.name)(**told))
    ours = both.sent(lambda: eval(text.replace("...", "'1.2.3.4'"), names))
    assert not isinstance(ours, Exception), (text, ours)
    assert not isinstance(theirs, Exception), (text, theirs)
    assert ours["operation"] or function.name == "transfer.get_rsa_public_key", text
    lines = [(each["method"], each["target"]) for each in (theirs, ours)]
    assert (lines[0] != lines[1]) == (row.differs == "line"), lines
    if not row.differs:
        theirs_fields, ours_fields = (
            {name: value for name, value in xml.loads(each["body"]).items() if name not in MADE}
            for each in (theirs, ours)
        )
        moment = int(theirs_fields.pop("timestamp", 0)) - int(ours_fields.pop("timestamp", 0))
        assert abs(moment) < 60
        if "spbill_create_ip" in theirs_fields and "client_ip" not in told:
            assert ours_fields.pop("spbill_create_ip")
            assert theirs_fields.pop("spbill_create_ip")
        assert ours_fields == theirs_fields, text


class Encrypting:
    """Stands for `crypto.rsa`, whose ciphertexts differ each time."""

    encrypt = staticmethod(lambda value, key: f"encrypted {value}")


def test_launch_parameters_are_the_same(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1767225600.0)
    monkeypatch.setattr("wechatpay_chain.messages.canonical.nonce", lambda: "n" * 32)
    told = both.gateway.describe()
    for name, pay in (("jsapi.get_jsapi_params", "paySign"), ("order.get_appapi_params", "sign")):
        theirs = both.method(name)("wx1", timestamp="1767225600", nonce_str="n" * 32)
        assert evaluated(both, name, [("", "", "'wx1'")]) == theirs
        assert theirs[pay]
    signature = both.method("jsapi.get_jsapi_signature")("wx1", "1767225600", "n" * 32)
    assert evaluated(both, "jsapi.get_jsapi_signature", [("", "", "'wx1'")]) == signature
    assert told["appid"]


def test_a_payment_notification_is_read_the_same(both: Both) -> None:
    from wechatpay_chain import canonical
    from wechatpay_chain.crypto import digest

    told = both.gateway.describe()
    fields = {
        "appid": told["appid"],
        "mch_id": told["mchid"],
        "return_code": "SUCCESS",
        "result_code": "SUCCESS",
        "out_trade_no": "N1",
        "total_fee": "100",
        "cash_fee": "100",
    }
    fields["sign"] = digest.sign("MD5", canonical.fields(fields), told["secret"])
    body = xml.dumps(fields)
    theirs = dict(both.theirs.parse_payment_result(body))
    assert theirs["total_fee"] == 100
    assert evaluated(both, "parse_payment_result", [("", "", repr(body))]) == theirs


def evaluated(both: Both, name: str, arguments: list[tuple[str, str, str]]) -> Any:
    """What takes the place of a call that sends nothing, run."""
    function = TABLE[name]
    settings = {name: Value("'x'") for name in ("appid", "mchid")}
    client = Client("wechatpy", settings=settings, known=True)
    binding = bind(function, arguments, {})
    made = substitute(function.rows[0], binding, client, "wxpay", is_async=False)
    return eval(made.text, {"wxpay": both.ours})


@pytest.mark.parametrize("name", ["check_signature", "get_payment_data", "withhold.apply_signing"])
def test_what_has_no_counterpart_is_left_to_people(name: str) -> None:
    function = TABLE[name]
    count = sum(each.default is None for each in function.parameters)
    binding = bind(function, [("", "", "x")] * count, {})
    with pytest.raises(Unsure):
        substitute(function.rows[0], binding, Client("wechatpy"), "wxpay", is_async=False)
