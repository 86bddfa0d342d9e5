"""Broken requests and answers, made without the library: sixty and more, of sixteen kinds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.support import (
    APIV3_KEY,
    MCHID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    PUBLIC_KEY_ID,
    SECRET,
    new_key,
)
from wechatpay_chain.diagnosis.keyring import Keyring
from wechatpay_chain.keys.platform_key import PlatformKey
from wechatpay_chain.utils.secret import Secret

NOW = 1_795_700_000
HOST = "api.mch.weixin.qq.com"
Headers = list[tuple[str, str]]


class Case(NamedTuple):
    """A text, and the cause that is to be found in it.

    Attributes:
        kind: the cause.
        content: the text.
        ring: the keys that are configured.
        now: this machine's time, where it is known.
    """

    kind: str
    content: bytes
    ring: Keyring
    now: float | None = None


class World(NamedTuple):
    """The keys of everybody."""

    merchant: RSAPrivateKey
    platform: RSAPrivateKey
    public: RSAPrivateKey
    other: RSAPrivateKey

    def ring(self, *platform: str, **changes: Any) -> Keyring:
        known = {PLATFORM_SERIAL: self.platform, PUBLIC_KEY_ID: self.public}
        keys = {
            name: PlatformKey(name, key.public_key())
            for name, key in known.items()
            if not platform or name in platform
        }
        whole = Keyring(
            MCHID,
            MERCHANT_SERIAL,
            self.merchant.public_key(),
            keys,
            Secret(SECRET),
            Secret(APIV3_KEY.encode()),
        )
        return whole._replace(**changes)


@cache
def world() -> World:
    return World(new_key(), new_key(), new_key(), new_key())


def signature(key: RSAPrivateKey, message: bytes, hashed: Any = None) -> str:
    made = key.sign(message, padding.PKCS1v15(), hashed or hashes.SHA256())
    return base64.b64encode(made).decode()


def order(dice: random.Random, **more: Any) -> dict[str, Any]:
    return {
        "appid": "wx8888888888888888",
        "mchid": MCHID,
        "description": dice.choice(["Image形象店-深圳", "茶与咖啡", "shoes & <socks>"]),
        "out_trade_no": f"order-{dice.randrange(10**9)}",
        "notify_url": "https://shop.example/wechatpay/notify",
        "amount": {"total": dice.randrange(100, 10_000), "currency": "CNY"},
        **more,
    }


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Draft:
    """A request that is signed as it should be, unless it is told otherwise."""

    def __init__(self, dice: random.Random, method: str = "POST") -> None:
        self.dice = dice
        self.method = method
        self.target = "/v3/pay/transactions/native"
        self.body = compact(order(dice)) if method == "POST" else b""
        self.stamp = str(NOW + dice.randrange(100))
        self.nonce = f"{dice.getrandbits(128):032X}"
        self.serial = MERCHANT_SERIAL
        self.mchid = MCHID
        self.key = world().merchant
        self.date: float | None = None
        if method == "GET":
            self.target = f"/v3/pay/transactions/out-trade-no/o-1?mchid={MCHID}"

    def message(self, **changes: Any) -> bytes:
        found = {name: changes.get(name, getattr(self, name)) for name in vars(self)}
        head = f"{found['method']}\n{found['target']}\n{found['stamp']}\n{found['nonce']}\n"
        return head.encode() + found["body"] + b"\n"

    def text(self, message: bytes | None = None, length: bool = True) -> bytes:
        made = signature(self.key, self.message() if message is None else message)
        authorization = (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{self.mchid}",nonce_str="{self.nonce}",'
            f'signature="{made}",timestamp="{self.stamp}",serial_no="{self.serial}"'
        )
        headers = [
            ("Host", HOST),
            ("Authorization", authorization),
            ("Accept", "application/json"),
            ("User-Agent", "shop/1.0"),
        ]
        if self.body:
            headers.append(("Content-Type", "application/json"))
            headers += [("Content-Length", str(len(self.body)))] if length else []
        written = self.dice.choice([as_http, as_curl, as_json])
        answer = None
        if self.date is not None:
            answer = (401, [("Date", formatdate(self.date, usegmt=True))], b'{"code":"SIGN_ERROR"}')
            written = self.dice.choice([as_curl, as_json])
        return written(self.method, self.target, headers, self.body, answer)


Answer = tuple[int, Headers, bytes]


def as_http(method: str, target: str, headers: Headers, body: bytes, _: Answer | None) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body


def as_curl(
    method: str, target: str, headers: Headers, body: bytes, answer: Answer | None
) -> bytes:
    head = "".join(f"> {name}: {value}\n" for name, value in headers)
    text = f"* Connected to {HOST}\n> {method} {target} HTTP/1.1\n{head}>\n".encode() + body
    if answer is not None:
        status, fields, content = answer
        lines = "".join(f"< {name}: {value}\n" for name, value in fields)
        text += f"\n< HTTP/1.1 {status} Unauthorized\n{lines}<\n".encode() + content
    return text


def as_json(
    method: str, target: str, headers: Headers, body: bytes, answer: Answer | None
) -> bytes:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return as_http(method, target, headers, body, answer)
    found: dict[str, Any] = {
        "method": method,
        "url": f"https://{HOST}{target}",
        "headers": dict(headers),
        "body": text,
    }
    if answer is not None:
        status, fields, content = answer
        found |= {"status": status, "answer_headers": dict(fields), "answer_body": content.decode()}
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


class Reply:
    """An answer, or a notification, that is signed as it should be."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.body = compact(
            {
                "trade_state": "SUCCESS",
                "trade_state_desc": "支付成功",
                "transaction_id": f"42000{dice.randrange(10**15)}",
                "amount": {"total": dice.randrange(1, 100_000), "payer_total": 1},
                "attach": dice.choice(["a/b", "堂食 3", "x=1&y=2"]),
            }
        )
        self.stamp = str(NOW + dice.randrange(100))
        self.nonce = f"{dice.getrandbits(128):032x}"
        self.serial, self.key = dice.choice(
            [(PLATFORM_SERIAL, world().platform), (PUBLIC_KEY_ID, world().public)]
        )
        self.is_notification = dice.random() < 0.5

    def text(
        self, shown: bytes | None = None, signed: str | None = None, length: bool = True
    ) -> bytes:
        message = f"{self.stamp}\n{self.nonce}\n".encode() + self.body + b"\n"
        headers = [
            ("Content-Type", "application/json"),
            ("Wechatpay-Nonce", self.nonce),
            ("Wechatpay-Serial", self.serial),
            ("Wechatpay-Signature", signed or signature(self.key, message)),
            ("Wechatpay-Timestamp", self.stamp),
        ]
        if length:
            headers.append(("Content-Length", str(len(self.body))))
        body = self.body if shown is None else shown
        if self.is_notification:
            return as_http("POST", "/wechatpay/notify", headers, body, None)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body


