"""The controls of products are the same in Python, in the control API and on the command line."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest

from tests.cli.support import run
from tests.gateway.support import new_number
from tests.gateway.test_control import Control as ControlAPI
from tests.gateway.test_transfers import bill, create
from wechatpay_chain import WeChatPay
from wechatpay_chain.cli.gateway.run import gateway as command
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.control.products import PRODUCTS, controls_of, perform
from wechatpay_chain.gateway.control.products.descriptions import TYPES

NAMES = [(name, control) for name in PRODUCTS for control in controls_of(PRODUCTS[name])]


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_is_listed_everywhere(gateway: Gateway, name: str) -> None:
    dashed = name.replace("_", "-")
    assert getattr(gateway, name).all(1) == ControlAPI(gateway).get(f"{dashed}?limit=1")
    assert run("gateway", dashed, "--gateway", gateway.base_uri, "--json").exit_code == 0
    label = PRODUCTS[name].label
    assert label.en.isascii()
    assert not label.zh.isascii()


@pytest.mark.parametrize(("name", "control"), NAMES)
def test_a_control_is_described_and_can_be_called_everywhere(
    gateway: Gateway, name: str, control: str
) -> None:
    described = controls_of(PRODUCTS[name])[control]
    assert described.title.endswith(".")
    assert set(described.types.values()) <= set(TYPES)
    (listed,) = [
        each
        for each in ControlAPI(gateway).get("controls")[name]["controls"]
        if each["name"] == control
    ]
    assert listed == json.loads(json.dumps(described.as_json()))
    assert callable(getattr(getattr(gateway, name), control))
    context = click.Context(command)
    group = command.get_command(context, name.replace("_", "-"))
    assert isinstance(group, click.Group)
    found = group.get_command(context, control.replace("_", "-"))
    assert found is not None
    options = {each.name for each in found.params}
    assert {each.name for each in described.parameters} <= options


@pytest.mark.parametrize(("name", "control"), NAMES)
def test_a_control_of_a_record_that_is_not_there(gateway: Gateway, name: str, control: str) -> None:
    described, key = controls_of(PRODUCTS[name])[control], new_number("X")
    if not described.key:
        pytest.skip("it is for the merchant")
    needed = {each.name: each for each in described.parameters if each.default is each.empty}
    example: dict[Any, Any] = {str: "1", int: 1, bool: True, float: 1.0, list[str]: []}
    given = {each: example.get(described.types[each], {}) for each in needed}
    with pytest.raises(LookupError):
        getattr(getattr(gateway, name), control)(key, **given)
    path = f"{name}/{key}/{control}".replace("_", "-")
    status, _, told = ControlAPI(gateway).ask("POST", path, given)
    assert 400 <= status < 500
    assert told["error"]


def test_one_transfer_is_confirmed_in_each_way(gateway: Gateway, wxpay: WeChatPay) -> None:
    bills = [create(wxpay, bill(gateway))["out_bill_no"] for _ in range(3)]
    assert gateway.transfers.confirm(bills[0])["state"] == "SUCCESS"
    assert ControlAPI(gateway).post(f"transfers/{bills[1]}/confirm")["state"] == "SUCCESS"
    told = run("gateway", "transfers", "confirm", bills[2], "--gateway", gateway.base_uri)
    assert "SUCCESS" in told.stdout
    assert [gateway.transfers.get(each)["state"] for each in bills] == ["SUCCESS"] * 3
    assert [each["out_bill_no"] for each in gateway.transfers.all(2)] == [bills[2], bills[1]]
    failed = create(wxpay, bill(gateway))["out_bill_no"]
    arguments = {"out_bill_no": failed, "reason": "OPENID_INVALID"}
    assert perform(gateway, "transfers.fail", arguments)["reason"] == "OPENID_INVALID"


def test_what_a_control_does_not_take(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = create(wxpay, bill(gateway))["out_bill_no"]
    api = ControlAPI(gateway)
    for given in ({"why": "x"}, {"reason": 1}, {"reason": None}, {"out_bill_no": "T"}, {"self": 1}):
        status, _, told = api.ask("POST", f"transfers/{number}/fail", given)
        assert (status, bool(told["error"])) == (400, True), given
    assert gateway.transfers.get(number)["state"] == "WAIT_USER_CONFIRM"
    for path in (f"transfers/{number}/nothing", f"transfers/{number}/all", f"nothing/{number}/x"):
        assert api.ask("POST", path, {})[0] == 404
    assert api.ask("POST", "transfers/confirm", {})[0] == 404  # it requires a record
    for name, given in (
        ("transfers.nothing", {}),
        ("nothing.confirm", {}),
        ("transfers._scope", {}),
        ("transfers.get", {"key": number}),
    ):
        with pytest.raises(LookupError):
            perform(gateway, name, given)
    with pytest.raises(ValueError, match="out_bill_no is missing"):
        perform(gateway, "transfers.confirm", {})
    with pytest.raises(LookupError, match="Transfers: no record 'nothing'"):
        gateway.transfers.get("nothing")


def test_a_control_finds_the_merchant_or_is_told_which(identity: Any) -> None:
    with Gateway(identity=identity) as gateway:
        other = gateway.add_merchant()
        number = new_number("T")
        for merchant in (gateway, other):
            with merchant.client() as wxpay:
                appid = merchant.identity.appid
                create(wxpay, bill(gateway, out_bill_no=number, appid=appid))
        with pytest.raises(LookupError, match="pass mchid"):
            gateway.transfers.confirm(number)
        assert other.transfers.confirm(number)["state"] == "SUCCESS"
        first = gateway.merchants[gateway.identity.mchid]
        assert first.transfers.get(number)["state"] == "WAIT_USER_CONFIRM"
        told = run(
            *("gateway", "transfers", "fail", number, "--gateway", gateway.base_uri),
            *("--mchid", gateway.identity.mchid, "--json"),
        )
        assert json.loads(told.stdout)["state"] == "FAIL"
        api = ControlAPI(gateway)
        assert api.ask("GET", "transfers?mchid=1")[0] == 404
        assert [each["state"] for each in api.get(f"transfers?mchid={other.mchid}")] == ["SUCCESS"]
