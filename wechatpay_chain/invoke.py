"""The signed parameters that start a payment on the customer's device.

Each method gives a dict that goes to the page or app as it is. Where WeChat Pay has both, a
`sign_type` of `RSA` (APIv3) is the default, and `MD5` or `HMAC-SHA256` sign the APIv2 way.

Sources: JSAPI https://pay.weixin.qq.com/doc/v3/merchant/4012791898, app 4013070351; pay score
4012587961; coupons 4012465099 (mini program), 4012285249 (H5); red packet
https://pay.weixin.qq.com/doc/v2/merchant/4011937428
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import quote

from . import canonical, uri
from .credential import Credential
from .crypto import digest
from .errors import ConfigurationError

__all__ = ["Invoke"]

SignType = Literal["RSA", "MD5", "HMAC-SHA256"]
COUPON_PAGE = "https://action.weixin.qq.com/busifavor/getcouponinfo"


class Invoke:
    """Makes launch parameters for one merchant.

    Args:
        mchid: the merchant number.
        credential: signs the APIv3 way; None where the client has no key.
        secret: the APIv2 key; empty where the client has none.
    """

    __slots__ = ("_credential", "_mchid", "_secret")

    def __init__(self, mchid: str, credential: Credential | None, secret: str) -> None:
        self._mchid = mchid
        self._credential = credential
        self._secret = secret

    def jsapi(self, *, appid: str, prepay_id: str, sign_type: SignType = "RSA") -> dict[str, str]:
        """For `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`.

        Args:
            appid: of the official account that the order was made with.
            prepay_id: from the order.
            sign_type: how to sign.

        Raises:
            ConfigurationError: the key for `sign_type` is missing.
        """
        fields = {
            "appId": appid,
            "timeStamp": canonical.timestamp(),
            "nonceStr": canonical.nonce(),
            "package": f"prepay_id={prepay_id}",
            "signType": sign_type,
        }
        signed = ("appId", "timeStamp", "nonceStr", "package")
        return {**fields, "paySign": self._sign(fields, signed, sign_type)}

    def miniprogram(
        self, *, appid: str, prepay_id: str, sign_type: SignType = "RSA"
    ) -> dict[str, str]:
        """For `wx.requestPayment(…)`: as `jsapi`, with the mini program's appid.

        Raises:
            ConfigurationError: the key for `sign_type` is missing.
        """
        return self.jsapi(appid=appid, prepay_id=prepay_id, sign_type=sign_type)

    def app(
        self,
        *,
        appid: str,
        prepay_id: str,
        partnerid: str | None = None,
        sign_type: SignType = "RSA",
    ) -> dict[str, str]:
        """For the app's `PayReq`.

        Args:
            appid: of the app on the open platform.
            prepay_id: from the order.
            partnerid: the merchant who is paid, if not this one.
            sign_type: how to sign.

        Raises:
            ConfigurationError: the key for `sign_type` is missing.
        """
        fields = {
            "appid": appid,
            "partnerid": partnerid or self._mchid,
            "prepayid": prepay_id,
            "package": "Sign=WXPay",
            "noncestr": canonical.nonce(),
            "timestamp": canonical.timestamp(),
        }
        signed = ("appid", "timestamp", "noncestr", "prepayid")
        return {**fields, "sign": self._sign(fields, signed, sign_type)}

    def payscore_enable(self, *, service_id: str, out_request_no: str) -> dict[str, str]:
        """For `openBusinessView` with `wxpayScoreEnable`: ask the customer to allow a service.

        Raises:
            ConfigurationError: `secret` is missing.
        """
        fields = {"service_id": service_id, "out_request_no": out_request_no}
        return self._business_view("wxpayScoreEnable", fields)

    def payscore_use(self, *, package: str) -> dict[str, str]:
        """For `openBusinessView` with `wxpayScoreUse`: have the customer confirm an order.

        Args:
            package: from the order.

        Raises:
            ConfigurationError: `secret` is missing.
        """
        return self._business_view("wxpayScoreUse", {"package": package})

    def payscore_detail(self, *, service_id: str, out_order_no: str) -> dict[str, str]:
        """For `openBusinessView` with `wxpayScoreDetail`: show an order.

        Raises:
            ConfigurationError: `secret` is missing.
        """
        fields = {"service_id": service_id, "out_order_no": out_order_no}
        return self._business_view("wxpayScoreDetail", fields)

    def coupons(
        self, coupons: Sequence[Mapping[str, str]], *, send_coupon_merchant: str | None = None
    ) -> dict[str, object]:
        """For the mini program's `<send-coupon>`.

        Args:
            coupons: 1 to 10 of `{"stock_id", "out_request_no"}`, with `coupon_code` where the
                stock wants one.
            send_coupon_merchant: who hands them out, if not this merchant.

        Raises:
            ConfigurationError: none or more than 10, or `secret` is missing.
        """
        if not 1 <= len(coupons) <= 10:
            raise ConfigurationError(f"{len(coupons)} coupons: 1 to 10 can be sent at once")
        sender = send_coupon_merchant or self._mchid
        fields = {
            f"{name}{index}": value
            for index, coupon in enumerate(coupons)
            for name, value in coupon.items()
        }
        sign = self._v2_sign("HMAC-SHA256", {**fields, "send_coupon_merchant": sender})
        return {
            "send_coupon_params": [dict(coupon) for coupon in coupons],
            "send_coupon_merchant": sender,
            "sign": sign,
        }

    def coupon_link(
        self,
        *,
        stock_id: str,
        out_request_no: str,
        open_id: str,
        send_coupon_merchant: str | None = None,
        coupon_code: str | None = None,
    ) -> str:
        """The H5 page on which a customer takes a coupon.

        Args:
            stock_id: the coupon's batch.
            out_request_no: this hand-out's number.
            open_id: the customer.
            send_coupon_merchant: who hands it out, if not this merchant.
            coupon_code: where the stock wants one.

        Raises:
            ConfigurationError: `secret` is missing.
        """
        fields = {
            "stock_id": stock_id,
            "out_request_no": out_request_no,
            "send_coupon_merchant": send_coupon_merchant or self._mchid,
            "open_id": open_id,
        }
        if coupon_code is not None:
            fields["coupon_code"] = coupon_code
        fields["sign"] = self._v2_sign("HMAC-SHA256", fields)
        return f"{COUPON_PAGE}?{uri.query_string(fields)}#wechat_redirect"

    def redpacket(self, *, appid: str, package: str) -> dict[str, str]:
        """For `wx.sendBizRedPacket(…)`.

        Args:
            appid: of the mini program.
            package: from `v2/mmpaymkttransfers/sendminiprogramhb`, as it came.

        Raises:
            ConfigurationError: `secret` is missing.
        """
        fields = {
            "timeStamp": canonical.timestamp(),
            "nonceStr": canonical.nonce(),
            "package": quote(package, safe=""),
        }
        sign = self._v2_sign("MD5", {**fields, "appId": appid}).lower()
        return {**fields, "signType": "MD5", "paySign": sign}

    def _business_view(self, business_type: str, fields: dict[str, str]) -> dict[str, str]:
        query = {
            "mch_id": self._mchid,
            **fields,
            "timestamp": canonical.timestamp(),
            "nonce_str": canonical.nonce(),
            "sign_type": "HMAC-SHA256",
        }
        query["sign"] = self._v2_sign("HMAC-SHA256", query)
        return {"businessType": business_type, "queryString": uri.query_string(query)}

    def _sign(self, fields: Mapping[str, str], names: Sequence[str], sign_type: SignType) -> str:
        if sign_type != "RSA":
            return self._v2_sign(sign_type, fields)
        if self._credential is None:
            raise ConfigurationError(
                "private_key and serial are missing: sign_type RSA needs the merchant's key"
            )
        return self._credential.sign(canonical.lines(*(fields[name] for name in names)))

    def _v2_sign(self, sign_type: str, fields: Mapping[str, str]) -> str:
        return digest.sign(sign_type, canonical.fields(fields), self._secret)
