"""A reader with a browser: searches, follows, chooses a tab, turns the light off, takes a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.site.conftest import BUILT

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.site

SHOTS = BUILT.parent / "screenshots"
COLLECTIONS = "reference/get_v3_offlineface_face_collections.html"
COLLECTION = "reference/get_v3_offlineface_face_collections_collection_id.html"
USER = (
    "reference/patch_v3_offlinefacemch_organizations_organization_id"
    "_users_out_user_id_out_user_id.html"
)
AUTHINFO = "reference/post_v2_face_get_wxpayface_authinfo.html"
PHONE = (390, 844)
DESKTOP = (1440, 1000)
LEGIBLE = 4.5
"""The contrast that WCAG 2 asks for (success criterion 1.4.3)."""

CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const over = ([r, g, b, a], below) =>
  [r, g, b].map((value, index) => (value * a + below[index] * (255 - a)) / 255);
const luminance = (colour) => {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const element = document.querySelector(arguments[0]);
const layers = [];
for (let each = element; each; each = each.parentElement)
  layers.unshift(rgba(getComputedStyle(each).backgroundColor));
const back = layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
const text = over(rgba(getComputedStyle(element).color), back);
const [light, dark] = [luminance(text), luminance(back)].sort((a, b) => b - a);
return [(light + 0.05) / (dark + 0.05), luminance(back)];
"""


class Reader:
    """What a reader does and sees."""

    def __init__(self, driver: Chrome, origin: str) -> None:
        self.driver = driver
        self.origin = origin
        self.size(*DESKTOP)
        self.system("light")
        self.open("index.html")
        self.run("localStorage.clear()")

    def open(self, path: str) -> None:
        self.driver.get(f"{self.origin}/{path}")

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def system(self, scheme: str) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        from selenium.webdriver.common.by import By

        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> Any:
        found = self.all(selector)
        assert found, selector
        return found[0]

    def until(self, true: Callable[[], Any]) -> Any:
        from selenium.webdriver.support.wait import WebDriverWait

        return WebDriverWait(self.driver, 10).until(lambda _: true())

    def search(self, words: str) -> list[str]:
        """Titles of the results, best first; asked in the field that is on every page."""
        from selenium.webdriver.common.keys import Keys

        field = self.one(".sidebar-search")
        field.clear()
        field.send_keys(words, Keys.ENTER)
        self.until(lambda: "/search.html" in self.driver.current_url and self.all(".wx-results"))
        self.until(lambda: self.one("#search .wx-filter").get_property("value") == words)
        return self.results()

    def results(self) -> list[str]:
        return [link.text for link in self.all(".wx-results a")]

    def follow(self, title: str) -> None:
        from selenium.webdriver.common.by import By

        self.driver.find_element(By.LINK_TEXT, title).click()
        self.until(lambda: self.one("h1").text.startswith(title))

    def chosen(self) -> list[str]:
        """The open tab of each set on the page."""
        return [
            label.text
            for label in self.all(".sd-tab-set > input:checked + label[data-sync-group=call]")
        ]

    def shown(self) -> list[str]:
        return [each.text for each in self.all(".sd-tab-content") if each.is_displayed()]

    def width(self) -> int:
        script = "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
        return int(self.run(script))

    def contrast(self, selector: str) -> tuple[float, float]:
        """Of the text to what is behind it; and how bright that is, from 0 to 1."""
        ratio, brightness = self.run(CONTRAST, selector)
        return float(ratio), float(brightness)

    def shoot(self, name: str) -> Path:
        SHOTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(SHOTS / f"{name}.png"))
        return SHOTS / f"{name}.png"


@pytest.fixture
def reader(chromium: Chrome, origin: str) -> Iterator[Reader]:
    reader = Reader(chromium, origin)
    chromium.get_log("browser")
    yield reader
    complaints = [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert complaints == []


def test_a_chinese_word_is_found_and_a_tab_chosen_once_for_all(reader: Reader) -> None:
    assert set(reader.search("重采")) == {"查询重采请求详情", "查询重采用户列表"}
    reader.shoot("search")
    reader.follow("查询重采用户列表")
    assert reader.driver.current_url.endswith(COLLECTIONS)
    assert reader.chosen() == ["属性 attribute", "属性 attribute"]

    reader.all("label[data-sync-id=chain-async]")[0].click()
    assert reader.chosen() == ["async chain()", "async chain()"]
    assert [code.split("(")[0] for code in reader.shown()] == ["response = await wxpay.chain"] * 2
    reader.shoot("operation")

    reader.open(USER)
    assert reader.chosen() == ["async chain()"]
    reader.open(AUTHINFO)
    assert reader.chosen() == ["async chain()"] * 2
    reader.all("label[data-sync-id=bracket]")[1].click()
    assert reader.chosen() == ["下标 [ ]"] * 2
    reader.driver.back()
    reader.driver.refresh()
    assert reader.chosen() == ["下标 [ ]"]


def test_tabs_turn_with_the_keyboard(reader: Reader) -> None:
    from selenium.webdriver.common.keys import Keys

    reader.open(COLLECTIONS)
    reader.run("document.getElementById('call-0-attribute').focus()")
    reader.driver.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert reader.chosen() == ["chain()", "chain()"]


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
        ("Sensitive fields", "Sensitive fields"),
        ("SignatureError", "SignatureError"),
        ("WECHATPAY/SIGNTEST", "Notifications"),
    ],
)
def test_words_and_paths_are_found(words: str, among_the_first: str, reader: Reader) -> None:
    assert among_the_first in reader.search(words)[:6]


