"""`ops tree`: the products, and the paths below one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.support import data, failed, lines, run
from wechatpay_chain import catalogue


def test_a_product() -> None:
    assert lines("ops", "tree", "v3/offlineface") == [
        "v3/offlineface  8 operations",
        "├── authinfo  POST 获取authinfo接口",
        "├── contracts",
        "│   ├── presign  POST 预签约接口",
        "│   └── {contract_id}  GET 签约查询接口",
        "├── face-collections  GET 查询重采用户列表",
        "│   └── {collection_id}  GET 查询重采请求详情",
        "├── repayment-url  POST 获取还款链接接口",
        "└── transactions  POST 申请扣款接口",
        "    └── out-trade-no",
        "        └── {out_trade_no}  GET 查单接口",
    ]


def test_below_a_product() -> None:
    found = lines("ops", "tree", "/v3/offlineface/transactions/")
    assert found[0] == "v3/offlineface/transactions  POST 申请扣款接口  1 more"
    assert found[1:] == ["└── out-trade-no", "    └── {out_trade_no}  GET 查单接口"]


def test_a_value_stands_for_its_variable() -> None:
    found = lines("ops", "tree", "v3/merchant-service/complaints-v2/42")
    assert found[0].startswith("v3/merchant-service/complaints-v2/{complaint_id}  GET ")


def test_a_value_may_stand_for_several_variables() -> None:
    found = "\n".join(lines("ops", "tree", "v3/apply4subject/applyment/42"))
    assert found.startswith("v3/apply4subject/applyment/42  2 operations\n")
    assert "cancel  POST 撤销商户开户意愿申请单  POST 撤销商户开户意愿申请单" in found


def test_what_is_literal_is_no_value() -> None:
    found = lines("ops", "tree", "v3/offlineface/contracts/presign")
    assert found == ["v3/offlineface/contracts/presign  POST 预签约接口"]


def test_a_depth_is_kept_and_what_is_cut_is_counted() -> None:
    assert lines("ops", "tree", "v3/offlineface", "--depth", "1") == [
        "v3/offlineface  8 operations",
        "├── authinfo  POST 获取authinfo接口",
        "├── contracts  2 operations",
        "├── face-collections  GET 查询重采用户列表  1 more",
        "├── repayment-url  POST 获取还款链接接口",
        "└── transactions  POST 申请扣款接口  1 more",
    ]


def test_a_path_that_ends_in_a_slash() -> None:
    assert "/  POST 提交申请单" in "\n".join(lines("ops", "tree", "v3/applyment4sub"))


@pytest.mark.parametrize("protocol", ["v2", "v3", ""])
def test_the_products_are_listed(protocol: str) -> None:
    rows = [line.split("\t") for line in lines("ops", "tree", protocol)]
    expected = [name for name in catalogue.products() if name.startswith(protocol)]
    assert sorted(row[0] for row in rows) == sorted(expected)
    assert all(int(row[1]) == len(catalogue.operations(row[0])) for row in rows)


def test_a_product_without_a_name_shows_some_titles() -> None:
    holds = {row[0]: row[2] for row in (line.split("\t") for line in lines("ops", "tree"))}
    assert holds["v3/bill"] == "账单"
    assert holds["v3/offlineface"] == "获取authinfo接口, 预签约接口, …"
    assert holds["v2/billcommentsp"] == "拉取订单评价数据"


def test_depth_draws_the_root_as_well() -> None:
    found = lines("ops", "tree", "--depth", "1")
    assert found[0] == f"WeChat Pay  {len(catalogue.operations())} operations"
    assert [line.split()[1] for line in found[1:]] == ["v2", "v3"]


def nodes(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield record
    for child in record["children"]:
        yield from nodes(child)


def test_json_is_the_tree() -> None:
    record = data("ops", "tree", "v3/offlineface")
    assert record.keys() == {"path", "count", "operations", "children"}
    assert record["count"] == 8
    here = {
        (each["method"], each["path"], node["path"])
        for node in nodes(record)
        for each in node["operations"]
    }
    assert here == {
        (each.method, each.path, each.path) for each in catalogue.operations("v3/offlineface")
    }


def test_json_of_everything_goes_down_to_the_products() -> None:
    record = data("ops", "tree")
    assert record["path"] == ""
    assert record["count"] == len(catalogue.operations())
    products = [product for protocol in record["children"] for product in protocol["children"]]
    assert sorted(product["path"] for product in products) == sorted(catalogue.products())
    assert all(product["children"] == [] for product in products)
    assert data("ops", "tree", "--depth", "1")["children"][0]["children"] == []


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("v3/offlinefac", "Did you mean v3/offlineface, v3/offlinefacemch?"),
        ("refund", "Did you mean v3/refund"),
        ("xqzzw", "To list the products: wechatpay-chain ops tree"),
        ("v3/pay/transaction", "Did you mean v3/pay/transactions?"),
        ("v3/pay/xqzzw", "Below v3/pay: acquiring-bank, instal, partner, transactions\n"),
        ("v3/pay/xqzzw/yy/zz", "Below v3/pay: "),
        ("v3/global/xqzzw", ", …\n"),
        ("v3/pay/transactions/native/x", "v3/pay/transactions/native is an operation without"),
    ],
)
def test_what_does_not_exist(path: str, hint: str) -> None:
    message = failed("ops", "tree", path)
    assert f"no path begins with '{path}'" in message
    assert hint in message


def test_a_depth_of_nothing_is_a_usage_error() -> None:
    assert "--depth" in failed("ops", "tree", "v3/pay", "--depth", "0", code=2)


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.text(max_size=30), st.text("v23/pay.{}", max_size=12)))
def test_no_path_crashes_it(path: str) -> None:
    assert run("ops", "tree", "--", path).exit_code in (0, 1, 2)
