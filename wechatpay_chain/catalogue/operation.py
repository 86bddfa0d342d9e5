"""Operations and notifications of the catalogue, as views of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from .documents import load
from .schema import Member, members

__all__ = ["ErrorCode", "Number", "Operation", "Reason", "Variant", "Webhook"]

BODIES = {"application/json": "json", "text/xml": "xml", "multipart/form-data": "media"}
"""The call option for each media type of a body."""


class _Described:
    """The common part of operations and notifications."""

    def __init__(self, method: str, spec: Mapping[str, Any]) -> None:
        self.method = method
        self.spec = spec

    @property
    def id(self) -> str:
        """Its `operationId`, unique in the catalogue."""
        return str(self.spec["operationId"])

    @property
    def title(self) -> str:
        """Its official Chinese name."""
        return str(self.spec["summary"])

    @property
    def tags(self) -> tuple[str, ...]:
        """The official names of its products; otherwise the product's path."""
        return tuple(self.spec["tags"])

    @property
    def body_type(self) -> str:
        """Media type of the request body; empty if there is none."""
        return next(iter(self.spec.get("requestBody", {}).get("content", {})), "")

    @property
    def body_schema(self) -> Mapping[str, Any] | None:
        """JSON schema of the request body, or None."""
        if not self.body_type:
            return None
        schema: Mapping[str, Any] = self.spec["requestBody"]["content"][self.body_type]["schema"]
        return schema

    @cached_property
    def body(self) -> tuple[Member, ...]:
        """The members of the request body."""
        return members(self.body_schema or {})

    def _parameters(self, where: str) -> Iterator[Member]:
        for parameter in self.spec.get("parameters", ()):
            if parameter["in"] == where:
                yield Member(
                    parameter["name"],
                    _parameter_schema(parameter),
                    required=parameter.get("required", False),
                    title=parameter.get("description", ""),
                )

    @cached_property
    def headers(self) -> tuple[Member, ...]:
        """Its own header fields."""
        return tuple(self._parameters("header"))


