"""Functions of the other library that send nothing, and what takes their place."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ...utils.translation import _
from .clients import Client
from .mapping import Row
from .rendering import PLACEHOLDER
from .values import Binding, Unsure

__all__ = ["Substitute", "guess", "substitute"]

PAYMENT = ("total_fee", "settlement_total_fee", "cash_fee", "coupon_fee", "coupon_count")
REFUND = ("total_fee", "settlement_total_fee", "refund_fee", "settlement_refund_fee")
LAUNCHED = '{client}.invoke.{kind}(appid={client}.appid, prepay_id={prepay_id}, sign_type="MD5")'
GUESSES = {
    "decrypt_callback": "{client}.notify({headers}, {body}).resource",
    "sign": "digest.hmac_sha256(canonical.fields({data}), apiv3_key)",
    "jsapi.get_jsapi_params": LAUNCHED.replace("{kind}", "jsapi"),
    "jsapi.get_jsapi_signature": f'{LAUNCHED.replace("{kind}", "jsapi")}["paySign"]',
    "order.get_appapi_params": LAUNCHED.replace("{kind}", "app"),
    "withhold.apply_signing": 'digest.sign("MD5", canonical.fields(fields), secret)',
    "check_signature": "{client}.notify_v2(body).resource",
    "get_payment_data": "{client}.notify_v2({xml}).resource",
    "get": '{client}[f"v2/{{path}}"].get(query={{...}}).xml()',
    "post": '{client}[f"v2/{{path}}"].post(xml={{...}}).xml()',
}
"""The line to write where nothing is certain."""


@dataclass(frozen=True, slots=True)
class Substitute:
    """The replacement of a call.

    Attributes:
        text: an expression.
        imports: names of `wechatpay_chain` that it needs.
        verified: whether None was returned where a signature failed, and an error is raised here.
    """

    text: str
    imports: frozenset[str] = frozenset()
    verified: bool = False


def substitute(
    row: Row, binding: Binding, client: Client, receiver: str, *, is_async: bool
) -> Substitute:
    """Return the replacement of a call that sends nothing.

    Args:
        row: the row of the table.
        binding: the arguments.
        client: on which it is made.
        receiver: its name in the program.
        is_async: whether it is awaited.

    Raises:
        Unsure: it returns something else here, or the arguments have no counterpart.
    """

    def text(name: str) -> str:
        value = binding.value(name)
        return PLACEHOLDER if value is None else value.text

    match row.path:
        case "notify":
            if binding.function.name != "callback":
                raise Unsure(_("it returned JSON text; here the resource is already parsed"))
            verb = "notify_async" if is_async else "notify"
            return Substitute(
                f"{receiver}.{verb}({text('headers')}, {text('body')})", verified=True
            )
        case "decrypt":
            return Substitute(f"{receiver}.decrypt({text('ciphtext')})")
        case "sign":
            values = f"canonical.lines({_items(text('data'))})"
            return Substitute(f"{receiver}.credential.sign({values})", frozenset({"canonical"}))
        case "invoke_jsapi" | "invoke_app" | "invoke_sign":
            return Substitute(_launched(row.path, binding, client, receiver))
        case "notify_v2":
            return Substitute(_amounts(binding, receiver))
    if row.note:
        raise Unsure(f"{binding.function.name}: {row.remark}")
    raise Unsure(_("no counterpart returns the same"))


def guess(binding: Binding, receiver: str) -> str:
    """Return the suggested line for a call that is not rewritten.

    Args:
        binding: the arguments.
        receiver: the client's name in the program.
    """
    given = {each.name: PLACEHOLDER for each in binding.function.parameters}
    given |= {name: value.text for name, value in binding.given.items()}
    return GUESSES[binding.function.name].format(client=receiver, **given)


def _items(text: str) -> str:
    tree = ast.parse(f"({text}\n)", mode="eval").body
    if isinstance(tree, ast.List | ast.Tuple):
        return ", ".join(ast.unparse(each).replace("'", '"') for each in tree.elts)
    return f"*{text}"


def _launched(kind: str, binding: Binding, client: Client, receiver: str) -> str:
    for name in ("timestamp", "nonce_str", "jssdk"):
        value = binding.value(name)
        if value is not None and value.truth is not False:
            raise Unsure(
                _("{name} cannot be chosen here: the parameters are created in one step", name=name)
            )
    own = client.attribute("sub_appid", receiver) if kind != "invoke_app" else None
    own = own or client.attribute("appid", receiver)
    prepay = binding.value("prepay_id")
    if own is None or prepay is None:
        raise Unsure(_("appid and prepay_id are needed"))
    method = "app" if kind == "invoke_app" else "jsapi"
    end = '["paySign"]' if kind == "invoke_sign" else ""
    return (
        f"{receiver}.invoke.{method}("
        f'appid={own.text}, prepay_id={prepay.text}, sign_type="MD5"){end}'
    )


def _amounts(binding: Binding, receiver: str) -> str:
    names = PAYMENT if binding.function.name == "parse_payment_result" else REFUND
    listed = ", ".join(f'"{name}"' for name in names)
    xml = binding.value("xml")
    return (
        "{\n"
        "    name: int(value)\n"
        f"    if name in ({listed})\n"
        "    else value\n"
        f"    for name, value in {receiver}.notify_v2({xml.text if xml else PLACEHOLDER})"
        ".resource.items()\n"
        "}"
    )
