"""The attributes of spans and metrics, named by OpenTelemetry's semantic conventions.

They contain no order number, amount, openid or secret: a path is recorded as its template, queries
and exception messages are omitted, and a code is recorded only if it has the form of one.
Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.http_attributes import (
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_RESEND_COUNT,
    HTTP_RESPONSE_STATUS_CODE,
    HttpRequestMethodValues,
)
from opentelemetry.semconv.attributes.network_attributes import NETWORK_PROTOCOL_VERSION
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.semconv.attributes.url_attributes import URL_FULL

from ...errors import APIError, SignatureError
from ...flow import error_type
from ...messages.authority import Origin
from ...messages.request import Request
from ...messages.response import Response
from ...middleware.status import error_code
from ...middleware.v2.result import failure_code
from ...notifications.notification import Notification

__all__ = [
    "Attributes",
    "ERROR_TYPE",
    "HTTP_REQUEST_METHOD",
    "HTTP_REQUEST_RESEND_COUNT",
    "HTTP_RESPONSE_STATUS_CODE",
    "MCHID",
    "NETWORK_PROTOCOL_VERSION",
    "SERVER_ADDRESS",
    "SERVER_PORT",
    "URL_FULL",
    "URL_TEMPLATE",
    "CODE",
    "EVENT_TYPE",
    "of_call",
    "of_notification",
    "of_opened",
    "of_request",
    "of_send",
]

Attributes = dict[str, str | int]

URL_TEMPLATE = "url.template"
MESSAGING_SYSTEM = "messaging.system"
MESSAGING_OPERATION_NAME = "messaging.operation.name"
MESSAGING_OPERATION_TYPE = "messaging.operation.type"
"""These four are in development, so the package of stable names does not define them."""

CODE = "wechatpay.code"
EVENT_TYPE = "wechatpay.event_type"
MCHID = "wechatpay.mchid"
NUMBER = "wechatpay.number"
REASON = "wechatpay.reason"
REQUEST_ID = "wechatpay.request_id"

METHODS = frozenset(each.value for each in HttpRequestMethodValues) - {"_OTHER"}
VARIABLE = re.compile("{[^{}/]+}")
REDACTED = "REDACTED"
"""The conventions' replacement for sensitive parts of a URL."""
LARGEST = 64 * 1024
"""Maximum bytes of a failure; the layers that check a response parse it, whatever its size."""
BEGINNING = 64
"""Bytes at the beginning of a body that identify an XML document."""
WORD = re.compile("[A-Za-z][A-Za-z_. ]{0,62}[A-Za-z0-9]")
"""An error code or an event type. Ids have more digits than the single one in `NOT_UTF8`."""


def of_request(request: Request) -> Attributes:
    """Return the attributes known before a request is sent, which samplers use."""
    origin, template = Origin(request.origin), request.template
    path = REDACTED
    attributes: Attributes = {
        HTTP_REQUEST_METHOD: request.method if request.method in METHODS else "_OTHER",
        SERVER_ADDRESS: origin.host.strip("[]"),
        SERVER_PORT: origin.port,
    }
    if template is not None:
        attributes[URL_TEMPLATE] = template
        path = _masked(template)
    attributes[URL_FULL] = f"{origin}{request.prefix}/{path}"
    return attributes


@cache
def _masked(template: str) -> str:
    """Convert a catalogue template to a path without values."""
    return VARIABLE.sub(REDACTED, template.removeprefix("v2/"))


def of_send(outcome: Any) -> Attributes:
    """Return the attributes of an attempt's outcome."""
    if isinstance(outcome, Response):
        attributes = _of_response(outcome)
        attributes |= _word(CODE, _code(outcome))
        if outcome.status_code >= 400:
            attributes[ERROR_TYPE] = str(outcome.status_code)
        return attributes
    return _of_error(outcome)


def of_call(outcome: Any) -> Attributes:
    """Return the attributes of the outcome of a call with all its attempts."""
    if isinstance(outcome, Response):
        return _of_response(outcome)
    attributes = _of_error(outcome)
    response = getattr(outcome, "response", None)
    if isinstance(response, Response):
        attributes |= _of_response(response)
    if isinstance(outcome, APIError):
        attributes |= _word(CODE, outcome.code)
    return attributes


def of_notification(mchid: str) -> Attributes:
    """Return the attributes known before a notification is decrypted."""
    attributes: Attributes = {
        MESSAGING_SYSTEM: "wechatpay",
        MESSAGING_OPERATION_NAME: "notify",
        MESSAGING_OPERATION_TYPE: "process",
    }
    if mchid:
        attributes[MCHID] = mchid
    return attributes


def of_opened(outcome: Any) -> Attributes:
    """Return the attributes of a notification's outcome."""
    if isinstance(outcome, Notification):
        return {MCHID: outcome.mchid, **_word(EVENT_TYPE, outcome.event_type)}
    return _of_error(outcome)


def _of_response(response: Response) -> Attributes:
    attributes: Attributes = {HTTP_RESPONSE_STATUS_CODE: response.status_code}
    if response.http_version:
        attributes[NETWORK_PROTOCOL_VERSION] = response.http_version
    if response.request_id:
        attributes[REQUEST_ID] = response.request_id
    if response.error_number is not None:
        attributes[NUMBER] = response.error_number
    return attributes


def _of_error(error: Any) -> Attributes:
    """Return the error attribute; by the conventions, cancellations and exits are not errors."""
    attributes: Attributes = {}
    if isinstance(error, Exception):
        attributes[ERROR_TYPE] = error_type(error)
    if isinstance(error, SignatureError):
        attributes[REASON] = error.reason
    return attributes


def _code(response: Response) -> str:
    """Return WeChat Pay's code in a failure, without parsing large bodies."""
    if len(response.content) > LARGEST:
        return ""
    if b"<" in response.content[:BEGINNING]:
        return failure_code(response)
    return error_code(response) if response.status_code >= 400 else ""


def _word(name: str, value: str) -> Attributes:
    return {name: value} if WORD.fullmatch(value) else {}
