"""The HTML of a cashier page; all texts from clients are escaped."""

from __future__ import annotations

import re
from html import escape
from typing import Any
from urllib.parse import quote, unquote

from ...utils.display import printable
from ..simulation.payments.records import Order
from ..state import State
from . import money, qr
from .pages import fill
from .view import order_view
from .words import LANGUAGES, WORDS

__all__ = ["render"]

HERE = re.compile(r"https?://(127\.|localhost|0\.0\.0\.0|\[::1?\])")
"""Matches a URL that only the local machine can open."""

LONGEST = 500
"""Maximum number of characters of a client's text."""

View = dict[str, Any]
Words = dict[str, str]
Facts = list[tuple[str, str]]


def render(
    state: State,
    orders: list[Order],
    language: str,
    *,
    address: str,
    returns_to: str = "",
    rejection: str = "",
    is_local: bool = False,
) -> str:
    """Return the page of one order, or of several orders that are paid together.

    Args:
        state: the state of the gateway.
        orders: the orders, at least one.
        language: `zh` or `en`.
        address: the URL of the page.
        returns_to: the shop's URL after a real payment.
        rejection: the reason why the action of a button failed.
        is_local: whether the reader can also open the console.
    """
    words = WORDS[language]
    views = [order_view(order, state) for order in orders]
    standing = _standing(views)
    total = money.shown(sum(order["total"] for order in orders), orders[0]["currency"])
    first = views[0]
    title = first["description"] if len(views) == 1 else words["orders"].format(count=len(views))
    left = first["expires"] - state.clock.now() if first["open"] else 0
    return fill(
        "cashier.html",
        lang=LANGUAGES[language],
        title=escape(f"{total} · {words['cashier']}"),
        cashier=escape(words["cashier"]),
        test=escape(words["test"]),
        other="en" if language == "zh" else "zh",
        other_code=LANGUAGES["en" if language == "zh" else "zh"],
        other_language=escape(words["other_language"]),
        console=_console(words, first) if is_local else "",
        live=escape(words["live"]),
        offline=escape(words["offline"]),
        state=standing,
        left=f"{left:.0f}",
        scale=f"{state.clock.scale:g}",
        standing=escape(words[standing]),
        amount=_amount(total),
        description=_shown(title),
        alert=_alert(words, rejection),
        hint=escape(words.get(f"{standing}_hint", "")),
        orders=_orders(views, words) if len(views) > 1 else "",
        facts=_facts(_told(state, views, words, returns_to)),
        buttons=_buttons(first["token"], total, words) if first["open"] else "",
        code=_code(address, words),
        address=_shown(address),
        copy=escape(words["copy"]),
        copied=escape(words["copied"]),
    )


def _shown(text: object) -> str:
    """Return a client's text as HTML, with characters that change the direction escaped."""
    return escape(printable(text, LONGEST))


def _standing(views: list[View]) -> str:
    """Return the state to show: a state of WeChat Pay, or a finer one of the gateway."""
    first = views[0]
    state = str(first["state"])
    if state == "REFUND" or (state == "SUCCESS" and first["refunded"]):
        whole = all(view["refunded"] and not view["refunded_in_part"] for view in views)
        return "REFUND" if whole else "REFUND_PART"
    return state


def _amount(total: str) -> str:
    sign = total[0] if not total[0].isdigit() else ""
    rest = total[len(sign) :]
    return f'<span class="sign">{escape(sign)}</span>{escape(rest)}'


def _console(words: Words, first: View) -> str:
    number = quote(first["out_trade_no"], safe="")
    name = escape(words["console"])
    return f'<a class="quiet" href="/_gateway/#/orders/{escape(number)}">{name}</a>'


def _told(state: State, views: list[View], words: Words, returns_to: str) -> Facts:
    first = views[0]
    parties = first["parties"] or {}
    alone = len(views) == 1
    payee = parties.get("sp_mchid") or parties.get("mchid") or parties.get("mch_id")
    facts = [
        (words["payee"], payee if alone else ""),
        (
            words["sub_payee"],
            (parties.get("sub_mchid") or parties.get("sub_mch_id")) if alone else "",
        ),
        (words["app"], parties.get("sp_appid") or parties.get("appid")),
        (words["combine_out_trade_no"], first["combine_out_trade_no"]),
        (words["out_trade_no"], first["out_trade_no"] if alone else ""),
        (words["transaction_id"], first["transaction_id"] if alone else ""),
        (words["trade_type"], first["trade_type"]),
        (words["attach"], first["attach"] if alone else ""),
        (words["created"], _moment(state, first["created"])),
        (words["expires"], "" if first["paid"] else _moment(state, first["expires"])),
        (words["paid_at"], _moment(state, first["paid"])),
        (words["payer"], first["openid"] if first["paid"] else ""),
        (words["refunded"], first["refunded"] if alone else ""),
        (words["returns_to"], _place(returns_to)),
    ]
    return [(name, str(value)) for name, value in facts if value]


def _place(returns_to: str) -> str:
    """Return the URL as text; empty if it is not a web address."""
    address = unquote(returns_to)
    return address if address.startswith(("http://", "https://")) else ""


def _moment(state: State, moment: float | None) -> str:
    if not moment:
        return ""
    text = state.clock.rfc3339(moment)
    return f"{text[:10]} {text[11:19]} {text[19:]}"


def _facts(facts: Facts) -> str:
    return "\n".join(
        f"<div><dt>{escape(name)}</dt><dd>{_shown(value)}</dd></div>" for name, value in facts
    )


def _alert(words: Words, rejection: str) -> str:
    if not rejection:
        return ""
    text = f"{escape(words['rejected'])}: {_shown(rejection)}"
    return f'<p class="alert" role="alert">{text}</p>'


def _orders(views: list[View], words: Words) -> str:
    lines = []
    for view in views:
        standing = words[_standing([view])]
        parties = view["parties"] or {}
        told = [view["out_trade_no"], parties.get("mchid"), parties.get("sub_mchid"), standing]
        small = _shown(" · ".join(str(each) for each in told if each))
        lines.append(
            f"<li><span><b>{_shown(view['description'])}</b><small>{small}</small></span>"
            f"<span>{escape(view['amount'])}</span></li>"
        )
    return f'<ol class="parts">{"".join(lines)}</ol>'


def _buttons(token: str, total: str, words: Words) -> str:
    lines = []
    for action, kind in (("pay", "primary"), ("fail", ""), ("expire", "")):
        name = escape(words[action].format(amount=total))
        hint = words.get(f"{action}_hint", "")
        described = f' aria-describedby="{action}-hint"' if hint else ""
        small = f'<small id="{action}-hint">{escape(hint)}</small>' if hint else ""
        lines.append(
            f'<form method="post" action="/_gateway/pay/{escape(token)}/{action}">'
            f'<button id="{action}" class="{kind}"{described}>{name}</button>{small}</form>'
        )
    return f'<div class="actions">{"".join(lines)}</div>'


def _code(address: str, words: Words) -> str:
    drawn = qr.svg(address, words["qr_label"])
    caption = words["qr"] if drawn else words["qr_missing"]
    hint = f"<small>{escape(words['qr_local'])}</small>" if HERE.match(address) else ""
    return f"{drawn}<p>{escape(caption)}</p>{hint}"