def v2_sign(text: bytes, key: str = SECRET, kind: str = "MD5") -> str:
    text += f"&key={key}".encode()
    if kind == "MD5":
        return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().upper()


def v2_members(dice: random.Random, **more: str) -> dict[str, str]:
    return {
        "appid": "wx8888888888888888",
        "mch_id": MCHID,
        "nonce_str": f"{dice.getrandbits(100):X}",
        "body": dice.choice(["腾讯充值中心-QQ会员充值", "shoes"]),
        "out_trade_no": f"o{dice.randrange(10**9)}",
        "total_fee": str(dice.randrange(1, 9999)),
        "spbill_create_ip": "123.12.12.123",
        "notify_url": "https://shop.example/notify",
        "trade_type": "NATIVE",
        **more,
    }


def joined(members: dict[str, str], empty: bool = False) -> str:
    return "&".join(f"{n}={v}" for n, v in sorted(members.items()) if v or empty)


def v2_text(
    dice: random.Random, members: dict[str, str], sign: str, charset: str = "utf-8"
) -> bytes:
    inside = "".join(
        f"<{name}><![CDATA[{value}]]></{name}>" for name, value in {**members, "sign": sign}.items()
    )
    body = f"<xml>{inside}</xml>".encode(charset)
    if dice.random() < 0.5:
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + body
    headers = [("Host", HOST), ("Content-Type", "text/xml"), ("Content-Length", str(len(body)))]
    return as_http("POST", "/pay/unifiedorder", headers, body, None)


# --- the kinds ------------------------------------------------------------------------------------


def reserialised_json(dice: random.Random) -> Iterator[Case]:
    ring = world().ring()
    for style in (
        {},
        {"ensure_ascii": False},
        {"ensure_ascii": False, "separators": (",", ":"), "sort_keys": True},
    ):
        draft = Draft(dice)
        yield Case(
            "",
            draft.text(draft.message(body=json.dumps(json.loads(draft.body), **style).encode())),
            ring,
        )
    draft = Draft(dice)
    php = json.dumps(json.loads(draft.body), separators=(",", ":")).replace("/", "\\/")
    yield Case("", draft.text(draft.message(body=php.encode())), ring)
    for style in (
        {},
        {"ensure_ascii": False, "indent": 2},
        {"ensure_ascii": False, "indent": 4, "sort_keys": True},
    ):
        reply = Reply(dice)
        yield Case("", reply.text(json.dumps(json.loads(reply.body), **style).encode()), ring)


