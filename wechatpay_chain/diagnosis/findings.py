"""The causes of a signature that fails: what each is, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CAUSES", "Cause", "Finding", "finding"]


class Cause(NamedTuple):
    """A cause.

    Attributes:
        what: what is wrong, as a clause.
        action: what to do, in the imperative.
    """

    what: str
    action: str


class Finding(NamedTuple):
    """A cause that was found.

    Attributes:
        cause: its name in `CAUSES`.
        detail: what shows it: values, places.
    """

    cause: str
    detail: str = ""

    @property
    def what(self) -> str:
        """What is wrong."""
        return CAUSES[self.cause].what

    @property
    def action(self) -> str:
        """What to do."""
        return CAUSES[self.cause].action


CAUSES = {
    "none": Cause(
        "the signature is right, and nothing else was found",
        "look at the path between this machine and WeChat Pay: a proxy may rewrite requests",
    ),
    "reserialised_json": Cause(
        "the JSON that was signed is written in another way than the JSON that was sent",
        "serialise once, sign these bytes, and send the same bytes; verify an answer over the raw "
        "body, before it is parsed",
    ),
    "query_encoding": Cause(
        "the query was signed in another spelling than it was sent in",
        "encode the query first, a space as %20, and sign the very target that is sent",
    ),
    "query_missing": Cause(
        "the query was left out of what was signed",
        "sign path and query, with the ? between them",
    ),
    "query_order": Cause(
        "the parameters of the query were signed in another order than they were sent in",
        "build the query once, and sign it as it is sent",
    ),
    "path": Cause(
        "another path was signed than was sent",
        "sign the path that WeChat Pay receives: without scheme and host, with /v3 or the base "
        "path, as it leaves the last proxy",
    ),
    "wrong_method": Cause(
        "another HTTP method was signed than was sent",
        "sign the method in upper case, as it is sent",
    ),
    "canonical_string": Cause(
        "the string that was signed has another form than the one that is documented",
        "end every line with a line feed, the last one too, and leave an empty line for an empty "
        "body: METHOD, target, timestamp, nonce, body; of an answer timestamp, nonce, body",
    ),
    "timestamp": Cause(
        "another timestamp was signed than stands in the header",
        "take the time once, in seconds, and use it in both places",
    ),
    "missing_body": Cause(
        "the body was left out of what was signed",
        "sign the body as it is sent; only a GET and an upload differ: an upload signs its meta",
    ),
    "trailing_newline": Cause(
        "the body that was signed and the body at hand differ by a line end",
        "do not trim the body, and do not append to it",
    ),
    "charset": Cause(
        "the text was signed in another character set than it was sent in",
        "use UTF-8 throughout, without a byte order mark",
    ),
    "changed_byte": Cause(
        "the body differs from what was signed: something changed it afterwards",
        "look for what rewrites the body between signing and sending, or before verifying: a "
        "framework, a proxy, a log that masks",
    ),
    "truncated_body": Cause(
        "the body is not complete",
        "read the whole body before it is verified; compare its length with Content-Length",
    ),
    "changed_message": Cause(
        "something in the request line or the header fields differs from what was signed",
        "sign the timestamp and the nonce that the header field has, and the target as it is sent",
    ),
    "clock": Cause(
        "the timestamp is more than five minutes off",
        "synchronise this machine's clock (NTP), and do not sign requests ahead of time",
    ),
    "wrong_serial": Cause(
        "the serial number does not belong to the key that signed",
        "send the serial number of the certificate of this private key: openssl x509 -in "
        "apiclient_cert.pem -noout -serial",
    ),
    "wrong_key": Cause(
        "the signature was made with another key",
        "compare the key with its certificate: wechatpay-chain doctor; after the certificate was "
        "renewed, replace key and serial number together",
    ),
    "wrong_key_family": Cause(
        "a key of the wrong kind is used",
        "the merchant's key signs requests; WeChat Pay's public key (PUB_KEY_ID_…) or its platform "
        "certificate verifies answers: configure the one that Wechatpay-Serial names",
    ),
    "unknown_serial": Cause(
        "the key that Wechatpay-Serial names is not configured",
        "download the platform certificates, or configure WeChat Pay's public key",
    ),
    "wrong_merchant": Cause(
        "the request is in the name of another merchant than the one whose key signs",
        "use the merchant number, the serial number and the key of one and the same merchant",
    ),
    "probe": Cause(
        "it is a probe: now and then WeChat Pay sends a wrong signature to test that it is checked",
        "reject it as any other wrong signature; nothing is broken",
    ),
    "unsigned": Cause(
        "there is no signature",
        "pass all header fields on: a framework or a proxy may drop Authorization or Wechatpay-*; "
        "errors of a proxy are not signed",
    ),
    "signature_format": Cause(
        "the signature is of another form",
        "sign with SHA-256 and RSA PKCS#1 v1.5, and write it in base64, without line breaks",
    ),
    "wrong_secret": Cause(
        "the sign was made with another key, or a member was changed afterwards",
        "use the APIv2 key of this merchant, which is not the APIv3 key and not the app's secret",
    ),
    "wrong_sign_type": Cause(
        "the sign was made with another algorithm than the request or its operation says",
        "send sign_type=HMAC-SHA256 with HMAC-SHA256, and none or MD5 with MD5; an answer's sign "
        "is of the type of its request",
    ),
    "empty_members": Cause(
        "members without a value were signed",
        "leave empty members out of what is signed",
    ),
    "extra_members": Cause(
        "the sign covers other members than the body has",
        "sign all members of the body but sign itself and empty ones, sign_type among them",
    ),
    "escaped_values": Cause(
        "the values were signed in another spelling than they have",
        "sign plain values: before they are escaped for XML or encoded for a URL, not trimmed",
    ),
    "member_order": Cause(
        "the members were signed in another order",
        "sort the members by name, by their bytes",
    ),
    "no_body": Cause(
        "the body of the request is not told, so its signature cannot be checked",
        "give the body as it was sent: --body FILE; curl -v does not print it",
    ),
    "no_key": Cause(
        "there is no key to check this signature with",
        "configure the merchant (--profile, WECHATPAY_*): its private key for requests, WeChat "
        "Pay's key for answers, the secret for APIv2",
    ),
}


def finding(cause: str, detail: str = "") -> Finding:
    """A finding; its cause is one of `CAUSES`."""
    if cause not in CAUSES:
        raise KeyError(cause)
    return Finding(cause, detail)
