"""The built site in the browser: search, links, tabs, themes, a phone's width."""

from __future__ import annotations

import pytest

from tests.browser.page import LEGIBLE, PHONE
from tests.site.site_page import SitePage

pytestmark = pytest.mark.site

COLLECTIONS = "zh/reference/get_v3_offlineface_face_collections.html"
COLLECTION = "zh/reference/get_v3_offlineface_face_collections_collection_id.html"
USER = (
    "zh/reference/patch_v3_offlinefacemch_organizations_organization_id"
    "_users_out_user_id_out_user_id.html"
)
AUTHINFO = "zh/reference/post_v2_face_get_wxpayface_authinfo.html"


def test_a_chinese_word_is_found_and_a_tab_chosen_once_for_all(site: SitePage) -> None:
    assert set(site.search("重采")) == {"查询重采请求详情", "查询重采用户列表"}
    site.screenshot("search")
    site.follow_link("查询重采用户列表")
    assert site.driver.current_url.endswith(COLLECTIONS)
    assert site.selected_tabs() == ["属性", "属性"]

    site.all("label[data-sync-id=chain-async]")[0].click()
    assert site.selected_tabs() == ["异步 chain()", "异步 chain()"]
    contents = site.visible_tab_contents()
    assert [code.split("(")[0] for code in contents] == ["response = await wxpay.chain"] * 2
    site.screenshot("operation")

    site.open(USER)
    assert site.selected_tabs() == ["异步 chain()"]
    site.open(AUTHINFO)
    assert site.selected_tabs() == ["异步 chain()"] * 2
    site.all("label[data-sync-id=bracket]")[1].click()
    assert site.selected_tabs() == ["方括号"] * 2
    site.driver.back()
    site.driver.refresh()
    assert site.selected_tabs() == ["方括号"]


def test_tabs_turn_with_the_keyboard(site: SitePage) -> None:
    from selenium.webdriver.common.keys import Keys

    site.open(COLLECTIONS)
    site.run("document.getElementById('call-0-attribute').focus()")
    site.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert site.selected_tabs() == ["chain()", "chain()"]


@pytest.mark.parametrize(
    ("words", "among_the_first"),
    [
        ("face-collections", "查询重采用户列表"),
        ("faceCollections", "查询重采用户列表"),
        ("wxpay.v3.offlineface.faceCollections", "查询重采用户列表"),
        ("v3/refund/domestic/refunds", "申请退款"),
        ("refund", "v3/refund"),
        ("查询重采列表", "查询重采用户列表"),
        ("重采 详情", "查询重采请求详情"),
        ("register_photo_upload_time", "查询重采请求详情"),
        ("TRANSACTION.SUCCESS", "支付成功(TRANSACTION.SUCCESS)通知"),
        ("敏感信息", "敏感信息"),
        ("SignatureError", "SignatureError"),
        ("WECHATPAY/SIGNTEST", "回调通知"),
    ],
)
def test_words_and_paths_are_found(words: str, among_the_first: str, site: SitePage) -> None:
    assert among_the_first in site.search(words)[:6]


@pytest.mark.parametrize(
    ("words", "among_the_first"),
    [
        ("face-collections", "查询重采用户列表"),
        ("退款", "退款申请"),
        ("Sensitive fields", "Sensitive fields"),
        ("SignatureError", "SignatureError"),
        ("WECHATPAY/SIGNTEST", "Notifications"),
    ],
)
def test_the_english_tree_has_a_search_of_its_own(
    words: str, among_the_first: str, site: SitePage
) -> None:
    site.open("index.html")
    assert among_the_first in site.search(words)[:6]
    assert "/zh/" not in site.driver.current_url
    assert site.all(".wx-kinds button")[0].text.startswith("All")


def test_the_switch_stays_on_the_page_and_at_its_place(site: SitePage) -> None:
    site.open(f"{COLLECTIONS}#response")
    site.first(".wx-switch").click()
    site.wait_until(lambda: "/zh/" not in site.driver.current_url)
    english = f"{COLLECTIONS.removeprefix('zh/')}#response"
    assert site.driver.current_url == f"{site.origin}/{english}"
    assert site.first("#request").text.startswith("Request")
    site.first(".wx-switch").click()
    site.wait_until(lambda: "/zh/" in site.driver.current_url)
    assert site.driver.current_url == f"{site.origin}/{COLLECTIONS}#response"
    assert site.first("#request").text.startswith("请求")


def test_the_switch_keeps_what_is_searched_for(site: SitePage) -> None:
    site.open("search.html?q=refund")
    site.first(".wx-switch").click()
    site.wait_until(lambda: "/zh/" in site.driver.current_url)
    assert site.driver.current_url.endswith("zh/search.html?q=refund")
    assert site.first("h1").text == "搜索"


