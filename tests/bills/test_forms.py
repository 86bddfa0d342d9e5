"""The forms of bills, and the rows that they are read as."""

from __future__ import annotations

import dataclasses
import datetime
import pickle
from decimal import Decimal

import pytest

from wechatpay_chain.bills.forms import FORMS, ColumnType, Form, normal_heading, trade
from wechatpay_chain.bills.rows import ROWS, Extra, TradeRow

TYPES = {
    ColumnType.TEXT: "str",
    ColumnType.ID: "str",
    ColumnType.TIME: "datetime.datetime",
    ColumnType.AMOUNT: "int",
    ColumnType.FEE: "Decimal",
    ColumnType.RATE: "Decimal",
    ColumnType.MONEY: "Decimal",
    ColumnType.NUMBER: "Decimal",
}
CHINA = datetime.timezone(datetime.timedelta(hours=8))
ROW = TradeRow(
    trade_time=datetime.datetime(2026, 11, 25, 10, tzinfo=CHINA),
    mchid="1900000109",
    transaction_id="4200000001",
    out_trade_no="A-1",
    openid="oUpF8uMuAJO",
    trade_state="SUCCESS",
    currency="CNY",
    settlement_total=100,
    description="tea, green",
    fee=Decimal("0.600"),
    total=100,
    extra=Extra([("门店", "A 1")]),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.kind}-{form.type}")
def test_every_column_of_a_form_is_a_field_of_its_row(form: Form) -> None:
    fields = {each.name: each for each in dataclasses.fields(ROWS[form.kind])}
    for column in form.columns:
        field = fields[column.name]
        kind = TYPES[column.type]
        assert field.type == (kind if column.required else f"{kind} | None")
        names = (column.heading, *column.aliases)
        official = field.metadata["column"]
        assert official in names or column.heading in trade_aliases() or form.type == ""
    for total in form.totals:
        assert not total.of or total.of in fields
    for target, source in form.copies:
        assert {target, source} <= fields.keys()


def trade_aliases() -> set[str]:
    return {alias for column in trade.ALL.columns for alias in column.aliases}


@pytest.mark.parametrize("kind", ROWS)
def test_every_field_of_a_row_is_a_column_of_a_form(kind: str) -> None:
    columns = {column.name for form in FORMS if form.kind == kind for column in form.columns}
    fields = {field.name for field in dataclasses.fields(ROWS[kind])}
    assert fields == columns | {"extra"}


def test_the_forms_are_what_the_documents_say() -> None:
    assert trade.ALL.header == (
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
        "付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,"
        "退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
    )
    assert trade.SUCCESS.header == (
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
        "付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注"
    )
    assert trade.REFUND.header == (
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
        "付款银行,货币种类,应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,"
        "退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,"
        "申请退款金额,费率备注"
    )
    assert (
        trade.ALL.summary_header
        == trade.REFUND.summary_header
        == (
            "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
        )
    )
    assert trade.SUCCESS.summary_header == "总交易单数,应结订单总金额,手续费总金额,订单总金额"
    assert trade.OLD_ALL.header == (
        "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
        "付款银行,货币种类,总金额,企业红包金额,微信退款单号,商户退款单号,退款金额,企业红包退款金额,"
        "退款类型,退款状态,商品名称,商户数据包,手续费,费率"
    )
    assert trade.OLD_ALL.summary_header == (
        "总交易单数,总交易额,总退款金额,总企业红包退款金额,手续费总金额"
    )
    assert dict(trade.OLD_SUCCESS.copies) == {"total": "settlement_total"}
    assert dict(trade.OLD_ALL.copies) == {
        "total": "settlement_total",
        "refund_requested": "refund",
    }


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.kind}-{form.type}")
def test_a_heading_is_one_column(form: Form) -> None:
    headings = [
        normal_heading(heading)
        for column in form.columns
        for heading in (column.heading, *column.aliases)
    ]
    assert len(headings) == len(set(headings))
    assert normal_heading("`收支金额（元） ") == normal_heading("收支金额(元)")


def test_rows_are_values() -> None:
    again = pickle.loads(pickle.dumps(ROW))
    assert again == ROW
    assert hash(again) == hash(ROW)
    assert dataclasses.replace(ROW, total=1) != ROW
    assert not hasattr(ROW, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        ROW.total = 5  # type: ignore[misc]


def test_repr_shows_numbers_but_nobodys_data() -> None:
    assert "A-1" in repr(ROW)
    assert "total=100" in repr(ROW)
    for private in ("oUpF8uMuAJO", "tea", "A 1"):
        assert private not in repr(ROW)
        assert private not in repr(ROW.extra)


def test_extra_is_a_mapping_that_stays_as_it_is() -> None:
    assert dict(ROW.extra) == {"门店": "A 1"}
    assert ROW.extra == {"门店": "A 1"}
    assert "门店" in repr(ROW.extra)
    with pytest.raises(KeyError):
        ROW.extra["门店号"]
    assert len(Extra()) == 0
