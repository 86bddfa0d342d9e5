"""The seed calls in six styles, and one rejected call of each kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from ... import Flow, Handler, Middleware, Request, Response, Sensitive, WeChatPay, WeChatPayError
from ...keys.credential import Credential
from ...messages import canonical
from ..gateway import Gateway
from ..store.identity import Identity

__all__ = ["seeds", "show_calls", "show_rejections", "styles"]


@dataclass
class Seed:
    """One operation, with the arguments of its verb."""

    path: str
    attributes: str
    verb: str
    options: dict[str, Any]


def seeds(gateway: Gateway) -> Iterator[Seed]:
    """Return the operations that the examples call."""
    identity = gateway.identity
    user = {"organization_id": "ORG0001", "out_user_id": "stu-001"}
    yield Seed(
        "v3/offlineface/face-collections/{collection_id}",
        "v3.offlineface.faceCollections._collection_id_",
        "get",
        {"collection_id": "FC2353ZJIHOJKHOIIOIJ"},
    )
    yield Seed(
        "v3/offlineface/face-collections",
        "v3.offlineface.faceCollections",
        "get",
        {"query": {"organization_id": "", "offset": 0, "limit": 0}},
    )
    users = "v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}"
    chain = "v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_"
    yield Seed(users, chain, "get", user)
    yield Seed(
        users,
        chain,
        "patch",
        {
            **user,
            "json": {
                "user_name": Sensitive("李四"),
                "user_type": "STUDENT",
                "student_info": {"class_name": "三年三班"},
                "staff_info": {"occupation": "教师"},
                "status": "NORMAL",
                "phone": Sensitive("13800000000"),
            },
            "headers": {"Wechatpay-Serial": identity.public_key_id},
        },
    )
    for sign_type in ("MD5", "HMAC-SHA256"):
        fields = {
            "store_id": "IMG001",
            "store_name": "爱马哥南山店",
            "device_id": "DEV001",
            "rawdata": "H0kvnUgGHKuqflNwtNqCdOVpbO4FPSowudTG",
            "appid": identity.appid,
            "mch_id": identity.mchid,
            "now": int(time.time()),
            "version": "1",
            "sign_type": sign_type,
        }
        yield Seed(
            "v2/face/get_wxpayface_authinfo",
            "v2.face.get_wxpayface_authinfo",
            "post",
            {"base_uri": f"{gateway.base_uri}payapp/", "xml": fields},
        )
    yield from _orders(identity)
    yield Seed("v3/certificates", "v3.certificates", "get", {})


def _orders(identity: Identity) -> Iterator[Seed]:
    yield Seed(
        "v3/pay/transactions/native",
        "v3.pay.transactions.native",
        "post",
        {
            "json": {
                "appid": identity.appid,
                "mchid": identity.mchid,
                "description": "QQ 公仔",
                "out_trade_no": "native-0001",
                "notify_url": "https://shop.example/notify",
                "amount": {"total": 100, "currency": "CNY"},
            }
        },
    )
    yield Seed(
        "v2/pay/unifiedorder",
        "v2.pay.unifiedorder",
        "post",
        {
            "xml": {
                "appid": identity.appid,
                "mch_id": identity.mchid,
                "body": "QQ 公仔 <大号> & 小号",
                "out_trade_no": "unified-0001",
                "total_fee": 100,
                "spbill_create_ip": "127.0.0.1",
                "notify_url": "https://shop.example/notify",
                "trade_type": "NATIVE",
                "sign_type": "HMAC-SHA256",
            }
        },
    )


def styles(wxpay: WeChatPay, seed: Seed) -> Iterator[tuple[str, Callable[[], Response]]]:
    """Yield the six ways to write a call: the code, and the call itself."""
    node: Any = wxpay
    for name in seed.attributes.split("."):
        node = getattr(node, name)
    written = {
        f"wxpay.{seed.attributes}": node,
        f'wxpay.chain("{seed.path}")': wxpay.chain(seed.path),
        f'wxpay["{seed.path}"]': wxpay[seed.path],
    }
    given = ", ".join(f"{name}={_brief(value)}" for name, value in seed.options.items())
    for text, chain in written.items():
        yield f"{text}.{seed.verb}({given})", partial(getattr(chain, seed.verb), **seed.options)
        verb = getattr(chain, f"{seed.verb}_async")
        yield f"await {text}.{seed.verb}_async({given})", partial(_run, verb, seed.options)


def _run(verb: Any, options: dict[str, Any]) -> Response:
    response: Response = asyncio.run(verb(**options))
    return response


def _brief(value: Any) -> str:
    return repr(value) if isinstance(value, str) else "{…}"


def show_calls(wxpay: WeChatPay, gateway: Gateway) -> int:
    """Make every seed call in six styles and print a table; return the number of failures."""
    failures = 0
    for seed in seeds(gateway):
        responses = [(written, call()) for written, call in styles(wxpay, seed)]
        lines = {_request_line(response) for _, response in responses}
        failures += len(lines) - 1
        print(f"\n{' and '.join(sorted(lines))}")
        for written, response in responses:
            failures += not response.verified
            verified = "verified" if response.verified else "NOT VERIFIED"
            print(f"  {response.status_code}  {verified}  {written}")
        print(f"  response: {_short(responses[-1][1])}")
    return failures


def show_rejections(wxpay: WeChatPay, gateway: Gateway) -> int:
    """Make rejected calls of each kind and print the errors; return the number of accepted ones."""
    stranger = Identity.new()
    path, number = "v3/offlineface/face-collections/{collection_id}", {"collection_id": "FC1"}
    wrong_key = gateway.client(private_key=stranger.merchant_key)
    wrong_certs = {gateway.identity.public_key_id: stranger.platform_key.public_key()}
    stack = wxpay.stacks["v3"]
    failures = 0
    calls: dict[str, Callable[[], object]] = {
        "The response was changed on the way": partial(
            wxpay[path].get, **number, stack=stack.after("verifier", "tamper", tamper)
        ),
        "Signed with a key that is not the merchant's": partial(wrong_key[path].get, **number),
        "Verified with a key that is not the platform's": partial(
            gateway.client(certs=wrong_certs)[path].get, **number
        ),
        "This machine's clock is 301 seconds slow": partial(
            wxpay[path].get, **number, stack=stack.replace("signer", slow_signer(wxpay.credential))
        ),
        "A template variable is missing": wxpay[path].get,
    }
    for what, call in calls.items():
        print(f"\n{what}")
        try:
            call()
        except WeChatPayError as error:
            print(f"  {type(error).__name__}: {error}")
        else:
            print("  was NOT rejected")
            failures += 1
    return failures


def tamper(request: Request, handle: Handler) -> Flow:
    """Change the response on its way to the client."""
    response = yield from handle(request)
    response.content = response.content.replace(b"COLLECTION_REQUIRED", b"COMPLETE")
    return response


def slow_signer(credential: Credential) -> Middleware:
    """Return a signer with a clock that is 301 seconds slow."""

    def sign(request: Request, handle: Handler) -> Flow:
        stamp = str(int(canonical.timestamp()) - 301)
        return (yield from handle(credential.authorize(request, stamp)))

    return sign


def _request_line(response: Response) -> str:
    request = response.request
    return f"{request.method} {request.target}" if request is not None else ""


def _short(response: Response) -> str:
    text = response.text if response.content else "(no body)"
    return text if len(text) <= 130 else f"{text[:130]}…"
