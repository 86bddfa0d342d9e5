"""Example calls of an operation: all its members, with values of the right kind.

The same operation always gives the same example. The values are plausible and fictitious.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..messages.sensitive import Sensitive
from .operation import Operation
from .schema import Member

__all__ = ["MCHID", "SERIAL", "call", "response", "scalar"]

MCHID = "1900000109"
SERIAL = "PUB_KEY_ID_0119000001092026112000000000000001"
FILE = "picture.jpg"
MEDIA = "jTpGmxUX3FBWVQ5NJTZvlKC-ehEuo0BJqRTvDujqhThn4ReFxikqJ5YW6zFQ"

TEXTS = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        ("(^|_)(mch_?id|mch_?code|merchant_?id|mch)$|_mchid(_|$)|^account_mchid", MCHID),
        ("app_?id(_|$)", "wxd678efh567hg6787"),
        ("open_?id", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
        ("union_?id", "o6_bmasdasdsad6_2sgVt7hMZOPfL"),
        ("(^|_)(url|uri|website)$|_url_?|^notify", "https://shop.example.com/wechatpay"),
        ("_date$|^date$|_day$", "2026-11-20"),
        ("time|expire", "2026-11-20T13:29:35+08:00"),
        ("currency|fee_type", "CNY"),
        ("(phone|mobile|telephone)(_number|_no)?$", "13800000000"),
        ("email", "shop@example.com"),
        ("(^|_)ip$|client_?ip", "203.0.113.7"),
        ("id_card_number|id_doc_number|identification_number", "11010519491231002X"),
        ("(bank_)?account_?(number|no)$|_card_no$", "6222020000000000000"),
        (
            "sha256|sha1|digest|hash|md5",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("latitude", "22.5405"),
        ("longitude", "113.9345"),
        ("file_?name$", FILE),
        ("media_id", MEDIA),
        ("version", "1.0"),
        ("plate_number", "粤B888888"),
        ("(^|_)transaction_id$", "4200002026202611201234567890"),
        ("(^|_)refund_id$", "50300002026202611201234567890"),
        ("(^|_)transfer_bill_no$", "1330000071100999991182026112000019"),
        ("(state|status)_des", "支付成功"),
        ("^err_code_des$", "系统错误"),
        ("^return_msg$", "OK"),
        ("^nonce(_str)?$", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
        ("(^|_)path$", "pages/index/index"),
        ("^device_info$", "013467007045764"),
        ("^limit_pay$", "no_credit"),
        ("(^|_)(state|status|result)(_|$)", "SUCCESS"),
        ("trade_type$", "JSAPI"),
        ("^resource_type$", "encrypt-resource"),
        ("bank_type$", "CMB_DEBIT"),
        ("bank_abbreviation$|^limit_bank$", "CMB"),
        ("bank_branch_name$", "招商银行深圳分行"),
        ("bank_name$|(^|_)bank$|bank_alias$", "招商银行"),
        ("bank_account$|pay(er|ee)_account$", "6222020000000000000"),
        ("(^|_)refund_account(_|$)", "REFUND_SOURCE_UNSETTLED_FUNDS"),
        ("(^|_)account$", MCHID),
        ("_tail$", "1234"),
        ("(^|_)colou?r$", "#63B359"),
        ("(^|_)province", "广东省"),
        ("(^|_)city", "深圳市"),
        ("(^|_)district", "南山区"),
        ("(^|_)country", "中国"),
        ("goods_tag", "WXG"),
        ("(^|_)scope$", "GLOBAL"),
        ("(^|_)channel$", "ORIGINAL"),
        ("(^|_)coupon_type(_|$)", "CASH"),
        ("(^|_)(flag|required)$", "Y"),
        ("(^|_)(level|grade)$", "1"),
        ("(^|_)(type|mode|category|scene|method)$", "NORMAL"),
        ("(_|^)link$", "https://shop.example.com/wechatpay"),
        ("period_(begin|start|end)$|^date_(start|end|settlement)$|_dt$", "2026-11-20"),
        ("(^|_)deadline$|_tm$", "2026-11-20T13:29:35+08:00"),
        ("err(or)?_code_des$", "系统错误"),
        ("^number$|^creid$", "11010519491231002X"),
        ("^tel$", "13800000000"),
        ("(^|_)qq$", "10001"),
        ("^mcc$", "5812"),
        ("^imei[0-9]?$", "490154203237518"),
        ("^barcode$", "6901234567892"),
        ("^page_index$", "1"),
        ("^picture$", "https://shop.example.com/picture.jpg"),
        ("_merchants?$|mchid_list$|merchant_id_list$|^merchant_identifier$", MCHID),
        ("(_copy(_back)?|_pics?|_photo|_img_list)$", MEDIA),
        ("(code|goods_id)_list$|_codes$", ""),
        ("(billno|listid|serialno|batchno|outerid|deviceid|orderid|agentid|userid)$", ""),
        ("(_no|_id|_code|_number|_sn|_key|_token|_serial|^id|^code|^token|^offset)$", ""),
    )
)
"""Example texts by member name; "" means an identifier derived from the name."""

NUMBERS = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        ("^mch_?id$", int(MCHID)),
        ("limit|page_size|count$|_num$|quantity|^page", 10),
        ("offset", 0),
        ("time|^now$", 1795152575),
    )
)


class Call(NamedTuple):
    """The arguments of a verb.

    Attributes:
        variables: a value for each template variable.
        options: the options by name.
    """

    variables: dict[str, str]
    options: dict[str, Any]


def call(operation: Operation) -> Call:
    """Return the example of an operation's request.

    Args:
        operation: an operation of the catalogue.
    """
    variables = {member.name: str(_value(member)) for member in operation.variables}
    options: dict[str, Any] = {}
    if operation.query:
        options["query"] = _filled(operation.query)
    option = operation.body_option
    if option == "media":
        options |= _upload(operation)
    elif option:
        options[option] = _filled(operation.body)
    if operation.protocol == "v2":
        options = _encrypted_by_hand(options)
        _name_merchant(options, operation)
    headers = {
        member.name: _header(member)
        for member in operation.headers
        if member.name != "Wechatpay-Serial" or not _holds_secrets(options)  # else it is set
    }
    if headers:
        options["headers"] = headers
    if operation.base_uri:
        options["base_uri"] = operation.base_uri
    options |= {flag: True for flag in ("security", "nonceless") if getattr(operation, flag)}
    return Call(variables, options)


def response(operation: Operation) -> dict[str, Any]:
    """Return the example of a successful response's members; empty if its body has none."""
    return _filled(operation.response)


