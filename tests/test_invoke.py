"""Launch parameters: the names that each client expects, and signatures that verify."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support import MCHID, SECRET
from wechatpay_chain import ConfigurationError
from wechatpay_chain.crypto import digest, rsa
from wechatpay_chain.messages import canonical


@pytest.fixture
def invoke(keys):
    return keys.client().invoke


def v2_sign(kind, fields):
    return digest.sign(kind, canonical.fields(fields), SECRET)


def test_jsapi_and_miniprogram(keys, invoke):
    for make in (invoke.jsapi, invoke.miniprogram):
        given = make(appid="wx8888888888888888", prepay_id="up_wx2121")
        assert list(given) == ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]
        assert given["package"] == "prepay_id=up_wx2121"
        assert given["signType"] == "RSA"
        message = "".join(f"{given[n]}\n" for n in ("appId", "timeStamp", "nonceStr", "package"))
        assert rsa.verify(message, given["paySign"], keys.merchant.public_key())


@pytest.mark.parametrize("kind", ["MD5", "HMAC-SHA256"])
def test_jsapi_the_v2_way(invoke, kind):
    given = invoke.jsapi(appid="wx1", prepay_id="wx2121", sign_type=kind)
    sign = given.pop("paySign")
    assert given["signType"] == kind
    assert sign == v2_sign(kind, given)


def test_app(keys, invoke):
    given = invoke.app(appid="wx1", prepay_id="wx2121")
    assert given["partnerid"] == MCHID
    assert given["package"] == "Sign=WXPay"
    message = "".join(f"{given[n]}\n" for n in ("appid", "timestamp", "noncestr", "prepayid"))
    assert rsa.verify(message, given["sign"], keys.merchant.public_key())


def test_app_the_v2_way_for_another_merchant(invoke):
    given = invoke.app(appid="wx1", prepay_id="wx2121", partnerid="1900000200", sign_type="MD5")
    sign = given.pop("sign")
    assert given["partnerid"] == "1900000200"
    assert sign == v2_sign("MD5", given)


@pytest.mark.parametrize(
    ("make", "business_type", "names"),
    [
        (
            lambda i: i.payscore_enable(service_id="500001", out_request_no="1234"),
            "wxpayScoreEnable",
            {"service_id", "out_request_no"},
        ),
        (lambda i: i.payscore_use(package="AAQ+/=="), "wxpayScoreUse", {"package"}),
        (
            lambda i: i.payscore_detail(service_id="500001", out_order_no="1234"),
            "wxpayScoreDetail",
            {"service_id", "out_order_no"},
        ),
    ],
)
def test_payscore(invoke, make, business_type, names):
    given = make(invoke)
    assert given["businessType"] == business_type
    query = dict(parse_qsl(given["queryString"], strict_parsing=True))
    common = {"mch_id", "timestamp", "nonce_str", "sign_type", "sign"}
    assert set(query) == names | common
    assert query["sign_type"] == "HMAC-SHA256"
    sign = query.pop("sign")
    assert sign == v2_sign("HMAC-SHA256", query)


def test_coupons_for_a_mini_program(invoke):
    coupons = [
        {"stock_id": "98065001", "out_request_no": "8956"},
        {"stock_id": "98065002", "out_request_no": "8957", "coupon_code": "C1"},
    ]
    given = invoke.coupons(coupons)
    assert given["send_coupon_params"] == coupons
    assert given["send_coupon_merchant"] == MCHID
    text = (
        "coupon_code1=C1&out_request_no0=8956&out_request_no1=8957"
        f"&send_coupon_merchant={MCHID}&stock_id0=98065001&stock_id1=98065002"
    )
    assert given["sign"] == digest.sign("HMAC-SHA256", text, SECRET)
    with pytest.raises(ConfigurationError, match="0 coupons"):
        invoke.coupons([])
    with pytest.raises(ConfigurationError, match="11 coupons"):
        invoke.coupons(coupons[:1] * 11)


@pytest.mark.parametrize("code", [None, "C1"])
def test_a_coupon_page(invoke, code):
    link = invoke.coupon_link(
        stock_id="1", out_request_no="2", open_id="o+/=", send_coupon_merchant="9", coupon_code=code
    )
    parts = urlsplit(link)
    assert link.startswith("https://action.weixin.qq.com/busifavor/getcouponinfo?")
    assert parts.fragment == "wechat_redirect"
    query = dict(parse_qsl(parts.query, strict_parsing=True))
    assert query.get("coupon_code") == code
    assert query["open_id"] == "o+/="
    sign = query.pop("sign")
    assert sign == v2_sign("HMAC-SHA256", query)


def test_a_red_packet(invoke):
    given = invoke.redpacket(appid="wx1", package="sendid=242e&ver=8")
    assert given["package"] == "sendid%3D242e%26ver%3D8"
    assert given["signType"] == "MD5"
    fields = {name: given[name] for name in ("timeStamp", "nonceStr", "package")}
    assert given["paySign"] == v2_sign("MD5", {**fields, "appId": "wx1"}).lower()


def test_what_is_missing_is_named(keys):
    v2 = keys.client(private_key=None, serial=None).invoke
    with pytest.raises(ConfigurationError, match="private_key and serial are missing"):
        v2.jsapi(appid="wx1", prepay_id="1")
    v3 = keys.client(secret=None).invoke
    with pytest.raises(ConfigurationError, match="secret is missing"):
        v3.redpacket(appid="wx1", package="1")


def test_a_transfer_is_confirmed(invoke):
    """`package_info` is what proves it; a mini program and JSAPI take the same members."""
    given = invoke.transfer(appid="wx1", package="affff+/==")
    assert given == {"mchId": MCHID, "appId": "wx1", "package": "affff+/=="}
    given = invoke.transfer(
        appid="wx1", package="p", sub_mchid="1900000200", sub_appid="wx2", openid="o1"
    )
    assert given == {
        "mchId": MCHID,
        "appId": "wx1",
        "package": "p",
        "subMchId": "1900000200",
        "subAppId": "wx2",
        "openId": "o1",
    }


def test_a_transfer_is_confirmed_in_an_app(invoke):
    given = invoke.transfer_app(appid="wx8888888888888888", package="affffddafdfafddffda==")
    assert given == {
        "businessType": "requestMerchantTransfer",
        "query": f"mchId={MCHID}&appId=wx8888888888888888&package=affffddafdfafddffda%3D%3D",
    }
    given = invoke.transfer_app(appid="wx1", package="p", sub_mchid="19", sub_appid="wx2")
    assert given["query"] == f"mchId={MCHID}&appId=wx1&package=p&subMchId=19&subAppId=wx2"


def test_a_permission_of_pay_score(invoke):
    assert invoke.payscore_permissions(apply_permissions_token="AAQ+/==") == {
        "businessType": "wxpayScoreEnable",
        "queryString": "apply_permissions_token=AAQ%2B%2F%3D%3D",
    }


@pytest.mark.parametrize("more", [{}, {"sub_mch_id": "1900000200", "sub_appid": "wx2"}])
def test_a_contract(invoke, more):
    given = invoke.contract(
        appid="wx1",
        plan_id=106,
        contract_code="122",
        request_serial="123",
        contract_display_account="张三",
        notify_url="https://shop.example/papay",
        **more,
    )
    assert given["appId"] == "wxbd687630cd02ce1d"
    assert given["path"] == "pages/index/index"
    extra = given["extraData"]
    sign = extra.pop("sign")
    assert extra.pop("timestamp").isdecimal()
    assert extra == {
        "appid": "wx1",
        "contract_code": "122",
        "contract_display_account": "张三",
        "mch_id": MCHID,
        "notify_url": "https://shop.example/papay",
        "plan_id": "106",
        "request_serial": "123",
        **more,
    }
    assert len(sign) == 32


def test_the_sign_of_a_contract_covers_all_of_it(invoke):
    extra = invoke.contract(
        appid="wx1",
        plan_id="106",
        contract_code="122",
        request_serial="123",
        contract_display_account="张三",
        notify_url="https://shop.example/papay",
    )["extraData"]
    sign = extra.pop("sign")
    assert sign == v2_sign("MD5", extra)


def test_a_contract_that_was_presigned(invoke):
    assert invoke.contract_presigned(pre_entrustweb_id="5778aad") == {
        "appId": "wxbd687630cd02ce1d",
        "path": "pages/index/index",
        "extraData": {"pre_entrustweb_id": "5778aad"},
    }
    given = invoke.contract_presigned(
        pre_entrustweb_id="1", redirect_appid="wx9", redirect_path="pages/x"
    )
    assert (given["appId"], given["path"]) == ("wx9", "pages/x")


def test_parking(invoke):
    given = invoke.parking(
        openid="o1", plate_number="粤B888888", plate_color="BLUE", sub_mchid="19"
    )
    assert given == {
        "appId": "wxbcad394b3d99dac9",
        "path": "pages/auth-creditpay/auth-creditpay",
        "extraData": {
            "mchid": MCHID,
            "sub_mchid": "19",
            "openid": "o1",
            "plate_number": "粤B888888",
            "plate_color": "BLUE",
            "trade_scene": "PARKING",
        },
    }


CONTRACT = {
    "appid": "wx1",
    "plan_id": "1",
    "contract_code": "1",
    "request_serial": "1",
    "contract_display_account": "1",
    "notify_url": "https://shop.example/",
}
REQUIRED = {
    "jsapi": {"appid": "wx1", "prepay_id": "1"},
    "miniprogram": {"appid": "wx1", "prepay_id": "1"},
    "app": {"appid": "wx1", "prepay_id": "1"},
    "payscore_enable": {"service_id": "1", "out_request_no": "1"},
    "payscore_use": {"package": "1"},
    "payscore_detail": {"service_id": "1", "out_order_no": "1"},
    "payscore_permissions": {"apply_permissions_token": "1"},
    "transfer": {"appid": "wx1", "package": "1"},
    "transfer_app": {"appid": "wx1", "package": "1"},
    "contract": CONTRACT,
    "contract_presigned": {"pre_entrustweb_id": "1"},
    "parking": {"openid": "1", "plate_number": "1", "plate_color": "BLUE"},
    "coupon_link": {"stock_id": "1", "out_request_no": "1", "open_id": "1"},
    "redpacket": {"appid": "wx1", "package": "1"},
}


@pytest.mark.parametrize(
    ("method", "name"), [(method, name) for method, names in REQUIRED.items() for name in names]
)
@pytest.mark.parametrize("value", [None, "", " ", [], True, "\ud800"])
def test_empty_and_none_are_not_values(invoke, method, name, value):
    with pytest.raises(ConfigurationError, match=f"(?i){name.replace('_', '_?')}"):
        getattr(invoke, method)(**{**REQUIRED[method], name: value})


def test_a_coupon_without_its_batch(invoke):
    with pytest.raises(ConfigurationError, match="stock_id is empty"):
        invoke.coupons([{"stock_id": "", "out_request_no": "1"}])
    with pytest.raises(ConfigurationError, match="a list of mappings"):
        invoke.coupons([{1: "1"}])


EMPTY_ARGUMENTS = [
    ("jsapi", {"appid": "wx1", "prepay_id": "p"}, {}),
    ("miniprogram", {"appid": "wx1", "prepay_id": "p"}, {}),
    ("app", {"appid": "wx1", "prepay_id": "p"}, {"partnerid": "1900000110"}),
    ("payscore_use", {"package": "p"}, {}),
    ("payscore_detail", {"service_id": "1", "out_order_no": "2"}, {}),
    ("transfer", {"appid": "wx1", "package": "p"}, {"sub_mchid": "1", "openid": "o"}),
    ("parking", {"openid": "o", "plate_number": "n", "plate_color": "BLUE"}, {"sub_mchid": "1"}),
    ("redpacket", {"appid": "wx1", "package": "p"}, {}),
    (
        "coupon_link",
        {"stock_id": "1", "out_request_no": "2", "open_id": "o"},
        {"send_coupon_merchant": "1900000110", "coupon_code": "c"},
    ),
]


@pytest.mark.parametrize(("method", "needed", "optional"), EMPTY_ARGUMENTS)
def test_nothing_is_no_argument(keys, method, needed, optional):
    """None leaves an optional argument out; an empty text is a mistake wherever it stands."""
    call = getattr(keys.client().invoke, method)
    assert call(**needed, **optional)
    assert call(**needed, **dict.fromkeys(optional))
    for name in (*needed, *optional):
        for value in ("", " ", 1.5) + ((None,) if name in needed else ()):
            with pytest.raises(ConfigurationError, match=r"is empty|is of type"):
                call(**{**needed, **optional, name: value})
