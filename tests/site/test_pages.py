"""A page for everything in the catalogue, and on it what a reader needs."""

from __future__ import annotations

import ast
import html
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from wechatpay_site.examples import calls, response_example
from wechatpay_site.names import anchor, notification_page, operation_page, product_page
from wechatpay_site.operation_page import TABS
from wechatpay_site.operation_page import page as make_page
from wechatpay_site.product_page import notification_index, product_index, tagged
from wechatpay_site.receivers import receivers
from wechatpay_site.renderer import Page, Renderer
from wechatpay_site.tables import rows

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Operation

USER = "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}"
SEEDS = [
    ("GET", "v3/offlineface/face-collections/{collection_id}"),
    ("GET", "v3/offlineface/face-collections"),
    ("GET", USER),
    ("PATCH", USER),
    ("POST", "v2/face/get_wxpayface_authinfo"),
]
LISTS = {"index", "notifications"}
VOID = {"br", "input", "wbr"}


def found(method: str, path: str) -> Operation:
    operation = catalogue.find(method, path)
    assert operation is not None
    return operation


def text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def table_rows(markup: str) -> list[tuple[str, ...]]:
    """Depth, name, mark, type and description of each row, as a reader sees them."""
    read = []
    for attributes, inner in re.findall(r"<tr([^>]*)>(.*?)</tr>", markup):
        cells = re.findall(r"<td>(.*?)</td>", inner)
        if cells:
            name = text("".join(re.findall(r"^<code[^>]*>(.*?)</code>", cells[0])))
            depth = re.search(r"--depth:(\d+)", attributes)
            mark = text(cells[0]).removeprefix(name)
            read.append((depth[1] if depth else "0", name, mark, *map(text, cells[1:])))
    return read


