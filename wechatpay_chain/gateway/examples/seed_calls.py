"""See it work: `python -m wechatpay_chain.gateway.examples.seed_calls` (or `make demo`).

Starts the gateway on a free port of 127.0.0.1, makes every seed call in six styles, then one of
each kind of refusal, and at last follows a payment from its order to the bill.
"""

from __future__ import annotations

import asyncio
import sys
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
from .order_lifecycle import walk

__all__ = ["main"]


@dataclass
class Seed:
    """One operation, and what to hand its verb."""

    path: str
    attributes: str
    verb: str
    options: dict[str, Any]


def seeds(gateway: Gateway) -> Iterator[Seed]:
    """The operations that the demo calls."""
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
                "description": "Image形象店-深圳腾大-QQ公仔",
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
                "body": "QQ公仔 <大号> & 小号",
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
    """The six ways to write a call: how it is written, and the call itself."""
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
    """Make every seed call in six styles and print a table; how many did not go as they must."""
    failures = 0
    for seed in seeds(gateway):
        answers = [(written, call()) for written, call in styles(wxpay, seed)]
        lines = {_request_line(response) for _, response in answers}
        failures += len(lines) - 1
        print(f"\n{' and '.join(sorted(lines))}")
        for written, response in answers:
            failures += not response.verified
            verified = "verified" if response.verified else "NOT VERIFIED"
            print(f"  {response.status_code}  {verified}  {written}")
        print(f"  came back: {_short(answers[-1][1])}")
    return failures


def show_refusals(wxpay: WeChatPay, gateway: Gateway) -> int:
    """Have one call of each kind refused and print why; how many were not."""
    stranger = Identity.new()
    path, number = "v3/offlineface/face-collections/{collection_id}", {"collection_id": "FC1"}
    wrong_key = gateway.client(private_key=stranger.merchant_key)
    wrong_certs = {gateway.identity.public_key_id: stranger.platform_key.public_key()}
    stack = wxpay.stacks["v3"]
    failures = 0
    calls: dict[str, Callable[[], object]] = {
        "The answer was changed on the way": partial(
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
            print("  was NOT refused")
            failures += 1
    return failures


def tamper(request: Request, handle: Handler) -> Flow:
    """Somebody on the way who changes what was answered."""
    response = yield from handle(request)
    response.content = response.content.replace(b"COLLECTION_REQUIRED", b"COMPLETE")
    return response


def slow_signer(credential: Credential) -> Middleware:
    """Sign as a machine does whose clock is 301 seconds slow."""

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


def main() -> int:
    """Run the demo; the exit code tells whether everything went as it must."""
    with Gateway() as gateway, gateway.client() as wxpay:
        print(f"A local WeChat Pay is listening on {gateway.base_uri}")
        failures = show_calls(wxpay, gateway)
        print("\n\nWhat is refused, and how it says so")
        failures += show_refusals(wxpay, gateway)
        print("\n\nA payment, from its order to the bill")
        failures += walk(gateway, wxpay, sys.stdout, print)
    print(f"\n{'Everything went as it must.' if not failures else f'{failures} went wrong.'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
