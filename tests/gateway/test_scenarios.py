"""Scenarios: loaded completely, or not at all with the line of the error."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.docs.support import EXAMPLES
from tests.gateway.support import control, paid
from tests.servers import NotificationServer
from wechatpay_chain.gateway import Gateway, ScenarioError
from wechatpay_chain.gateway.scenarios import check, read
from wechatpay_chain.gateway.scenarios.documents import Document
from wechatpay_chain.gateway.scenarios.validation import KEYWORDS, schema
from wechatpay_chain.gateway.server.permissions import PERMISSIONS
from wechatpay_chain.testing.fault_names import NAMES

EXAMPLE = EXAMPLES / "scenario.yaml"
MOVING = ("notice", "pending", "due", "queue", "setting")
"""Members that change by themselves: delivery attempts without a receiver, and the time."""
ANNOTATIONS = {"$schema", "$defs", "title", "description"}
ORDER = {"out_trade_no": "native-0001", "total": 100}


@pytest.fixture
def gateway(identity):
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


def everything(gateway):
    rows = gateway.platform.store._database.rows(
        "SELECT owner, kind, key, value FROM record ORDER BY sequence"
    )
    return (
        [row for row in rows if not row[1].startswith(MOVING)],
        list(gateway.merchants),
        dict(gateway.platform.shared.holders),
        gateway.faults.all(),
        gateway.state.clock.date(),
    )


def test_the_example(gateway):
    gateway.load(EXAMPLE)
    orders = {each["out_trade_no"]: each for each in gateway.orders()}
    assert {number: orders[number]["state"] for number in orders if "many" not in number} == {
        "shop-0001": "REFUND",
        "shop-0002": "NOTPAY",
        "shop-0003": "CLOSED",
        "shop-0004": "PAYERROR",
        "tea-0001": "SUCCESS",
    }
    assert [number for number in orders if "many" in number] == [f"many-{n}" for n in range(1, 11)]
    clock = gateway.state.clock
    assert clock.rfc3339() == "2026-11-27T10:00:00+08:00"
    assert clock.rfc3339(orders["shop-0001"]["paid"]) == "2026-11-26T12:00:00+08:00"
    assert {each["out_refund_no"]: each["state"] for each in gateway.refunds.all()} == {
        "refund-0001": "SUCCESS",
        "refund-0002": "ABNORMAL",
        "refund-0003": "PROCESSING",
    }
    assert {each["out_bill_no"]: each["state"] for each in gateway.transfers.all()} == {
        "T1": "SUCCESS",
        "T2": "SUCCESS",
    }
    (complaint,) = gateway.complaints.all()
    assert complaint["complaint_detail"] == "少了一本书"
    partner = gateway.merchants["1900000100"]
    assert (partner.kind, partner.name, partner.balance("1900000109")) == (
        "partner",
        "服务商",
        1800,
    )
    assert [each.fault for each in gateway.faults.all()] == ["frequency_limit"]
    assert gateway.notifications() == []
    with gateway.client() as wxpay:
        bill = wxpay.v3.bill.tradebill.get(query={"bill_date": "2026-11-26"}).json()
        assert b"shop-0001" in wxpay[bill["download_url"]].get().content
        assert wxpay.v3.bill.tradebill.get(query={"bill_date": "2026-11-25"}).verified
    for merchant in gateway.merchants.values():
        merchant.state.ledger.check()


def test_yaml_and_json_say_the_same(gateway, tmp_path):
    document = read(EXAMPLE)
    assert document.value == yaml.safe_load(
        EXAMPLE.read_text("utf-8").replace(": 2026", ": !!str 2026")
    )
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(document.value, ensure_ascii=False, indent=1), "utf-8")
    assert read(path).value == document.value
    assert read(path).lines.keys() == document.lines.keys()


def test_json_needs_no_yaml(tmp_path, monkeypatch):
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"version": 1, "orders": [ORDER]}), "utf-8")
    imported = builtins.__import__

    def without_yaml(name: str, *rest: Any) -> Any:
        if name == "yaml":
            raise ImportError(name)
        return imported(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_yaml)
    assert read(path).value["orders"] == [ORDER]
    with pytest.raises(ScenarioError, match=r"PyYAML is needed .* wechatpay-chain\[cli\]"):
        read(EXAMPLE)


def written(tmp_path: Path, text: str, name: str = "s.yaml") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("version: 1\nordres: []", 2, "ordres: the field does not exist; did you mean orders?"),
        ("version: 2", 1, "version: 2: expected 1"),
        ("orders: []", 1, "version is missing"),
        ("- 1", 1, "expected type object"),
        ("", None, "None: expected type object"),
        ("version: 1\norders:\n- total: 5", 3, "orders[0]: out_trade_no is missing"),
        (
            "version: 1\norders:\n- {out_trade_no: native-0001,\n   total: '5'}",
            4,
            "'5': expected type integer",
        ),
        ("version: 1\norders:\n- {out_trade_no: 12345678, total: 5}", 3, "put it in quotes"),
        (
            "version: 1\norders:\n- {out_trade_no: native-01, total: 0}",
            3,
            "total: 0: expected at least 1",
        ),
        ("version: 1\norders:\n- {out_trade_no: native-01, total: true}", 3, "type integer"),
        (
            "version: 1\norders:\n- {out_trade_no: native-01, total: 1, trade_state: SUCESS}",
            3,
            "expected one of NOTPAY, SUCCESS, PAYERROR, CLOSED; did you mean SUCCESS?",
        ),
        ("version: 1\nclock: tomorrow", 2, "clock: 'tomorrow': a time such as 2026"),
        ("version: 1\nclock: 2026-02-30T10:00:00+08:00", 2, "clock: "),
        (
            "version: 1\nmerchants:\n- {kind: direct, mchid: '12'}",
            3,
            "a merchant ID of 8 to 10",
        ),
        ("version: 1\nsteps:\n- {at: 2026-11-27T10:00:00+08:00}", 3, "one control such as"),
        ("version: 1\nsteps:\n- transfers.confirm: 5", 3, "expected an object of arguments"),
        ("version: 1\nsteps:\n- transfers.confrm: {}", 3, "has no control"),
        ("version: 1\nsteps:\n- transfers.confirm: {out_bill_no: T9}", 3, "T9"),
        ("version: 1\nsteps:\n- POST v3/nowhere: {}", 3, "NOT_FOUND"),
        ("version: 1\nsteps:\n- pay: {out_trade_no: nothing}", 3, "ORDER_NOT_EXIST"),
        (
            "version: 1\norders:\n- {out_trade_no: x, total: 1}",
            3,
            "PARAM_ERROR: /out_trade_no must",
        ),
        ("version: 1\nfaults:\n- {match: '*', fault: status, status: 99}", 3, "status 99"),
        ("version: 1\nfill:\n- {orders: 5, date: 2999-01-01}", 3, "that day is not yet"),
        (
            "version: 1\norders:\n- {out_trade_no: native-01, total: 1, at: 2999-01-01T00:00:00Z}",
            3,
            "the end of the scenario",
        ),
        ("version: 1\nversion: 1", 2, "'version' occurs twice"),
        ("version: 1\n? [a]\n: 1", 2, "a field name must be text"),
        ("version: 1\n5: 1", 2, "5: a field name must be text"),
        ("a: &x 1\nb: *x", 1, "anchors and aliases are not allowed"),
        ("a: !!python/object/apply:os.system [id]", 1, "python/object/apply:os.system are not"),
        ("a: !!set {b}", 1, "tags such as"),
        ("a: 1\n---\nb: 1", 2, "a second document"),
        ("a: [1", 2, "expected"),
        ("[" * 40, 1, "more than 32 levels"),
        ("[" * 100_000, 1, ""),
        ("a: \x07", None, ""),
    ],
)
def test_what_is_wrong_and_where(gateway, tmp_path, text, line, words):
    path, before = written(tmp_path, text), everything(gateway)
    with pytest.raises(ScenarioError) as caught:
        gateway.load(path)
    assert words in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}")
    assert everything(gateway) == before


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            '{"version": 1,\n "orders": [{"out_trade_no": "native-0001",\n "total": -1}]}',
            3,
            "total",
        ),
        ('{"version": 1,\n "ordres": []}', 2, "did you mean orders?"),
        ('{"version": 1,\n "orders" 1}', 2, "delimiter"),
        ('{"version": 1, "version": 1}', 1, "occurs twice"),
        ('{"version": NaN}', None, "NaN is not a JSON number"),
        ("[" * 100_000, None, "nest"),
    ],
)
def test_what_is_wrong_in_json(gateway, tmp_path, text, line, words):
    with pytest.raises(ScenarioError) as caught:
        gateway.load(written(tmp_path, text, "s.json"))
    assert (caught.value.line, words in str(caught.value)) == (line, True)


def test_files_that_cannot_be_read(gateway, tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"version: \xff")
    with pytest.raises(ScenarioError, match="not valid UTF-8 at byte 9"):
        gateway.load(tmp_path / "latin.yaml")
    for path in (tmp_path, tmp_path / "missing.yaml", tmp_path / "a\0b"):
        with pytest.raises(ScenarioError, match="cannot be read"):
            gateway.load(path)


def test_yaml_is_read_by_its_core_schema(tmp_path):
    text = "a: [no, on, 0123, 1_000, 2026-11-27, ~, True, -5, 1.5, .5, '5', 0x1f, 1e3, \"~\"]"
    assert read(written(tmp_path, text)).value["a"] == [
        *(
            "no",
            "on",
            123,
            "1_000",
            "2026-11-27",
            None,
            True,
            -5,
            1.5,
            0.5,
            "5",
            "0x1f",
            1000.0,
            "~",
        ),
    ]


def test_all_or_nothing(gateway, wxpay):
    """What comes last is rejected: no merchant, record, fault or time of what came before stays."""
    paid(gateway, wxpay)
    partner = gateway.add_merchant("partner")
    before = everything(gateway)
    scenario = {
        "version": 1,
        "clock": "2031-01-01T10:00:00+08:00",
        "sub_merchants": [{"mchid": "1900000108"}],
        "orders": [ORDER | {"trade_state": "SUCCESS"}],
        "faults": [{"match": "*", "fault": "reset"}],
        "merchants": [
            {"kind": "direct", "mchid": "1900000100"},
            {"kind": "direct", "mchid": partner.mchid},
        ],
    }
    with pytest.raises(ScenarioError, match=r"^merchants\[1\]: mchid .* belongs to merchant"):
        gateway.load(scenario)
    assert everything(gateway) == before
    scenario["merchants"] = []
    scenario["faults"].append({"match": "*", "fault": "reset", "seconds": 1})
    with pytest.raises(ScenarioError, match=r"^faults\[1\]: reset has no option 'seconds'"):
        gateway.load(scenario)
    assert everything(gateway) == before
    with partner.client() as client:
        assert client.v3.certificates.get().verified


def test_once(gateway):
    scenario = {"version": 1, "orders": [ORDER | {"trade_state": "CLOSED"}]}
    gateway.load(scenario, once=True)
    gateway.load(scenario, once=True)
    assert len(gateway.orders()) == 1
    with pytest.raises(ScenarioError, match="ORDER_CLOSED"):
        gateway.load(scenario)


def test_notifications_are_sent_if_they_are_to_be(gateway):
    with NotificationServer() as shop:
        order = ORDER | {"trade_state": "SUCCESS", "notify_url": shop.url}
        gateway.load({"version": 1, "orders": [order], "notifications": "send"})
        shop.take()
        order |= {"out_trade_no": "native-0002", "refunds": [{"out_refund_no": "R", "refund": 1}]}
        order["refunds"][0]["notify_url"] = shop.url
        gateway.load({"version": 1, "orders": [order]})
        gateway.advance(minutes=10)
        (_, body) = shop.take()
        assert json.loads(body)["event_type"] == "REFUND.SUCCESS"
        assert shop.empty


def test_what_came_before_is_not_discarded(gateway, wxpay):
    paid(gateway, wxpay)
    before = len(gateway.notifications())
    gateway.load({"version": 1, "orders": [ORDER | {"trade_state": "SUCCESS"}]})
    assert len(gateway.notifications()) == before == 1


def test_the_control_api(gateway):
    loaded = control(gateway, "scenarios", **read(EXAMPLE).value)
    assert loaded == {"merchants": [gateway.identity.mchid, "1900000100"]}
    status, error = control(gateway, "scenarios", version=1, orders=[{}])
    assert (status, error["error"]) == (400, "orders[0]: out_trade_no is missing")


def test_the_schema_is_valid_and_uses_what_is_checked():
    jsonschema.Draft202012Validator.check_schema(schema())
    rules = [schema()]
    while rules:
        rule = rules.pop()
        assert rule.keys() <= KEYWORDS | ANNOTATIONS
        assert "$ref" not in rule or rule.keys() <= {"$ref", *ANNOTATIONS}
        rules += [*rule.get("properties", {}).values(), *rule.get("$defs", {}).values()]
        rules += [rule["items"]] if "items" in rule else []
    fault = schema()["$defs"]["fault"]["properties"]["fault"]
    assert fault["enum"] == list(NAMES)
    permissions = schema()["$defs"]["permissions"]
    assert permissions["items"]["enum"] == list(PERMISSIONS)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 200) | st.sampled_from(["native-0001", "SUCCESS"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "version",
                    "orders",
                    "out_trade_no",
                    "total",
                    "trade_state",
                    "count",
                    "steps",
                    "bills",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(value=VALUES)
def test_the_check_agrees_with_another_validator(value):
    valid = jsonschema.Draft202012Validator(schema()).is_valid(value)
    try:
        check(Document(value))
    except ScenarioError:
        assert not valid
    else:
        assert valid