def test_a_whole_path_or_event_comes_first(site: SitePage) -> None:
    assert site.search("v3/refund/domestic/refunds")[0] == "申请退款"
    assert site.search("refund.success")[0] == "退款成功(REFUND.SUCCESS)通知"


def test_the_search_follows_what_is_typed(site: SitePage) -> None:
    site.open("zh/search.html?q=退款&kind=guide")
    guides = site.results()
    assert guides
    assert site.all(".wx-results .wx-method") == []
    site.all(".wx-kinds button")[1].click()
    assert site.all(".wx-results .wx-method")
    field = site.first("#search .wx-filter")
    field.clear()
    field.send_keys("no such thing")
    assert site.results() == []
    assert "没有找到" in site.first(".wx-hint").text
    field.clear()
    field.send_keys("<b>")
    assert site.all(".wx-results b") == []


def test_the_search_shows_more_when_asked(site: SitePage) -> None:
    site.open("zh/search.html?q=查询")
    assert len(site.results()) == 30
    site.first(".wx-more").send_keys("\n")  # a click would miss it while the page still scrolls
    assert len(site.results()) == 60


def test_the_way_to_an_operation_through_its_product(site: SitePage) -> None:
    site.open("zh/index.html")
    site.follow_link("接口")
    site.first(".wx-filter").send_keys("合单 combine")
    visible = [item.text for item in site.all(".wx-products > li") if item.is_displayed()]
    assert len(visible) == 1
    assert visible[0].startswith("v3/combine-transactions")
    site.screenshot("products")
    site.follow_link("v3/combine-transactions")
    site.all(".wx-list a")[0].click()
    site.wait_until(lambda: site.all(".wx-line"))
    assert [link.text for link in site.all(".wx-breadcrumb a")] == [
        "接口",
        "v3/combine-transactions",
        "合单支付",
    ]
    site.all(".wx-breadcrumb a")[2].click()
    site.wait_until(lambda: site.all(".wx-list"))
    assert site.run("return document.querySelector(':target').textContent").startswith("合单支付")


PLACES = ["h1", ".wx-members code", ".wx-required", ".wx-chip", ".wx-method", ".wx-line var"]
PLACES += [
    ".wx-members td:nth-child(2)",
    ".wx-base",
    ".sd-tab-label",
    ".wx-encrypted",
    ".wx-notes a",
]


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_all_is_legible_by_day_and_by_night(scheme: str, is_dark: bool, site: SitePage) -> None:
    site.color_scheme(scheme)
    site.open(USER)
    for place in PLACES:
        ratio, brightness = site.contrast(place)
        assert ratio >= LEGIBLE, (place, ratio)
        assert (brightness < 0.2) is is_dark, place
    site.screenshot(f"operation-{scheme}")


def test_the_chosen_theme_goes_before_the_systems(site: SitePage) -> None:
    site.run("localStorage.setItem('theme', 'dark')")
    site.open(USER)
    assert site.contrast(".wx-members code")[1] < 0.2
    assert site.contrast(".wx-method")[0] >= LEGIBLE
    site.run("localStorage.setItem('theme', 'light')")
    site.color_scheme("dark")
    site.open(USER)
    assert site.contrast(".wx-members code")[1] > 0.8
    assert site.contrast(".wx-method")[0] >= LEGIBLE


@pytest.mark.parametrize(
    "path",
    [
        COLLECTIONS,
        COLLECTION,
        USER,
        AUTHINFO,
        "reference/post_v3_marketing_partner_product_coupon_product_coupons.html",
        "reference/notification-v3-transaction.success.html",
        "reference/index.html",
        "reference/notifications.html",
        "reference/v3-marketing.html",
        "search.html?q=refund",
        "index.html",
        "zh/options.html",
        "zh/index.html",
        "api/client.html",
    ],
)
def test_a_phone_needs_no_sideways_scrolling(path: str, site: SitePage) -> None:
    site.resize(*PHONE)
    site.open(path)
    assert site.width() <= PHONE[0]
    site.screenshot(f"phone-{path.partition('.')[0].replace('/', '-')[:60]}")


def test_a_screenshot_shows_something(site: SitePage) -> None:
    site.open(COLLECTION)
    shot = site.screenshot("collection")
    assert shot.startswith(b"\x89PNG")
    assert len(shot) > 30_000  # an empty page of this size takes a tenth


def test_nothing_is_fetched_from_elsewhere(site: SitePage) -> None:
    for path in (COLLECTION, "index.html", "search.html?q=重采", "api/client.html"):
        site.open(path)
        fetched = site.run("return performance.getEntriesByType('resource').map((e) => e.name)")
        assert fetched
        assert [url for url in fetched if not url.startswith((site.origin, "data:"))] == []