def query_encoding(dice: random.Random) -> Iterator[Case]:
    for value, sent, signed in (
        ("red shoes", quote_plus, quote),
        ("red shoes", quote, quote_plus),
        ("茶 叶", quote, str),
        ("堂食", lambda text: quote(text).lower(), quote),
        ("2026-11-26T10:00:00+08:00", str, quote),
    ):
        draft = Draft(dice, "GET")
        path = "/v3/marketing/favor/stocks?offset=0&limit=10&name="
        draft.target = path + sent(value)
        yield Case("", draft.text(draft.message(target=path + signed(value))), world().ring())


def wrong_key_family(dice: random.Random) -> Iterator[Case]:
    for serial in (PUBLIC_KEY_ID, PLATFORM_SERIAL):
        draft = Draft(dice)
        draft.serial = serial
        yield Case("", draft.text(), world().ring())
    for serial, key, configured in (
        (PUBLIC_KEY_ID, world().public, PLATFORM_SERIAL),
        (PLATFORM_SERIAL, world().platform, PUBLIC_KEY_ID),
    ):
        reply = Reply(dice)
        reply.serial, reply.key = serial, key
        yield Case("", reply.text(), world().ring(configured))
    reply = Reply(dice)
    mine = {reply.serial: PlatformKey(reply.serial, world().merchant.public_key())}
    yield Case("", reply.text(), world().ring(platform=mine))


def probe(dice: random.Random) -> Iterator[Case]:
    for _ in range(4):
        reply = Reply(dice)
        wrong = "WECHATPAY/SIGNTEST/" + signature(world().other, b"x")[19:]
        yield Case("", reply.text(signed=wrong), world().ring())


def clock(dice: random.Random) -> Iterator[Case]:
    for off in (-301, 400, 3600, -28_800):
        draft = Draft(dice)
        draft.date = int(draft.stamp) + off
        yield Case("", draft.text(), world().ring())
    for off in (-900, 900):
        reply = Reply(dice)
        yield Case("", reply.text(), world().ring(), int(reply.stamp) + off)


def changed_byte(dice: random.Random) -> Iterator[Case]:
    ring = world().ring()
    draft = Draft(dice)
    signed = draft.message()
    draft.body = draft.body.replace(b'"total":', b'"total":9')
    yield Case("", draft.text(signed), ring)
    draft = Draft(dice)
    signed = draft.message()
    draft.body = draft.body.replace(b"order-", b"0rder-")
    yield Case("", draft.text(signed, length=False), ring)
    for old, new in (
        (b"SUCCESS", b"SUCCES5"),
        (b"transaction_id", b"transaction_1d"),
        (b"42000", b"***"),
    ):
        reply = Reply(dice)
        yield Case("", reply.text(reply.body.replace(old, new), length=len(old) == len(new)), ring)


def truncated_body(dice: random.Random) -> Iterator[Case]:
    for share in (0.5, 0.9, 0.2):
        reply = Reply(dice)
        yield Case("", reply.text(reply.body[: int(len(reply.body) * share)]), world().ring())
    reply = Reply(dice)
    yield Case("", reply.text(reply.body[:-2], length=False), world().ring())


def wrong_serial(dice: random.Random) -> Iterator[Case]:
    for serial in ("1" * 40, MERCHANT_SERIAL[::-1], "7132D72A03E93CDDF8C03BBD1F37EEDF5C0B0000"):
        draft = Draft(dice, dice.choice(["GET", "POST"]))
        draft.serial = serial
        yield Case("", draft.text(), world().ring())
    reply = Reply(dice)
    reply.serial = "2" * 40
    reply.key = world().platform
    yield Case("", reply.text(), world().ring(PLATFORM_SERIAL))


def canonical_string(dice: random.Random) -> Iterator[Case]:
    changes: list[tuple[str, Callable[[bytes], bytes]]] = [
        ("POST", lambda message: message[:-1]),
        ("GET", lambda message: message[:-1]),
        ("POST", lambda message: message + b"\n"),
        ("GET", lambda message: message.replace(b"\n", b"\r\n")),
        ("POST", lambda message: message.replace(b"\n", b"\\n")),
    ]
    for method, change in changes:
        draft = Draft(dice, method)
        yield Case("", draft.text(change(draft.message())), world().ring())