def test_a_whole_path_or_event_comes_first(reader: Reader) -> None:
    assert reader.search("v3/refund/domestic/refunds")[0] == "申请退款"
    assert reader.search("refund.success")[0] == "退款成功(REFUND.SUCCESS)通知"


def test_the_search_follows_what_is_typed(reader: Reader) -> None:
    reader.open("search.html?q=退款&kind=guide")
    guides = reader.results()
    assert guides
    assert reader.all(".wx-results .wx-method") == []
    reader.all(".wx-kinds button")[1].click()
    assert reader.all(".wx-results .wx-method")
    field = reader.one("#search .wx-filter")
    field.clear()
    field.send_keys("no such thing")
    assert reader.results() == []
    assert "Nothing was found" in reader.one(".wx-hint").text
    field.clear()
    field.send_keys("<b>")
    assert reader.all(".wx-results b") == []


def test_the_search_shows_more_when_asked(reader: Reader) -> None:
    reader.open("search.html?q=查询")
    assert len(reader.results()) == 30
    reader.one(".wx-more").send_keys("\n")  # a click would miss it while the page still scrolls
    assert len(reader.results()) == 60


def test_the_way_to_an_operation_through_its_product(reader: Reader) -> None:
    reader.open("index.html")
    reader.follow("接口 API")
    reader.one(".wx-filter").send_keys("合单 combine")
    visible = [item.text for item in reader.all(".wx-products > li") if item.is_displayed()]
    assert len(visible) == 1
    assert visible[0].startswith("v3/combine-transactions")
    reader.shoot("products")
    reader.follow("v3/combine-transactions")
    reader.all(".wx-list a")[0].click()
    reader.until(lambda: reader.all(".wx-line"))
    assert [link.text for link in reader.all(".wx-breadcrumb a")] == [
        "接口 API",
        "v3/combine-transactions",
        "合单支付",
    ]
    reader.all(".wx-breadcrumb a")[2].click()
    reader.until(lambda: reader.all(".wx-list"))
    assert reader.run("return document.querySelector(':target').textContent").startswith("合单支付")


PLACES = ["h1", ".wx-members code", ".wx-required", ".wx-chip", ".wx-method", ".wx-line var"]
PLACES += [
    ".wx-members td:nth-child(2)",
    ".wx-base",
    ".sd-tab-label",
    ".wx-encrypted",
    ".wx-notes a",
]


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_all_is_legible_by_day_and_by_night(scheme: str, is_dark: bool, reader: Reader) -> None:
    reader.system(scheme)
    reader.open(USER)
    for place in PLACES:
        ratio, brightness = reader.contrast(place)
        assert ratio >= LEGIBLE, (place, ratio)
        assert (brightness < 0.2) is is_dark, place
    reader.shoot(f"operation-{scheme}")


def test_a_reader_may_want_it_dark_whatever_the_system_says(reader: Reader) -> None:
    reader.run("localStorage.setItem('theme', 'dark')")
    reader.open(USER)
    assert reader.contrast(".wx-members code")[1] < 0.2
    assert reader.contrast(".wx-method")[0] >= LEGIBLE
    reader.run("localStorage.setItem('theme', 'light')")
    reader.system("dark")
    reader.open(USER)
    assert reader.contrast(".wx-members code")[1] > 0.8
    assert reader.contrast(".wx-method")[0] >= LEGIBLE


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
        "api/client.html",
    ],
)
def test_a_phone_needs_no_sideways_scrolling(path: str, reader: Reader) -> None:
    reader.size(*PHONE)
    reader.open(path)
    assert reader.width() <= PHONE[0]
    reader.shoot(f"phone-{path.partition('.')[0].replace('/', '-')[:60]}")


def test_a_screenshot_shows_something(reader: Reader) -> None:
    reader.open(COLLECTION)
    shot = reader.shoot("collection").read_bytes()
    assert shot.startswith(b"\x89PNG")
    assert len(shot) > 30_000  # an empty page of this size takes a tenth


def test_nothing_is_fetched_from_elsewhere(reader: Reader) -> None:
    for path in (COLLECTION, "index.html", "search.html?q=重采", "api/client.html"):
        reader.open(path)
        fetched = reader.run("return performance.getEntriesByType('resource').map((e) => e.name)")
        assert fetched
        assert [url for url in fetched if not url.startswith((reader.origin, "data:"))] == []
