"""Explains the inspection of a request: what was hashed, and what the client signed."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from ....crypto import digest
from ....messages import canonical, xml
from ....utils.exceptions import ConfigurationError
from ...server.inspection import PARAMETER
from ...server.log import SHOWN
from ...simulation.registry import chain_path
from ...state import State
from . import v2, v3
from .causes import Diagnosis, Finding, finding

__all__ = ["explain", "verdict"]

TURNED_AWAY = "request"
"""The step that fails where a request is rejected before it is looked at."""
CUT = re.compile(r"… \(\d+ bytes in all\)\Z")
Entry = dict[str, Any]


def verdict(entry: Entry) -> dict[str, Any]:
    """How a request ended, for a line in a list.

    Returns:
        `ok`; `code` and `message` of an error; `failed`, the step of the inspection that did not
        pass, or nothing.
    """
    failed = next((step["name"] for step in entry["steps"] if not step["passed"]), "")
    status = entry["status"]
    code, message = _error(status or 0, entry["answer_body"])
    ok = status is not None and status < 400 and not code
    return {"ok": ok, "code": code, "message": message, "failed": failed}


def _error(status: int, body: str) -> tuple[str, str]:
    """Code and message of an error in either API's form."""
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
    """Why a request was rejected, as far as it can be known.

    Args:
        entry: of the log.
        state: of the gateway.

    Returns:
        `protocol`; `failed`, the step; `hashed`, the string that the gateway hashed, or would
        have, None where there is none; `complete`, whether that is all of it; `signed`, the string
        that the client signed instead, None where it was not found; `findings`, what is wrong.
    """
    protocol = chain_path(entry["target"].partition("?")[0])[:2]
    failed = verdict(entry)["failed"]
    if failed == TURNED_AWAY:
        too_large = entry["status"] == 413
        return {
            "protocol": protocol,
            "failed": failed,
            "hashed": None,
            "complete": False,
            "signed": None,
            "findings": [finding("body_not_kept") if too_large else finding("turned_away")],
        }
    cut = len(entry["body"]) > SHOWN // 4 and CUT.search(entry["body"])
    complete = not cut and "\ufffd" not in entry["body"]
    if protocol == "v3":
        given = dict(PARAMETER.findall(entry["headers"].get("Authorization", "")))
        hashed, diagnosis = _v3(entry, given, state, failed, complete)
    else:
        hashed, diagnosis = _v2(entry, state, failed, complete)
    return {
        "protocol": protocol,
        "failed": failed,
        "hashed": hashed,
        "complete": complete,
        "signed": diagnosis.signed,
        "findings": diagnosis.findings,
    }


def _v3(
    entry: Entry, given: dict[str, str], state: State, failed: str, complete: bool
) -> tuple[str | None, Diagnosis]:
    hashed = None
    if given.get("timestamp") and given.get("nonce_str"):
        lines = (entry["method"], entry["target"], given["timestamp"], given["nonce_str"])
        hashed = "".join(f"{line}\n" for line in (*lines, entry["body"]))
    if failed == "signature" and given.get("signature"):
        if not complete:
            return hashed, Diagnosis(finding("body_not_kept"))
        host = entry["headers"].get("Host", "")
        hosts = dict.fromkeys((host, "api.mch.weixin.qq.com"))
        sent = v3.Sent(
            method=entry["method"],
            target=entry["target"],
            stamp=given["timestamp"],
            nonce=given["nonce_str"],
            body=entry["body"],
            signature=given["signature"],
            origins=[f"{scheme}{name}" for name in hosts for scheme in ("http://", "https://", "")],
        )
        return hashed, v3.diagnose(sent, state.identity.merchant_key.public_key())
    return hashed, Diagnosis(*_other_steps(entry, given, state, failed))


def _other_steps(entry: Entry, given: dict[str, str], state: State, failed: str) -> list[Finding]:
    if failed == "Authorization" and entry["headers"].get("Authorization"):
        return [finding("scheme")]
    if failed == "timestamp" and given.get("timestamp"):
        return [_clock(given["timestamp"], entry["time"])]
    if failed == "serial_no":
        return _serial(given.get("serial_no", ""), state)
    if failed == "nonce_str" and given.get("nonce_str"):
        quoted = f'nonce_str="{given["nonce_str"]}"'
        for other in state.log.all():
            before = other["number"] < entry["number"]
            if before and quoted in other["headers"].get("Authorization", ""):
                return [finding("nonce_used", number=other["number"])]
        return [finding("nonce_again")]
    return []


def _clock(stamp: str, arrived: float) -> Finding:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 20):
        return finding("timestamp_form", given=stamp)
    if len(stamp) == len(str(int(arrived))) + 3:
        return finding("timestamp_milliseconds", given=stamp)
    return finding("clock_off", seconds=int(stamp) - int(arrived))


def _serial(given: str, state: State) -> list[Finding]:
    identity, bare = state.identity, given.replace(":", "").replace(" ", "").upper()
    if given.upper() in identity.platform_keys:
        return [finding("serial_platform")]
    if bare.lstrip("0") == identity.serial.lstrip("0"):
        return [finding("serial_form", expected=identity.serial)]
    decimal = given.isascii() and given.isdecimal() and len(given) < 60
    if decimal and int(given) == int(identity.serial, 16):
        return [finding("serial_decimal", expected=identity.serial)]
    return []


def _v2(entry: Entry, state: State, failed: str, complete: bool) -> tuple[str | None, Diagnosis]:
    fields = _fields(entry) if complete else {}
    try:
        hashed = f"{canonical.fields(fields)}&key=***" if fields else None
    except ConfigurationError:  # a field is no text: it has elements of its own
        return None, Diagnosis()
    if failed != "sign":
        return hashed, Diagnosis()
    if not complete:
        return None, Diagnosis(finding("body_not_kept"))
    identity = state.identity
    kind = str(fields.get("sign_type") or digest.MD5)
    return hashed, v2.diagnose(fields, kind, identity.secret, identity.apiv3_key)


def _fields(entry: Entry) -> dict[str, Any]:
    if entry["method"] == "GET":
        query = entry["target"].partition("?")[2]
        return dict(parse_qsl(query, keep_blank_values=True))
    try:
        return xml.loads(entry["body"])
    except ValueError:
        return {}
