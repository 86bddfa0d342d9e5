"""The causes of a failing signature, and their remedies."""

from __future__ import annotations

from typing import NamedTuple

from ..utils.translation import N_, _

__all__ = ["CAUSES", "Cause", "Finding", "finding"]


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


CAUSES = {
    "none": Cause(
        N_("the signature is right, and nothing else was found"),
        N_("look at the path between this machine and WeChat Pay: a proxy may rewrite requests"),
    ),
    "reserialised_json": Cause(
        N_("the JSON that was signed is written in another way than the JSON that was sent"),
        N_(
            "serialise once, sign these bytes, and send the same bytes; verify an answer over the "
            "raw body, before it is parsed"
        ),
    ),
    "query_encoding": Cause(
        N_("the query was signed in another spelling than it was sent in"),
        N_("encode the query first, a space as %20, and sign the very target that is sent"),
    ),
    "query_missing": Cause(
        N_("the query was left out of what was signed"),
        N_("sign path and query, with the ? between them"),
    ),
    "query_order": Cause(
        N_("the parameters of the query were signed in another order than they were sent in"),
        N_("build the query once, and sign it as it is sent"),
    ),
    "path": Cause(
        N_("another path was signed than was sent"),
        N_(
            "sign the path that WeChat Pay receives: without scheme and host, with /v3 or the "
            "base path, as it leaves the last proxy"
        ),
    ),
    "wrong_method": Cause(
        N_("another HTTP method was signed than was sent"),
        N_("sign the method in upper case, as it is sent"),
    ),
    "canonical_string": Cause(
        N_("the string that was signed has another form than the one that is documented"),
        N_(
            "end every line with a line feed, the last one too, and leave an empty line for an "
            "empty body: METHOD, target, timestamp, nonce, body; of an answer timestamp, nonce, "
            "body"
        ),
    ),
    "timestamp": Cause(
        N_("another timestamp was signed than stands in the header"),
        N_("take the time once, in seconds, and use it in both places"),
    ),
    "missing_body": Cause(
        N_("the body was left out of what was signed"),
        N_(
            "sign the body as it is sent; only a GET and an upload differ: an upload signs its meta"
        ),
    ),
    "trailing_newline": Cause(
        N_("the body that was signed and the body at hand differ by a line end"),
        N_("do not trim the body, and do not append to it"),
    ),
    "charset": Cause(
        N_("the text was signed in another character set than it was sent in"),
        N_("use UTF-8 throughout, without a byte order mark"),
    ),
    "changed_byte": Cause(
        N_("the body differs from what was signed: something changed it afterwards"),
        N_(
            "look for what rewrites the body between signing and sending, or before verifying: a "
            "framework, a proxy, a log that masks"
        ),
    ),
    "truncated_body": Cause(
        N_("the body is not complete"),
        N_("read the whole body before it is verified; compare its length with Content-Length"),
    ),
    "changed_message": Cause(
        N_("something in the request line or the header fields differs from what was signed"),
        N_(
            "sign the timestamp and the nonce that the header field has, and the target as it is "
            "sent"
        ),
    ),
    "clock": Cause(
        N_("the timestamp is more than five minutes off"),
        N_("synchronise this machine's clock (NTP), and do not sign requests ahead of time"),
    ),
    "wrong_serial": Cause(
        N_("the serial number does not belong to the key that signed"),
        N_(
            "send the serial number of the certificate of this private key: openssl x509 -in "
            "apiclient_cert.pem -noout -serial"
        ),
    ),
    "wrong_key": Cause(
        N_("the signature was made with another key"),
        N_(
            "compare the key with its certificate: wechatpay-chain doctor; after the certificate "
            "was renewed, replace key and serial number together"
        ),
    ),
    "wrong_key_family": Cause(
        N_("a key of the wrong kind is used"),
        N_(
            "the merchant's key signs requests; WeChat Pay's public key (PUB_KEY_ID_…) or its "
            "platform certificate verifies answers: configure the one that Wechatpay-Serial names"
        ),
    ),
    "unknown_serial": Cause(
        N_("the key that Wechatpay-Serial names is not configured"),
        N_("download the platform certificates, or configure WeChat Pay's public key"),
    ),
    "wrong_merchant": Cause(
        N_("the request is in the name of another merchant than the one whose key signs"),
        N_("use the merchant number, the serial number and the key of one and the same merchant"),
    ),
    "probe": Cause(
        N_(
            "it is a probe: now and then WeChat Pay sends a wrong signature to test that it is "
            "checked"
        ),
        N_("reject it as any other wrong signature; nothing is broken"),
    ),
    "unsigned": Cause(
        N_("there is no signature"),
        N_(
            "pass all header fields on: a framework or a proxy may drop Authorization or "
            "Wechatpay-*; errors of a proxy are not signed"
        ),
    ),
    "signature_format": Cause(
        N_("the signature is of another form"),
        N_("sign with SHA-256 and RSA PKCS#1 v1.5, and write it in base64, without line breaks"),
    ),
    "wrong_secret": Cause(
        N_("the sign was made with another key, or a member was changed afterwards"),
        N_(
            "use the APIv2 key of this merchant, which is not the APIv3 key and not the app's "
            "secret"
        ),
    ),
    "wrong_sign_type": Cause(
        N_("the sign was made with another algorithm than the request or its operation says"),
        N_(
            "send sign_type=HMAC-SHA256 with HMAC-SHA256, and none or MD5 with MD5; an answer's "
            "sign is of the type of its request"
        ),
    ),
    "empty_members": Cause(
        N_("members without a value were signed"),
        N_("leave empty members out of what is signed"),
    ),
    "extra_members": Cause(
        N_("the sign covers other members than the body has"),
        N_("sign all members of the body but sign itself and empty ones, sign_type among them"),
    ),
    "escaped_values": Cause(
        N_("the values were signed in another spelling than they have"),
        N_("sign plain values: before they are escaped for XML or encoded for a URL, not trimmed"),
    ),
    "member_order": Cause(
        N_("the members were signed in another order"),
        N_("sort the members by name, by their bytes"),
    ),
    "no_body": Cause(
        N_("the body of the request is not told, so its signature cannot be checked"),
        N_("give the body as it was sent: --body FILE; curl -v does not print it"),
    ),
    "no_key": Cause(
        N_("there is no key to check this signature with"),
        N_(
            "configure the merchant (--profile, WECHATPAY_*): its private key for requests, "
            "WeChat Pay's key for answers, the secret for APIv2"
        ),
    ),
}


def finding(cause: str, detail: str = "") -> Finding:
    """Return a finding with one of the causes in `CAUSES`."""
    if cause not in CAUSES:
        raise KeyError(cause)
    return Finding(cause, detail)
