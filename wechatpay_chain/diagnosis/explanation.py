"""Explains why the signature of a request, a response or a notification fails."""

from __future__ import annotations

from typing import NamedTuple

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .findings import Diagnosis, Finding, finding
from .keyring import Keyring
from .signatures import answers, requests, v2
from .transcripts import Message, Transcript

__all__ = ["Part", "explain"]


UNAUTHORIZED = 401


class Part(NamedTuple):
    """The findings for one message.

    Attributes:
        what: `request`, `response` or `notification`.
        protocol: `v2` or `v3`.
        findings: the causes, the most important first.
        signed: the text that the signature covers, or None if it is unknown. It contains `***`
            in place of keys.
    """

    what: str
    protocol: str
    findings: tuple[Finding, ...]
    signed: bytes | None = None

    @property
    def is_right(self) -> bool:
        """Whether its signature is valid, and there are no other findings."""
        return [each.cause for each in self.findings] == ["none"]


def explain(transcript: Transcript, ring: Keyring, now: float | None = None) -> tuple[Part, ...]:
    """Return the causes of failing signatures; each message has at least one finding.

    Args:
        transcript: a request, a response, or both.
        ring: the keys for the verification.
        now: when it happened, in seconds since 1970 by this machine's clock; None if unknown.

    Raises:
        ConfigurationError: there is no message.
    """
    request, response = transcript
    if request is None and response is None:
        raise ConfigurationError(_("there is neither a request nor a response"))
    parts = []
    if request is not None:
        parts.append(_of_request(request, response, ring, now))
    if response is not None and not (parts and _is_bare_rejection(response)):
        parts.append(_of_response(response, request, ring, now))
    return tuple(parts)


def _is_bare_rejection(response: Message) -> bool:
    """Return whether a response rejects a signature; WeChat Pay does not sign such a response."""
    return response.status == UNAUTHORIZED and not response.field("Wechatpay-Signature")


def _of_request(
    request: Message, response: Message | None, ring: Keyring, now: float | None
) -> Part:
    if v2.is_v2(request):
        kind = "request" if response is not None or request.origin else "notification"
        return _part(kind, "v2", v2.explain(request, ring))
    if request.field("Wechatpay-Signature") and not request.field("Authorization"):
        return _part("notification", "v3", answers.explain(request, ring, now))
    return _part("request", "v3", requests.explain(request, response, ring, now))


def _of_response(
    response: Message, request: Message | None, ring: Keyring, now: float | None
) -> Part:
    if v2.is_v2(response):
        return _part("response", "v2", v2.explain(response, ring, request))
    return _part("response", "v3", answers.explain(response, ring, now, request))


def _part(what: str, protocol: str, diagnosis: Diagnosis) -> Part:
    findings = dict.fromkeys(diagnosis.findings or [finding("none")])
    return Part(what, protocol, tuple(findings), diagnosis.signed)