class Balance(HTMLParser):
    """Opened and closed in order, and no id twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_everything_has_a_page(pages: dict[str, Page]) -> None:
    wanted = [
        *map(operation_page, catalogue.operations()),
        *map(notification_page, catalogue.webhooks()),
        *map(product_page, catalogue.products()),
    ]
    assert sorted(wanted) == sorted(pages)


def test_no_file_system_confuses_two_pages(pages: dict[str, Page]) -> None:
    assert len({name.casefold() for name in pages} | LISTS) == len(pages) + len(LISTS)
    for name in pages:
        assert re.fullmatch(r"[\w.-]{1,150}", name, re.ASCII), name


def test_pages_are_well_formed(pages: dict[str, Page]) -> None:
    for page in [*pages.values()][::7]:  # all are made by the same functions
        balance = Balance()
        balance.feed(page.body)
        assert balance.open == [], page.name
        assert len(set(balance.ids)) == len(balance.ids), page.name


def test_links_between_generated_pages_lead_somewhere(
    pages: dict[str, Page], renderer: Renderer
) -> None:
    ids = {name: set(re.findall(r' id="([^"]+)"', page.body)) for name, page in pages.items()}
    ids["index"] = set(re.findall(r' id="([^"]+)"', product_index(renderer)))
    ids["notifications"] = set(re.findall(r' id="([^"]+)"', notification_index(renderer)))
    links = [(page.name, link) for page in pages.values() for link in all_links(page)]
    links += [("index", link) for link in re.findall(r' href="([^"]*)"', product_index(renderer))]
    for name, link in links:
        if link.startswith("https://pay.weixin.qq.com/"):  # the official page
            continue
        path, _, fragment = unquote(html.unescape(link)).partition("#")
        if path.startswith("../"):
            document = path.removeprefix("../").removesuffix(".html")
            assert document in renderer.titles or document == "api/crypto"
            continue
        target = path.removesuffix(".html") or name
        assert target in ids, (name, link)
        assert not fragment or fragment in {html.unescape(each) for each in ids[target]}, link


def all_links(page: Page) -> list[str]:
    context = page.context()
    around = [context[where]["link"] for where in ("prev", "next") if context[where]]
    return [*re.findall(r' href="([^"]*)"', page.body), *around]


def test_every_operation_is_on_its_products_page(pages: dict[str, Page]) -> None:
    for product in catalogue.products():
        listed = re.findall(r'<a href="([^"#]+)\.html"', pages[product_page(product)].body)
        for operation in catalogue.operations(product):
            assert operation_page(operation) in listed


def test_every_product_and_name_is_in_the_list(renderer: Renderer) -> None:
    listed = set(re.findall(r'href="([^"]+)"', product_index(renderer)))
    for product in catalogue.products():
        assert f"{product_page(product)}.html" in listed
        for tag in tagged(product):
            if tag != product:
                assert f"{product_page(product)}.html#{anchor(tag)}" in map(unquote, listed)


def test_every_notification_is_in_the_list(renderer: Renderer) -> None:
    listed = set(re.findall(r'href="([^"]+)\.html"', notification_index(renderer)))
    assert listed == set(map(notification_page, catalogue.webhooks()))


def test_every_operation_has_six_tabs_in_each_set(pages: dict[str, Page]) -> None:
    keys = [*TABS.values()]
    for operation in catalogue.operations():
        body = pages[operation_page(operation)].body
        found_keys = re.findall(r'data-sync-group="call" data-sync-id="([\w-]+)"', body)
        assert len(found_keys) in (6, 12), operation
        assert found_keys == keys * (len(found_keys) // 6), operation


def test_every_member_has_a_row(pages: dict[str, Page]) -> None:
    for operation in catalogue.operations():
        sent = (*operation.variables, *operation.query, *operation.headers, *operation.body)
        wanted = [*rows(sent), *rows(operation.response)]
        read = table_rows(pages[operation_page(operation)].body)
        assert [(str(row.depth), row.member.name) for row in wanted] == [row[:2] for row in read]


def test_shown_python_compiles() -> None:
    for operation in catalogue.operations():
        for _, samples in calls(operation):
            for sample in samples[::5]:  # a sync and an async one
                ast.parse(
                    f"async def page():\n    {sample.code.replace(chr(10), chr(10) + '    ')}"
                )
    for webhook in catalogue.webhooks():
        for receiver in receivers(webhook):
            ast.parse(receiver.code)


@pytest.mark.parametrize(("method", "path"), SEEDS)
def test_a_page_says_where_it_belongs_and_what_is_asked(
    method: str, path: str, pages: dict[str, Page]
) -> None:
    operation = found(method, path)
    page = pages[operation_page(operation)]
    assert page.title == operation.title
    assert f">{operation.title}</span></h1>" in page.body
    assert f'href="{product_page(operation.product)}.html"' in page.body
    line = re.search(r'<div class="wx-line">(.*?)</div>', page.body)
    assert line is not None
    base = operation.base_uri or "https://api.mch.weixin.qq.com/"
    assert text(line[1]) == f"{method}{base}{path.removeprefix('v2/')}"


def test_the_rows_of_the_list_of_collections(pages: dict[str, Page]) -> None:
    page = pages[operation_page(found(*SEEDS[1]))]
    states = "COLLECTION_REQUIRED PHOTO_UPLOADED COMPLETE"
    assert table_rows(page.body) == [
        ("0", "organization_id", "required", "string", "机构ID"),
        ("0", "offset", "", "integer", "列表偏移"),
        ("0", "limit", "", "integer", "资源个数"),
        ("0", "face_collections", "required", "object[]", "重采对象"),
        ("1", "collection_id", "required", "string", "重采ID"),
        ("1", "use_id", "required", "string", "用户ID"),
        ("1", "organization_id", "required", "string", "机构ID"),
        ("1", "collection_state", "required", "string", f"重采状态{states}"),
        ("1", "register_photo_upload_time", "", "string", "注册照上传时间"),
        ("1", "confirm_time", "", "string", "支付用户确认时间"),
    ]
    assert 'title="face_collections.collection_id"' in page.body


def test_the_rows_of_a_changed_user(pages: dict[str, Page]) -> None:
    page = pages[operation_page(found(*SEEDS[3]))]
    sealed = "encrypted · RSAES-OAEP"
    read = table_rows(page.body)
    assert ("0", "user_name", "", "string", f"姓名{sealed}") in read
    assert (
        "0",
        "Wechatpay-Serial",
        "required",
        "string",
        "微信支付公钥ID/平台证书序列号",
    ) in read
    assert ("1", "class_name", "", "string", "班级名") in read
    assert ("0", "phone", "", "string", f"手机号{sealed}") in read
    assert [text(title) for title in re.findall(r"<h3 id=.*?</h3>", page.body)] == [
        "Path ",
        "Headers ",
        "Body application/json",
    ]
    assert "no body" in page.body
    assert 'href="../sensitive.html"' in page.body


def test_flags_are_shown(pages: dict[str, Page]) -> None:
    for operation in catalogue.operations():
        body = pages[operation_page(operation)].body
        assert ("wx-retired" in body) is operation.retired, operation
        assert ("Mutual TLS security=True" in body) is operation.security, operation
        assert ("Uses a separate base URI" in body) is bool(operation.base_uri), operation


def test_short_calls_have_what_is_required_and_no_more() -> None:
    (short_title, short), (_, whole) = calls(found(*SEEDS[1]))
    assert short_title == "required_members"
    assert '"organization_id"' in short[0].code
    assert "offset" not in short[0].code
    assert "offset" in whole[0].code


@pytest.mark.parametrize("index", [0, 2, 3])
def test_there_are_no_short_calls_where_they_would_say_nothing_new(index: int) -> None:
    (only,) = calls(found(*SEEDS[index]))
    assert only[0] == ""


def test_an_object_of_which_all_may_be_left_out_keeps_its_members() -> None:
    optional = {"type": "object", "properties": {"b": {"type": "string"}}}
    properties = {"a": optional, "c": {"type": "string"}}
    schema = {"type": "object", "required": ["a"], "properties": properties}
    content = {"application/json": {"schema": schema}}
    operation = Operation(
        "POST",
        "v3/x",
        {
            "operationId": "x",
            "summary": "x",
            "tags": ["x"],
            "x-wechatpay-chain": "v3.x.post",
            "requestBody": {"content": content},
            "responses": {"204": {}},
        },
    )
    (_, short), _ = calls(operation)
    assert 'json={"a": {"b": "b"}}' in short[0].code


def test_an_answer_is_shown_in_its_own_language() -> None:
    json_text, json_language = response_example(found(*SEEDS[1]), "…")
    xml_text, xml_language = response_example(found(*SEEDS[4]), "…")
    assert (json_language, xml_language) == ("json", "xml")
    assert '"collection_state": "COLLECTION_REQUIRED"' in json_text
    assert "  <return_code>SUCCESS</return_code>\n" in xml_text
    assert response_example(found(*SEEDS[3]), "…") == ("", "")


def test_no_example_shows_what_travels_encrypted() -> None:
    operation = next(
        each
        for each in catalogue.operations()
        if any(row.member.encrypted for row in rows(each.response))
    )
    shown, _ = response_example(operation, "…密文…")
    assert "…密文…" in shown


def test_a_notification_shows_content_and_envelope(pages: dict[str, Page]) -> None:
    webhook = catalogue.webhook("TRANSACTION.SUCCESS")
    assert webhook is not None
    body = pages[notification_page(webhook)].body
    names = [row[1] for row in table_rows(body)]
    assert names.index("out_trade_no") < names.index("Wechatpay-Signature")
    assert names.index("Wechatpay-Signature") < names.index("ciphertext")
    assert "several formats" in body
    assert ("0", "receiver", "required", "object", "分账接收方对象") in table_rows(body)
    assert all(title in body for title in ("直连商户的支付", "服务商的支付", "合单支付"))
    assert 'id="content-partner"' in body
    assert names[-1] == "ciphertext"  # what is in it was shown above
    assert "wxpay.notify(request.headers, await request.body())" in text(body)
    assert text(body).count('notice.resource["out_trade_no"]') == 4


def test_a_notification_of_apiv2_is_read_without_header(pages: dict[str, Page]) -> None:
    webhook = catalogue.webhook("refund-processed", "v2")
    assert webhook is not None
    body = text(pages[notification_page(webhook)].body)
    assert "wxpay.notify_v2(await request.body())" in body
    assert "event_type" not in body
    assert 'notice.resource["out_refund_no"]' in body or 'notice.resource["out_trade_no"]' in body


def test_a_notification_of_apiv2_that_is_signed_and_sealed(pages: dict[str, Page]) -> None:
    webhook = catalogue.webhook("CHECK.SUCCESS", "v2")
    assert webhook is not None
    body = text(pages[notification_page(webhook)].body)
    assert 'if notice.event_type == "CHECK.SUCCESS":' in body
    assert "the decrypted content" in body
    assert "aes.gcm_decrypt" not in body


def test_a_missing_guide_leaves_no_dead_link() -> None:
    renderer = Renderer("en", lambda code, language: "", {"keys": "Keys"})
    page = make_page(found(*SEEDS[3]), renderer, None, None)
    assert "Wrap fields marked" in page.body
    assert "sensitive.html" not in page.body


def test_an_operation_shows_its_errors_and_limits(pages: dict[str, Page]) -> None:
    operation = catalogue.find("POST", "v3/pay/transactions/native")
    assert operation is not None
    body = pages[operation_page(operation)].body
    assert "<code>OUT_TRADE_NO_USED</code> <span>HTTP 403</span>" in body
    assert "≤ 127 characters" in body
