"""Hold the catalogue against a folder of facts: nothing of them may be missing.

Where the facts slipped the catalogue is right; those places are listed here and in `slips.txt`,
each with its reason, and each must still be a difference. A `number` of the facts may be an
`integer`: they call many whole numbers so, and amounts in fen are whole.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from wechatpay_chain import catalogue
from wechatpay_chain.catalogue.explanations import explanations
from wechatpay_chain.catalogue.schema import Member

PATHS = {  # the path ends with a slash, which a file's name cannot
    "v3/applyment4sub/applyment/index": "v3/applyment4sub/applyment/",
    "v3/ecommerce/applyments/index": "v3/ecommerce/applyments/",
}
NAMES = {  # a blank in a name; a variable that is called otherwise in the path itself
    "payer _currency": "payer_currency",
}
VARIABLES = {
    (
        "GET v3/global/papay/transactions/out-trade-no/{out_trade_no}",
        "transaction_id",
    ): "out_trade_no",
    (
        "POST v3/offlinefacemch/organizations/{organization_id}/users/user-id/{user_id}"
        "/terminate-contract",
        "use_id",
    ): "user_id",
}
NONE = {
    ("v2/xdc/apiv2sandbox/pay/orderquery", "timeout"),  # how long to wait: an option, not a path's
    ("v2/pay/downloadbill", "异常字典"),  # the heading of another table
    ("v2/pay/downloadfundflow", "异常字典"),
}
BASES = ("v3/transactions", "v3/refunds", "v3/settle", "v3/statements")  # Hong Kong's, under hk/
ENUMS = {("v3/gov/subsidy/zhejiang/authcode/try", "discount_mode")}  # words, so not a number

REQUIRED = {  # of a query's answer: these are members of the request that made the order
    (f"GET v3/pay/{base}transactions/{number}", name)
    for base in ("", "partner/")
    for number in ("id/{transaction_id}", "out-trade-no/{out_trade_no}")
    for name in ("description", "notify_url", "amount")
}

EITHER = {  # one of these numbers is enough, and the facts call each required
    "v2/deposit/consume",
    "v2/deposit/orderquery",
    "v2/deposit/refund",
    "v2/deposit/refundquery",
    "v2/pay/facepayquery",
    "v2/pay/orderquery",
    "v2/pay/paporderquery",
    "v2/pay/partner/paporderquery",
    "v2/pay/refundquery",
    "v2/pay/refundqueryv2",
    "v2/secapi/pay/refund",
    "v2/secapi/pay/refundv2",
    "v2/cgi-bin/mch/customs/customdeclarequery",
    "v2/cgi-bin/mch/newcustoms/customdeclareredeclare",
}

ABROAD = (  # a merchant of its own, or one of an institution; the facts require the names of both
    "v3/transactions/",
    "v3/refunds",
    "v3/global/transactions/",
    "v3/global/refunds",
    "v3/global/micropay/",
)
PARTIES = ("mchid", "appid", "sp_mchid", "sp_appid", "sub_mchid")

MORE = {  # operations that the official SDK has, and the facts do not
    ("POST", "v3/marketing/favor/stocks/{stock_id}/stop"),
}

LISTED = {
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("slips.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
}

slips: set[Any] = set()


def main(folder: Path) -> int:
    """Compare, and print what is missing; the exit code tells whether anything is."""
    missing = [
        *operations(folder / "operations.jsonl"),
        *webhooks(folder / "webhooks.jsonl"),
        *error_numbers(folder / "error_numbers.tsv"),
    ]
    expected = {
        *PATHS,
        *NAMES,
        *VARIABLES,
        *NONE,
        *BASES,
        *ENUMS,
        *REQUIRED,
        *EITHER,
        *ABROAD,
        *MORE,
        *LISTED,
    }
    missing += [f"no slip any more: {slip}" for slip in sorted(map(str, expected - slips))]
    print("\n".join(missing))
    print(f"{parameters} parameters of the facts looked up, {len(missing)} differences")
    return int(bool(missing))


parameters = 0


def operations(path: Path) -> Iterator[str]:
    """What the catalogue's operations lack."""
    facts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    known = {(each.method, each.path): each for each in catalogue.operations()}
    for fact in facts:
        name = PATHS.get(fact["path"], fact["path"])
        slips.update({fact["path"]} & PATHS.keys())
        operation = known.pop((fact["method"], name), None)
        if operation is None:
            yield f"{fact['method']} {name} is missing"
            continue
        here = f"{fact['method']} {name}"
        product = fact.get("product", "").replace("<br/>(", "(").replace("<br/>", "·")
        base = fact.get("base_uri")
        if base is None and name.startswith(BASES):
            base = "https://api.mch.weixin.qq.com/hk/"
            slips.add("/".join(name.split("/")[:2]))
        for what, ours, theirs in (
            ("title", operation.title, fact["title"]),
            ("product", operation.tags[0], product or operation.product),
            ("mode", operation.mode, fact.get("mode", "")),
            ("retired", operation.retired, fact.get("retired", False)),
            ("base_uri", operation.base_uri, base),
            ("security", operation.security, fact.get("security", False)),
            ("nonceless", operation.nonceless, fact.get("nonceless", False)),
        ):
            if ours != theirs:
                yield f"{here}: {what} is {ours!r}, and {theirs!r} in the facts"
        yield from response_kind(here, operation, fact)
        given = [*operation.variables, *(fragment(operation.spec))]
        constants = [
            Member(key, {"type": "string", "const": value}, required=True)
            for key, value in operation.constants.items()
        ]
        yield from compare(here, fact["path_params"], [*given, *constants], name)
        for key, members in (
            ("query", operation.query),
            ("headers", operation.headers),
            ("json", operation.body),
            ("xml", operation.body),
            ("body", operation.body),
            ("response", operation.response),
        ):
            yield from compare(f"{here} {key}", fact.get(key, ()), members, name)
    slips.update(known.keys() & MORE)
    yield from (f"{method} {name} is not in the facts" for method, name in known.keys() - MORE)


