"""Two merchants with records of every kind, and requests of one for the other's records."""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from tests.gateway.support import ASKING, NOBODY, new_code
from tests.gateway.worlds import POPULATE
from wechatpay_chain import DecryptionError, catalogue
from wechatpay_chain.catalogue import Member, Operation, example
from wechatpay_chain.crypto import digest, rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.messages.exchange import File, IncomingRequest, Response
from wechatpay_chain.messages import canonical, xml

OWN = ("mchid", "mch_id", "sp_mchid", "combine_mchid")
SUBS = ("sub_mchid", "sub_mch_id", "complainted_mchid")
APPS = ("appid", "sp_appid", "combine_appid", "sub_appid")
AMOUNTS = ("total", "refund", "amount", "total_amount", "transfer_amount")
FEES = ("total_fee", "refund_fee")
TIME = re.compile(r"\d{4}-\d\d-\d\d|\d{14}$|\d{4}-")
NAMED = {
    "media": "media_id",
    "presign": "presign_token",
    "bill": "token",
    "organization-name": "organization_name",
}
"""What the keys of records are called in requests, where the record does not say."""
TRANSFERS = ("fund-app/mch-transfer", "fund-app/mch-transfer/partner", "ecommerce/mch-transfer")
PICTURE = b"\xff\xd8\xff\xe0"


@dataclass
class World:
    """A merchant with records of every kind.

    Attributes:
        merchant: of the gateway.
        tag: what all of its texts begin with, so that they are recognized.
        total: fen of each of its orders, so that they are, too.
        sub: the sub-merchant in its orders.
        made: how many numbers it has given.
        seen: the responses that it got.
        first, last: the places of its records in the store.
    """

    gateway: Gateway
    merchant: Any
    tag: str
    total: int
    sub: str
    made: int = 0
    seen: list[Any] = field(default_factory=list)
    first: int = 0
    last: int = 0

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """The members of a response that must not be an error."""
        request = signed(self.merchant, method, path, **given)
        response = self.gateway.answer(request)
        assert response.status < 300, (path, response.body.decode())
        if path.startswith("v2/"):
            told: Any = xml.loads(response.body)
            codes = [told.get(name, "SUCCESS") for name in ("return_code", "result_code")]
            assert codes == ["SUCCESS", "SUCCESS"], (path, told)
        else:
            told = json.loads(response.body) if response.body.startswith(b"{") else {}
        self.seen.append(told)
        return told

    def number(self, kind: str) -> str:
        """Return a unique number."""
        self.made += 1
        return f"{self.tag}{kind}{self.made:04}"


def signed(
    merchant: Any,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    file: bytes | None = None,
) -> IncomingRequest:
    """Return a request in the form of a merchant's client."""
    identity = merchant.identity
    if path.startswith("v2/"):
        fields = {**(body or {}), "mch_id": identity.mchid, "sign_type": digest.HMAC_SHA256}
        operation = catalogue.find(method, path)
        nonceless = file is not None or (operation is not None and operation.nonceless)
        nonce = {} if nonceless else {"nonce_str": canonical.nonce()}
        fields = {name: str(value) for name, value in {**fields, **nonce}.items()}
        fields["sign"] = digest.sign(digest.HMAC_SHA256, canonical.fields(fields), identity.secret)
        target, content = path[2:], xml.dumps(fields).encode()
        if method == "GET":
            target, content = f"{target}?{urlencode(fields)}", b""
        request = IncomingRequest(method, target, {}, content, client_certificate=True)
        if file is not None:
            request.form, request.file = fields, File("picture.jpg", file)
        return request
    target = f"/{path}" + (f"?{urlencode(query)}" if query else "")
    content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    stamp, nonce_str = canonical.timestamp(), canonical.nonce()
    message = canonical.request(method, target, stamp, nonce_str, content)
    authorization = canonical.authorization(
        identity.mchid, nonce_str, rsa.sign(message, identity.merchant_key), stamp, identity.serial
    )
    names = {"Authorization": authorization, "Wechatpay-Serial": identity.public_key_id}
    names["Idempotency-Key"] = nonce_str
    request = IncomingRequest(method, target, {**ASKING, **names}, content)
    if file is not None:
        request.file = File("picture.jpg", file)
    return request


# --- records of every kind ---------------------------------------------------------------------


