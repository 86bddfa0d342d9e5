"""The parameters that start a payment, a transfer or a contract on the customer's device.

Each method returns a dict that the page or app uses unchanged. If WeChat Pay supports both kinds of
signature, `sign_type` defaults to `RSA` (APIv3); `MD5` and `HMAC-SHA256` sign the APIv2 way. If the
parameters contain a token issued by WeChat Pay, they are not signed.

Sources: JSAPI https://pay.weixin.qq.com/doc/v3/merchant/4012791898, app 4013070351; transfers
4012719576 (Android), 4012719578 (iOS), 4015930512 (authorization), for partners
https://pay.weixin.qq.com/doc/v3/partner/4016960577 (mini program and JSAPI), 4015468960 (Android);
pay score https://pay.weixin.qq.com/doc/v3/merchant/4012587961, permissions
https://pay.weixin.qq.com/doc/v3/partner/4012155289; coupons
https://pay.weixin.qq.com/doc/v3/merchant/4012465099 (mini program), 4012285249 (H5); red packet
https://pay.weixin.qq.com/doc/v2/merchant/4011937428; contracts
https://pay.weixin.qq.com/doc/v2/merchant/4011984050, for partners
https://pay.weixin.qq.com/doc/v2/partner/4011989901, presigned
https://pay.weixin.qq.com/doc/v3/partner/4017177420; parking
https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter8_8_7.shtml
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import quote

from ..crypto import digest
from ..keys.credential import Credential
from ..messages import canonical
from ..messages.percent_encoding import query_string
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide
from ..utils.translation import _
from .arguments import check, given_of

__all__ = ["Invoke"]

SignType = Literal["RSA", "MD5", "HMAC-SHA256"]
COUPON_PAGE = "https://action.weixin.qq.com/busifavor/getcouponinfo"
CONTRACT_APP, CONTRACT_PAGE = "wxbd687630cd02ce1d", "pages/index/index"
PARKING_APP, PARKING_PAGE = "wxbcad394b3d99dac9", "pages/auth-creditpay/auth-creditpay"


class Invoke:
    """Creates launch parameters for one merchant.

    Every method raises `ConfigurationError` if an argument is empty or the signing key is missing.

    Args:
        mchid: the merchant ID.
        credential: signs the APIv3 way; None if the client has no private key.
        secret: the APIv2 key; empty if the client has none.
    """

    __slots__ = ("_credential", "_mchid", "_secret")

    def __init__(
        self, mchid: str, credential: Credential | None, secret: str | Secret[str]
    ) -> None:
        secret = hide(secret)
        self._mchid = mchid
        self._credential = credential
        self._secret = secret

    def jsapi(self, *, appid: str, prepay_id: str, sign_type: SignType = "RSA") -> dict[str, str]:
        """Return the parameters for `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`.

        Args:
            appid: the official account's appid in the order.
            prepay_id: the `prepay_id` of the order.
            sign_type: `RSA` for APIv3; `MD5` or `HMAC-SHA256` for APIv2.
        """
        check(appid=appid, prepay_id=prepay_id)
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
        """Return `jsapi`'s parameters for `wx.requestPayment(…)`, with the mini program's appid."""
        return self.jsapi(appid=appid, prepay_id=prepay_id, sign_type=sign_type)

    def app(
        self,
        *,
        appid: str,
        prepay_id: str,
        partnerid: str | None = None,
        sign_type: SignType = "RSA",
    ) -> dict[str, str]:
        """Return the parameters for the app's `PayReq`.

        Args:
            appid: the app's appid on the WeChat Open Platform.
            prepay_id: the `prepay_id` of the order.
            partnerid: the merchant who receives the payment, if it is not this one.
            sign_type: `RSA` for APIv3; `MD5` or `HMAC-SHA256` for APIv2.
        """
        check(appid=appid, prepay_id=prepay_id)
        fields = {
            "appid": appid,
            "partnerid": self._or_own(partnerid=partnerid),
            "prepayid": prepay_id,
            "package": "Sign=WXPay",
            "noncestr": canonical.nonce(),
            "timestamp": canonical.timestamp(),
        }
        signed = ("appid", "timestamp", "noncestr", "prepayid")
        return {**fields, "sign": self._sign(fields, signed, sign_type)}

    def payscore_enable(self, *, service_id: str, out_request_no: str) -> dict[str, str]:
        """Return the parameters for `openBusinessView` (`wxpayScoreEnable`): allow a service."""
        fields = check(service_id=service_id, out_request_no=out_request_no)
        return self._business_view("wxpayScoreEnable", fields)

    def payscore_use(self, *, package: str) -> dict[str, str]:
        """Return the parameters for `openBusinessView` (`wxpayScoreUse`): confirm an order.

        Args:
            package: the `package` of the order.
        """
        return self._business_view("wxpayScoreUse", check(package=package))

    def payscore_detail(self, *, service_id: str, out_order_no: str) -> dict[str, str]:
        """Return the parameters for `openBusinessView` (`wxpayScoreDetail`): show an order."""
        fields = check(service_id=service_id, out_order_no=out_order_no)
        return self._business_view("wxpayScoreDetail", fields)

    def payscore_permissions(self, *, apply_permissions_token: str) -> dict[str, str]:
        """Return the parameters for `openBusinessView` (`wxpayScoreEnable`): grant a permission.

        They are not signed. An app passes `queryString` as `query`.

        Args:
            apply_permissions_token: from `POST v3/payscore/permissions`; valid for one hour.
        """
        query = query_string(check(apply_permissions_token=apply_permissions_token))
        return {"businessType": "wxpayScoreEnable", "queryString": query}

    def transfer(
        self,
        *,
        appid: str,
        package: str,
        sub_mchid: str | None = None,
        sub_appid: str | None = None,
        openid: str | None = None,
    ) -> dict[str, str]:
        """Return the parameters for `requestMerchantTransfer`: the customer accepts a transfer.

        Mini programs and JSAPI pages use it. The parameters are not signed: `package` proves that
        the merchant created the transfer. The same call opens the page on which a customer
        authorizes transfers without confirmation.

        Args:
            appid: the appid in the transfer.
            package: `package_info` from the response that created the transfer; present while the
                state is `WAIT_USER_CONFIRM`.
            sub_mchid: the sub-merchant, for a service provider.
            sub_appid: the sub-merchant's appid, if the transfer has one.
            openid: the customer's openid, if the page must check the customer's identity.
        """
        fields = {"mchId": self._mchid, **check(appId=appid, package=package)}
        return {**fields, **given_of(subMchId=sub_mchid, subAppId=sub_appid, openId=openid)}

    def transfer_app(
        self,
        *,
        appid: str,
        package: str,
        sub_mchid: str | None = None,
        sub_appid: str | None = None,
    ) -> dict[str, str]:
        """Return `transfer`'s parameters for `WXOpenBusinessView`, with the app's appid."""
        fields = self.transfer(
            appid=appid, package=package, sub_mchid=sub_mchid, sub_appid=sub_appid
        )
        return {
            "businessType": "requestMerchantTransfer",
            "query": query_string(fields),
        }

    def contract(
        self,
        *,
        appid: str,
        plan_id: str | int,
        contract_code: str,
        request_serial: str | int,
        contract_display_account: str,
        notify_url: str,
        sub_mch_id: str | None = None,
        sub_appid: str | None = None,
    ) -> dict[str, object]:
        """Return the parameters for `wx.navigateToMiniProgram(…)`: sign a papay contract.

        Args:
            appid: the mini program's appid.
            plan_id: the id of the contract template.
            contract_code: the merchant's contract number.
            request_serial: the merchant-assigned number for this request; digits only.
            contract_display_account: the customer's name, as displayed on the page.
            notify_url: the URL for the notification of the outcome.
            sub_mch_id: the sub-merchant, for a service provider.
            sub_appid: the sub-merchant's appid, if it has one.
        """
        fields = {
            "mch_id": self._mchid,
            **check(
                appid=appid,
                plan_id=plan_id,
                contract_code=contract_code,
                request_serial=request_serial,
                contract_display_account=contract_display_account,
                notify_url=notify_url,
            ),
            "timestamp": canonical.timestamp(),
        }
        fields |= given_of(sub_mch_id=sub_mch_id, sub_appid=sub_appid)
        signed = {**fields, "sign": self._v2_sign("MD5", fields)}
        return {"appId": CONTRACT_APP, "path": CONTRACT_PAGE, "extraData": signed}

    def contract_presigned(
        self,
        *,
        pre_entrustweb_id: str,
        redirect_appid: str = CONTRACT_APP,
        redirect_path: str = CONTRACT_PAGE,
    ) -> dict[str, object]:
        """Return the parameters for `wx.navigateToMiniProgram(…)`: sign a presigned contract.

        They are not signed: `pre_entrustweb_id` proves that the merchant created the contract.

        Args:
            pre_entrustweb_id: from the response of the presigning operation.
            redirect_appid: from the same response, if present.
            redirect_path: from the same response, if present.
        """
        extra = check(pre_entrustweb_id=pre_entrustweb_id)
        check(redirect_appid=redirect_appid, redirect_path=redirect_path)
        return {"appId": redirect_appid, "path": redirect_path, "extraData": extra}

    def parking(
        self,
        *,
        openid: str,
        plate_number: str,
        plate_color: str,
        sub_mchid: str | None = None,
    ) -> dict[str, object]:
        """Return the parameters for `wx.navigateToMiniProgram(…)`: allow pay score parking.

        They are not signed.

        Args:
            openid: the customer's openid.
            plate_number: the license plate, such as `粤B888888`.
            plate_color: `BLUE`, `GREEN`, `YELLOW`, `BLACK`, `WHITE` or `LIMEGREEN`.
            sub_mchid: the sub-merchant, for a service provider.
        """
        extra = {
            "mchid": self._mchid,
            **given_of(sub_mchid=sub_mchid),
            **check(openid=openid, plate_number=plate_number, plate_color=plate_color),
            "trade_scene": "PARKING",
        }
        return {"appId": PARKING_APP, "path": PARKING_PAGE, "extraData": extra}

    def coupons(
        self, coupons: Sequence[Mapping[str, str]], *, send_coupon_merchant: str | None = None
    ) -> dict[str, object]:
        """Return the parameters for the mini program's `<send-coupon>`.

        Args:
            coupons: 1 to 10 mappings with `stock_id` and `out_request_no`, and `coupon_code` if the
                stock requires it.
            send_coupon_merchant: the merchant who issues the coupons, if it is not this one.

        Raises:
            ConfigurationError: there are no coupons or more than 10, or `secret` is missing.
        """
        if not isinstance(coupons, Sequence) or not all(map(_is_record, coupons)):
            raise ConfigurationError(_("coupons must be a list of mappings"))
        if not 1 <= len(coupons) <= 10:
            raise ConfigurationError(
                _("{count} coupons: 1 to 10 can be sent in one call", count=len(coupons))
            )
        sender = self._or_own(send_coupon_merchant=send_coupon_merchant)
        fields = {
            f"{name}{index}": value
            for index, coupon in enumerate(coupons)
            for name, value in check(**coupon).items()
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
        """Return the URL of the H5 page on which a customer takes a coupon.

        Args:
            stock_id: the id of the coupon stock.
            out_request_no: the merchant-assigned number for this request.
            open_id: the customer's openid.
            send_coupon_merchant: the merchant who issues the coupon, if it is not this one.
            coupon_code: the coupon code, if the stock requires it.
        """
        fields = {
            **check(stock_id=stock_id, out_request_no=out_request_no, open_id=open_id),
            "send_coupon_merchant": self._or_own(send_coupon_merchant=send_coupon_merchant),
            **given_of(coupon_code=coupon_code),
        }
        fields["sign"] = self._v2_sign("HMAC-SHA256", fields)
        return f"{COUPON_PAGE}?{query_string(fields)}#wechat_redirect"

    def redpacket(self, *, appid: str, package: str) -> dict[str, str]:
        """Return the parameters for `wx.sendBizRedPacket(…)`.

        Args:
            appid: the mini program's appid.
            package: the unchanged `package` from `v2/mmpaymkttransfers/sendminiprogramhb`.
        """
        given = check(appid=appid, package=package)
        fields = {
            "timeStamp": canonical.timestamp(),
            "nonceStr": canonical.nonce(),
            "package": quote(given["package"], safe=""),
        }
        sign = self._v2_sign("MD5", {**fields, "appId": appid}).lower()
        return {**fields, "signType": "MD5", "paySign": sign}

    def _or_own(self, **merchant: str | None) -> str:
        """Return the given merchant ID, or the client's own if it is None."""
        return next(iter(given_of(**merchant).values()), self._mchid)

    def _business_view(self, business_type: str, fields: dict[str, str]) -> dict[str, str]:
        query = {
            "mch_id": self._mchid,
            **fields,
            "timestamp": canonical.timestamp(),
            "nonce_str": canonical.nonce(),
            "sign_type": "HMAC-SHA256",
        }
        query["sign"] = self._v2_sign("HMAC-SHA256", query)
        return {"businessType": business_type, "queryString": query_string(query)}

    def _sign(self, fields: Mapping[str, str], names: Sequence[str], sign_type: SignType) -> str:
        if sign_type != "RSA":
            return self._v2_sign(sign_type, fields)
        if self._credential is None:
            raise ConfigurationError(
                _("private_key and serial are missing: sign_type RSA uses the merchant's key")
            )
        return self._credential.sign(canonical.lines(*(fields[name] for name in names)))

    def _v2_sign(self, sign_type: str, fields: Mapping[str, str]) -> str:
        return digest.sign(sign_type, canonical.fields(fields), self._secret)


def _is_record(given: object) -> bool:
    return isinstance(given, Mapping) and all(isinstance(name, str) for name in given)