def response_kind(here: str, operation: catalogue.Operation, fact: dict[str, Any]) -> Iterator[str]:
    """Whether it answers with what the facts say."""
    kind = fact.get("response_kind", "object")
    status = {"empty": 204, "redirect": 302}.get(kind, 200)
    if operation.response_status != status:
        yield f"{here}: answers {operation.response_status}, and {kind} in the facts"
    if kind == "file" and operation.response_type != "application/octet-stream":
        yield f"{here}: answers no file"


def fragment(spec: Any) -> list[Member]:
    """The fragment of an operation as a parameter."""
    described = spec.get("x-wechatpay-fragment")
    if described is None:
        return []
    return [Member(described["name"], described["schema"], required=described["required"])]


def webhooks(path: Path) -> Iterator[str]:
    """What the catalogue's notifications lack."""
    facts = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    known = {(each.protocol, each.event): each for each in catalogue.webhooks()}
    for fact in facts:
        here = f"{fact['protocol']} {fact['event']}"
        webhook = known.pop((fact["protocol"], fact["event"]), None)
        if webhook is None:
            yield f"{here} is missing"
            continue
        if webhook.title != fact["title"]:
            yield f"{here}: title is {webhook.title!r}"
        yield from compare(here, fact["headers"], webhook.headers, "")
        envelope = [each for each in fact["body"] if each["name"] != "resource"]
        yield from compare(here, envelope, webhook.body, "")
        for outer in fact["body"]:
            if outer["name"] == "resource":  # what it holds may hang on a neighbour of the facts
                inner = [{k: v for k, v in p.items() if k != "children"} for p in outer["children"]]
                ours = next(member.members for member in webhook.body if member.name == "resource")
                yield from compare(
                    here, [p for p in inner if p["name"] != "original_data"], ours, ""
                )
        forms = [member for each in webhook.variants for member in each.resource]
        yield from compare(
            f"{here} resource",
            fact.get("resource", ()),
            forms or webhook.resource,
            "",
            alternative=bool(forms),
        )
    yield from (f"{key} is not in the facts" for key in known)