def _parameter_schema(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a parameter; one with JSON content is a string for the caller."""
    for media_type, content in parameter.get("content", {}).items():
        return {
            "type": "string",
            "contentMediaType": media_type,
            "contentSchema": content["schema"],
            "x-wechatpay-json-encoded": True,
        }
    schema: Mapping[str, Any] = parameter["schema"]
    return schema


class ErrorCode(NamedTuple):
    """An error that WeChat Pay's documentation lists for an operation.

    Attributes:
        code: such as `ORDER_CLOSED`.
        status: its HTTP status; 200 for APIv2.
        zh: the reason and the remedy in Chinese.
        en: the same in English.
    """

    code: str
    status: int
    zh: str
    en: str


class Number(NamedTuple):
    """The place of one of the merchant-assigned numbers in a request.

    Attributes:
        location: `path`, `query`, `header` or `body`.
        name: its name; in a body, including the parent names: `sub_orders[].out_trade_no`.
    """

    location: str
    name: str


class Reason(NamedTuple):
    """An explanation in two languages.

    Attributes:
        zh: in Chinese.
        en: in English.
    """

    zh: str
    en: str


class Operation(_Described):
    """One operation of WeChat Pay's API.

    Attributes:
        method: upper-case HTTP method.
        path: as written in a chain: `v3/pay/transactions/id/{transaction_id}`, `v2/pay/micropay`.
        spec: its OpenAPI Operation Object; do not modify it.
    """

    def __init__(self, method: str, path: str, spec: Mapping[str, Any]) -> None:
        super().__init__(method, spec)
        self.path = path

    @property
    def protocol(self) -> str:
        """`v2` or `v3`."""
        return self.path[:2]

    @property
    def product(self) -> str:
        """Its top-level product, such as `v3/pay`, which determines its document."""
        return "/".join(self.path.split("/", 2)[:2])

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path, split at its slashes."""
        return tuple(self.path.split("/"))

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """The chain as attributes, without the verb: `("v3", "pay", "transactions", …)`."""
        return tuple(self.spec["x-wechatpay-chain"].split(".")[:-1])

    @property
    def verb(self) -> str:
        """The method as a chain's last name, such as `get`."""
        return self.method.lower()

    @property
    def mode(self) -> str:
        """Who calls it: `merchant`, `partner` or `both`; empty if unknown."""
        return str(self.spec.get("x-wechatpay-mode", ""))

    @property
    def retired(self) -> bool:
        """Whether WeChat Pay has retired it."""
        return bool(self.spec.get("deprecated", False))

    @property
    def page(self) -> str | None:
        """The URL of its page in WeChat Pay's documentation, or None if unknown."""
        documentation: Mapping[str, str] = self.spec.get("externalDocs", {})
        return documentation.get("url")

    @property
    def base_uri(self) -> str | None:
        """Its base URI if it is not the default one, else None."""
        servers = self.spec.get("servers", ())
        return f"{servers[0]['url']}/" if servers else None

    @property
    def security(self) -> bool:
        """Whether it requires the merchant's client certificate (`security=True`)."""
        return bool(self.spec.get("x-wechatpay-mtls", False))

    @property
    def nonceless(self) -> bool:
        """Whether it has no `nonce_str` (`nonceless=True`)."""
        return bool(self.spec.get("x-wechatpay-nonceless", False))

    @property
    def safe(self) -> bool:
        """Whether it is safe to repeat without a number: it only reads, or stores a file."""
        return self.method == "GET" or bool(self.spec.get("x-wechatpay-safe", False))

    @property
    def idempotency_key(self) -> tuple[Number, ...] | None:
        """The places of the merchant-assigned number that identifies the call, or None.

        WeChat Pay processes calls with the same number only once, unless `not_idempotent` is set.
        """
        places = self.spec.get("x-wechatpay-idempotency-key")
        return places and tuple(Number(place["in"], place["name"]) for place in places)

    @property
    def not_idempotent(self) -> Reason | None:
        """Why it must not be repeated in spite of its number; None if it may be repeated."""
        reason = self.spec.get("x-wechatpay-not-idempotent")
        return reason and Reason(reason["zh"], reason["en"])

    @property
    def variables(self) -> tuple[Member, ...]:
        """The template variables of its path."""
        return tuple(self._parameters("path"))

    @property
    def constants(self) -> dict[str, str]:
        """Variables that exist only in the attribute form, with the segments they stand for.

        A segment that no attribute can spell, for example one with a capital letter, is written as
        a variable; an empty segment is written as `_empty_`.
        """
        pairs = zip(self.attributes, self.segments, strict=True)
        return {
            name[1:-1]: segment
            for name, segment in pairs
            if name.startswith("_") and not segment.startswith("{")
        }

    @cached_property
    def query(self) -> tuple[Member, ...]:
        """The query parameters."""
        return tuple(self._parameters("query"))

    @property
    def body_option(self) -> str:
        """The option for its body: `json`, `xml`, `media`; empty if there is none."""
        return BODIES.get(self.body_type, "")

    @property
    def response_type(self) -> str:
        """Media type of a successful response's body; empty if it has none."""
        for status in ("200", "204", "302"):
            if status in self.spec["responses"]:
                return next(iter(self.spec["responses"][status].get("content", {})), "")
        return ""

    @property
    def response_status(self) -> int:
        """HTTP status of a successful response."""
        return next(int(status) for status in self.spec["responses"] if status != "default")

    @property
    def response_schema(self) -> Mapping[str, Any] | None:
        """JSON schema of a successful response's body, or None."""
        content = self.spec["responses"][str(self.response_status)].get("content", {})
        described = [each["schema"] for each in content.values() if "schema" in each]
        return described[-1] if described else None

    @property
    def links(self) -> Mapping[str, Mapping[str, Any]]:
        """Related operations by name: the OpenAPI Link Objects of a successful response."""
        links: Mapping[str, Mapping[str, Any]] = self.spec["responses"][
            str(self.response_status)
        ].get("links", {})
        return links

    @cached_property
    def response(self) -> tuple[Member, ...]:
        """The members of a successful response."""
        return members(self.response_schema or {})

    @property
    def answer(self) -> tuple[Member, ...]:
        """Alias of `response`, for existing checks of the catalogue."""
        return self.response

    @cached_property
    def errors(self) -> tuple[ErrorCode, ...]:
        """The error codes that WeChat Pay's documentation lists; empty if none are known."""
        listed: Mapping[str, int] = self.spec.get("x-wechatpay-errors", {})
        reasons = load(self.product)["components"]["x-wechatpay-reasons"] if listed else {}
        return tuple(
            ErrorCode(code, status, reasons[code]["zh"], reasons[code]["en"])
            for code, status in listed.items()
        )

    def __repr__(self) -> str:
        return f"<Operation {self.method} {self.path} {self.title}>"


class Variant(NamedTuple):
    """One product's form of a notification that several products share.

    Attributes:
        name: a short name, such as `partner`.
        title: in Chinese, such as 服务商的支付.
        resource: the members of the encrypted resource.
        original_type: the envelope's `original_type`, if it differs from the other forms; or "".
    """

    name: str
    title: str
    resource: tuple[Member, ...]
    original_type: str


class Webhook(_Described):
    """One notification.

    Attributes:
        event: the event type, such as `TRANSACTION.SUCCESS`.
        protocol: `v2` or `v3`.
        spec: its OpenAPI Operation Object; do not modify it.
    """

    def __init__(self, event: str, protocol: str, spec: Mapping[str, Any]) -> None:
        super().__init__("POST", spec)
        self.event = event
        self.protocol = protocol

    @property
    def resource(self) -> tuple[Member, ...]:
        """The members of the encrypted resource; for an unencrypted notification, its own members.

        If several products share the event type, the members of all `variants`, without duplicates.
        """
        sealed = self._sealed
        return self.body if sealed is None else sealed.members

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Its forms, one per product; empty if it has only one form."""
        schema = {} if self._sealed is None else self._sealed.schema.get("contentSchema", {})
        return tuple(_variant(form) for form in schema.get("oneOf", ()))

    def variant(self, name: str) -> Variant | None:
        """Return the form with a name, or None.

        Args:
            name: a name in `variants`.
        """
        return next((each for each in self.variants if each.name == name), None)

    @property
    def _sealed(self) -> Member | None:
        """The encrypted member, or None."""
        every = (*self.body, *(inner for outer in self.body for inner in outer.members))
        return next((member for member in every if member.encrypted), None)

    def __repr__(self) -> str:
        return f"<Webhook {self.protocol} {self.event} {self.title}>"


def _variant(form: Mapping[str, Any]) -> Variant:
    described = form["x-wechatpay-variant"]
    return Variant(
        described["name"], form["title"], members(form), described.get("original_type", "")
    )
