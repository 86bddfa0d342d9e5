"""The tables that map other libraries' functions to this one, generated from the codemod's tables.

Run as a program, it writes them into the guides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from wechatpay_chain.chain.segments import attribute
from wechatpay_chain.cli.migrate.mapping import LIBRARIES, Function, Row, functions

__all__ = ["PAGES", "completed", "table"]

DOCS = Path(__file__).resolve().parents[2]
PAGES = {
    DOCS / folder / f"coming-from-{library}.md": (library, folder == "zh")
    for library in LIBRARIES
    for folder in ("", "zh")
}
"""The pages with a table: the library, and whether the page is in Chinese."""
PLACE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end of the table -->)", re.S)
GROUPS = (
    (
        r"callback|decrypt.*|sign|parse_.*|check_.*|get_payment_data|jsapi\..*|.*get_appapi_params",
        6,
    ),
    (r"combine_.*", 1),
    (r".*bill|submch_fundflow_bill|tools\.download_.*", 2),
    (r"(brand_)?profitsharing_.*", 3),
    (r"payscore_.*|parking_.*|withhold\..*", 4),
    (r"transfer.*|mch_transfer_.*|redpack\..*", 5),
    (r"marketing_.*|points_notify|business_.*|user_auth.*|coupon\..*", 7),
    (r"apply.*|capital_.*|goldplan_.*|guides_.*|merchantrisk_.*|complaint_.*|fapiao_.*", 8),
    (r".*_upload", 8),
)
TITLES = (
    ("Orders and refunds", "下单、查单、关单、退款"),
    ("Combined orders", "合单支付"),
    ("Bills", "账单"),
    ("Profit sharing", "分账"),
    ("Pay score, parking and deductions", "支付分、停车与代扣"),
    ("Transfers and red packets", "转账与红包"),
    ("Signatures and notifications", "签名与回调通知"),
    ("Coupons and business circles", "代金券、商家券与商圈"),
    ("Onboarding and merchant services", "进件与商户经营"),
)
HERE = {
    "notify": "wxpay.notify(headers, body)",
    "decrypt": "wxpay.decrypt(ciphertext)",
    "sign": "wxpay.credential.sign(canonical.lines(*values))",
    "hmac": "digest.hmac_sha256(canonical.fields(fields), key)",
    "invoke_app": 'wxpay.invoke.app(appid=…, prepay_id=…, sign_type="MD5")',
    "invoke_jsapi": 'wxpay.invoke.jsapi(appid=…, prepay_id=…, sign_type="MD5")',
    "invoke_sign": 'wxpay.invoke.jsapi(appid=…, prepay_id=…, sign_type="MD5")["paySign"]',
    "notify_v2": "wxpay.notify_v2(xml).resource",
    "check": "wxpay.notify_v2(body).resource",
    "unverified": "wxpay.notify_v2(xml).resource",
    "entrust": 'digest.sign("MD5", canonical.fields(fields), secret)',
    "any": 'wxpay["v2/…"].post(xml={…}).xml()',
}
WORDS = {
    "direct": ("direct merchant", "直连商户"),
    "partner": ("service provider", "服务商"),
}


def table(library: str, *, chinese: bool) -> str:
    """The tables of a library, under a heading each.

    Args:
        library: whose functions they are.
        chinese: their language.
    """
    groups: dict[int, list[str]] = {}
    for function in functions(library).values():
        if function.name != "WeChatPay":
            lines = _lines(library, function, chinese)
            groups.setdefault(_group(function.name), []).extend(lines)
    head = f"| {library} | wechatpay-chain | {'说明' if chinese else 'notes'} |"
    return "".join(
        f"\n### {TITLES[number][chinese]}\n\n{head}\n|---|---|---|\n{''.join(lines)}"
        for number, lines in sorted(groups.items())
    )


def completed(text: str, library: str, *, chinese: bool) -> str:
    """A page with its tables as they are now."""
    return PLACE.sub(lambda _: f"{table(library, chinese=chinese)}\n", text)


def _group(name: str) -> int:
    return next((number for pattern, number in GROUPS if re.fullmatch(pattern, name)), 0)


def _lines(library: str, function: Function, chinese: bool) -> Iterator[str]:
    for row in function.rows:
        there = f"`{function.name}`{_when(function, row, chinese)}"
        notes = ("；" if chinese else "; ").join(_notes(library, row, chinese))
        yield f"| {there} | `{_here(row)}` | {notes} |\n"


def _when(function: Function, row: Row, chinese: bool) -> str:
    if len(function.rows) == 1:
        return ""
    told = [
        WORDS[each][chinese] if each in WORDS else _condition(each, chinese) for each in row.when
    ]
    if not told:
        return "，其他情况" if chinese else ", otherwise"
    return ("，" if chinese else ", ") + ("、" if chinese else ", ").join(told)


def _condition(text: str, chinese: bool) -> str:
    name, is_list, values = text.partition("=")
    between = "`、`" if chinese else "`, `"
    return f"`{name}={between.join(values.split(','))}`" if is_list else f"`{name}`"


def _here(row: Row) -> str:
    if not row.verb:
        return HERE[row.path]
    whole = re.fullmatch(r"\{(\w+)\}", row.path)
    if whole:
        chain = f"wxpay[{whole[1]}]"
    else:
        names = [attribute(each) if each else None for each in row.path.split("/")]
        chain = f'wxpay["{row.path}"]' if None in names else ".".join(["wxpay", *map(str, names)])
    arguments = [] if whole else [f"{name}=…" for name in row.variables]
    if any(not each.field.startswith("{") for each in row.members):
        arguments.append(f"{row.body}={{…}}")
    for option in row.options:
        name = option.partition("=")[0]
        if name in ("security", "nonceless"):
            arguments.append(f"{name}=True")
        elif name in ("sensitive", "base_uri"):
            arguments.append(option)
        elif name.startswith("headers:"):
            arguments.append("headers={…}")
        elif name == "media":
            arguments.append("media=Media(…)" if "," in option else "media=filepath")
        elif name == "fapiao":
            arguments.append("meta={…}")
    end = "" if row.body != "xml" else (".text" if "text" in row.options else ".xml()")
    end = ".content" if "content" in row.options else end
    return f"{chain}.{row.verb.lower()}({', '.join(arguments)}){end}"


def _notes(library: str, row: Row, chinese: bool) -> Iterator[str]:
    for member in row.members:
        own = member.argument.startswith("client.") or member.constant
        name = member.field.strip("{}").rpartition(".")[2]
        if any(each.argument == member.argument == each.field for each in row.members):
            continue  # the argument keeps its name, and gives another member as well
        if not own and member.argument != name:
            word = "改为" if chinese else "becomes"
            yield f"`{member.argument}` {word} `{member.field}`"
    if any(each.partner for each in row.members):
        names = ("、" if chinese else ", ").join(
            f"`{each.argument}`" for each in row.members if each.partner
        )
        yield f"{names} 仅服务商使用" if chinese else f"{names}: service providers only"
    note = row.note_zh if chinese else row.note
    if note:
        yield f"{library}：{note}" if chinese else f"{library} {note}"


def main() -> None:
    """Write the tables into their pages."""
    for page, (library, chinese) in PAGES.items():
        text = page.read_text("utf-8")
        made = completed(text, library, chinese=chinese)
        if made != text:  # a page that is written anew makes the built site look old
            page.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
