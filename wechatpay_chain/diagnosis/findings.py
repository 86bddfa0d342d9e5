"""The causes of a failing signature, and their remedies."""

from __future__ import annotations

from typing import NamedTuple

from ..utils.translation import N_, _

__all__ = ["CAUSES", "Cause", "Diagnosis", "Finding", "finding"]


class Cause(NamedTuple):
    """A cause.

    Attributes:
        what: the error, as a clause.
        action: the remedy, in the imperative.
    """

    what: str
    action: str


class Finding(NamedTuple):
    """A cause that was found.

    Attributes:
        cause: its name in `CAUSES`.
        detail: the evidence: values, places.
    """

    cause: str
    detail: str = ""

    @property
    def what(self) -> str:
        """The error."""
        return _(CAUSES[self.cause].what)

    @property
    def action(self) -> str:
        """The remedy."""
        return _(CAUSES[self.cause].action)


class Diagnosis(NamedTuple):
    """The explanation of one signature.

    Attributes:
        findings: the causes, the most important first; none if the signature is correct.
        signed: the text that the signature covers, or None if it is unknown. It contains `***`
            in place of keys.
    """

    findings: list[Finding]
    signed: bytes | None = None


CAUSES = {
    "none": Cause(
        N_("the signature is correct, and no other problem was found"),
        N_(
            "check the network path between this machine and WeChat Pay: a proxy may rewrite "
            "requests"
        ),
    ),
    "reserialised_json": Cause(
        N_("the signed JSON is formatted differently from the JSON that was sent"),
        N_(
            "serialize once, sign those bytes and send the same bytes; verify a response over "
            "its raw body, before parsing it"
        ),
    ),
    "query_encoding": Cause(
        N_("the signed query is encoded differently from the one that was sent"),
        N_("encode the query first (a space as %20), and sign exactly the target that is sent"),
    ),
    "query_missing": Cause(
        N_("the signature does not cover the query"),
        N_("sign the path and the query, with the ? between them"),
    ),
    "query_order": Cause(
        N_("the query parameters were signed in a different order than they were sent"),
        N_("build the query once, and sign it exactly as it is sent"),
    ),
    "path": Cause(
        N_("the signed path differs from the one that was sent"),
        N_(
            "sign the path that WeChat Pay receives: without scheme and host, with /v3 or the "
            "base path, after the last proxy"
        ),
    ),
    "wrong_method": Cause(
        N_("the signed HTTP method differs from the one that was sent"),
        N_("sign the method in upper case, exactly as it is sent"),
    ),
    "canonical_string": Cause(
        N_("the signed string does not have the documented format"),
        N_(
            "end every line with a line feed, including the last one, and keep an empty line for "
            "an empty body. Request: METHOD, target, timestamp, nonce, body. Response: "
            "timestamp, nonce, body"
        ),
    ),
    "timestamp": Cause(
        N_("the signed timestamp differs from the one in the header"),
        N_("read the time once, in seconds, and use it in both places"),
    ),
    "nonce": Cause(
        N_("the signed nonce differs from the one in the header"),
        N_("generate the nonce once, and use it unchanged in both places"),
    ),
    "surplus_body": Cause(
        N_("a body was signed, but the message has none"),
        N_("sign an empty body: its line contains only the line feed"),
    ),
    "missing_body": Cause(
        N_("the signature does not cover the body"),
        N_(
            "sign the body exactly as it is sent. Exceptions: a GET signs an empty body, and an "
            "upload signs its meta"
        ),
    ),
    "trailing_newline": Cause(
        N_("the signed body and this body differ by a line ending"),
        N_("do not trim the body or append to it"),
    ),
    "charset": Cause(
        N_("the text was signed in a different character set than it was sent in"),
        N_("use UTF-8 everywhere, without a byte order mark"),
    ),
    "changed_byte": Cause(
        N_("the body changed after it was signed"),
        N_(
            "find out what changes the body after signing or before verification: a framework, a "
            "proxy, or a log filter that masks data"
        ),
    ),
    "truncated_body": Cause(
        N_("the body is not complete"),
        N_("read the whole body before verification; compare its length with Content-Length"),
    ),
    "changed_message": Cause(
        N_("the request line or a header differs from what was signed"),
        N_("sign the timestamp and the nonce in the header, and the target that is sent"),
    ),
    "clock": Cause(
        N_("the timestamp is more than five minutes off"),
        N_("synchronize this machine's clock (NTP), and do not sign requests ahead of time"),
    ),
    "wrong_serial": Cause(
        N_("the serial number does not belong to the key that signed"),
        N_(
            "send the serial number of the certificate that belongs to this private key: openssl "
            "x509 -in apiclient_cert.pem -noout -serial"
        ),
    ),
    "wrong_key": Cause(
        N_("the signature was made with another key"),
        N_(
            "run wechatpay-chain doctor to check that the key and the certificate match; when "
            "you renew the certificate, replace key and serial number together"
        ),
    ),
    "wrong_key_family": Cause(
        N_("a key of the wrong kind is used"),
        N_(
            "the merchant's key signs requests; WeChat Pay's public key (PUB_KEY_ID_…) or a "
            "platform certificate verifies responses: configure the one with the id in "
            "Wechatpay-Serial"
        ),
    ),
    "unknown_serial": Cause(
        N_("the key with the id in Wechatpay-Serial is not configured"),
        N_("download the platform certificates, or configure WeChat Pay's public key"),
    ),
    "wrong_merchant": Cause(
        N_("the request is from a different merchant than the signing key"),
        N_("use the merchant ID, the serial number and the key of the same merchant"),
    ),
    "probe": Cause(
        N_(
            "this is a probe: WeChat Pay sometimes sends a wrong signature to check that you "
            "verify signatures"
        ),
        N_("reject it like any other wrong signature; nothing is broken"),
    ),
    "unsigned": Cause(
        N_("there is no signature"),
        N_(
            "pass all headers on: a framework or a proxy may drop Authorization or Wechatpay-*; "
            "a proxy's own errors are not signed"
        ),
    ),
    "signature_format": Cause(
        N_("the signature has a different format"),
        N_(
            "sign with SHA-256 and RSA PKCS#1 v1.5, and encode the signature in base64 "
            "without line breaks"
        ),
    ),
    "wrong_secret": Cause(
        N_("the sign was made with another key, or a field changed afterwards"),
        N_("use this merchant's APIv2 key, not the APIv3 key or the app's secret"),
    ),
    "key_format": Cause(
        N_("the APIv2 key is in the wrong place of the signed text"),
        N_("end the text with &key= and the APIv2 key, after the sorted fields"),
    ),
    "wrong_sign_type": Cause(
        N_("the sign uses a different algorithm than the request or its operation requires"),
        N_(
            "with HMAC-SHA256 send sign_type=HMAC-SHA256; with MD5 send MD5 or nothing; the "
            "response uses the sign type of its request"
        ),
    ),
    "empty_members": Cause(
        N_("fields without a value were signed"),
        N_("leave empty fields out of the string to sign"),
    ),
    "extra_members": Cause(
        N_("the sign covers different fields than the body contains"),
        N_("sign all non-empty fields of the body except sign, including sign_type"),
    ),
    "escaped_values": Cause(
        N_("the signed values are encoded differently from the values in the body"),
        N_("sign plain values: before XML escaping or URL encoding, and without trimming"),
    ),
    "member_order": Cause(
        N_("the fields were signed in the wrong order"),
        N_("sort the fields by name, in byte order"),
    ),
    "no_body": Cause(
        N_("the request body is missing, so its signature cannot be checked"),
        N_("pass the body exactly as it was sent: --body FILE; curl -v does not print it"),
    ),
    "no_key": Cause(
        N_("there is no key to check this signature with"),
        N_(
            "configure the merchant (--profile, WECHATPAY_*): its private key for requests, "
            "WeChat Pay's key for responses, the APIv2 key for APIv2"
        ),
    ),
}


def finding(cause: str, detail: str = "") -> Finding:
    """Return a finding with one of the causes in `CAUSES`."""
    if cause not in CAUSES:
        raise KeyError(cause)
    return Finding(cause, detail)