def _filled(members: Iterable[Member]) -> dict[str, Any]:
    return {
        member.name: _value(member)
        for member in members
        if member.name not in ("sign", "nonce_str") and "$" not in member.name
    }


def _value(member: Member) -> Any:
    return [_one(member)] if member.type.endswith("[]") else _one(member)


def _one(member: Member) -> Any:
    if member.type.startswith("object"):
        return _filled(member.members)
    plain = scalar(member)
    return Sensitive(plain) if member.encrypted == "RSAES-OAEP" else plain


def scalar(member: Member) -> Any:
    """Return an unencrypted value for a member that is not an object, or for an array item."""
    item = member.item
    if member.encoded == "application/json":
        return json.dumps(_filled(member.members), ensure_ascii=False, default=str)
    if member.encoded == "application/x-www-form-urlencoded":
        return "&".join(f"{name}={value}" for name, value in _filled(member.members).items())
    for fixed in ("const", "default"):
        if fixed in item:
            return item[fixed]
    if "examples" in item:
        return item["examples"][0]
    if member.enum:
        return member.enum[0]
    if member.type.startswith("boolean"):
        return True
    if member.type.startswith(("integer", "number")):
        return next((value for form, value in NUMBERS if form.search(member.name)), 100)
    return _within(member, _text(member))


def _within(member: Member, text: str) -> str:
    """Adapt a text to its member's limits: maximum length and permitted characters."""
    limits = member.limits
    if "pattern" in limits and not re.search(limits["pattern"], text):
        digits = re.sub(r"\D", "", text)
        plain = re.sub("[^0-9A-Za-z]", "", text)
        text = plain if re.search(limits["pattern"], plain) else digits
    return text[: limits.get("maxLength")]


def _text(member: Member) -> str:
    name = member.name.lower()
    for form, value in TEXTS:
        if form.search(name):
            return value or f"{member.name.replace('_', '-').upper()}-0001"
    if re.search("(^|_)(user_|real_)?name$", name) and member.encrypted:
        return "张三"
    return member.title or member.name


def _header(member: Member) -> str:
    if member.name == "Wechatpay-Serial":
        return SERIAL
    if member.name == "Accept-Encoding":
        return "gzip"
    return str(member.enum[0] if member.enum else f"{member.name.upper()}-0001")


def _upload(operation: Operation) -> dict[str, Any]:
    meta = next((member for member in operation.body if member.name == "meta"), None)
    if meta is None:
        fields = [member for member in operation.body if member.name not in ("media", "media_hash")]
        return {"media": FILE, "xml": _filled(fields)}
    if {member.name for member in meta.members} == {"filename", "sha256"}:
        return {"media": FILE}
    return {"media": FILE, "meta": _filled(meta.members)}


def _holds_secrets(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_secrets, value.values()))
    if isinstance(value, list):
        return any(map(_holds_secrets, value))
    return isinstance(value, Sensitive)


def _encrypted_by_hand(value: Any) -> Any:
    """Replace secrets by a placeholder ciphertext: APIv2 callers must encrypt them themselves."""
    if isinstance(value, dict):
        return {name: _encrypted_by_hand(each) for name, each in value.items()}
    return "RSA-CIPHERTEXT-IN-BASE64" if isinstance(value, Sensitive) else value


def _name_merchant(options: dict[str, Any], operation: Operation) -> None:
    """Add the signing merchant, which APIv2 always requires even if it is not documented."""
    fields = options.setdefault("query" if operation.method == "GET" else "xml", {})
    if not {"mch_id", "mchid", "combine_mch_id"} & fields.keys():
        fields["mch_id"] = MCHID
    if fields.get("sign_type", "MD5") not in ("MD5", "HMAC-SHA256"):
        fields["sign_type"] = "MD5"