def error_numbers(path: Path) -> Iterator[str]:
    """The error numbers that nothing explains."""
    known = {key.rpartition("/")[2] for key in explanations()}
    for line in path.read_text("utf-8").splitlines()[1:]:
        number, message, _ = line.split("\t")
        if number not in known:
            yield f"error number {number} ({message}) has no line in explanations.tsv"


def compare(
    here: str,
    facts: Iterable[dict[str, Any]],
    members: Iterable[Member],
    path: str,
    *,
    alternative: bool = False,
) -> Iterator[str]:
    """What a list of members lacks of the facts; in one alternative, any may be left out."""
    global parameters
    facts = list(facts)
    known: dict[str, list[Member]] = {}
    for member in members:
        known.setdefault(member.name, []).append(member)
    for fact in facts:
        parameters += 1
        name = fact["name"]
        if (path, name) in NONE:
            slips.add((path, name))
            continue
        slips.update({name} & NAMES.keys() | {(here, name)} & VARIABLES.keys())
        name = VARIABLES.get((here, name), NAMES.get(name, name))
        if name not in known:
            if (f"{here}/{name}", "missing") in LISTED:
                slips.add((f"{here}/{name}", "missing"))
            else:
                yield f"{here}: {name} is missing"
            continue
        member, below = known[name][0], f"{here}/{name}"
        for text in differences(fact, member, path):
            slip = (here.removesuffix(" response"), name)
            listed = (below, "required" if "required" in text else text.split()[0])
            if listed in LISTED:
                slips.add(listed)
            elif "required" in text and slip in REQUIRED:
                slips.add(slip)
            elif "required" in text and path.startswith(ABROAD) and name in PARTIES:
                slips.add(next(each for each in ABROAD if path.startswith(each)))
            elif "required" in text and path in EITHER and name.endswith(("_id", "_no")):
                slips.add(path)
            elif not (alternative and text.startswith(("is required", "title", "enum"))):
                yield f"{below}: {text}"
        several = alternative or [each["name"] for each in facts].count(fact["name"]) > 1
        inner = fact.get("children", ())
        every = [each for found in known[name] for each in found.members]
        yield from compare(below, inner, every, path, alternative=several)


def differences(fact: dict[str, Any], member: Member, path: str) -> Iterator[str]:
    """Where one parameter is not as the facts have it."""
    several = "anyOf" in member.schema  # alternatives, of which the facts make one list
    kind = fact["type"].replace("float", "number")
    if (path, fact["name"]) in ENUMS:
        slips.add((path, fact["name"]))
        kind = "string"
    binary = member.encoded == "application/octet-stream" or fact["name"] == "meta"
    if member.type not in (kind, kind.replace("number", "integer")) and not binary:
        yield f"type is {member.type}, and {kind} in the facts"
    if member.title != fact.get("label", "") and not several:
        yield f"title is {member.title!r}, and {fact.get('label')!r} in the facts"
    if fact.get("required") and not member.required and "$" not in fact["name"]:
        yield "is required in the facts"
    if not set(map(str, member.enum)) >= set(fact.get("enum", ())) and not several:
        yield f"enum is {member.enum}, and {fact['enum']} in the facts"
    for key in ("const", "default"):
        if key in fact and str(member.item.get(key)) != fact[key]:
            yield f"{key} is not {fact[key]!r}"
    encrypted = {
        "by-rsa-pubkey": "RSAES-OAEP",
        "by-aes-gcm": "AEAD_AES_256_GCM",
        "by-aes-ecb": "AES-256-ECB",
    }
    if fact.get("encrypted") and member.encrypted != encrypted[fact["encrypted"]]:
        yield "is encrypted in the facts"
    if fact.get("encoded") and not member.encoded and not binary:
        yield "is encoded in the facts"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