def populate(world: World) -> None:
    """Create records of every kind for a merchant."""
    merchant, sub = world.merchant, world.sub
    _orders(world)
    _face(world)
    for kind in (
        "fund-app/mch-transfer",
        "fund-app/mch-transfer/partner",
        "ecommerce/mch-transfer",
    ):
        path = f"v3/{kind}/transfer-bills"
        named = {} if kind == "fund-app/mch-transfer" else {"sub_mchid": sub}
        made = {
            **required(path),
            **named,
            "appid": merchant.appid,
            "out_bill_no": world.number("T"),
            "openid": f"o{world.tag}OpenidOfUser",
            "transfer_amount": world.total,
            "transfer_remark": f"{world.tag} remark",
            "notify_url": NOBODY,
        }
        made["user_name"] = sealed(merchant, f"{world.tag} User")
        world.ask("POST", path, body=made)
    for path in ("v3/merchant/media/upload", "v3/merchant-service/images/upload"):
        content = PICTURE + f"{world.tag} picture".encode()
        meta = {"filename": "picture.jpg", "sha256": digest.hexdigest("sha256", content)}
        world.ask("POST", path, body=meta, file=content)
    for kind in ("tradebill", "fundflowbill"):
        query = {"bill_date": merchant.state.clock.date()}
        told = world.ask("GET", f"v3/bill/{kind}", query=query)
        world.seen.append({"token": parse_qs(urlsplit(told["download_url"]).query)["token"][0]})
    for make in POPULATE:
        make(world)


def required(path: str, method: str = "POST") -> dict[str, Any]:
    """Return the required members of an operation, from its example."""
    operation = catalogue.find(method, path)
    assert operation is not None
    return _required(operation.body)