def path(dice: random.Random) -> Iterator[Case]:
    draft = Draft(dice)
    yield Case(
        "", draft.text(draft.message(target=f"https://{HOST}{draft.target}")), world().ring()
    )
    draft = Draft(dice, "GET")
    yield Case("", draft.text(draft.message(target=draft.target.removeprefix("/"))), world().ring())
    draft = Draft(dice)
    signed = draft.message()
    draft.target = f"/proxy{draft.target}"
    yield Case("", draft.text(signed), world().ring())
    draft = Draft(dice)
    yield Case("", draft.text(draft.message(target=f"{draft.target}/")), world().ring())
    draft = Draft(dice)
    signed = draft.message()
    draft.target = f"/hk{draft.target}"
    yield Case("", draft.text(signed), world().ring())


def wrong_key(dice: random.Random) -> Iterator[Case]:
    for method in ("GET", "POST"):
        draft = Draft(dice, method)
        draft.key = world().other
        yield Case("", draft.text(), world().ring())
    for _ in range(2):
        reply = Reply(dice)
        reply.key = world().other
        yield Case("", reply.text(), world().ring())


def wrong_secret(dice: random.Random) -> Iterator[Case]:
    for key in ("0" * 32, APIV3_KEY, f"{SECRET}\n", SECRET.upper()):
        members = v2_members(dice)
        sign = v2_sign(joined(members).encode(), key)
        yield Case("", v2_text(dice, members, sign), world().ring())


def wrong_sign_type(dice: random.Random) -> Iterator[Case]:
    for named, used in (("HMAC-SHA256", "MD5"), ("MD5", "HMAC-SHA256"), ("", "HMAC-SHA256")):
        members = v2_members(dice, **({"sign_type": named} if named else {}))
        sign = v2_sign(joined(members).encode(), SECRET, used)
        yield Case("", v2_text(dice, members, sign), world().ring())


def empty_members(dice: random.Random) -> Iterator[Case]:
    for names in (("attach",), ("detail", "goods_tag"), ("device_info",)):
        members = v2_members(dice, **dict.fromkeys(names, ""))
        sign = v2_sign(joined(members, empty=True).encode())
        yield Case("", v2_text(dice, members, sign), world().ring())


def charset(dice: random.Random) -> Iterator[Case]:
    members = v2_members(dice, body="腾讯充值中心")
    yield Case("", v2_text(dice, members, v2_sign(joined(members).encode("gbk"))), world().ring())
    sign = v2_sign(joined(members).encode("gbk"))
    yield Case("", v2_text(dice, members, sign, "gbk"), world().ring())
    draft = Draft(dice)
    draft.body = compact(order(dice, description="茶与咖啡"))
    signed = draft.message(body=draft.body.decode().encode("gbk"))
    yield Case("", draft.text(signed), world().ring())
    draft = Draft(dice)
    signed = draft.message()
    draft.body = b"\xef\xbb\xbf" + draft.body
    yield Case("", draft.text(signed), world().ring())


def trailing_newline(dice: random.Random) -> Iterator[Case]:
    draft = Draft(dice)
    signed = draft.message()
    draft.body += b"\n"
    yield Case("", draft.text(signed), world().ring())
    for end in (b"\n", b"\r\n"):
        reply = Reply(dice)
        reply.body += end
        yield Case("", reply.text(reply.body.strip()), world().ring())


KINDS = (
    reserialised_json,
    query_encoding,
    wrong_key_family,
    probe,
    clock,
    changed_byte,
    truncated_body,
    wrong_serial,
    canonical_string,
    path,
    wrong_key,
    wrong_secret,
    wrong_sign_type,
    empty_members,
    charset,
    trailing_newline,
)


def broken(seed: int) -> list[Case]:
    """The whole corpus."""
    dice = random.Random(seed)
    return [case._replace(kind=kind.__name__) for kind in KINDS for case in kind(dice)]


def right(seed: int) -> list[Case]:
    """Requests, answers and notifications with which nothing is wrong."""
    dice = random.Random(seed)
    ring = world().ring()
    texts = [Draft(dice, method).text() for method in ("GET", "POST", "POST", "GET")]
    texts += [Reply(dice).text() for _ in range(6)]
    for kind in ("MD5", "HMAC-SHA256"):
        members = v2_members(dice, **({"sign_type": kind} if kind != "MD5" else {}), attach="")
        texts.append(v2_text(dice, members, v2_sign(joined(members).encode(), SECRET, kind)))
    return [Case("none", text, ring) for text in texts]
