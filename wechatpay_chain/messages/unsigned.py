"""The operations whose answers WeChat Pay does not sign; client, gateway and pages read this list.

It belongs to the catalogue, and a test holds it against the documents there. It is a module of its
own because every call needs it and none should have to load the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["JSON", "PAGE", "TEXT", "XML", "is_unsigned_v3", "is_whole", "unsigned_v2"]

XML: Final = "text/xml"
TEXT: Final = "text/plain"
"""A file; a failure is XML."""
JSON: Final = "application/json"
PAGE: Final = "text/html"
"""A page or a redirect, meant for a browser."""

unsigned_v2: Mapping[str, str] = MappingProxyType(
    {
        "/appauth/authindex": PAGE,
        "/appauth/getaccesstoken": JSON,
        "/billcommentsp/batchquerycomment": TEXT,
        "/mchrisk/querymchrisk": XML,
        "/mchrisk/setmchriskcallback": XML,
        "/mchrisk/syncmchriskresult": XML,
        "/mmpaymkttransfers/gethbinfo": XML,
        "/mmpaymkttransfers/gettransferinfo": XML,
        "/mmpaymkttransfers/pay_bank": XML,
        "/mmpaymkttransfers/promotion/paywwsptrans2pocket": XML,
        "/mmpaymkttransfers/promotion/querywwsptrans2pocket": XML,
        "/mmpaymkttransfers/promotion/transfers": XML,
        "/mmpaymkttransfers/query_bank": XML,
        "/mmpaymkttransfers/sendgroupredpack": XML,
        "/mmpaymkttransfers/sendminiprogramhb": XML,
        "/mmpaymkttransfers/sendredpack": XML,
        "/mmpaysptrans/pay_bank": XML,
        "/mmpaysptrans/query_bank": XML,
        "/papay/entrustweb": PAGE,
        "/papay/h5entrustweb": PAGE,
        "/papay/partner/entrustweb": PAGE,
        "/papay/partner/h5entrustweb": PAGE,
        "/pay/downloadbill": TEXT,
        "/pay/downloadfundflow": TEXT,
        "/payitil/report": XML,
        "/risk/getpublickey": XML,
        "/risk/getviolation": XML,
        "/secapi/mch/submchmanage": XML,
        "/xdc/apiv2getsignkey/sign/getsignkey": XML,
    }
)
"""APIv2's, by their paths, with the media type of a successful response."""

WITHOUT_BODY = (204, 205)
"""Successes that have no body: RFC 9110, sections 15.3.5 and 15.3.6."""

FILES = ("/v3/transferdownload/", "/v3/merchant-service/images/")


def is_unsigned_v3(method: str, path: str) -> bool:
    """Whether APIv3 answers a request without a signature.

    Args:
        method: upper-case HTTP method.
        path: with its leading slash, without `base_uri`'s.
    """
    path = path.lower()
    return method == "GET" and (path == "/v3/billdownload/file" or path.startswith(FILES))


def is_whole(status_code: int, *, ranged: bool) -> bool:
    """Whether a response with this status has a whole file, or the part of one that was asked for.

    Args:
        status_code: of HTTP.
        ranged: whether the request asks for a part, with a `Range`.
    """
    if status_code == 206:
        return ranged
    return 200 <= status_code < 300 and status_code not in WITHOUT_BODY
