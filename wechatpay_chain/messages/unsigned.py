"""The operations without signed responses; the client, the gateway and the docs use this list.

A test compares the list with the documents of the catalogue. It is a separate module because every
call needs it, and calls do not load the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["JSON", "PAGE", "TEXT", "XML", "is_unsigned_v3", "is_whole", "unsigned_v2"]

XML: Final = "text/xml"
TEXT: Final = "text/plain"
"""A file; errors are XML."""
JSON: Final = "application/json"
PAGE: Final = "text/html"
"""A page or a redirect for a browser."""

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
"""APIv2 paths, with the media type of a successful response."""

WITHOUT_BODY = (204, 205)
"""Successful statuses without a body (RFC 9110, sections 15.3.5 and 15.3.6)."""

FILES = ("/v3/transferdownload/", "/v3/merchant-service/images/")


def is_unsigned_v3(method: str, path: str) -> bool:
    """Return whether the response of an APIv3 operation has no signature.

    Args:
        method: upper-case HTTP method.
        path: the path with its leading slash, without the path of `base_uri`.
    """
    path = path.lower()
    return method == "GET" and (path == "/v3/billdownload/file" or path.startswith(FILES))


def is_whole(status_code: int, *, ranged: bool) -> bool:
    """Return whether a status means a complete file, or the complete requested range.

    Args:
        status_code: the HTTP status.
        ranged: whether the request has a `Range` header.
    """
    if status_code == 206:
        return ranged
    return 200 <= status_code < 300 and status_code not in WITHOUT_BODY
