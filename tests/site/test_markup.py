"""Nothing that the catalogue says can become markup by itself."""

from __future__ import annotations

import pytest
from wechatpay_site.markup import Html, element, join, prose
from wechatpay_site.notification_page import page as notification_page
from wechatpay_site.operation_page import page as operation_page
from wechatpay_site.renderer import Renderer
from wechatpay_site.tables import rows, table
from wechatpay_site.tabs import Tab, tabs

from wechatpay_chain.catalogue import Member, Operation, Webhook

NASTY = '<script>alert("1|2")</script>&\'|'
ESCAPED = "&lt;script&gt;alert(&quot;1|2&quot;)&lt;/script&gt;&amp;&#x27;|"


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", NASTY) == f"<p>{ESCAPED}</p>"
    assert element("p", element("b", "1 < 2")) == "<p><b>1 &lt; 2</b></p>"
    assert join(["<", Html("<br>")], " & ") == "&lt; &amp; <br>"


def test_attributes_are_escaped() -> None:
    assert element("a", href=NASTY) == f'<a href="{ESCAPED}"></a>'


def test_attributes_may_be_left_out_or_have_no_value() -> None:
    made = element("input", type="radio", checked=True, disabled=False, id=None, data_x="1")
    assert made == '<input type="radio" checked data-x="1">'
    assert element("label", for_="a", class_="b") == '<label for="a" class="b"></label>'


def test_prose_has_paragraphs_and_code() -> None:
    assert prose("a `b<` c\n\nd\n") == "<p>a <code>b&lt;</code> c</p><p>d</p>"
    assert prose("") == ""


def nasty_schema(**more: object) -> dict[str, object]:
    return {
        "type": "string",
        "title": NASTY,
        "description": NASTY,
        "enum": [NASTY],
        "default": NASTY,
        **more,
    }


def test_a_table_escapes_all_that_a_member_has(renderer: Renderer) -> None:
    inner = {"type": "object", "properties": {NASTY: nasty_schema(contentMediaType=NASTY)}}
    member = Member(NASTY, {**inner, "title": NASTY}, required=True)
    made = table(renderer, rows([member]), renderer.required)
    assert "<script" not in made
    assert made.count(ESCAPED) >= 6


@pytest.fixture
def nasty_spec() -> dict[str, object]:
    schema = {"type": "object", "required": [NASTY], "properties": {NASTY: nasty_schema()}}
    content = {"application/json": {"schema": schema}}
    return {
        "operationId": "nasty",
        "summary": NASTY,
        "description": NASTY,
        "tags": [NASTY],
        "x-wechatpay-chain": "v3.nasty.post",
        "parameters": [
            {"in": where, "name": NASTY, "description": NASTY, "schema": nasty_schema()}
            for where in ("query", "header")
        ],
        "requestBody": {"content": content},
        "responses": {"200": {"content": content}},
    }


def test_an_operation_escapes_all_that_it_has(
    nasty_spec: dict[str, object], renderer: Renderer
) -> None:
    made = operation_page(Operation("POST", "v3/nasty", nasty_spec), renderer, None, None)
    assert "<script" not in made.body + made.toc
    assert ESCAPED in made.body
    assert ESCAPED in made.toc


def test_a_notification_escapes_all_that_it_has(
    nasty_spec: dict[str, object], renderer: Renderer
) -> None:
    made = notification_page(Webhook("<script>", "v3", nasty_spec), renderer, None, None)
    assert "<script" not in made.body + made.toc
    assert ESCAPED in made.body


def test_the_first_tab_is_open() -> None:
    made = tabs("call", 3, [Tab("a", "A", Html("1")), Tab("b", "B", Html("2"))])
    assert made.count(" checked") == 1
    assert made.index(" checked") < made.index("B")
    assert 'data-sync-group="call" data-sync-id="b"' in made
    assert 'for="call-3-b"' in made
    assert 'id="call-3-b"' in made
