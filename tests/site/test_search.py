"""What the search is given: everything, held short."""

from __future__ import annotations

import json

from wechatpay_site import search
from wechatpay_site.tables import rows

from wechatpay_chain import catalogue

LARGEST = 3_000_000


def test_the_catalogue_is_in_it() -> None:
    data = search.from_catalogue()
    assert len(data["operations"]) == len(catalogue.operations())
    assert len(data["notifications"]) == len(catalogue.webhooks())
    assert len(data["products"]) == len(catalogue.products())


def test_a_chinese_word_needs_no_dictionary() -> None:
    titles = [operation[0] for operation in search.from_catalogue()["operations"]]
    assert {"查询重采请求详情", "查询重采用户列表"} == {
        title for title in titles if "重采" in title
    }


def test_members_are_told_by_number() -> None:
    data = search.from_catalogue()
    operation = catalogue.operations()[0]
    numbers = data["operations"][0][-1]
    words = {data["vocabulary"][number] for number in numbers}
    sent = (*operation.variables, *operation.query, *operation.headers, *operation.body)
    wanted = {
        f"{row.member.name} {row.member.title}".strip()
        for row in rows((*sent, *operation.response))
    }
    assert words == wanted
    assert len(set(data["vocabulary"])) == len(data["vocabulary"])


def test_it_is_a_script_of_one_value() -> None:
    script = search.script([["页", "", "a.html", "</script>"]], [["Stack", "class", "b.html"]])
    head, _, rest = script.partition(" = ")
    assert head == "window.searchData"
    data = json.loads(rest.removesuffix(";\n"))
    assert data["sections"] == [["页", "", "a.html", "</script>"]]
    assert len(script.encode()) < LARGEST