def _required(members: Iterable[Member]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for member in members:
        if member.required and "$" not in member.name:
            inner = member.type.startswith("object")
            value = _required(member.members) if inner else example.scalar(member)
            found[member.name] = [value] if member.type.endswith("[]") else value
    return found


def sealed(merchant: Any, text: str) -> str:
    """Encrypt a text for the platform."""
    return rsa.encrypt(text, merchant.identity.platform_key.public_key())


def _orders(world: World) -> None:
    merchant, sub, total, tag = world.merchant, world.sub, world.total, world.tag
    ask, number = world.ask, world.number
    parties = {"appid": merchant.appid, "mchid": merchant.mchid}
    ours = {"sp_appid": merchant.appid, "sp_mchid": merchant.mchid, "sub_mchid": sub}
    order = {
        "description": f"{tag} tea and coffee",
        "attach": f"{tag} attachment",
        "notify_url": NOBODY,
        "amount": {"total": total, "currency": "CNY"},
    }

    def bought(path: str, whose: Mapping[str, str], *, paid: bool, shared: bool = False) -> Any:
        settle = {"settle_info": {"profit_sharing": True}} if shared else {}
        made = {**order, **whose, **settle, "out_trade_no": number("N")}
        ask("POST", f"v3/pay/{path}transactions/native", body=made)
        return merchant.pay(made["out_trade_no"], f"o{tag}OpenidOfPayer") if paid else made

    for path, whose in (("", parties), ("partner/", ours)):
        named = {"sub_mchid": sub} if path else {}
        bought(path, whose, paid=False)
        paid = bought(path, whose, paid=True)
        refund = {
            **named,
            "out_trade_no": paid["out_trade_no"],
            "out_refund_no": number("R"),
            "reason": f"{tag} reason",
            "notify_url": NOBODY,
            "amount": {"refund": total - 1, "total": total, "currency": "CNY"},
        }
        ask("POST", "v3/refund/domestic/refunds", body=refund)
        _shared(world, bought(path, whose, paid=True, shared=True), named)
        bought(path, whose, paid=True, shared=True)
        complaint = merchant.complain(paid["out_trade_no"], f"{tag} complaint", problem="REFUND")
        world.seen.append(complaint)
    if merchant.state.store.get("setting", "complaint-notifications") is None:
        path, told = "v3/merchant-service/complaint-notifications", {"url": f"{NOBODY}/{tag}"}
        ask("POST", path, body=told)
    one = {
        "mchid": merchant.mchid,
        "sub_mchid": sub,
        "attach": f"{tag} attachment",
        "amount": {"total_amount": total, "currency": "CNY"},
        "out_trade_no": number("C"),
        "description": f"{tag} combined",
    }
    combined = {
        "combine_appid": merchant.appid,
        "combine_mchid": merchant.mchid,
        "combine_out_trade_no": number("C"),
        "sub_orders": [one],
        "notify_url": NOBODY,
    }
    ask("POST", "v3/combine-transactions/native", body=combined)
    for named in ({}, {"sub_mch_id": sub}):
        fields = {
            **named,
            "appid": merchant.appid,
            "body": f"{tag} tea by APIv2",
            "out_trade_no": number("U"),
            "total_fee": total,
            "notify_url": NOBODY,
            "spbill_create_ip": "127.0.0.1",
            "trade_type": "NATIVE",
        }
        ask("POST", "v2/pay/unifiedorder", body=fields)
        code = {**fields, "out_trade_no": number("U"), "auth_code": new_code()}
        del code["trade_type"], code["notify_url"]
        ask("POST", "v2/pay/micropay", body=code)
    stubbed = {
        **required("v3/funds-to-oversea/orders"),
        "sub_mchid": sub,
        "out_order_id": number("S"),
        "foreign_currency": f"{tag} currency",
    }
    ask("POST", "v3/funds-to-oversea/orders", body=stubbed)


def _shared(world: World, order: Any, named: Mapping[str, str]) -> None:
    """Share the money of an order, and return a part."""
    receiver = {"type": "MERCHANT_ID", "account": "1900000110"}
    added = {**named, "appid": world.merchant.appid, **receiver, "relation_type": "PARTNER"}
    world.ask("POST", "v3/profitsharing/receivers/add", body=added)
    sharing = {
        **named,
        "appid": world.merchant.appid,
        "transaction_id": order["transaction_id"],
        "out_order_no": world.number("P"),
        "receivers": [{**receiver, "amount": 7, "description": f"{world.tag} share"}],
        "unfreeze_unsplit": False,
    }
    world.ask("POST", "v3/profitsharing/orders", body=sharing)
    returned = {
        **named,
        "out_order_no": sharing["out_order_no"],
        "out_return_no": world.number("Q"),
        "return_mchid": receiver["account"],
        "amount": 3,
        "description": f"{world.tag} return",
    }
    world.ask("POST", "v3/profitsharing/return-orders", body=returned)


def _face(world: World) -> None:
    merchant, tag, ask = world.merchant, world.tag, world.ask
    organization = ask(
        "GET", "v3/offlinefacemch/organizations", query={"organization_name": f"{tag} school"}
    )["organization_id"]
    number = f"{tag}User0001"
    user = f"v3/offlinefacemch/organizations/{organization}/users/out-user-id/{number}"
    ask("PATCH", user, body={"user_name": sealed(merchant, f"{tag} User"), "status": "NORMAL"})
    ask("GET", f"v3/offlineface/face-collections/{tag}Collection01")
    path = "v3/offlineface/contracts/presign"
    presigned = required(path)
    presigned["facepay_user"] |= {"organization_id": organization, "out_user_id": number}
    for _ in range(2):
        token = ask("POST", path, body=presigned)["presign_token"]
    world.seen.append(merchant.sign_contract(token))
    paid = {
        **required("v3/offlineface/transactions"),
        "sp_appid": merchant.appid,
        "sp_mchid": merchant.mchid,
        "sub_mchid": world.sub,
        "out_trade_no": world.number("F"),
        "description": f"{tag} meal at school",
        "auth_code": f"{tag}credential",
    }
    paid["amount"] = {"total": world.total, "currency": "CNY"}
    ask("POST", "v3/offlineface/transactions", body=paid)


# --- records of a merchant ---------------------------------------------------------------------

Row = tuple[int, str, str, str, str]


def rows_of(gateway: Gateway, owner: str) -> list[Row]:
    """Return all records of a merchant from the database."""
    return gateway.platform.store._database.rows(  # type: ignore[return-value]
        "SELECT sequence, owner, kind, key, value FROM record WHERE owner = ? ORDER BY sequence",
        (owner,),
    )


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of all members, with their names."""
    if isinstance(value, dict):
        for inner, each in value.items():
            yield from leaves(each, str(inner))
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, name)
    else:
        yield name, value


def numbers_of(rows: Iterable[Row], seen: Iterable[Any]) -> dict[str, list[str]]:
    """The texts of records and responses, by the names that members of requests have."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, _, kind, key, value in rows:
        told = json.loads(value)
        named = [(NAMED.get(kind, ""), key), *leaves(told)]
        for name, each in named:
            if name and isinstance(each, str) and each:
                found["user_id" if name == "use_id" else name].add(each)
    for each in seen:
        for name, text in leaves(each):
            if isinstance(text, str) and text:
                found[name].add(text)
    return {name: sorted(values) for name, values in found.items()}


def secrets_of(rows: Iterable[Row]) -> set[str]:
    """Return the secrets of records: long texts and large amounts."""
    found = set()
    for _, _, _, key, value in rows:
        for _, each in [("", key), *leaves(json.loads(value))]:
            if isinstance(each, str) and len(each) >= 10 and not TIME.match(each):
                found.add(each)
            elif isinstance(each, int) and each > 100_000 and not isinstance(each, bool):
                found.add(str(each))
    return found


def shown_by(response: Response, merchant: Any) -> str:
    """Return all texts of a response, including compressed and encrypted ones."""
    body = response.body
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    text = body.decode("utf-8", "replace")
    opened = []
    for sealed_text in re.findall(r"[A-Za-z0-9+/]{342}==", text):
        try:
            opened.append(rsa.decrypt(sealed_text, merchant.identity.merchant_key))
        except (DecryptionError, ValueError):
            opened.append(base64.b64decode(sealed_text).decode("latin-1"))
    return "\n".join((text, str(response.headers), *opened))


# --- requests ----------------------------------------------------------------------------------


class Author:
    """Writes requests of one merchant with numbers of another.

    Args:
        merchant: who signs.
        numbers: by the names of members: those of everybody.
        parties: the numbers of merchants and sub-merchants and the appids, by name.
        chance: decides.

    Attributes:
        sealed: what it has encrypted.
    """

    def __init__(
        self,
        merchant: Any,
        numbers: Mapping[str, list[str]],
        parties: Mapping[str, list[str]],
        chance: random.Random,
    ) -> None:
        self._merchant = merchant
        self._numbers = numbers
        self._parties = parties
        self._chance = chance
        self.sealed: list[str] = []

    def request(self, operation: Operation) -> IncomingRequest:
        """A request of an operation."""
        is_v2 = operation.protocol == "v2"
        params = {each.name: str(self._value(each)) for each in operation.variables}
        path = "/".join(
            quote(params[each[1:-1]], safe="") if each.startswith("{") else each
            for each in operation.segments
        )
        query = {name: str(each) for name, each in self._members(operation.query).items()}
        if operation.body_option == "media":
            return self._upload(operation, path)
        body = self._members(operation.body) if operation.body_option else None
        if is_v2:
            fields = body or self._members(operation.query)
            return signed(self._merchant, operation.method, path, body=fields)
        return signed(self._merchant, operation.method, path, query=query, body=body)

    def _upload(self, operation: Operation, path: str) -> IncomingRequest:
        content = PICTURE + self._chance.randbytes(4)
        if operation.protocol == "v2":
            named = {"media_hash": digest.md5(content).lower(), "sign_type": "HMAC-SHA256"}
            return signed(self._merchant, "POST", path, body=named, file=content)
        meta = {"filename": "picture.jpg", "sha256": digest.hexdigest("sha256", content)}
        return signed(self._merchant, operation.method, path, body=meta, file=content)

    def _members(self, members: Iterable[Member]) -> dict[str, Any]:
        found = {}
        for member in members:
            wanted = member.required or member.name in self._parties or self._chance.random() < 0.4
            if wanted and "$" not in member.name and member.name not in ("sign", "nonce_str"):
                value = self._value(member)
                found[member.name] = [value] if member.type.endswith("[]") else value
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, member: Member) -> Any:
        name, chance = member.name, self._chance
        if member.type.startswith("object"):
            return self._members(member.members)
        if name in self._parties:
            return chance.choice(self._parties[name])
        if name in AMOUNTS and member.type == "integer":
            return chance.choice((1, 7, 123_457, 987_655))
        if name in FEES:
            return chance.choice(("1", "123457", "987655"))
        if name in self._numbers and member.type.startswith("string"):
            value: Any = chance.choice(self._numbers[name])
        else:
            value = example.scalar(member)
        if name in ("bill_date", "begin_date", "end_date"):
            date = self._merchant.state.clock.date()
            value = date if len(str(value)) == 10 else date.replace("-", "")
        if not member.encrypted:
            return value
        self.sealed.append(str(value)[:60])
        return sealed(self._merchant, self.sealed[-1])
