"""Explains the inspection of a request: the text that the gateway hashed, and the signed one.

The causes of a wrong signature come from `wechatpay_chain.diagnosis`, in both languages of the
console. The console's scripts contain the texts of the other findings.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from ...diagnosis.explanation import Part
from ...diagnosis.explanation import explain as causes
from ...diagnosis.keyring import Keyring
from ...diagnosis.transcripts import Message, Transcript
from ...keys.platform_key import PlatformKey
from ...messages import canonical, xml
from ...messages.headers import Headers
from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret
from ...utils.translation import in_language
from ..server.inspection import PARAMETER
from ..server.log import SHOWN
from ..simulation.registry import chain_path
from ..state import State

__all__ = ["explain", "verdict"]

REJECTED = "request"
"""The step that fails if the gateway rejects a request before its inspection."""
EXPLAINED = ("Authorization", "timestamp", "serial_no", "signature", "sign")
"""The steps that `wechatpay_chain.diagnosis` can explain."""
LANGUAGES = ("en", "zh")
CUT = re.compile(r"… \(\d+ bytes in all\)\Z")
Entry = dict[str, Any]
Finding = dict[str, Any]
"""A cause with its texts in both languages; or a `code` with its values, of which the console's
scripts contain the text."""


def verdict(entry: Entry) -> dict[str, Any]:
    """Return how a request ended, for a line in a list.

    Returns:
        `ok`; `code` and `message` of an error; `failed`, the failed step of the inspection, or an
        empty text.
    """
    failed = next((step["name"] for step in entry["steps"] if not step["passed"]), "")
    status = entry["status"]
    code, message = _error(status or 0, entry["answer_body"])
    ok = status is not None and status < 400 and not code
    return {"ok": ok, "code": code, "message": message, "failed": failed}


def _error(status: int, body: str) -> tuple[str, str]:
    """Return the code and the message of an error of either API."""
    if status >= 400 and body.startswith("{"):
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return "", ""
        return str(told.get("code") or ""), str(told.get("message") or "")
    if not body.startswith("<") or "FAIL" not in body:
        return "", ""
    try:
        fields = xml.loads(body)
    except ValueError:
        return "", ""
    if fields.get("return_code") == "FAIL":
        return "FAIL", str(fields.get("return_msg") or "")
    if fields.get("result_code") == "FAIL":
        return str(fields.get("err_code") or "FAIL"), str(fields.get("err_code_des") or "")
    return "", ""


def explain(entry: Entry, state: State) -> dict[str, Any]:
    """Return the reasons for which a request was rejected, as far as they are known.

    Args:
        entry: the request in the log.
        state: the state of the merchant that sent it.

    Returns:
        `protocol`; `failed`, the failed step; `hashed`, the text that the gateway hashed or would
        have hashed, or None; `complete`, whether the log contains the whole body; `signed`, the
        text that the client signed instead, or None if it is unknown; `findings`.
    """
    protocol = chain_path(entry["target"].partition("?")[0])[:2]
    failed = verdict(entry)["failed"]
    cut = len(entry["body"]) > SHOWN // 4 and CUT.search(entry["body"])
    complete = failed != REJECTED and not cut and "\ufffd" not in entry["body"]
    part, findings = None, _other_findings(entry, state, failed)
    if failed in EXPLAINED and _is_given(entry, failed):
        if complete:
            part, findings = _causes(entry, state)
        else:
            findings = [{"code": "body_not_kept"}]
    return {
        "protocol": protocol,
        "failed": failed,
        "hashed": _hashed(entry, protocol, complete) if failed != REJECTED else None,
        "complete": complete,
        "signed": part.signed.decode("utf-8", "replace") if part and part.signed else None,
        "findings": findings,
    }


def _is_given(entry: Entry, failed: str) -> bool:
    """Return whether the failed member is present; for a missing one, the step is sufficient."""
    authorization = entry["headers"].get("Authorization", "")
    if failed in ("Authorization", "sign"):
        return failed == "sign" or bool(authorization)
    return bool(dict(PARAMETER.findall(authorization)).get(failed))


def _causes(entry: Entry, state: State) -> tuple[Part | None, list[Finding]]:
    """Return the explanation of a signature, and its findings in both languages."""
    message = Message(
        method=entry["method"],
        target=entry["target"],
        origin=f"http://{entry['headers'].get('Host', '')}",
        status=0,
        headers=Headers(entry["headers"].items()),
        body=entry["body"].encode("utf-8", "replace"),
    )
    part, texts = None, []
    for language in LANGUAGES:
        with in_language(language):
            (part,) = causes(Transcript(message, None), _keyring(state), entry["time"])
            findings = [each for each in part.findings if each.cause != "none"]
            texts.append(
                [
                    {"what": each.what, "detail": each.detail, "action": each.action}
                    for each in findings
                ]
            )
    return part, [
        {"cause": each.cause, **dict(zip(LANGUAGES, several, strict=True))}
        for each, *several in zip(findings, *texts, strict=True)
    ]


def _keyring(state: State) -> Keyring:
    identity = state.identity
    return Keyring(
        mchid=identity.mchid,
        serial=identity.serial,
        merchant=identity.merchant_key.public_key(),
        platform={
            name: PlatformKey(name, key.public_key())
            for name, key in identity.platform_keys.items()
        },
        secret=Secret(identity.secret),
        apiv3_key=Secret(identity.apiv3_key.encode()),
    )


def _other_findings(entry: Entry, state: State, failed: str) -> list[Finding]:
    """Return the findings that depend on the gateway, not on the signature."""
    if failed == REJECTED:
        return [{"code": "body_not_kept" if entry["status"] == 413 else "turned_away"}]
    given = dict(PARAMETER.findall(entry["headers"].get("Authorization", "")))
    if failed == "nonce_str" and given.get("nonce_str"):
        quoted = f'nonce_str="{given["nonce_str"]}"'
        for other in state.log.all():
            before = other["number"] < entry["number"]
            if before and quoted in other["headers"].get("Authorization", ""):
                return [{"code": "nonce_used", "number": other["number"]}]
        return [{"code": "nonce_again"}]
    return []


def _hashed(entry: Entry, protocol: str, complete: bool) -> str | None:
    """Return the text that the gateway hashed, or None if there is none."""
    if protocol == "v3":
        given = dict(PARAMETER.findall(entry["headers"].get("Authorization", "")))
        if not (given.get("timestamp") and given.get("nonce_str")):
            return None
        lines = (entry["method"], entry["target"], given["timestamp"], given["nonce_str"])
        return "".join(f"{line}\n" for line in (*lines, entry["body"]))
    fields = _fields(entry) if complete else {}
    try:
        return f"{canonical.fields(fields)}&key=***" if fields else None
    except ConfigurationError:  # a field contains other elements
        return None


def _fields(entry: Entry) -> dict[str, Any]:
    if entry["method"] == "GET":
        query = entry["target"].partition("?")[2]
        return dict(parse_qsl(query, keep_blank_values=True))
    try:
        return xml.loads(entry["body"])
    except ValueError:
        return {}
